// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gate.h"
#include "host.h"
#include "load.h"
#include "output.h"

int command_fail(const char *command, int code, const struct error *err)
{
	char text[TEXT_ESCAPED(sizeof(err->text))];

	fflush(stdout);
	text_escape(text, sizeof(text), err->text, strlen(err->text));
	fprintf(stderr, "capward %s: %s\n", command, text);
	switch (-code) {
	case EPERM:
	case EACCES:
		return STATUS_NOT_PERMITTED;
	case EOPNOTSUPP:
		return STATUS_CANNOT_ENFORCE;
	default:
		return STATUS_FAILED;
	}
}

int command_usage(const struct command *command, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "capward %s: ", command->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nusage: capward %s%s%s\n", command->name, command->synopsis[0] ? " " : "",
		command->synopsis);
	return STATUS_USAGE;
}

int command_help(const struct command *command)
{
	printf("usage: capward %s%s%s\n\n%s\n", command->name, command->synopsis[0] ? " " : "",
	       command->synopsis, command->help);
	return STATUS_OK;
}

bool command_options(const struct command *command, int argc, char **argv, bool *json, int *status)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'}, {}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		if (option == 'o' && command_output(optarg, json))
			continue;
		if (option == 'h')
			*status = command_help(command);
		else if (option == 'o')
			*status = command_usage(command, "-o takes text or json");
		else
			*status = command_bad_option(command, option, argv);
		return false;
	}
	return true;
}

int command_bad_option(const struct command *command, int option, char **argv)
{
	/* An unknown letter may stand in the middle of a word; an unknown long option is one. */
	const char letter[] = {'-', (char)optopt, '\0'};
	const char *given = option == '?' && optopt ? letter : argv[optind - 1];
	char word[TEXT_ESCAPED(64)];

	text_escape(word, sizeof(word), given, strlen(given));
	return command_usage(
		command, option == ':' ? "%s requires an argument" : "no such option: %s", word);
}

bool command_cap(const struct command *command, const char *option, __u64 *mask, int *status)
{
	int cap = caps_parse(optarg, strlen(optarg));
	char guess[CAPS_LABEL];
	const char *near;

	if (cap >= 0) {
		*mask |= 1ULL << cap;
		return true;
	}
	near = caps_nearest(optarg, guess);
	*status = command_usage(command, "--%s %.64s: no such capability%s%s", option, optarg,
				near ? "; did you mean " : "", near ? near : "");
	return false;
}

bool command_output(const char *word, bool *json)
{
	*json = !strcmp(word, "json");
	return *json || !strcmp(word, "text");
}

int command_print_json(const char *command, json_t *document, size_t flags)
{
	int failed = !document || json_dumpf(document, stdout, flags) || putchar('\n') == EOF ||
		     fflush(stdout);

	json_decref(document);
	if (!failed)
		return STATUS_OK;
	fprintf(stderr, "capward %s: write the output: %s\n", command, strerror(errno));
	return STATUS_FAILED;
}

static void warn(void *context, const char *text)
{
	fprintf(stderr, "%s: warning: %s\n", (const char *)context, text);
}

void command_warnings(const struct profile *profile)
{
	char file[TEXT_ESCAPED(PATH_MAX)];

	fflush(stdout);
	text_escape(file, sizeof(file), profile->file, strlen(profile->file));
	profile_warnings(profile, warn, file);
}

int command_engine(struct engine **out, bool enforce, struct error *err)
{
	struct engine *engine;
	int code = host_require(err);

	if (code)
		return code;
	code = engine_open(&engine, err);
	if (!code) {
		code = engine_tidy(err);
		if (code)
			engine_close(engine);
	} else if (code == -ENOENT) {
		code = engine_load(&engine, err);
		if (code)
			return error_wrap(err, code, "load");
		/* Where this fails it observes, and who relies on it is told below. */
		gate_open(engine, NULL);
	}
	if (!code && enforce) {
		code = gate_require(engine, err);
		if (code) {
			engine_close(engine);
			return error_wrap(err, -EOPNOTSUPP, "capward only observes");
		}
	}
	if (!code)
		*out = engine;
	return code;
}

int command_this_build(struct engine **engine, bool *upgraded, struct error *err)
{
	int code = command_engine(engine, false, err);

	*upgraded = false;
	if (code || engine_same_build(*engine))
		return code;
	code = engine_upgrade(engine, err);
	*upgraded = !code;
	return code;
}

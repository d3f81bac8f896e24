// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "selftest.h"

int command_fail(const char *command, int code, const struct error *err)
{
	fflush(stdout);
	fprintf(stderr, "capward %s: %s\n", command, err->text);
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
	fprintf(stderr, "\nusage: capward %s %s\n", command->name, command->synopsis);
	return STATUS_USAGE;
}

int command_help(const struct command *command)
{
	printf("usage: capward %s %s\n\n%s\n", command->name, command->synopsis, command->help);
	return STATUS_OK;
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

int command_engine(struct engine **out, struct error *err)
{
	struct engine *engine;
	int code = host_require(err);

	if (code)
		return code;
	code = engine_open(&engine, err);
	if (code == -ENOENT) {
		code = engine_load(&engine, err);
		if (code)
			return error_wrap(err, code, "load");
		code = selftest(engine, err);
		if (code) {
			engine_close(engine);
			engine_unload(NULL);
			return code;
		}
	}
	if (!code)
		*out = engine;
	return code;
}

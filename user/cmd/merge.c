// SPDX-License-Identifier: GPL-2.0-or-later
/* capward profile merge: one profile that allows what any of several does. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "profile_merge.h"
#include "profile_set.h"
#include "profile_write.h"

#define NAME "profile merge"

/* Those that were named, read. */
struct sources {
	struct profile **profiles;
	size_t count;
};

static int read_sources(char *const *names, size_t count, struct sources *out, struct error *err)
{
	int code = 0;

	out->profiles = calloc(count, sizeof(struct profile *));
	if (!out->profiles)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	for (size_t i = 0; !code && i < count; i++) {
		code = profile_named(names[i], &out->profiles[i], err);
		out->count += !code;
	}
	return code;
}

static void free_sources(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		profile_free(sources->profiles[i]);
	free(sources->profiles);
}

/* Say which mode it is, where they are not one. */
static void print_mode(const struct sources *sources, const struct profile *merged)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->profiles[i]->mode != merged->mode) {
			fprintf(stderr,
				"capward " NAME ": their modes differ; the least strict of them is "
				"taken: %s\n",
				profile_mode_name(merged->mode));
			return;
		}
}

/* The text of @merged, which the caller frees; only what is read as a profile. */
static int make_text(const struct profile *merged, char **out, size_t *size, struct error *err)
{
	struct profile *again = NULL;
	FILE *stream = open_memstream(out, size);
	int code;

	if (!stream)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	code = profile_write(merged, stream);
	if (fclose(stream) && !code)
		code = -ENOMEM;
	if (code)
		return error_set(err, code, "%s", strerror(-code));
	code = profile_parse("what they make together", *out, *size, &again, err);
	profile_free(again);
	/* Each of them is valid: nothing they say makes it invalid but that it is too much. */
	return code == -EINVAL ? -E2BIG : code;
}

static int write_out(const struct profile *merged, struct error *err)
{
	char *text = NULL;
	size_t size;
	int code = make_text(merged, &text, &size, err);

	if (!code && (fwrite(text, 1, size, stdout) != size || fflush(stdout)))
		code = error_set(err, -EIO, "write the output: %s", strerror(errno));
	free(text);
	return code;
}

static int merge(const struct sources *sources, const char *name, struct error *err)
{
	struct profile merged;
	int code = profile_merge(sources->profiles, sources->count,
				 name ? name : sources->profiles[0]->name, &merged, err);

	if (code)
		return code;
	merged.file = merged.name; /* for what is said of it */
	code = write_out(&merged, err);
	if (!code) {
		print_mode(sources, &merged);
		command_warnings(&merged);
	}
	free(merged.matches);
	return code;
}

/* Read the options; *@name is NULL without one. False: return *@status. */
static bool read_options(int argc, char **argv, const char **name, int *status)
{
	static const struct option options[] = {
		{"name", required_argument, NULL, 'n'}, {"help", no_argument, NULL, 'h'}, {}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":n:h", options, NULL)) != -1) {
		if (option == 'n' && profile_is_name(optarg)) {
			*name = optarg;
			continue;
		}
		if (option == 'h')
			*status = command_help(&command_profile);
		else if (option == 'n')
			*status = command_usage(&command_profile,
						"--name takes a letter or digit, then letters, "
						"digits, '.', '_', '-', all in lower case, at most "
						"%d",
						CAPWARD_NAME - 1);
		else
			*status = command_bad_option(&command_profile, option, argv);
		return false;
	}
	return true;
}

int command_profile_merge(int argc, char **argv)
{
	struct sources sources = {};
	const char *name = NULL;
	struct error err;
	int status, code;

	optind = 1;
	if (!read_options(argc, argv, &name, &status))
		return status;
	if (argc - optind < 2)
		return command_usage(&command_profile, "merge takes two profiles or more");
	code = read_sources(argv + optind, (size_t)(argc - optind), &sources, &err);
	if (!code)
		code = merge(&sources, name, &err);
	status = code ? command_fail(NAME, code, &err) : STATUS_OK;
	free_sources(&sources);
	return code == -EINVAL ? STATUS_PROFILE : status;
}

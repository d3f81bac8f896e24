// SPDX-License-Identifier: GPL-2.0-or-later
/* capward profile check: read profiles as `apply` does, and change nothing. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "operation.h"
#include "output.h"
#include "profile_set.h"

static void add_warning(void *context, const char *text)
{
	json_array_append_new(context, json_string(text));
}

static json_t *mask_json(uint64_t mask)
{
	json_t *list = json_array();
	char label[CAPS_LABEL];

	for (unsigned int cap = 0; cap <= CAPS_LAST; cap++)
		if (mask & CAPS_BIT(cap))
			json_array_append_new(list, json_string(caps_label(cap, label)));
	return list;
}

static json_t *as_json(const struct profile_set *set)
{
	json_t *list = json_array();

	for (size_t i = 0; i < set->count; i++) {
		const struct profile *profile = set->profiles[i];
		json_t *warnings = json_array();

		profile_warnings(profile, add_warning, warnings);
		json_array_append_new(
			list,
			json_pack("{s:s, s:o, s:s, s:o, s:o, s:i, s:o}", "profile", profile->name,
				  "file", json_escaped(profile->file, strlen(profile->file)),
				  "mode", profile_mode_name(profile->mode), "granted",
				  mask_json(profile->mask), "deny", operation_list(profile->denied),
				  "matches", (int)profile->match_count, "warnings", warnings));
	}
	return json_pack("{s:o}", "profiles", list);
}

static int run(int argc, char **argv)
{
	struct profile_set set = {};
	bool json = false;
	struct error err;
	int code, status = STATUS_OK;

	if (!command_options(&command_profile, argc, argv, &json, &status))
		return status;
	if (optind >= argc || strcmp(argv[optind], "check"))
		return command_usage(&command_profile, "what to do: check");
	if (++optind >= argc)
		return command_usage(&command_profile, "no file or directory is named");

	code = profile_set_read(argv + optind, argc - optind, &set, &err);
	if (code) {
		status = command_fail("profile check", code, &err);
		return code == PROFILE_SET_INVALID ? STATUS_PROFILE : status;
	}
	if (json)
		status = command_print_json("profile", as_json(&set), JSON_INDENT(2));
	for (size_t i = 0; !json && i < set.count; i++) {
		const struct profile *profile = set.profiles[i];
		char text[CAPS_TEXT], deny[OPERATION_TEXT], file[TEXT_ESCAPED(PATH_MAX)];

		text_escape(file, sizeof(file), profile->file, strlen(profile->file));
		printf("%s: %s, %s: %s%s%s\n", file, profile->name,
		       profile_mode_name(profile->mode), caps_format(profile->mask, text),
		       profile->denied ? "; denies " : "",
		       profile->denied ? operation_format(profile->denied, deny) : "");
		command_warnings(profile);
	}
	profile_set_free(&set);
	return status;
}

const struct command command_profile = {
	.name = "profile",
	.synopsis = "check [-o text|json] PATH..",
	.summary = "check profiles and say what they allow",
	.help = "Reads every PATH, a profile or a directory of *.yaml, as `apply` does, and "
		"changes\n"
		"nothing. Errors are FILE:LINE:COLUMN; warnings name capabilities that make "
		"others\n"
		"pointless.\n\n"
		"  -o, --output text|json\n\n"
		"Exit status: 0 all are valid, 3 one is not.",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0-or-later
/* capward profile check: read profiles as `apply` does, and change nothing. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "caps_json.h"
#include "command.h"
#include "operation.h"
#include "output.h"
#include "profile_set.h"
#include "rules.h"
#include "store.h"

static void add_warning(void *context, const char *text)
{
	json_array_append_new(context, json_string(text));
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
				  caps_json(profile->mask), "deny", operation_list(profile->denied),
				  "matches", (int)profile->match_count, "warnings", warnings));
	}
	return json_pack("{s:o}", "profiles", list);
}

/* Whether two of the profiles have the same rule, which `apply` would refuse. */
static int check_twins(const struct profile_set *set, struct error *err)
{
	struct rules *rules = NULL;
	int code = rules_make(set->profiles, set->count, &rules, err);

	rules_free(rules);
	return code == -ENOTUNIQ ? PROFILE_SET_INVALID : code;
}

static void print_text(const struct profile_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct profile *profile = set->profiles[i];
		char text[CAPS_TEXT], deny[OPERATION_TEXT], file[TEXT_ESCAPED(PATH_MAX)];

		text_escape(file, sizeof(file), profile->file, strlen(profile->file));
		printf("%s: %s, %s: %s%s%s\n", file, profile->name,
		       profile_mode_name(profile->mode), caps_format(profile->mask, text),
		       profile->denied ? "; denies " : "",
		       profile->denied ? operation_format(profile->denied, deny) : "");
		command_warnings(profile);
	}
}

static int check(char *const *paths, int count, bool json)
{
	struct profile_set set = {};
	int status = STATUS_OK, code;
	struct error err;

	code = profile_set_read(paths, count, &set, &err);
	if (!code)
		code = check_twins(&set, &err);
	if (code) {
		status = command_fail("profile check", code, &err);
		profile_set_free(&set);
		return code == PROFILE_SET_INVALID ? STATUS_PROFILE : status;
	}
	if (json)
		status = command_print_json("profile", as_json(&set), JSON_INDENT(2));
	else
		print_text(&set);
	profile_set_free(&set);
	return status;
}

static int run(int argc, char **argv)
{
	bool json = false;
	int status = STATUS_OK;
	const char *action;

	/* They have options of their own. */
	if (argc > 1 && !strcmp(argv[1], "export"))
		return command_profile_export(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "merge"))
		return command_profile_merge(argc - 1, argv + 1);
	if (!command_options(&command_profile, argc, argv, &json, &status))
		return status;
	action = optind < argc ? argv[optind++] : "";
	if (!strcmp(action, "check") && optind < argc)
		return check(argv + optind, argc - optind, json);
	if (!strcmp(action, "which") && optind < argc)
		return command_profile_which(argv + optind, argc - optind, json);
	if (!strcmp(action, "diff"))
		return command_profile_diff(argv + optind, argc - optind, json);
	if (!strcmp(action, "check"))
		return command_usage(&command_profile, "no file or directory is named");
	if (!strcmp(action, "which"))
		return command_usage(&command_profile, "no container is named");
	return command_usage(&command_profile, "what to do: check, which, diff, merge or export");
}

const struct command command_profile = {
	.name = "profile",
	.synopsis = "check [-o text|json] PATH.. |\n"
		    "       capward profile which [-o text|json] CONTAINER [PATH..] |\n"
		    "       capward profile diff [-o text|json] PROFILE PROFILE |\n"
		    "       capward profile merge [--name NAME] PROFILE PROFILE.. |\n"
		    "       capward profile export [--format F] CONTAINER..|WORKLOAD..|FILE",
	.summary = "check, compare, merge and write profiles; which one a container gets",
	.help = "check: reads every PATH, a profile or a directory of *.yaml, as `apply` does,\n"
		"and changes nothing. Errors are FILE:LINE:COLUMN; warnings name capabilities\n"
		"that make others pointless.\n"
		"\n"
		"which: says which rule of the profiles in PATH.., or in " PROFILES_DIR ",\n"
		"decides for CONTAINER: its id or the beginning of it, its name, POD/CONTAINER,\n"
		"a unit's full name, or a cgroup's path. Then what else matches and why that\n"
		"does not decide, and what is in force where that differs.\n"
		"\n"
		"diff: what only the first PROFILE allows and matches (-), and what only the\n"
		"second does (+). PROFILE is a file, with a slash or ending in .yaml, or a name\n"
		"in " PROFILES_DIR ".\n"
		"\n"
		"merge: writes the profile that allows and matches what any of them does, in\n"
		"the least strict of their modes.\n"
		"\n"
		"export: writes the smallest set that `capward learn show` knows for\n"
		"CONTAINER.. or WORKLOAD.., as one workload, or the set of the profile in FILE,\n"
		"which ends in .yaml.\n"
		"  -o, --output text|json\n"
		"  -f, --format F    capward (a profile), docker, podman, compose, kubernetes,\n"
		"                    oci or systemd\n"
		"  -n, --name NAME   of the workload, or of what is merged, in place of its own\n"
		"  -u, --non-root    it starts as another user than root\n"
		"  -k, --keep CAP    it is needed, whatever was seen\n"
		"  -d, --drop CAP    it is not\n"
		"  -v, --evidence DIR  where the daemon keeps what was seen (" STORE_DIR ")\n\n"
		"Exit status: 0 all are valid, or there is one rule or none; 1 there is no such\n"
		"container, or two rules are a tie; 3 a profile is not valid, or two have the\n"
		"same rule.",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0-or-later
/* capward profile diff: what one profile allows and matches that another does not. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "caps_json.h"
#include "command.h"
#include "operation.h"
#include "output.h"
#include "profile_diff.h"
#include "profile_set.h"
#include "rules.h"

#define NAME "profile diff"

/* JSON */

static json_t *matches_json(const struct profile_only *only)
{
	json_t *list = json_array();
	char text[RULE_TEXT];

	for (size_t i = 0; i < only->match_count; i++) {
		const struct rule rule = {.profile = only->profile, .match = only->matches[i]};

		json_array_append_new(list, json_pack("{s:s, s:s, s:i}", "kind",
						      profile_kind_name(rule.match->kind),
						      "pattern", rule_format(&rule, true, text),
						      "line", (int)rule.match->line));
	}
	return list;
}

static json_t *only_json(const struct profile_only *only)
{
	const struct profile *profile = only->profile;

	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o}", "profile", profile->name, "file",
			 json_escaped(profile->file, strlen(profile->file)), "mode",
			 profile_mode_name(profile->mode), "capabilities",
			 caps_json(only->allowed & caps_all()), "operations",
			 operation_list(only->allowed & CAPWARD_OPS_MASK), "matches",
			 matches_json(only));
}

static json_t *as_json(const struct profile_diff *diff)
{
	return json_pack("{s:b, s:o, s:o}", "differ", diff->differ, "first",
			 only_json(&diff->first), "second", only_json(&diff->second));
}

/* Text */

/* What only @only has, each after @sign. */
static void print_only(char sign, const struct profile_only *only)
{
	char label[CAPS_LABEL], text[RULE_TEXT];

	for (unsigned int i = 0; i < CAPWARD_OPS_END; i++)
		if (only->allowed & CAPS_BIT(i))
			printf("%c %-11s %s\n", sign,
			       operation_name(i) ? "operation" : "capability",
			       permission_name(i, label));
	for (size_t i = 0; i < only->match_count; i++) {
		const struct rule rule = {.profile = only->profile, .match = only->matches[i]};

		printf("%c match       %s\n", sign, rule_format(&rule, false, text));
	}
}

static void print_file(const char *sign, const struct profile *profile)
{
	char file[TEXT_ESCAPED(PATH_MAX)];

	text_escape(file, sizeof(file), profile->file, strlen(profile->file));
	printf("%s %s  (%s, %s)\n", sign, file, profile->name, profile_mode_name(profile->mode));
}

static int print_text(const struct profile_diff *diff)
{
	const struct profile *first = diff->first.profile, *second = diff->second.profile;

	print_file("---", first);
	print_file("+++", second);
	if (first->mode != second->mode)
		printf("- mode        %s\n+ mode        %s\n", profile_mode_name(first->mode),
		       profile_mode_name(second->mode));
	print_only('-', &diff->first);
	print_only('+', &diff->second);
	if (!diff->differ)
		puts("no difference");
	return fflush(stdout) ? STATUS_FAILED : STATUS_OK;
}

static int compare(const struct profile *first, const struct profile *second, bool json)
{
	struct profile_diff diff;
	struct error err;
	int code = profile_diff(first, second, &diff);

	if (code)
		return command_fail(NAME, error_set(&err, code, "%s", strerror(-code)), &err);
	return json ? command_print_json(NAME, as_json(&diff), JSON_INDENT(2)) : print_text(&diff);
}

/* The command */

int command_profile_diff(char *const *names, int count, bool json)
{
	struct profile *first = NULL, *second = NULL;
	struct error err;
	int status, code;

	if (count != 2)
		return command_usage(&command_profile, "diff takes two profiles");
	code = profile_named(names[0], &first, &err);
	if (!code)
		code = profile_named(names[1], &second, &err);
	if (!code) {
		status = compare(first, second, json);
	} else {
		status = command_fail(NAME, code, &err);
		if (code == -EINVAL)
			status = STATUS_PROFILE;
	}
	profile_free(first);
	profile_free(second);
	return status;
}

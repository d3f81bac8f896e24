// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the reader of profiles (libFuzzer). Beyond crashes it looks for a profile that was
 * accepted and breaks what its users rely on, and for a refusal that does not say where.
 */
#include <errno.h>

#include "fuzz.h"
#include "image.h"
#include "profile.h"
#include "profile_diff.h"
#include "profile_write.h"
#include "rules.h"

#define FILE_NAME "fuzz.yaml"

static void check_error(int error, const char *text)
{
	unsigned int line = 0, column = 0;
	int end = 0;

	require(error == -EINVAL, "refused with -EINVAL");
	require(sscanf(text, FILE_NAME ":%u:%u: %n", &line, &column, &end) == 2 && end,
		"a place in the message");
	require(line && column, "lines and columns count from 1");
	require(strstr(text + end, "; expected ") || strlen(text) == sizeof(struct error) - 1,
		"the message says what was expected");
	for (; *text; text++)
		require(isprint((unsigned char)*text), "the message is safe for a terminal");
}

static void check_match(const struct profile_match *match)
{
	bool pattern = match->kind != PROFILE_LABEL && match->kind != PROFILE_POD &&
		       match->kind != PROFILE_DEFAULT;
	struct image image;

	require(match->line && match->column, "an item has its place");
	require(!!match->pattern == pattern, "an item has what its kind needs");
	if (pattern)
		require(match->pattern[0] && strlen(match->pattern) < CAPWARD_PATTERN,
			"a pattern fits");
	if (match->kind == PROFILE_IMAGE)
		require(!image_parse_pattern(match->pattern, &image), "an image's pattern is one");
	if (match->kind == PROFILE_CGROUP)
		require(match->pattern[0] == '/' && match->pattern[1], "a cgroup is absolute");
	for (size_t i = 0; i < match->label_count; i++)
		require(match->labels[i].key[0] && match->labels[i].value, "a label is whole");
}

/* A profile that was accepted makes rules, whatever it matches by, and they find an answer. */
static void check_rules(struct profile *profile)
{
	struct identity_label label = {"app", "web"};
	struct identity identity = {
		.name = "web-1",
		.image = "httpd",
		.pod = "web-1",
		.pod_namespace = "shop",
		.labels = {&label, 1},
		.pod_labels = {&label, 1},
	};
	struct rules_subject subject = {"/system.slice/apache2.service", &identity,
					RULES_CONTAINER};
	struct rules_answer answer;
	struct rules *rules = NULL;
	char text[RULE_TEXT];

	require(!rules_make(&profile, 1, &rules, NULL), "one profile has no twins");
	rules_resolve(rules, &subject, &answer);
	require(answer.outcome != RULES_TIE, "nor a tie");
	require(answer.why[0], "an answer in words");
	for (const char *c = answer.why; *c; c++)
		require(isprint((unsigned char)*c), "they are safe for a terminal");
	if (answer.outcome == RULES_ONE)
		require(rule_format(answer.rule, true, text)[0], "a rule has words");
	rules_free(rules);
}

/* What is written of a profile is read as the same, however strange its strings are. */
static void check_written(const struct profile *profile)
{
	struct profile *again = NULL;
	struct profile_diff diff;
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	require(stream && !profile_write(profile, stream) && !fclose(stream), "it can be written");
	/* It may be longer than it was, in block style. */
	if (size <= PROFILE_SIZE) {
		require(!profile_parse(FILE_NAME, text, size, &again, NULL), "and read again");
		require(!profile_diff(profile, again, &diff) && !diff.differ, "as the same");
		require(!strcmp(profile->name, again->name), "by the same name");
		profile_free(again);
	}
	free(text);
}

static void ignore(void *ctx, const char *text)
{
	(void)ctx;
	require(text[0] && !strchr(text, '\n'), "a warning is one line");
}

static void check_profile(const struct profile *profile)
{
	char buf[CAPS_LABEL];

	require(profile->name[0] && memchr(profile->name, 0, CAPWARD_NAME), "a name");
	require(!strchr(profile->name, '/') && profile->name[0] != '.', "a name is no path");
	require(profile->mode <= CAPWARD_OFF, "a mode");
	require(!(profile->mask & ~caps_all()), "only known capabilities");
	require(!caps_conflict(&profile->cap_drop, &profile->cap_add, buf), "no conflict");
	require(!(profile->mask & profile->cap_drop.mask), "what is dropped is not allowed");
	require(!(profile->cap_add.mask & ~profile->mask), "what is added is allowed");
	require(profile->match_count <= CAPWARD_MATCHES, "not too many items");
	for (size_t i = 0; i < profile->match_count; i++)
		check_match(&profile->matches[i]);
	profile_warnings(profile, ignore, NULL);
	profile_first_beyond_kernel(profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile *profile = NULL;
	struct error err = {0};
	int error = profile_parse(FILE_NAME, (const char *)data, size, &profile, &err);

	if (error) {
		require(!profile, "nothing is written on failure");
		check_error(error, err.text);
		return 0;
	}
	check_profile(profile);
	check_rules(profile);
	check_written(profile);
	profile_free(profile);
	return 0;
}

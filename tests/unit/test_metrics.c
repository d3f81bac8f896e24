// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The metrics: everything that is printed passes a strict reader of the text format, whatever the
 * labels are, and there is no end to how many scopes there may be.
 */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "metrics.h"

/* --- the reader ---------------------------------------------------------------------------------- */

#define SAMPLES 20000

/* What has been read of one document. */
struct reader {
	char family[128], type[16];
	bool help; /* of the family that comes next */
	char *families[256];
	size_t family_count;
	char *series[SAMPLES];
	size_t series_count;
	/* Of the histogram. */
	double bucket, bound;
	bool infinity;
};

static bool is_name(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!(isalpha((unsigned char)text[i]) || text[i] == '_' || text[i] == ':' ||
		      (i && isdigit((unsigned char)text[i]))))
			return false;
	return length > 0;
}

static void read_help(struct reader *reader, const char *text)
{
	size_t length = strcspn(text, " ");

	assert_true(is_name(text, length));
	assert_true(text[length] == ' ' && text[length + 1]);
	assert_null(strchr(text, '\\'));
	assert_true(length < sizeof(reader->family));
	snprintf(reader->family, sizeof(reader->family), "%.*s", (int)length, text);
	for (size_t i = 0; i < reader->family_count; i++)
		assert_string_not_equal(reader->families[i], reader->family);
	reader->families[reader->family_count++] = strdup(reader->family);
	reader->help = true;
}

static void read_type(struct reader *reader, const char *text)
{
	size_t length = strlen(reader->family);

	/* Behind its help, before its samples. */
	assert_true(reader->help);
	reader->help = false;
	assert_int_equal(strncmp(text, reader->family, length), 0);
	assert_int_equal(text[length], ' ');
	snprintf(reader->type, sizeof(reader->type), "%s", text + length + 1);
	if (!strcmp(reader->type, "counter")) {
		assert_string_equal(reader->family + length - 6, "_total");
	} else if (!strcmp(reader->type, "histogram")) {
		reader->bucket = 0;
		reader->bound = -1;
		reader->infinity = false;
	} else {
		assert_string_equal(reader->type, "gauge");
	}
}

/* Read the label at *@at, whose value may be anything; step over it. */
static void read_label(const char **at)
{
	size_t length = strcspn(*at, "="), bytes = 0;

	assert_true(is_name(*at, length) && !memchr(*at, ':', length));
	*at += length;
	assert_int_equal(strncmp(*at, "=\"", 2), 0);
	for (*at += 2; **at != '"'; (*at)++, bytes++) {
		assert_in_range(**at, ' ', '~');
		if (**at != '\\')
			continue;
		(*at)++;
		assert_true(**at && strchr("\\\"n", **at));
	}
	assert_in_range(bytes, 0, METRICS_LABEL);
	(*at)++;
}

static double read_value(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	assert_true(end != text && !*end && value >= 0);
	return value;
}

/* The sample @suffix of a histogram: buckets rise, the last one is all, and so is the count. */
static void read_histogram(struct reader *reader, const char *suffix, double value)
{
	const char *le = strstr(suffix, "le=\"");

	if (!strncmp(suffix, "_bucket{", 8)) {
		double bound = strncmp(le + 4, "+Inf", 4) ? atof(le + 4) : 1e300;

		assert_true(bound > reader->bound && value >= reader->bucket);
		reader->bound = bound;
		reader->bucket = value;
		reader->infinity = bound == 1e300;
	} else if (!strncmp(suffix, "_count ", 7)) {
		assert_true(reader->infinity && value == reader->bucket);
	} else {
		assert_int_equal(strncmp(suffix, "_sum ", 5), 0);
	}
}

static void read_sample(struct reader *reader, const char *line)
{
	size_t length = strlen(reader->family);
	const char *at = line + length;

	assert_false(reader->help);
	assert_int_equal(strncmp(line, reader->family, length), 0);
	if (strcmp(reader->type, "histogram"))
		assert_true(*at == '{' || *at == ' ');
	at += strcspn(at, "{ ");
	if (*at == '{') {
		do {
			at++;
			read_label(&at);
		} while (*at == ',');
		assert_int_equal(*at++, '}');
	}
	assert_int_equal(*at, ' ');
	assert_true(reader->series_count < SAMPLES);
	reader->series[reader->series_count++] = strndup(line, (size_t)(at - line));
	if (!strcmp(reader->type, "histogram"))
		read_histogram(reader, line + length, read_value(at + 1));
	else
		read_value(at + 1);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Check the whole of @text; how many samples it has. */
static size_t check(const char *text)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	size_t count;

	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = strndup(text, length);

		assert_int_equal(text[length], '\n');
		if (!strncmp(line, "# HELP ", 7))
			read_help(reader, line + 7);
		else if (!strncmp(line, "# TYPE ", 7))
			read_type(reader, line + 7);
		else
			read_sample(reader, line);
		free(line);
		text += length + 1;
	}
	qsort(reader->series, reader->series_count, sizeof(char *), compare);
	for (size_t i = 1; i < reader->series_count; i++)
		assert_string_not_equal(reader->series[i - 1], reader->series[i]);
	count = reader->series_count;
	for (size_t i = 0; i < count; i++)
		free(reader->series[i]);
	for (size_t i = 0; i < reader->family_count; i++)
		free(reader->families[i]);
	free(reader);
	return count;
}

/* --- what is printed ----------------------------------------------------------------------------- */

/* Print and check @metrics; the text is the caller's. */
static char *printed(const struct metrics *metrics)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_int_equal(metrics_print(metrics, stream), 0);
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(strlen(text), size);
	check(text);
	return text;
}

static void assert_has(const char *text, const char *line)
{
	const char *found = strstr(text, line);

	if (!found || (found != text && found[-1] != '\n') || found[strlen(line)] != '\n')
		fail_msg("no line %s in\n%s", line, text);
}

static void numbers(void **state)
{
	struct metrics metrics = {.scopes = 3,
				  .enforcing = true,
				  .uses = {UINT64_MAX, 2, 3, 4, 5},
				  .events_sent = 10,
				  .events_lost = 11,
				  .events_limited = 12,
				  .events_unwritten = 13,
				  .events_missed = 14,
				  .reloads_done = 15,
				  .reloads_failed = 16,
				  .assigned_before_payload = 17,
				  .assigned_after_payload = 18,
				  .assigned_never = 24,
				  .assignments_failed = 22,
				  .containers_unknown = 19,
				  .ties = 20,
				  .follow_lost = 21,
				  .evidence_waiting = 22,
				  .evidence_lost = 23};
	char *text = printed(&metrics);

	(void)state;
	assert_has(text, "capward_scopes 3");
	assert_has(text, "capward_enforcing 1");
	assert_has(text, "capward_uses_total{verdict=\"used\"} 18446744073709551615");
	assert_has(text, "capward_uses_total{verdict=\"would-deny\"} 3");
	assert_has(text, "capward_events_sent_total 10");
	assert_has(text, "capward_events_lost_total 11");
	assert_has(text, "capward_events_limited_total 12");
	assert_has(text, "capward_events_unwritten_total 13");
	assert_has(text, "capward_events_missed_total 14");
	assert_has(text, "capward_profile_reloads_total{result=\"done\"} 15");
	assert_has(text, "capward_profile_reloads_total{result=\"failed\"} 16");
	assert_has(text, "capward_assignments_total{result=\"before_payload\"} 17");
	assert_has(text, "capward_assignments_total{result=\"after_payload\"} 18");
	assert_has(text, "capward_assignments_total{result=\"ended_first\"} 24");
	assert_has(text, "capward_assignments_total{result=\"failed\"} 22");
	assert_has(text, "capward_containers_unknown 19");
	assert_has(text, "capward_ties 20");
	assert_has(text, "capward_follow_lost_total 21");
	assert_has(text, "capward_evidence_waiting 22");
	assert_has(text, "capward_evidence_lost_total 23");
	assert_has(text, "capward_scopes_without_series 0");
	assert_has(text, "# TYPE capward_capability_uses_total counter");
	assert_has(text, "capward_build_info{version=\"" CAPWARD_VERSION "\"} 1");
	free(text);
}

static void a_histogram(void **state)
{
	static const __u64 times[] = {0, 1000000, 1000001, 10000000000, 10000000001};
	struct metrics metrics = {};
	char *text;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		metrics_observe(&metrics.assignment, times[i]);
	text = printed(&metrics);
	assert_has(text, "capward_assignment_seconds_bucket{le=\"0.001\"} 2");
	assert_has(text, "capward_assignment_seconds_bucket{le=\"0.0025\"} 3");
	assert_has(text, "capward_assignment_seconds_bucket{le=\"5\"} 3");
	assert_has(text, "capward_assignment_seconds_bucket{le=\"10\"} 4");
	assert_has(text, "capward_assignment_seconds_bucket{le=\"+Inf\"} 5");
	assert_has(text, "capward_assignment_seconds_count 5");
	assert_has(text, "capward_assignment_seconds_sum 20.002000002");
	free(text);
}

typedef __u64 counts[CAPWARD_VERDICTS][CAPWARD_OPS_END];

static void scopes(void **state)
{
	static counts one, none;
	const struct metrics_scope list[] = {
		{.id = 2, .runtime = "lxc", .counts = none},
		{.id = 1,
		 .runtime = "docker",
		 .container = "0123",
		 .name = "web",
		 .image = "nginx:1",
		 .pod = "p",
		 .profile = "web",
		 .counts = one},
	};
	const struct metrics metrics = {.list = list, .list_count = 2, .series = METRICS_SERIES};
	char *text;

	(void)state;
	one[CAPWARD_USED][10] = 7;
	one[CAPWARD_DENIED][44] = 8;
	one[CAPWARD_DENIED][CAPWARD_OP_MOUNT] = 9;
	one[CAPWARD_WOULD_DENY][CAPWARD_OP_TAMPER] = 10;
	text = printed(&metrics);
#define LABELS                                                                                     \
	"runtime=\"docker\",container=\"0123\",name=\"web\",image=\"nginx:1\",pod=\"p\","          \
	"profile=\"web\","
	assert_has(text, "capward_capability_uses_total{" LABELS
			 "cap=\"CAP_NET_BIND_SERVICE\",verdict=\"used\"} 7");
	assert_has(text,
		   "capward_capability_uses_total{" LABELS "cap=\"CAP_44\",verdict=\"denied\"} 8");
	assert_has(text, "capward_operation_uses_total{" LABELS
			 "operation=\"mount\",verdict=\"denied\"} 9");
	assert_has(text, "capward_operation_uses_total{" LABELS
			 "operation=\"tamper\",verdict=\"would-deny\"} 10");
	assert_null(strstr(text, "lxc"));
	free(text);
}

static void hostile_labels(void **state)
{
	static counts one;
	static char longest[1 << 16];
	struct metrics_scope list[] = {
		{.id = 1, .name = "a\"} 1\nevil_total 1\n# HELP x\\", .counts = one},
		{.id = 2, .name = "\x1b[2J\xff\xe2\x80\xae", .counts = one},
		{.id = 3, .name = longest, .image = longest, .counts = one},
	};
	struct metrics metrics = {.list = list, .list_count = 3, .series = METRICS_SERIES};
	char *text;

	(void)state;
	one[CAPWARD_DENIED][21] = 1;
	for (int byte = 1; byte < 256; byte++) {
		memset(longest, byte, sizeof(longest) - 1);
		text = printed(&metrics);
		assert_null(strstr(text, "\nevil"));
		assert_non_null(strstr(text, "name=\"a\\\"} 1\\\\x0aevil_total 1\\\\x0a# HELP "
					     "x\\\\x5c\""));
		assert_non_null(strstr(text, "...\",image="));
		assert_in_range(strlen(text), 1000, 10000);
		free(text);
	}
}

/* What no label tells apart is one series. */
static void the_same_labels(void **state)
{
	static counts all[4];
	static char name[300];
	struct metrics_scope list[] = {
		{.id = 1, .name = "x", .counts = all[0]},
		{.id = 2, .name = "y", .counts = all[1]},
		{.id = 3, .name = "x", .counts = all[2]},
		{.id = 4, .name = "x", .counts = all[3]},
		{.id = 5, .name = name, .counts = all[0]},
		{.id = 6, .name = name, .counts = all[3]},
	};
	struct metrics metrics = {.list = list, .list_count = 6, .series = METRICS_SERIES};
	char *text;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	for (__u64 i = 0; i < 4; i++)
		all[i][CAPWARD_USED][0] = 1 + i;
	all[3][CAPWARD_DENIED][1] = 50;
	text = printed(&metrics);
#define NAMED(name)                                                                                \
	"runtime=\"\",container=\"\",name=\"" name "\",image=\"\",pod=\"\",profile=\"\","
	assert_has(text, "capward_capability_uses_total{" NAMED(
				 "x") "cap=\"CAP_CHOWN\",verdict=\"used\"} 8");
	assert_has(text, "capward_capability_uses_total{" NAMED(
				 "x") "cap=\"CAP_DAC_OVERRIDE\",verdict=\"denied\"} 50");
	assert_has(text, "capward_capability_uses_total{" NAMED(
				 "y") "cap=\"CAP_CHOWN\",verdict=\"used\"} 2");
	free(text);
}

static size_t lines_with(const char *text, const char *begin)
{
	size_t lines = 0;

	for (; *text; text = strchr(text, '\n') + 1)
		lines += !strncmp(text, begin, strlen(begin));
	return lines;
}

static void not_more_than_the_limit(void **state)
{
	static struct metrics_scope list[65536];
	static char names[65536][8];
	static counts full, two;
	struct metrics metrics = {
		.list = list, .list_count = 65536, .series = 100, .scopes = 65536};
	char *text;

	(void)state;
	two[CAPWARD_USED][1] = two[CAPWARD_USED][2] = 1;
	memset(full, 1, sizeof(full));
	for (__u64 i = 0; i < 65536; i++) {
		snprintf(names[i], sizeof(names[i]), "%u", (unsigned int)i);
		/* The last one is the oldest. */
		list[i] = (struct metrics_scope){.id = 65536 - i, .name = names[i], .counts = two};
	}
	text = printed(&metrics);
	assert_int_equal(lines_with(text, "capward_capability_uses_total{"), 100);
	assert_has(text, "capward_scopes_without_series 65486");
	assert_non_null(strstr(text, "name=\"65535\""));
	assert_non_null(strstr(text, "name=\"65486\""));
	assert_null(strstr(text, "name=\"65485\""));
	free(text);
	/* A scope is there as a whole or not at all, and those behind one that is not are not either. */
	list[65535 - 49].counts = full;
	text = printed(&metrics);
	assert_int_equal(lines_with(text, "capward_capability_uses_total{"), 98);
	assert_has(text, "capward_scopes_without_series 65487");
	free(text);
	metrics.series = 0;
	text = printed(&metrics);
	assert_int_equal(lines_with(text, "capward_capability_uses_total{"), 0);
	assert_has(text, "capward_scopes_without_series 65536");
	free(text);
}

static void a_stream_that_fails(void **state)
{
	struct metrics metrics = {};
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(metrics_print(&metrics, full), -EIO);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(a_histogram),
		cmocka_unit_test(scopes),
		cmocka_unit_test(hostile_labels),
		cmocka_unit_test(the_same_labels),
		cmocka_unit_test(not_more_than_the_limit),
		cmocka_unit_test(a_stream_that_fails),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}

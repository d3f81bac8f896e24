// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "event.h"
#include "operation.h"
#include "output.h"

#define NS 1000000000ULL

/* Upper bounds in microseconds, and as the format has them. */
static const struct {
	__u64 us;
	const char *le;
} bounds[METRICS_BUCKETS] = {
	{1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"}, {25000, "0.025"},
	{50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"}, {1000000, "1"},
	{2500000, "2.5"}, {5000000, "5"},   {10000000, "10"},
};

void metrics_observe(struct metrics_histogram *histogram, __u64 ns)
{
	size_t i = 0;

	while (i < METRICS_BUCKETS && ns > bounds[i].us * 1000)
		i++;
	histogram->buckets[i]++;
	histogram->sum_ns += ns;
}

static void family(FILE *stream, const char *name, const char *type, const char *help)
{
	fprintf(stream, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_number(FILE *stream, const char *name, const char *type, const char *help,
			 __u64 value)
{
	family(stream, name, type, help);
	fprintf(stream, "%s %llu\n", name, (unsigned long long)value);
}

/* A sample of @name with one label, whose value is a word of this program's. */
static void print_labelled(FILE *stream, const char *name, const char *label, const char *word,
			   __u64 value)
{
	fprintf(stream, "%s{%s=\"%s\"} %llu\n", name, label, word, (unsigned long long)value);
}

static void print_histogram(FILE *stream, const char *name, const char *help,
			    const struct metrics_histogram *histogram)
{
	unsigned long long sum = 0;

	family(stream, name, "histogram", help);
	for (size_t i = 0; i <= METRICS_BUCKETS; i++) {
		sum += histogram->buckets[i];
		fprintf(stream, "%s_bucket{le=\"%s\"} %llu\n", name,
			i < METRICS_BUCKETS ? bounds[i].le : "+Inf", sum);
	}
	fprintf(stream, "%s_sum %llu.%09llu\n%s_count %llu\n", name, histogram->sum_ns / NS,
		histogram->sum_ns % NS, name, sum);
}

static void print_totals(FILE *stream, const struct metrics *metrics)
{
	static const char *const reloads = "capward_profile_reloads_total";
	static const char *const assignments = "capward_assignments_total";

	family(stream, "capward_build_info", "gauge", "The version of capward; always 1.");
	print_labelled(stream, "capward_build_info", "version", CAPWARD_VERSION, 1);
	print_number(stream, "capward_enforcing", "gauge",
		     "Whether policies in mode enforce deny: 1, or 0 while capward only observes.",
		     metrics->enforcing);
	print_number(stream, "capward_scopes", "gauge", "Scopes that exist.", metrics->scopes);
	family(stream, "capward_uses_total", "counter",
	       "Uses of capabilities and operations in all scopes, by verdict.");
	for (unsigned int i = 0; i < CAPWARD_VERDICTS; i++)
		print_labelled(stream, "capward_uses_total", "verdict", event_verdict_name(i),
			       metrics->uses[i]);
	print_number(stream, "capward_events_sent_total", "counter",
		     "Events that the kernel handed over.", metrics->events_sent);
	print_number(stream, "capward_events_lost_total", "counter",
		     "Events that found the buffer full.", metrics->events_lost);
	print_number(stream, "capward_events_limited_total", "counter",
		     "Events withheld by the limit per scope.", metrics->events_limited);
	print_number(stream, "capward_events_unwritten_total", "counter",
		     "Events that could not be written to the log.", metrics->events_unwritten);
	print_number(stream, "capward_events_missed_total", "counter",
		     "Events that a trace was too slow for.", metrics->events_missed);
	family(stream, reloads, "counter", "Times the profiles were read again.");
	print_labelled(stream, reloads, "result", "done", metrics->reloads_done);
	print_labelled(stream, reloads, "result", "failed", metrics->reloads_failed);
	family(stream, assignments, "counter",
	       "Profiles assigned to containers, by whether the payload ran already; containers "
	       "that ended first; failed tries.");
	print_labelled(stream, assignments, "result", "before_payload",
		       metrics->assigned_before_payload);
	print_labelled(stream, assignments, "result", "after_payload",
		       metrics->assigned_after_payload);
	print_labelled(stream, assignments, "result", "ended_first", metrics->assigned_never);
	print_labelled(stream, assignments, "result", "failed", metrics->assignments_failed);
	print_histogram(stream, "capward_assignment_seconds",
			"From the making of a container's cgroup to its profile.",
			&metrics->assignment);
	print_number(stream, "capward_containers_unknown", "gauge",
		     "Containers that no file of their runtime tells about.",
		     metrics->containers_unknown);
	print_number(stream, "capward_ties", "gauge",
		     "Containers that more than one profile matches equally well.", metrics->ties);
	print_number(stream, "capward_follow_lost_total", "counter",
		     "Times that following the cgroups had to begin anew.", metrics->follow_lost);
	print_number(stream, "capward_evidence_waiting", "gauge",
		     "Scopes that are gone and whose evidence is not on disk yet.",
		     metrics->evidence_waiting);
	print_number(stream, "capward_evidence_lost_total", "counter",
		     "Scopes that went and whose evidence was not kept, for too many waited.",
		     metrics->evidence_lost);
}

/* A scope that is printed. */
struct row {
	char *labels; /* as they stand between braces */
	const __u64 (*counts)[CAPWARD_OPS_END];
	__u64 (*sum)[CAPWARD_OPS_END]; /* NULL, or the counts: of this one and others like it */
};

struct rows {
	struct row *list;
	size_t count;
	size_t series;	/* they have together */
	__u64 left_out; /* scopes beyond the limit */
};

/* Print one label: escaped and cut as for people, which leaves two bytes that mean something here. */
static void print_label(FILE *stream, const char *name, const char *value)
{
	char text[METRICS_LABEL + 1];

	if (!value)
		value = "";
	text_escape(text, sizeof(text), value, strlen(value));
	fprintf(stream, "%s=\"", name);
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fputc('\\', stream);
		fputc(*c, stream);
	}
	fputc('"', stream);
}

static char *labels_of(const struct metrics_scope *scope)
{
	const struct {
		const char *name, *value;
	} labels[] = {
		{"runtime", scope->runtime}, {"container", scope->container},
		{"name", scope->name},	     {"image", scope->image},
		{"pod", scope->pod},	     {"profile", scope->profile},
	};
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (i)
			fputc(',', stream);
		print_label(stream, labels[i].name, labels[i].value);
	}
	if (fclose(stream)) {
		free(text);
		return NULL;
	}
	return text;
}

/* How many series @scope has: one for each count that is not zero. */
static size_t series_of(const struct metrics_scope *scope)
{
	size_t series = 0;

	for (unsigned int verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		for (unsigned int i = 0; i < CAPWARD_OPS_END; i++)
			series += scope->counts[verdict][i] != 0;
	return series;
}

static int by_id(const void *a, const void *b)
{
	const struct metrics_scope *one = *(const struct metrics_scope *const *)a;
	const struct metrics_scope *two = *(const struct metrics_scope *const *)b;

	return (one->id > two->id) - (one->id < two->id);
}

static int by_labels(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->labels, ((const struct row *)b)->labels);
}

static void free_rows(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		free(rows->list[i].labels);
		free(rows->list[i].sum);
	}
	free(rows->list);
}

/* Add @scope to @rows if all of its series have room; else it is left out, with all that follow. */
static int add_row(struct rows *rows, const struct metrics_scope *scope, size_t limit)
{
	struct row *row = &rows->list[rows->count];
	size_t series = series_of(scope);

	if (!series)
		return 0;
	if (rows->left_out || series > limit - rows->series) {
		rows->left_out++;
		return 0;
	}
	row->labels = labels_of(scope);
	if (!row->labels)
		return -ENOMEM;
	row->counts = scope->counts;
	rows->series += series;
	rows->count++;
	return 0;
}

/* Add the counts of @from to those of @to. */
static int add_counts(struct row *to, const struct row *from)
{
	if (!to->sum) {
		to->sum = malloc(CAPWARD_VERDICTS * sizeof(*to->sum));
		if (!to->sum)
			return -ENOMEM;
		memcpy(to->sum, to->counts, CAPWARD_VERDICTS * sizeof(*to->sum));
		to->counts = to->sum;
	}
	for (unsigned int verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		for (unsigned int i = 0; i < CAPWARD_OPS_END; i++)
			to->sum[verdict][i] += from->counts[verdict][i];
	return 0;
}

/* Make one row of those with the same labels: a series may stand there once. */
static int merge_rows(struct rows *rows)
{
	size_t kept = 0;
	int code = 0;

	qsort(rows->list, rows->count, sizeof(*rows->list), by_labels);
	for (size_t i = 1; i < rows->count; i++) {
		struct row *last = &rows->list[kept], *row = &rows->list[i];

		if (code || strcmp(last->labels, row->labels)) {
			rows->list[++kept] = *row;
			continue;
		}
		code = add_counts(last, row);
		free(row->labels);
	}
	if (rows->count)
		rows->count = kept + 1;
	return code;
}

/* The rows of @metrics in *@out, for free_rows() also when it fails. */
static int make_rows(const struct metrics *metrics, struct rows *out)
{
	size_t count = metrics->list_count;
	const struct metrics_scope **scopes = calloc(count + 1, sizeof(struct metrics_scope *));
	int code = 0;

	out->list = calloc(count + 1, sizeof(*out->list));
	if (!scopes || !out->list) {
		free(scopes);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		scopes[i] = &metrics->list[i];
	qsort(scopes, count, sizeof(struct metrics_scope *), by_id);
	for (size_t i = 0; i < count && !code; i++)
		code = add_row(out, scopes[i], metrics->series);
	free(scopes);
	return code ? code : merge_rows(out);
}

/* Print the counts of @row from @begin to before @end as samples of @name with the label @label. */
static void print_row(FILE *stream, const struct row *row, const char *name, const char *label,
		      unsigned int begin, unsigned int end)
{
	char cap[CAPS_LABEL];

	for (unsigned int verdict = 0; verdict < CAPWARD_VERDICTS; verdict++) {
		for (unsigned int i = begin; i < end; i++) {
			const char *operation = operation_name(i);

			if (!row->counts[verdict][i])
				continue;
			fprintf(stream, "%s{%s,%s=\"%s\",verdict=\"%s\"} %llu\n", name, row->labels,
				label, operation ? operation : caps_label(i, cap),
				event_verdict_name(verdict),
				(unsigned long long)row->counts[verdict][i]);
		}
	}
}

static void print_rows(FILE *stream, const struct rows *rows)
{
	static const char *const caps = "capward_capability_uses_total";
	static const char *const operations = "capward_operation_uses_total";

	family(stream, caps, "counter", "Uses of capabilities in a scope, by verdict.");
	for (size_t i = 0; i < rows->count; i++)
		print_row(stream, &rows->list[i], caps, "cap", 0, CAPWARD_CAPS);
	family(stream, operations, "counter", "Uses of operations in a scope, by verdict.");
	for (size_t i = 0; i < rows->count; i++)
		print_row(stream, &rows->list[i], operations, "operation", CAPWARD_CAPS,
			  CAPWARD_OPS_END);
	print_number(stream, "capward_scopes_without_series", "gauge",
		     "Scopes that have no series of their own, because there are too many.",
		     rows->left_out);
}

int metrics_print(const struct metrics *metrics, FILE *stream)
{
	struct rows rows = {};
	int code = make_rows(metrics, &rows);

	if (!code) {
		print_totals(stream, metrics);
		print_rows(stream, &rows);
		code = ferror(stream) ? -EIO : 0;
	}
	free_rows(&rows);
	return code;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's numbers in the text format of Prometheus, version 0.0.4. What a container chose is
 * escaped and cut, and the number of series is bounded.
 */
#ifndef CAPWARD_METRICS_H
#define CAPWARD_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "capward/abi.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* How many series the scopes have together, unless told otherwise. */
#define METRICS_SERIES 10000

/* The longest label value, escaped; what is longer ends in "...". */
#define METRICS_LABEL 256

/* Upper bounds of the buckets of a histogram: 1, 2.5, 5, 10 ... ms to 10 s, and what is above. */
#define METRICS_BUCKETS 13

struct metrics_histogram {
	__u64 buckets[METRICS_BUCKETS + 1]; /* not cumulative; the last one is above 10 s */
	__u64 sum_ns;
};

/* Add one duration of @ns nanoseconds to @histogram, all zero to begin with. */
void metrics_observe(struct metrics_histogram *histogram, __u64 ns);

/* One scope. Strings are raw and may be NULL: not known. */
struct metrics_scope {
	__u64 id; /* of its cgroup */
	const char *runtime, *container, *name, *image, *pod, *profile;
	/* CAPWARD_VERDICTS of them, by capability, then operation: struct scope_view has it */
	const __u64 (*counts)[CAPWARD_OPS_END];
};

struct metrics {
	__u64 scopes;
	bool enforcing;
	/* Over all scopes that were ever seen, also when they are gone: these never go down. */
	__u64 uses[CAPWARD_VERDICTS];
	__u64 events_sent, events_lost, events_limited;
	__u64 events_unwritten; /* event_log_unwritten() */
	__u64 events_missed;	/* relay_missed(): by subscribers that were slow */
	__u64 reloads_done, reloads_failed;
	__u64 assigned_before_payload, assigned_after_payload;
	__u64 assigned_never;		     /* containers that ended before it was decided */
	__u64 assignments_failed;	     /* tries, each of which is made again */
	struct metrics_histogram assignment; /* from the cgroup's making to its policy */
	__u64 containers_unknown;	     /* no runtime's files tell who they are */
	__u64 ties;			     /* containers that two profiles match equally well */
	__u64 follow_lost;		     /* times the following of cgroups had to begin anew */
	__u64 evidence_waiting, evidence_lost;
	/*
	 * The series of scopes. They are printed by id, oldest first, a scope with all its series or
	 * with none, until @series are printed (0: none); those left out are counted. Scopes whose
	 * labels are the same are added up.
	 */
	const struct metrics_scope *list;
	size_t list_count;
	size_t series;
};

/* Print @metrics to @stream. 0, -ENOMEM, or -EIO when the stream has failed. */
int metrics_print(const struct metrics *metrics, FILE *stream);

#endif

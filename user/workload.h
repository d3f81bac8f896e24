/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is learned of a workload (workload_name.h), or of scopes that are taken together: what was seen in
 * all that run and, from the store, in all that ended, and what it needs.
 */
#ifndef CAPWARD_WORKLOAD_H
#define CAPWARD_WORKLOAD_H

#include "error.h"
#include "granted.h"
#include "need.h"
#include "scopes.h"
#include "teller.h"

struct workload {
	char *name;    /* NULL: scopes that were named, or that are no workload's */
	bool learning; /* what is seen is added; else its scopes that run are not in the evidence */
	__u64 runs;    /* scopes that ended and are in it */
	const struct scope_view **scopes; /* that run, of the list it was made from */
	size_t count;
	__u64 *waiting; /* ids of scopes that ended and that nobody has added to the store's workload yet */
	size_t waiting_count;
	struct evidence evidence;
	struct need needs[CAPWARD_CAPS];
	/*
	 * For how long runs that are in the evidence were watched, in ns: each from the first that was seen in it to
	 * its end, or until now. Of those that ended only as many are known as the store keeps; where it keeps
	 * none, from the first to the last that is in its workload. 0: nothing is known.
	 */
	__u64 watched;
	__u64 watched_runs; /* that are in it, ended or not */
	struct need_span *spans;
	size_t span_count, span_room;
};

/* Where workloads are looked for. */
struct workload_source {
	struct engine *engine; /* NULL: nothing is loaded, and only the store is looked at */
	const struct scope_list *list;
	const char *dir;  /* the store; it need not exist */
	__u64 keep, drop; /* capabilities that are needed, and that are not, whatever was seen */
	struct teller teller; /* is told which files cannot be read */
	bool held;	      /* by the caller: workload_hold() */
	int lock;
};

/*
 * Hold the store of @source until workload_release(), so that the daemon adds nothing meanwhile, and then read
 * the scopes that run into @list, the caller's to free, which becomes @source's: none of them is met after it
 * was added. A store that is not there is not held, and with @make is made.
 */
int workload_hold(struct workload_source *source, bool make, struct scope_list *list,
		  struct error *err);

/* Nothing is to be printed before: who waits for the reader keeps the daemon waiting. */
void workload_release(struct workload_source *source);

/*
 * Make *@out of what the @count @names mean, all together: containers as scopes_find() has them, and
 * workloads by their name or a pattern with "*" or "?". The caller frees it with workload_free(). Errors
 * as of scopes_find(), -ENOMEM.
 */
int workload_named(const struct workload_source *source, char *const *names, size_t count,
		   struct workload **out, struct error *err);

/* The same of one scope by itself. -ENOMEM. */
int workload_of(const struct workload_source *source, const struct scope_view *view,
		struct workload **out);

/*
 * Call @each for every workload that runs or is in the store and is one of @names, by name or pattern or
 * as the one that a container is a run of; with no names for all of them, and for each scope that is no
 * workload's. Stops when it returns non-zero and returns that. -ENOENT: a name means nothing.
 */
int workload_each(const struct workload_source *source, char *const *names, size_t count,
		  int (*each)(void *context, const struct workload *workload), void *context,
		  struct error *err);

/*
 * Begin anew with all that was seen in the runs of @workload and is not in the store's workload: in those that
 * run, and in those that ended and that nobody has added yet, which are forgotten. The caller holds the store
 * of @source.
 */
int workload_begin_anew(const struct workload_source *source, const struct workload *workload,
			struct error *err);

/* When the first of it was seen, ns since 1970; 0: never. */
__u64 workload_since(const struct workload *workload);

/*
 * Write "12s, 1 run" into @text, and what that is too short for. Returns @text.
 */
#define WORKLOAD_WATCHED 160
const char *workload_watched(const struct workload *workload, char text[static WORKLOAD_WATCHED]);

/*
 * What the runtimes granted to the scopes of @workload that run, or of one without processes what its policy
 * allows, into *@out. False: none runs.
 */
bool workload_granted(const struct workload *workload, struct granted *out);

/* Free @workload (may be NULL). */
void workload_free(struct workload *workload);

#endif

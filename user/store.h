/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept on disk of what was seen: of each workload all of it together, of each scope that runs
 * what it adds to that, and of the last scopes that ended what each had. Small JSON files
 * (capward-evidence(5)), each written whole or not at all.
 *
 * STORE_DIR/workloads/NAME.json   of a workload, over all its scopes that ended
 * STORE_DIR/running/ID.json       of a scope that runs, ID being its cgroup's
 * STORE_DIR/ended/TIME-ID.json    of one that ended; the last STORE_ENDED of them, in this order also
 *                                 where the day's clock was set back
 *
 * A file that is damaged or of another version is kept aside, as FILE.damaged, and never overwritten.
 */
#ifndef CAPWARD_STORE_H
#define CAPWARD_STORE_H

#include "evidence.h"
#include "identity.h"
#include "teller.h"

#define STORE_DIR   "/var/lib/capward"
#define STORE_ENDED 256
#define STORE_BOOT  64 /* room for what store_boot() writes, with its NUL */

/*
 * Workloads that are kept at most, and of them those that somebody else than root may name as he likes
 * (workload_name.h: claimed).
 */
#define STORE_WORKLOADS 4096
#define STORE_CLAIMED	256

/* Strings are raw, and NULL where it is not known. */
struct stored_run {
	char *workload;
	char boot[STORE_BOOT]; /* store_boot() */
	__u64 scope;	       /* id of its cgroup, in that boot */
	char *cgroup;	       /* its path */
	char *runtime, *container, *name, *image, *pod;
	__u64 begun, ended;	   /* ns since 1970; ended 0: it runs, or nobody saw its end */
	struct evidence *evidence; /* NULL: of a run that is not read from a file */
};

struct stored_workload {
	char *name;    /* workload_name() */
	bool learning; /* what is seen is added */
	__u64 runs;    /* scopes that ended and are in the evidence */
	/*
	 * Those that were added last, as BOOT/ID, so that none is added twice when their files could
	 * not be removed before a crash.
	 */
	char **added;
	size_t added_count;
	struct evidence evidence;
};

/*
 * One run in @boot, as its scope is known now, without evidence; the caller frees it with
 * stored_run_free().
 */
int stored_run_new(const char *workload, const char *boot, __u64 scope, const char *cgroup,
		   const struct identity *identity, struct stored_run **out);

/*
 * Write the id of this boot into @boot, and when in it capward was loaded, @loaded_at of the kernel's
 * state: what is loaded anew counts from zero, also in cgroups that are there still.
 */
int store_boot(__u64 loaded_at, char boot[static STORE_BOOT]);

void stored_run_free(struct stored_run *run);
void stored_workload_free(struct stored_workload *workload);

/*
 * Make the directories of @dir where they are not, and hold its lock, under which all writing is done.
 * Returns a file descriptor to close, or a negative errno; -EAGAIN, without @wait: somebody else has it.
 */
int store_lock(const char *dir, bool wait, struct error *err);

/*
 * Read workload @name into *@out, the caller's to free. -ENOENT, without a text: nothing is known of it.
 * -EINVAL: damaged, -EPROTO: of another version; the text has the file and why.
 */
int store_read_workload(const char *dir, const char *name, struct stored_workload **out,
			struct error *err);

/*
 * Write @workload in place of what is known of it; one that is damaged is kept aside before. Two are for
 * good: -E2BIG: there are too many others, or too many of it aside; -EFBIG: it is larger than what is read.
 */
int store_write_workload(const char *dir, const struct stored_workload *workload,
			 struct error *err);

/* Forget workload @name, and which of its scopes ended. -ENOENT, without a text: nothing is known of it. */
int store_remove_workload(const char *dir, const char *name, struct error *err);

/* The same of the running scope @scope. */
int store_read_run(const char *dir, __u64 scope, struct stored_run **out, struct error *err);
int store_write_run(const char *dir, const struct stored_run *run, struct error *err);
int store_remove_run(const char *dir, __u64 scope);

/* Whether there is a file of the running scope @scope, be it one that cannot be read; true when in doubt. */
bool store_has_run(const char *dir, __u64 scope);

/*
 * Keep @run, which is the last that ended, among the last, once however often; the oldest one goes when there
 * are too many.
 */
int store_write_ended(const char *dir, const struct stored_run *run, struct error *err);

/*
 * Call @each for every workload, every scope that runs, or every one that ended, the last one first;
 * stops when it returns non-zero and returns that. What cannot be read is told to @teller and passed
 * over. None at all is 0.
 */
int store_each_workload(const char *dir,
			int (*each)(void *context, const struct stored_workload *workload),
			void *context, const struct teller *teller);
int store_each_run(const char *dir, int (*each)(void *context, const struct stored_run *run),
		   void *context, const struct teller *teller);
int store_each_ended(const char *dir, int (*each)(void *context, const struct stored_run *run),
		     void *context, const struct teller *teller);

#endif

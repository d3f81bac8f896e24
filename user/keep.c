// SPDX-License-Identifier: GPL-2.0-or-later
#include "keep.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "evidence_read.h"
#include "scopes.h"
#include "store.h"
#include "workload_name.h"

/* Scopes that ended are added this often, together, so that a thousand starts are not as many writes. */
#define TICK_US	 1000000ULL
/* And this often what is new in those that run is looked for. */
#define LOOK_US	 (10 * TICK_US)
/* So many scopes at a time: nobody who starts a container meanwhile waits for more than these. */
#define PIECE	 16
/* And this often what the kernel has of scopes that nobody knows is looked for. */
#define SWEEP_US (30 * TICK_US)
/* So many runs are added to a workload in one write, whose file names each. */
#define BATCH	 1024
/* The daemon's start and end wait so long for who has the lock; what it has not got then waits. */
#define LOCK_MS	 2000
/* What is not new, but more of the same, is written after this long. */
#define SAVE_NS	 3600000000000ULL

/* Scopes by their ids. */
struct ids {
	__u64 *list;
	size_t count, room;
};

/* A scope that is kept. */
struct kept {
	__u64 id;
	bool past; /* of another boot, in which the id was another's */
	struct stored_run *run;
	__u64 seen[CAPWARD_VERDICTS]; /* as they were when it was written */
	__u64 now[CAPWARD_VERDICTS];  /* and when the scopes were read to write it */
	__u64 written;		      /* ns since boot; 0: who it is, is not */
	bool gone, due;		      /* to be added to its workload; to be written */
	bool filed;		      /* it has a file, of its own */
	bool incomplete;	      /* who it is, was not all known */
	unsigned int tries;	      /* to add it */
};

struct keep {
	struct engine *engine;
	const char *dir;
	struct teller teller;
	sd_event_source *timer;
	char boot[STORE_BOOT];
	void *kept; /* tree of struct kept */
	size_t count, gone;
	struct ids due;		/* scopes of which something is to be written, while it is */
	size_t at;		/* the next of them */
	struct scope_list list; /* and all there are, by id */
	struct ids unknown;	/* scopes that are gone and that nobody knew at the last sweep */
	/* When what is new is looked for next, and what nobody knows, in the time of the loop. */
	uint64_t look, sweep;
	bool looked;	/* at what the last daemon left */
	bool taken;	/* and went on with it; nothing is written before */
	bool hurry;	/* to write what could not be written */
	bool told[256]; /* by errno: what is not told again before all can be written */
	bool failed;	/* something could not be written, this time */
	bool given_up;	/* that some are not added was told */
};

/* --- the scopes that are kept ------------------------------------------------------------------- */

static int by_id(const void *left, const void *right)
{
	__u64 a = *(const __u64 *)left, b = *(const __u64 *)right;

	return a < b ? -1 : a > b;
}

static int by_key(const void *left, const void *right)
{
	const struct kept *a = left, *b = right;
	int order = by_id(&a->id, &b->id);

	return order ? order : (int)a->past - (int)b->past;
}

static struct kept *find_as(const struct keep *keep, __u64 id, bool past)
{
	const struct kept key = {.id = id, .past = past};
	void *const *node = tfind(&key, &keep->kept, by_key);

	return node ? *node : NULL;
}

static struct kept *find(const struct keep *keep, __u64 id)
{
	return find_as(keep, id, false);
}

static void free_kept(void *node)
{
	struct kept *kept = node;

	stored_run_free(kept->run);
	free(kept);
}

static struct kept *add(struct keep *keep, __u64 id, bool past)
{
	struct kept *kept = calloc(1, sizeof(*kept));

	if (!kept)
		return NULL;
	kept->id = id;
	kept->past = past;
	if (!tsearch(kept, &keep->kept, by_key)) {
		free(kept);
		return NULL;
	}
	keep->count++;
	return kept;
}

static void drop(struct keep *keep, struct kept *kept)
{
	tdelete(kept, &keep->kept, by_key);
	keep->count--;
	keep->gone -= kept->gone;
	free_kept(kept);
}

static int add_id(struct ids *ids, __u64 id)
{
	if (ids->count == ids->room) {
		size_t room = ids->room ? 2 * ids->room : 64;
		__u64 *grown = realloc(ids->list, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		ids->list = grown;
		ids->room = room;
	}
	ids->list[ids->count++] = id;
	return 0;
}

struct gather {
	struct kept **list;
	size_t count, room;
	bool gone;
};

static void gather_one(const void *node, VISIT visit, void *context)
{
	struct gather *gather = context;
	struct kept *kept;

	if (visit != postorder && visit != leaf)
		return;
	kept = *(struct kept *const *)node;
	if (kept->gone == gather->gone && gather->count < gather->room)
		gather->list[gather->count++] = kept;
}

/*
 * Those that are @gone, or all others, in a list that the caller frees; a tree cannot change while it is
 * walked.
 */
static struct gather gather_all(const struct keep *keep, bool gone)
{
	struct gather gather = {.room = gone ? keep->gone : keep->count - keep->gone, .gone = gone};

	gather.list = calloc(gather.room + 1, sizeof(*gather.list));
	if (gather.list)
		twalk_r(keep->kept, gather_one, &gather);
	return gather;
}

/* Tell @err, of @code, unless one of that code was: a full disk is tried again each second. */
static void say(struct keep *keep, int code, const struct error *err)
{
	bool *told = &keep->told[-code & 255];

	if (!*told)
		tell(&keep->teller, "evidence is not written, and tried again: %s", err->text);
	*told = true;
	keep->failed = true;
}

/* Whether what failed with @code fails with every other file as well. */
static bool is_of_disk(int code)
{
	return code == -ENOSPC || code == -EDQUOT || code == -EROFS || code == -EIO;
}

/*
 * The lock of the store, or a negative errno, which was told. While the daemon runs it does not wait for
 * who reads: it tries again soon.
 */
static int lock(struct keep *keep, long long wait_ms)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	long long deadline = clock_ms() + wait_ms;
	struct error err;
	int fd = store_lock(keep->dir, false, &err);

	while (fd == -EAGAIN && clock_ms() < deadline) {
		nanosleep(&pause, NULL);
		fd = store_lock(keep->dir, false, &err);
	}
	if (fd == -EAGAIN)
		keep->hurry = true;
	if (fd < 0 && (fd != -EAGAIN || wait_ms))
		say(keep, fd, &err);
	return fd;
}

/* --- those that run ----------------------------------------------------------------------------- */

static int write_run(struct keep *keep, struct kept *kept)
{
	struct error err;
	int code;

	/* One of another boot with this id, which could not be added yet, has the file. */
	if (find_as(keep, kept->id, true))
		return 0;
	code = store_write_run(keep->dir, kept->run, &err);
	if (code) {
		say(keep, code, &err);
		return code;
	}
	kept->written = clock_boot_ns();
	kept->due = false;
	kept->filed = true;
	return 0;
}

void keep_scope(struct keep *keep, __u64 id, const char *path, const struct identity *identity)
{
	char name[WORKLOAD_NAME];
	struct kept *kept = find(keep, id);
	struct stored_run *run;
	int fd;

	/* One that is known stays what it is while its runtime removes the files that tell. */
	if (!workload_name(path, identity, name) ||
	    (kept && (kept->gone || identity->incomplete)) ||
	    (kept && !strcmp(kept->run->workload, name)))
		return;
	if (stored_run_new(name, keep->boot, id, path, identity, &run))
		return;
	if (!kept)
		kept = add(keep, id, false);
	if (!kept) {
		stored_run_free(run);
		return;
	}
	if (kept->run)
		run->begun = kept->run->begun;
	stored_run_free(kept->run);
	kept->run = run;
	kept->due = true;
	kept->incomplete = identity->incomplete;
	fd = keep->taken ? lock(keep, 0) : -1;
	if (fd < 0)
		return;
	write_run(keep, kept);
	memset(kept->seen, 0, sizeof(kept->seen));
	close(fd);
}

/* Whether more is to be written of @kept than was; or it is gone, which nobody may have seen. */
static bool is_due(struct keep *keep, struct kept *kept)
{
	struct capward_scope scope;
	int code = engine_scope(keep->engine, kept->id, &scope);

	if (code == -ENOENT)
		keep_gone(keep, kept->id);
	if (code)
		return false;
	memcpy(kept->now, scope.seen, sizeof(kept->now));
	if (memcmp(kept->seen, scope.seen, sizeof(kept->seen)))
		return true;
	return !kept->written || clock_boot_ns() - kept->written > SAVE_NS;
}

static bool is_saving(const struct keep *keep)
{
	return keep->at < keep->due.count;
}

static void end_saving(struct keep *keep)
{
	free(keep->due.list);
	keep->due = (struct ids){};
	keep->at = 0;
	scopes_free(&keep->list);
}

static int by_scope(const void *left, const void *right)
{
	return by_id(&((const struct scope_view *)left)->id,
		     &((const struct scope_view *)right)->id);
}

/*
 * Find in which scopes that run there is something new, with @all each, and read them. What is seen after
 * it was looked at and before it was read is new the next time as well.
 */
static void begin_saving(struct keep *keep, bool all)
{
	struct gather gather = gather_all(keep, false);
	struct error err;
	int code;

	end_saving(keep);
	for (size_t i = 0; i < gather.count; i++) {
		struct kept *kept = gather.list[i];
		bool due = is_due(keep, kept) || all || kept->due;

		kept->due = due && !kept->gone;
		if (kept->due && add_id(&keep->due, kept->id))
			break;
	}
	free(gather.list);
	code = is_saving(keep) ? scopes_read(keep->engine, &keep->list, &err) : 0;
	if (code) {
		say(keep, code, &err);
		end_saving(keep);
	}
	if (keep->list.count)
		qsort(keep->list.scopes, keep->list.count, sizeof(struct scope_view), by_scope);
}

/* Write what was seen in @kept, which runs. */
static int save_run(struct keep *keep, struct kept *kept)
{
	const struct scope_view key = {.id = kept->id}, *view = NULL;
	int code;

	if (keep->list.count)
		view = bsearch(&key, keep->list.scopes, keep->list.count, sizeof(key), by_scope);
	if (!view)
		return 0;
	kept->run->evidence = calloc(1, sizeof(*kept->run->evidence));
	if (!kept->run->evidence)
		return 0;
	evidence_read_scope(keep->engine, view, kept->run->evidence);
	code = write_run(keep, kept);
	free(kept->run->evidence);
	kept->run->evidence = NULL;
	memcpy(kept->seen, kept->now, sizeof(kept->seen));
	return code;
}

/* Write what is new in the scopes that run, of @most of them. The caller holds the lock. */
static void save_runs(struct keep *keep, size_t most)
{
	for (size_t tried = 0; is_saving(keep) && tried < most; tried++) {
		struct kept *kept = find(keep, keep->due.list[keep->at++]);

		if (kept && kept->due && !kept->gone && is_of_disk(save_run(keep, kept)))
			keep->at = keep->due.count; /* the rest is due when it is looked at next */
	}
	if (!is_saving(keep))
		end_saving(keep);
}

/* --- those that ended --------------------------------------------------------------------------- */

static bool is_gone(struct keep *keep, __u64 id)
{
	struct capward_scope scope;

	return engine_scope(keep->engine, id, &scope) == -ENOENT;
}

/* A file that cannot be read now may be by another build: what it is of is kept as well. */
static void drop_unknown(struct keep *keep, __u64 id)
{
	if (!store_has_run(keep->dir, id))
		engine_drop_gone(keep->engine, id);
}

void keep_gone(struct keep *keep, __u64 id)
{
	struct kept *kept = find(keep, id);

	/* That its cgroup is not found may have other reasons; what is gone is found by looking. */
	if (!is_gone(keep, id))
		return;
	if (!kept)
		drop_unknown(keep, id);
	if (!kept || kept->gone)
		return;
	kept->gone = true;
	kept->run->ended = clock_ns(CLOCK_REALTIME);
	keep->gone++;
}

/*
 * Have @run have its evidence: what the kernel kept or, where that is gone, what was written of it
 * last. -ENOMEM.
 */
static int find_evidence(struct keep *keep, struct stored_run *run)
{
	struct stored_run *written;

	if (!run->evidence)
		run->evidence = calloc(1, sizeof(*run->evidence));
	if (!run->evidence)
		return -ENOMEM;
	memset(run->evidence, 0, sizeof(*run->evidence));
	if (!strcmp(run->boot, keep->boot))
		evidence_read_gone(keep->engine, run->scope, run->evidence);
	if (!evidence_is_empty(run->evidence) ||
	    store_read_run(keep->dir, run->scope, &written, NULL))
		return 0;
	evidence_merge(run->evidence, written->evidence);
	stored_run_free(written);
	return 0;
}

/* How a run is called in its workload's list of those that were added. */
#define RUN_KEY (STORE_BOOT + 24)
static const char *run_key(const struct stored_run *run, char key[static RUN_KEY])
{
	snprintf(key, RUN_KEY, "%s/%llu", run->boot, (unsigned long long)run->scope);
	return key;
}

static bool was_added(const struct stored_workload *workload, const struct stored_run *run)
{
	char key[RUN_KEY];

	run_key(run, key);
	for (size_t i = 0; i < workload->added_count; i++)
		if (!strcmp(workload->added[i], key))
			return true;
	return false;
}

/* What is known of workload @name, or that nothing is; what is wrong with its file goes to @damage. */
static int begin_workload(struct keep *keep, const char *name, struct stored_workload **out,
			  struct error *damage, struct error *err)
{
	int code = store_read_workload(keep->dir, name, out, damage);

	if (code != -EINVAL && code != -EPROTO && code != -ENOENT) {
		*err = *damage;
		return code;
	}
	*out = calloc(1, sizeof(**out));
	if (*out)
		(*out)->name = strdup(name);
	if (!*out || !(*out)->name) {
		stored_workload_free(*out);
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	}
	(*out)->learning = true;
	return 0;
}

/* Have the list of those that were added be that of @runs. */
static int list_added(struct stored_workload *workload, struct kept *const *runs, size_t count)
{
	char **list = calloc(count, sizeof(*list)), key[RUN_KEY];

	for (size_t i = 0; i < workload->added_count; i++)
		free(workload->added[i]);
	free(workload->added);
	workload->added = list;
	workload->added_count = 0;
	for (size_t i = 0; list && i < count; i++) {
		list[i] = strdup(run_key(runs[i]->run, key));
		if (!list[i])
			return -ENOMEM;
		workload->added_count++;
	}
	return list ? 0 : -ENOMEM;
}

/*
 * Whether @kept, which ended, was forgotten by `capward learn` before it could be added: that removes its file,
 * and has the kernel drop what it kept. One of the two alone may have other reasons.
 */
static bool is_forgotten(const struct keep *keep, const struct kept *kept)
{
	return kept->filed && evidence_is_empty(kept->run->evidence) &&
	       !store_has_run(keep->dir, kept->id);
}

/* Add @run to @workload, and to those that ended. */
static int add_run(struct keep *keep, struct stored_workload *workload,
		   const struct stored_run *run, struct error *err)
{
	workload->runs++;
	if (workload->learning)
		evidence_merge(&workload->evidence, run->evidence);
	return evidence_is_empty(run->evidence) ? 0 : store_write_ended(keep->dir, run, err);
}

/* Add the @count @runs, which ended, to the workload that all of them are of. */
static int add_runs(struct keep *keep, struct kept *const *runs, size_t count, struct error *err)
{
	struct stored_workload *workload;
	struct error damage = {};
	bool added = false;
	int code = begin_workload(keep, runs[0]->run->workload, &workload, &damage, err);

	if (code)
		return code;
	for (size_t i = 0; !code && i < count; i++) {
		struct stored_run *run = runs[i]->run;

		if (was_added(workload, run))
			continue;
		code = find_evidence(keep, run);
		if (!code && !is_forgotten(keep, runs[i])) {
			code = add_run(keep, workload, run, err);
			added = true;
		}
		free(run->evidence);
		run->evidence = NULL;
	}
	if (!code && added)
		code = list_added(workload, runs, count);
	if (code == -ENOMEM)
		error_set(err, code, "%s", strerror(ENOMEM));
	if (!code && added)
		code = store_write_workload(keep->dir, workload, err);
	if (!code && added && damage.text[0])
		tell(&keep->teller, "%s; it is kept aside", damage.text);
	stored_workload_free(workload);
	return code;
}

/* Whether runs that were not added, with @code, never will be; that is told once. */
static bool is_hopeless(struct keep *keep, int code, const struct error *err)
{
	if (code != -E2BIG && code != -EFBIG)
		return false;
	if (!keep->given_up)
		tell(&keep->teller, "evidence is kept of the last that ended only: %s", err->text);
	keep->given_up = true;
	return true;
}

/* What is added is on disk: nobody else need have it. */
static void forget_runs(struct keep *keep, struct kept *const *runs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (runs[i]->filed)
			store_remove_run(keep->dir, runs[i]->id);
		if (!strcmp(runs[i]->run->boot, keep->boot))
			engine_drop_gone(keep->engine, runs[i]->id);
		drop(keep, runs[i]);
	}
}

static int by_workload(const void *left, const void *right)
{
	const struct kept *a = *(struct kept *const *)left, *b = *(struct kept *const *)right;
	int order;

	if (a->tries != b->tries)
		return a->tries < b->tries ? -1 : 1;
	order = strcmp(a->run->workload, b->run->workload);
	if (order)
		return order;
	return a->run->ended < b->run->ended ? -1 : a->run->ended > b->run->ended;
}

/*
 * Add those that ended to their workloads: @most of them are tried, first those that were tried least. The
 * caller holds the lock. True: some were added, and there are more.
 */
static bool add_gone(struct keep *keep, size_t most)
{
	struct gather gather = gather_all(keep, true);
	size_t tried = 0;
	struct error err;
	bool added = false;
	int code = 0;

	if (gather.list)
		qsort(gather.list, gather.count, sizeof(struct kept *), by_workload);
	for (size_t n; tried < gather.count && tried < most && !is_of_disk(code); tried += n) {
		struct kept *const *runs = &gather.list[tried];

		for (n = 1; tried + n < gather.count && n < most && n < BATCH; n++)
			if (strcmp(runs[n]->run->workload, runs[0]->run->workload))
				break;
		code = add_runs(keep, runs, n, &err);
		if (!code || is_hopeless(keep, code, &err)) {
			forget_runs(keep, runs, n);
			added = true;
			continue;
		}
		say(keep, code, &err);
		for (size_t i = 0; i < n; i++)
			runs[i]->tries++;
	}
	free(gather.list);
	return added && keep->gone;
}

/* --- those that nobody knows -------------------------------------------------------------------- */

struct search {
	struct keep *keep;
	struct ids found;
};

static int find_one(void *context, __u64 root)
{
	struct search *search = context;

	if (find(search->keep, root) || !is_gone(search->keep, root))
		return 0;
	return add_id(&search->found, root);
}

/* Have @keep->unknown be the scopes that are gone, of which the kernel has evidence and nobody knows. */
static void find_unknown(struct keep *keep)
{
	struct search search = {.keep = keep};
	struct ids *found = &search.found;
	size_t kept = 0;

	engine_each_evidence(keep->engine, find_one, &search);
	if (found->count)
		qsort(found->list, found->count, sizeof(*found->list), by_id);
	for (size_t i = 0; i < found->count; i++)
		if (!kept || found->list[i] != found->list[kept - 1])
			found->list[kept++] = found->list[i];
	found->count = kept;
	free(keep->unknown.list);
	keep->unknown = *found;
}

/*
 * Drop what the kernel keeps for nobody: a scope may come and go while changes are lost. Of one that is
 * not known twice running nobody is just about to be told.
 */
static void sweep(struct keep *keep)
{
	struct ids before = keep->unknown, *now = &keep->unknown;

	keep->unknown = (struct ids){};
	if (engine_state(keep->engine)->gone > (long long)keep->gone)
		find_unknown(keep);
	for (size_t i = 0; before.count && i < now->count; i++)
		if (bsearch(&now->list[i], before.list, before.count, sizeof(__u64), by_id))
			drop_unknown(keep, now->list[i]);
	free(before.list);
}

/* --- what was left ------------------------------------------------------------------------------ */

static int find_run(void *context, const struct stored_run *run)
{
	return add_id(context, run->scope);
}

/* Go on with a run that the last daemon left: it runs still, or it ended meanwhile. */
static void resume(struct keep *keep, __u64 id)
{
	struct stored_run *run;
	struct kept *kept;
	bool past;

	if (store_read_run(keep->dir, id, &run, NULL))
		return;
	free(run->evidence);
	run->evidence = NULL;
	past = strcmp(run->boot, keep->boot) != 0;
	kept = find_as(keep, id, past);
	if (!kept)
		kept = add(keep, id, past);
	if (!kept) {
		stored_run_free(run);
		return;
	}
	kept->filed = true;
	if (kept->run && !kept->incomplete) {
		kept->run->begun = run->begun;
		stored_run_free(run);
		return;
	}
	if (kept->run)
		run->ended = kept->run->ended;
	stored_run_free(kept->run);
	kept->run = run;
	if (kept->gone || (!past && !is_gone(keep, id)))
		return;
	kept->gone = true;
	keep->gone++;
	run->ended = clock_ns(CLOCK_REALTIME); /* nobody saw when */
}

/* Go on where the last daemon ended. The caller holds the lock. */
static void take_over(struct keep *keep)
{
	struct ids runs = {};

	keep->taken =
		!store_each_run(keep->dir, find_run, &runs, keep->looked ? NULL : &keep->teller);
	keep->looked = true;
	for (size_t i = 0; keep->taken && i < runs.count; i++)
		resume(keep, runs.list[i]);
	free(runs.list);
}

/* Write @most of what ended and of what is new; true: there is more. The caller holds the lock. */
static bool write_some(struct keep *keep, size_t most)
{
	bool more;

	if (!keep->taken)
		take_over(keep);
	if (!keep->taken)
		return false;
	more = add_gone(keep, most);
	save_runs(keep, most);
	return more || is_saving(keep);
}

static bool has_work(const struct keep *keep)
{
	return keep->gone || is_saving(keep) || !keep->taken;
}

/* Write all there is, when the daemon begins or ends. */
static void write_all(struct keep *keep)
{
	int fd = has_work(keep) ? lock(keep, LOCK_MS) : -1;

	if (fd < 0)
		return;
	write_some(keep, SIZE_MAX);
	close(fd);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *context)
{
	struct keep *keep = context;
	bool more = false;
	int fd;

	keep->failed = false;
	if (usec >= keep->sweep) {
		keep->sweep = usec + SWEEP_US;
		sweep(keep);
	}
	if (!is_saving(keep) && (usec >= keep->look || keep->hurry)) {
		keep->look = usec + LOOK_US;
		keep->hurry = false;
		begin_saving(keep, false);
	}
	fd = has_work(keep) ? lock(keep, 0) : -1;
	if (fd >= 0) {
		more = write_some(keep, PIECE);
		if (!keep->failed)
			memset(keep->told, 0, sizeof(keep->told));
		close(fd);
	}
	sd_event_source_set_time(source, more ? usec : usec + TICK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* --- from outside ------------------------------------------------------------------------------- */

int keep_new(struct engine *engine, const char *dir, sd_event *event, const struct teller *teller,
	     struct keep **out, struct error *err)
{
	struct keep *keep = calloc(1, sizeof(*keep));
	uint64_t time = 0;
	int code;

	if (!keep)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	keep->engine = engine;
	keep->dir = dir;
	keep->teller = *teller;
	code = store_boot(engine_loaded_at(engine), keep->boot);
	if (!code)
		code = sd_event_now(event, CLOCK_MONOTONIC, &time);
	keep->look = time + LOOK_US;
	keep->sweep = time + SWEEP_US;
	if (code >= 0)
		code = sd_event_add_time(event, &keep->timer, CLOCK_MONOTONIC, time + TICK_US,
					 TICK_US / 4, on_tick, keep);
	if (code < 0) {
		free(keep);
		return error_set(err, code, "keep evidence: %s", strerror(-code));
	}
	engine_state(engine)->keep = 1;
	write_all(keep);
	find_unknown(keep);
	*out = keep;
	return 0;
}

void keep_free(struct keep *keep)
{
	if (!keep)
		return;
	begin_saving(keep, true);
	write_all(keep);
	end_saving(keep);
	sd_event_source_disable_unref(keep->timer);
	tdestroy(keep->kept, free_kept);
	free(keep->unknown.list);
	free(keep);
}

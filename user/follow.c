// SPDX-License-Identifier: GPL-2.0-or-later
#include "follow.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assign.h"
#include "cgroup.h"
#include "clock.h"
#include "plain.h"
#include "policy.h"
#include "scope_json.h"

/*
 * A container's cgroup may be there before its runtime's files are. They are looked for again after
 * this long, and then each time after twice as long, up to GIVE_UP_NS after the first time.
 */
#define FIRST_RETRY_NS 2000000ULL
#define NO_PATH_NS     1000000000ULL /* one that cannot be opened by then is gone */
#define GIVE_UP_NS     4000000000ULL

/* How often the kernel's count of lost changes is looked at. */
#define TICK_NS 1000000000ULL

/* Somebody else holds the lock. */
#define BUSY_NS 5000000ULL

/* When to try again what failed, and to look for files that were given up. */
#define FAILED_NS  1000000000ULL
#define UNKNOWN_NS 30000000000ULL

/* How many changes are taken at a time, before others have their turn. */
#define CHANGES 64

struct waiter {
	struct waiter *next;
	void (*done)(void *context, const char *profile);
	void *context;
};

/* A scope that is followed. */
struct watched {
	__u64 id;   /* the first member: watched are found by it */
	char *path; /* NULL: it cannot be looked at yet */
	struct identity identity;
	__u64 made_at;	   /* ns since boot; 0: before this began */
	__u64 due;	   /* when to look again; 0: not */
	__u64 retry;	   /* and after how long then */
	__u64 give_up;	   /* when to do without its runtime's files */
	unsigned int seen; /* the last look at everything that saw it */
	bool started;	   /* its payload was executed */
	bool told;	   /* to the watcher */
	bool decided, unknown, tied;
	char profile[CAPWARD_NAME]; /* whose rule won, or "" */
	struct waiter *waiters;
};

struct follow {
	struct engine *engine;
	sd_event *event;
	sd_event_source *changes, *timer;
	struct teller teller;
	struct follow_watcher watcher;
	const struct rules *rules;
	const struct plan *plan;
	bool hold;
	void *watched; /* tree of struct watched */
	struct follow_numbers numbers;
	__u64 lost;  /* as the kernel had it last, and the next */
	__u64 since; /* ns since boot: when this began */
	__u32 plans;
	unsigned int taken; /* changes, this time */
	unsigned int look;  /* at everything: which */
	__u64 due;	    /* no scope is to be looked at again before */
	struct plain plain;
};

/* --- the scopes that are followed --------------------------------------------------------------- */

static int by_id(const void *left, const void *right)
{
	__u64 a = *(const __u64 *)left, b = *(const __u64 *)right;

	return a < b ? -1 : a > b;
}

static struct watched *find(const struct follow *follow, __u64 id)
{
	void *const *node = tfind(&id, &follow->watched, by_id);

	return node ? *node : NULL;
}

static struct watched *add(struct follow *follow, __u64 id)
{
	struct watched *watched = calloc(1, sizeof(*watched));

	if (!watched)
		return NULL;
	watched->id = id;
	watched->seen = follow->look;
	watched->retry = FIRST_RETRY_NS;
	if (!tsearch(watched, &follow->watched, by_id)) {
		free(watched);
		return NULL;
	}
	follow->numbers.scopes++;
	return watched;
}

static void answer(struct watched *watched)
{
	struct waiter *waiter;

	while ((waiter = watched->waiters)) {
		watched->waiters = waiter->next;
		waiter->done(waiter->context, watched->profile[0] ? watched->profile : NULL);
		free(waiter);
	}
}

static void free_watched(void *node)
{
	struct watched *watched = node;

	answer(watched);
	identity_free(&watched->identity);
	free(watched->path);
	free(watched);
}

static void set_unknown(struct follow *follow, struct watched *watched, bool unknown)
{
	follow->numbers.unknown += (size_t)unknown - (size_t)watched->unknown;
	watched->unknown = unknown;
}

static void set_tied(struct follow *follow, struct watched *watched, bool tied)
{
	follow->numbers.ties += (size_t)tied - (size_t)watched->tied;
	watched->tied = tied;
}

/* Tell who wants to know it that the scope @id is gone. */
static void tell_gone(struct follow *follow, __u64 id)
{
	if (follow->watcher.gone)
		follow->watcher.gone(follow->watcher.context, id);
}

/* Tell who wants to know it who @watched is, if that is known. */
static void tell_known(struct follow *follow, struct watched *watched)
{
	const struct follow_watcher *watcher = &follow->watcher;

	if (!watcher->known || !watched->path)
		return;
	watcher->known(watcher->context, watched->id, watched->path, &watched->identity);
	watched->told = true;
}

static void drop(struct follow *follow, struct watched *watched)
{
	/* One that was gone before its files were there is told by what there was. */
	if (!watched->told)
		tell_known(follow, watched);
	tell_gone(follow, watched->id);
	if (watched->made_at && !watched->decided)
		follow->numbers.ended_first++;
	tdelete(watched, &follow->watched, by_id);
	set_unknown(follow, watched, false);
	set_tied(follow, watched, false);
	follow->numbers.scopes--;
	free_watched(watched);
}

/* --- what a scope is to have -------------------------------------------------------------------- */

/* Whether the policy @slot is that of a profile which is not among those there are rules of. */
static bool is_held(const struct follow *follow, __u32 slot)
{
	struct capward_policy policy;

	if (!follow->hold || !policy_of_daemon(follow->engine, slot, &policy))
		return false;
	for (size_t i = 0; i < follow->plan->count; i++)
		if (!strcmp(follow->plan->policies[i].profile, policy.profile))
			return false;
	return true;
}

/*
 * The slot that @rule asks for, or 0 where the kernel decides: by the cgroup's path and name, which go
 * first, it has done so already.
 */
static __u32 slot_of_rule(const struct follow *follow, const struct watched *watched,
			  const struct rule *rule)
{
	enum profile_match_kind kind = rule->match->kind;
	__u32 slot;

	if (kind == PROFILE_CGROUP || kind == PROFILE_UNIT || kind == PROFILE_DEFAULT)
		return 0;
	/* A pattern that was put in force by hand is not among the rules. */
	if (assign_match(follow->engine, watched->path))
		return 0;
	return plan_slot(follow->engine, follow->plan, rule->profile->name, &slot) ? 0 : slot;
}

/*
 * Note that a policy was assigned: before the payload was executed, or after. The kernel is asked: that the
 * payload was is told behind what is in the buffer still.
 */
static void count_assignment(struct follow *follow, const struct watched *watched)
{
	struct capward_scope here;
	bool started = watched->started;

	if (!watched->made_at)
		return;
	if (!engine_scope(follow->engine, watched->id, &here))
		started |= here.flags & CAPWARD_SCOPE_STARTED;
	if (started)
		follow->numbers.after_payload++;
	else
		follow->numbers.before_payload++;
}

static void count_decision(struct follow *follow, const struct watched *watched)
{
	if (watched->made_at)
		metrics_observe(&follow->numbers.decision, clock_boot_ns() - watched->made_at);
}

static const char *called(const struct watched *watched, char text[static SCOPE_CALLED])
{
	return scope_called(watched->path, &watched->identity, text);
}

/*
 * Have @watched get the policy @slot, 0 being what the kernel gives it. -EAGAIN: somebody else is
 * changing policies.
 */
static int assign(struct follow *follow, struct watched *watched, __u32 slot, struct error *err)
{
	struct capward_scope here;
	bool is_scope =
		!engine_scope(follow->engine, watched->id, &here) && here.root == watched->id;
	bool assigned = is_scope && here.flags & CAPWARD_SCOPE_ASSIGNED;
	size_t changed;
	int lock, code;

	if (slot ? assigned && here.policy == slot : !assigned || is_held(follow, here.policy))
		return 0;
	lock = engine_try_lock(err);
	if (lock < 0)
		return lock;
	code = assign_scope(follow->engine, watched->path, slot, slot ? CAPWARD_SCOPE_ASSIGNED : 0,
			    &changed, err);
	close(lock);
	if (!code && changed && !watched->decided)
		count_assignment(follow, watched);
	return code;
}

/*
 * Which rule decides for @watched, NULL being none. False: that is in doubt, so that it keeps what it
 * has. A tie is, and told once; so is a scope of which a part of who it is could not be read, for a rule
 * that would go before another may be about that part.
 */
static bool resolve(struct follow *follow, struct watched *watched, const struct rule **out)
{
	const struct rules_subject subject = rules_subject(watched->path, &watched->identity);
	struct rules_answer found;
	char name[SCOPE_CALLED];

	*out = NULL;
	if (watched->identity.incomplete)
		return false;
	rules_resolve(follow->rules, &subject, &found);
	if (found.outcome == RULES_TIE && !watched->tied)
		tell(&follow->teller, "%s: %s; until then neither holds", called(watched, name),
		     found.why);
	set_tied(follow, watched, found.outcome == RULES_TIE);
	if (found.outcome == RULES_ONE)
		*out = found.rule;
	return found.outcome != RULES_TIE;
}

static void free_labels(struct identity *identity)
{
	struct identity labels = {.labels = identity->labels, .pod_labels = identity->pod_labels};

	identity_free(&labels);
	identity->labels = identity->pod_labels = (struct identity_labels){};
}

static void look_again(struct follow *follow, struct watched *watched, __u64 delay)
{
	watched->due = clock_boot_ns() + delay;
	if (watched->due < follow->due)
		follow->due = watched->due;
}

/* Decide with what is known of @watched now. */
static void settle(struct follow *follow, struct watched *watched)
{
	const struct rule *rule;
	struct error err;
	char name[SCOPE_CALLED];
	int code = 0;

	if (resolve(follow, watched, &rule))
		code = assign(follow, watched, rule ? slot_of_rule(follow, watched, rule) : 0,
			      &err);
	if (code == -EAGAIN) {
		look_again(follow, watched, BUSY_NS);
		return;
	}
	if (code) {
		follow->numbers.failed++;
		tell(&follow->teller, "%s: %s", called(watched, name), err.text);
		look_again(follow, watched, FAILED_NS);
		return;
	}
	snprintf(watched->profile, sizeof(watched->profile), "%s", rule ? rule->profile->name : "");
	if (!watched->decided)
		count_decision(follow, watched);
	watched->decided = true;
	answer(watched);
}

/*
 * Find out where @watched is. A new cgroup is told before it can be opened (cgroup_mkdir() traces before
 * kernfs_activate()), and one that is gone is told in time.
 */
static bool find_path(struct watched *watched)
{
	char path[CGROUP_PATH];

	if (!watched->path && !cgroup_path(watched->id, path))
		watched->path = strdup(path);
	return watched->path;
}

/* Find out who @watched is, and decide; or when to look again. It is dropped when it is gone. */
static void decide(struct follow *follow, struct watched *watched)
{
	struct identity identity;
	struct error err = {};
	char name[SCOPE_CALLED];
	__u64 time = clock_boot_ns();

	watched->due = 0;
	if (!follow->rules)
		return;
	if (!find_path(watched)) {
		if (time < watched->made_at + NO_PATH_NS)
			look_again(follow, watched, FIRST_RETRY_NS);
		else
			drop(follow, watched);
		return;
	}
	if (identity_by_root(watched->path, &identity, &err)) {
		look_again(follow, watched, watched->retry);
		return;
	}
	identity_free(&watched->identity);
	watched->identity = identity;
	if (!identity.incomplete) {
		watched->give_up = 0;
		watched->retry = FIRST_RETRY_NS;
	} else if (!watched->give_up) {
		watched->give_up = time + GIVE_UP_NS;
	}
	if (identity.incomplete && time < watched->give_up) {
		look_again(follow, watched, watched->retry);
		watched->retry *= 2;
		free_labels(&watched->identity);
		return;
	}
	if (identity.incomplete && !watched->unknown)
		tell(&follow->teller, "%s: only its cgroup tells who it is: %s",
		     called(watched, name),
		     err.text[0] ? err.text : "its runtime's files are not there");
	set_unknown(follow, watched, identity.incomplete);
	if (identity.incomplete)
		look_again(follow, watched, UNKNOWN_NS);
	settle(follow, watched);
	free_labels(&watched->identity);
	tell_known(follow, watched);
}

/* Follow the scope @id; @made_at is when it was made, 0: before this began. */
static void begin(struct follow *follow, __u64 id, __u64 made_at, bool started)
{
	struct watched *watched = find(follow, id);

	if (watched) {
		watched->seen = follow->look;
		watched->started |= started;
		return;
	}
	watched = add(follow, id);
	if (!watched) {
		tell(&follow->teller, "cgroup %llu: not followed: out of memory",
		     (unsigned long long)id);
		return;
	}
	watched->made_at = made_at;
	watched->started = started;
	decide(follow, watched);
}

static void on_plain(void *context, __u64 id)
{
	begin(context, id, clock_boot_ns(), true);
}

/* --- all of them -------------------------------------------------------------------------------- */

static int begin_scope(void *context, __u64 cgroup, const struct capward_scope *scope)
{
	if (scope->root == cgroup)
		begin(context, cgroup, 0, scope->flags & CAPWARD_SCOPE_STARTED);
	return 0;
}

struct gather {
	struct watched **list;
	size_t count, room;
};

static void gather_one(const void *node, VISIT visit, void *context)
{
	struct gather *gather = context;

	if ((visit == postorder || visit == leaf) && gather->count < gather->room)
		gather->list[gather->count++] = *(struct watched *const *)node;
}

/* All that are followed, in a list that the caller frees; a tree cannot change while it is walked. */
static struct gather gather_all(const struct follow *follow)
{
	struct gather gather = {.room = follow->numbers.scopes};

	gather.list = calloc(gather.room + 1, sizeof(struct watched *));
	if (gather.list)
		twalk_r(follow->watched, gather_one, &gather);
	return gather;
}

static void decide_all(struct follow *follow)
{
	struct gather all = gather_all(follow);

	for (size_t i = 0; i < all.count; i++)
		decide(follow, all.list[i]);
	free(all.list);
}

static int look_at_all(struct follow *follow, struct error *err)
{
	struct gather all;
	int code;

	follow->look++;
	code = engine_scopes(follow->engine, begin_scope, follow);
	if (code)
		return error_set(err, code, "read the scopes: %s", strerror(-code));
	all = gather_all(follow);
	for (size_t i = 0; i < all.count; i++)
		if (all.list[i]->seen != follow->look && cgroup_path(all.list[i]->id, NULL))
			drop(follow, all.list[i]);
	free(all.list);
	plain_look(&follow->plain);
	return 0;
}

/* --- the loop ----------------------------------------------------------------------------------- */

/* Have the timer fire when there is something to do next. */
static int arm(struct follow *follow, struct error *err)
{
	__u64 due = clock_boot_ns() + TICK_NS;
	int code;

	if (follow->plain.due && follow->plain.due < due)
		due = follow->plain.due;
	if (follow->due < due)
		due = follow->due;
	code = sd_event_source_set_time(follow->timer, due / 1000);
	if (code >= 0)
		code = sd_event_source_set_enabled(follow->timer, SD_EVENT_ONESHOT);
	return code < 0 ? error_set(err, code, "set a timer: %s", strerror(-code)) : 0;
}

static void decide_due(struct follow *follow)
{
	struct gather all;
	__u64 time = clock_boot_ns();

	if (time < follow->due)
		return;
	follow->due = UINT64_MAX;
	all = gather_all(follow);
	for (size_t i = 0; i < all.count; i++) {
		struct watched *watched = all.list[i];

		if (!watched->due)
			continue;
		if (watched->due <= time)
			decide(follow, watched);
		else if (watched->due < follow->due)
			follow->due = watched->due;
	}
	free(all.list);
}

/* Changes that were lost may have been any. */
static void look_for_lost(struct follow *follow)
{
	__u64 lost = engine_state(follow->engine)->changes_lost;
	struct error err;

	if (lost == follow->lost)
		return;
	if (look_at_all(follow, &err)) {
		tell(&follow->teller, "%s", err.text);
		return;
	}
	follow->numbers.lost += lost - follow->lost;
	follow->lost = lost;
}

/* What somebody put in force by hand may go before what was assigned, and may govern what nothing did. */
static void look_for_plans(struct follow *follow)
{
	__u32 plans = engine_state(follow->engine)->plans;
	struct error err;

	if (plans == follow->plans)
		return;
	follow->plans = plans;
	decide_all(follow);
	if (look_at_all(follow, &err))
		tell(&follow->teller, "%s", err.text);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *context)
{
	struct follow *follow = context;

	(void)source;
	(void)usec;
	decide_due(follow);
	if (follow->plain.due && clock_boot_ns() >= follow->plain.due)
		plain_look(&follow->plain);
	look_for_lost(follow);
	look_for_plans(follow);
	return arm(follow, NULL);
}

static void on_started(struct follow *follow, __u64 id)
{
	struct watched *watched = find(follow, id);

	if (!watched)
		return;
	watched->started = true;
	if (!watched->decided)
		decide(follow, watched);
}

/* Take one; non-zero: it is another's turn. */
static int on_change(void *context, const void *bytes, size_t size)
{
	struct follow *follow = context;
	struct capward_change change;
	struct watched *watched;

	if (size != sizeof(change))
		return 0;
	memcpy(&change, bytes, sizeof(change));
	if (change.version != CAPWARD_ABI)
		return 0;
	follow->taken++;
	switch (change.type) {
	case CAPWARD_CHANGE_MADE:
		/* What was made before is found by looking. */
		if (change.flags & CAPWARD_SCOPE_QUIET || change.time < follow->since)
			break;
		if (change.root == change.cgroup)
			begin(follow, change.cgroup, change.time, false);
		else if (!change.root)
			plain_expect(&follow->plain);
		break;
	case CAPWARD_CHANGE_STARTED:
		on_started(follow, change.cgroup);
		break;
	case CAPWARD_CHANGE_GONE:
		watched = find(follow, change.cgroup);
		if (watched)
			drop(follow, watched);
		else
			tell_gone(follow, change.cgroup);
		break;
	}
	return follow->taken >= CHANGES;
}

/* Take the changes that are there now. */
static int take_changes(struct follow *follow)
{
	struct error err;
	int code;

	follow->taken = 0;
	code = engine_buffer_read(follow->engine, ENGINE_CHANGES, on_change, follow, &err);

	if (code < 0 && code != -EINTR)
		tell(&follow->teller, "%s", err.text);
	return arm(follow, NULL);
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)source;
	(void)fd;
	(void)events;
	return take_changes(context);
}

/* --- from outside ------------------------------------------------------------------------------- */

int follow_new(struct engine *engine, sd_event *event, const struct teller *teller,
	       struct follow **out, struct error *err)
{
	struct follow *follow = calloc(1, sizeof(*follow));
	int fd, code;

	if (!follow)
		return error_set(err, -ENOMEM, "out of memory");
	follow->engine = engine;
	follow->teller = *teller;
	follow->plain = (struct plain){
		.engine = engine, .teller = &follow->teller, .found = on_plain, .context = follow};
	plain_anew(&follow->plain);
	follow->due = UINT64_MAX;
	follow->since = clock_boot_ns();
	follow->lost = engine_state(engine)->changes_lost;
	fd = engine_buffer_fd(engine, ENGINE_CHANGES, err);
	if (fd < 0) {
		follow_free(follow);
		return fd;
	}
	code = sd_event_add_io(event, &follow->changes, fd, EPOLLIN, on_readable, follow);
	if (code >= 0)
		code = sd_event_add_time(event, &follow->timer, CLOCK_BOOTTIME, UINT64_MAX, 1000,
					 on_timer, follow);
	if (code < 0) {
		follow_free(follow);
		return error_set(err, code, "follow cgroups: %s", strerror(-code));
	}
	*out = follow;
	return 0;
}

void follow_free(struct follow *follow)
{
	if (!follow)
		return;
	sd_event_source_disable_unref(follow->changes);
	sd_event_source_disable_unref(follow->timer);
	tdestroy(follow->watched, free_watched);
	free(follow);
}

void follow_watch(struct follow *follow, const struct follow_watcher *watcher)
{
	follow->watcher = *watcher;
}

int follow_rules(struct follow *follow, const struct rules *rules, const struct plan *plan,
		 bool hold, struct error *err)
{
	int code;

	follow->rules = rules;
	follow->plan = plan;
	follow->hold = hold;
	if (!rules)
		return 0;
	follow->plans = engine_state(follow->engine)->plans;
	decide_all(follow);
	plain_anew(&follow->plain);
	code = look_at_all(follow, err);
	return code ? code : arm(follow, err);
}

const struct identity *follow_identity(const struct follow *follow, __u64 id)
{
	const struct watched *watched = find(follow, id);

	return watched && watched->path ? &watched->identity : NULL;
}

int follow_when_decided(struct follow *follow, const char *path,
			void (*done)(void *context, const char *profile), void *context,
			struct error *err)
{
	struct capward_scope scope;
	struct watched *watched;
	struct waiter *waiter;
	__u64 id;
	int code;

	take_changes(follow);
	code = cgroup_id(path, &id, err);
	if (code)
		return code;
	/* A cgroup within a container, such as crun's "container", is that container. */
	if (!engine_scope(follow->engine, id, &scope))
		id = scope.root;
	watched = find(follow, id);
	if (!watched && !engine_scope(follow->engine, id, &scope)) {
		begin(follow, id, clock_boot_ns(), false); /* that it was made was lost */
		watched = find(follow, id);
	}
	if (!watched)
		return error_set(err, -ENOENT, "cgroup %s: nothing governs it", path);
	/* The runtime waits, so its files are there. */
	if (!watched->decided && watched->path)
		decide(follow, watched);
	waiter = calloc(1, sizeof(*waiter));
	if (!waiter)
		return error_set(err, -ENOMEM, "out of memory");
	*waiter = (struct waiter){.next = watched->waiters, .done = done, .context = context};
	watched->waiters = waiter;
	if (watched->decided)
		answer(watched);
	return 0;
}

const struct follow_numbers *follow_numbers(const struct follow *follow)
{
	return &follow->numbers;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Following the scopes of the host as they come and go, and giving each the policy that who it is asks
 * for. What the kernel gave it when it was made holds until then.
 */
#ifndef CAPWARD_FOLLOW_H
#define CAPWARD_FOLLOW_H

#include <systemd/sd-event.h>

#include "engine.h"
#include "identity.h"
#include "metrics.h"
#include "plan.h"
#include "rules.h"
#include "teller.h"

struct follow;

/* Who wants to know which scopes there are. */
struct follow_watcher {
	/* The scope @id of the cgroup @path is @identity, without labels; again at each look at it. */
	void (*known)(void *context, __u64 id, const char *path, const struct identity *identity);
	/* The scope @id is gone, whether it was known or not. */
	void (*gone)(void *context, __u64 id);
	void *context;
};

/* Numbers since the start; what is now is said. */
struct follow_numbers {
	size_t scopes;	      /* followed now */
	size_t unknown;	      /* containers now whose runtime's files could not be read */
	size_t ties;	      /* scopes now that two rules ask for */
	__u64 before_payload; /* policies assigned before the payload was executed */
	__u64 after_payload;  /* and after: until then it ran under what the kernel gave it */
	__u64 ended_first;    /* scopes that were gone before anything was decided of them */
	__u64 failed;	      /* tries to assign one that failed, each made again a second later */
	__u64 lost;	      /* changes that were lost, each followed by a look at everything */
	struct metrics_histogram decision; /* how long after mkdir */
};

/*
 * Begin to follow what is on the host, in the loop @event; @teller is copied. Nothing is assigned
 * before follow_rules(). *@out is the caller's, for follow_free().
 */
int follow_new(struct engine *engine, sd_event *event, const struct teller *teller,
	       struct follow **out, struct error *err);

void follow_free(struct follow *follow);

/* Have @watcher, which is copied, know of all that is followed from now on. */
void follow_watch(struct follow *follow, const struct follow_watcher *watcher);

/*
 * Decide by @rules from now on, whose profiles have the slots of @plan; both must live until the next
 * call. With @hold, what was assigned for a profile that is not among them stays. Every scope is looked
 * at again. NULL @rules: nothing is decided any more, and what is assigned stays.
 */
int follow_rules(struct follow *follow, const struct rules *rules, const struct plan *plan,
		 bool hold, struct error *err);

/*
 * Who the scope @id is, without labels; strings are raw, and all is valid until the next event. NULL: it
 * is not followed, or not known yet.
 */
const struct identity *follow_identity(const struct follow *follow, __u64 id);

/*
 * Call @done once the scope of the cgroup @path is decided, at once if it is; @profile is that of the
 * rule that won, NULL where the default holds. -ENOENT: there is no such cgroup.
 */
int follow_when_decided(struct follow *follow, const char *path,
			void (*done)(void *context, const char *profile), void *context,
			struct error *err);

const struct follow_numbers *follow_numbers(const struct follow *follow);

#endif

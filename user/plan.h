/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From profiles to what the kernel holds of them: a policy slot each, the matches that are decided at
 * mkdir, and the defaults. All is worked out before anything is written. Callers hold engine_lock().
 */
#ifndef CAPWARD_PLAN_H
#define CAPWARD_PLAN_H

#include "engine.h"
#include "profile.h"

/* What becomes of policies that are in force and not among the profiles. */
enum plan_others {
	PLAN_OTHERS_STAY,
	PLAN_DAEMON_ONLY, /* as above, but what came from the daemon's directory matches nothing new */
};

struct plan {
	size_t count; /* of profiles */
	struct capward_policy *policies;
	__u32 *slots;
	struct capward_match matches[CAPWARD_MATCHES];
	size_t match_count;
	__u32 container_policy, service_policy; /* the defaults; as in struct capward_state */
	unsigned long namespaces;		/* of containerd's, by which it knows containers */
};

/*
 * Work out what the @count profiles at @profiles come to, into *@plan, which the caller frees with
 * plan_free(). Policies get @flags (CAPWARD_POLICY_*). -ENOTUNIQ: two profiles have one pattern, and
 * @err names both; -ENOSPC: no place for another policy or pattern.
 */
int plan_make(struct engine *engine, struct profile *const *profiles, size_t count, __u32 flags,
	      enum plan_others others, struct plan *plan, struct error *err);

/* The slot of the profile @name in @plan or in force already, into *@slot; -ENOENT: none. */
int plan_slot(struct engine *engine, const struct plan *plan, const char *name, __u32 *slot);

/* Put @plan in force: each policy with one store, then the matches at once, then the defaults. */
int plan_write(struct engine *engine, const struct plan *plan, struct error *err);

/* Whether a plan that is made now would know the same namespaces. */
bool plan_is_current(const struct plan *plan);

void plan_free(struct plan *plan);

#endif

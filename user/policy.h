/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies: profiles compiled into slots of the kernel's policies map. Callers hold engine_lock().
 */
#ifndef CAPWARD_POLICY_H
#define CAPWARD_POLICY_H

#include "engine.h"
#include "profile.h"

/* The policy of @profile. */
struct capward_policy policy_of(const struct profile *profile);

/*
 * Whether this kernel can refuse what @profile denies: 0, or -EOPNOTSUPP with the operation and the
 * hook that is missing.
 */
int policy_require(const struct profile *profile, struct error *err);

/* The slot of the applied profile @name into *@slot. -ENOENT: none of that name is in force. */
int policy_find(struct engine *engine, const char *name, __u32 *slot);

/* Whether @slot has a policy that came from the daemon's directory, which is in *@policy then. */
bool policy_of_daemon(struct engine *engine, __u32 slot, struct capward_policy *policy);

/*
 * The slots as they are while profiles are given theirs: each is read once, when it is first looked at.
 * NULL without memory; the caller frees it with free().
 */
struct policy_slots;
struct policy_slots *policy_slots_new(struct engine *engine);

/*
 * Take a slot for @policy without writing it: that of the applied profile of its name, else a free
 * one, freeing for that what nothing refers to any more. None is given twice. Writes *@slot. -ENOSPC:
 * all are in use.
 */
int policy_slot(struct policy_slots *slots, const struct capward_policy *policy, __u32 *slot,
		struct error *err);

/*
 * Free the slots of profiles that came from the daemon's directory, are not in @slots (@count of them)
 * and that nothing refers to any more.
 */
void policy_retire(struct engine *engine, const __u32 *slots, size_t count);

#endif

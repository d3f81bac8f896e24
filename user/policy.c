// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"
#include "operation.h"

struct capward_policy policy_of(const struct profile *profile)
{
	__u64 operations = CAPWARD_OPS_MASK & ~profile->denied;
	struct capward_policy policy = {
		.word = policy_word(profile->mode, profile->mask | operations)};

	memcpy(policy.profile, profile->name, sizeof(policy.profile));
	return policy;
}

int policy_require(const struct profile *profile, struct error *err)
{
	static bool has[OPERATION_HOOKS], known; /* it takes 20 ms, and never changes */
	const char *missing;

	if (!profile->denied)
		return 0;
	if (!known)
		engine_kernel_functions(ENGINE_BTF, operation_hooks(), OPERATION_HOOKS, has);
	known = true;
	for (unsigned int i = CAPWARD_CAPS; i < CAPWARD_OP_TAMPER; i++) {
		if (!(profile->denied & OPERATION_BIT(i)))
			continue;
		missing = operation_missing(i, has);
		if (missing)
			return error_set(err, -EOPNOTSUPP,
					 "profile %s: this kernel cannot refuse %s, for it has no "
					 "%s; take %s out of deny, or run another kernel",
					 profile->name, operation_name(i), missing,
					 operation_name(i));
	}
	return 0;
}

struct policy_slots {
	struct engine *engine;
	__u32 known; /* how many were read, from the first on */
	struct capward_policy policies[CAPWARD_POLICIES];
	bool taken[CAPWARD_POLICIES];
};

struct policy_slots *policy_slots_new(struct engine *engine)
{
	struct policy_slots *slots = calloc(1, sizeof(*slots));

	if (slots)
		slots->engine = engine;
	return slots;
}

/* What is in @slot; NULL: it cannot be read. */
static const struct capward_policy *policy_in(struct policy_slots *slots, __u32 slot)
{
	for (; slots->known <= slot; slots->known++)
		if (engine_policy(slots->engine, slots->known, &slots->policies[slots->known]))
			return NULL;
	return &slots->policies[slot];
}

/* The slot of the applied profile @name, if nobody took it, into *@slot; -ENOENT: there is none. */
static int find(struct policy_slots *slots, const char *name, __u32 *slot)
{
	const struct capward_policy *policy;

	for (__u32 i = CAPWARD_POLICY_OBSERVE; i < CAPWARD_POLICIES; i++) {
		policy = policy_in(slots, i);
		if (!policy)
			return -EIO;
		if (policy->flags & CAPWARD_POLICY_RUN || slots->taken[i] ||
		    strcmp(policy->profile, name))
			continue;
		*slot = i;
		return 0;
	}
	return -ENOENT;
}

int policy_find(struct engine *engine, const char *name, __u32 *slot)
{
	struct policy_slots *slots = policy_slots_new(engine);
	int code = slots ? find(slots, name, slot) : -ENOMEM;

	free(slots);
	return code;
}

bool policy_of_daemon(struct engine *engine, __u32 slot, struct capward_policy *policy)
{
	return !engine_policy(engine, slot, policy) && policy->flags & CAPWARD_POLICY_DAEMON;
}

static int mark_used(void *context, __u64 cgroup, const struct capward_scope *scope)
{
	bool *used = context;

	(void)cgroup;
	if (scope->policy < CAPWARD_POLICIES)
		used[scope->policy] = true;
	return 0;
}

/* Mark the slots that a scope, a match or the default for containers refers to. */
static int find_used(struct engine *engine, bool used[CAPWARD_POLICIES])
{
	struct capward_match matches[CAPWARD_MATCHES];
	size_t count = engine_matches(engine, matches);
	__u32 container = engine_state(engine)->container_policy;
	__u32 service = engine_state(engine)->service_policy;

	for (size_t i = 0; i < count; i++)
		if (matches[i].policy < CAPWARD_POLICIES)
			used[matches[i].policy] = true;
	if (container < CAPWARD_POLICIES)
		used[container] = true;
	if (service < CAPWARD_POLICIES)
		used[service] = true;
	return engine_scopes(engine, mark_used, used);
}

/* A slot that has no policy into *@slot; -ENOENT: there is none. */
static int find_free(struct policy_slots *slots, __u32 *slot)
{
	const struct capward_policy *policy;

	for (__u32 i = CAPWARD_POLICY_FIRST; i < CAPWARD_POLICIES; i++) {
		policy = policy_in(slots, i);
		if (!policy)
			return -EIO;
		if (slots->taken[i] || policy->profile[0])
			continue;
		*slot = i;
		return 0;
	}
	return -ENOENT;
}

/* A slot whose policy nothing refers to into *@slot; -ENOENT: there is none. */
static int find_unused(const struct policy_slots *slots, __u32 *slot)
{
	bool used[CAPWARD_POLICIES] = {false};
	int code = find_used(slots->engine, used);

	if (code)
		return code;
	for (__u32 i = CAPWARD_POLICY_FIRST; i < CAPWARD_POLICIES; i++) {
		if (used[i] || slots->taken[i])
			continue;
		*slot = i;
		return 0;
	}
	return -ENOENT;
}

int policy_slot(struct policy_slots *slots, const struct capward_policy *policy, __u32 *slot,
		struct error *err)
{
	int code = -ENOENT;

	if (!(policy->flags & CAPWARD_POLICY_RUN))
		code = find(slots, policy->profile, slot);
	if (code == -ENOENT)
		code = find_free(slots, slot);
	if (code == -ENOENT)
		code = find_unused(slots, slot);
	if (code == -ENOENT)
		return error_set(
			err, -ENOSPC,
			"no place for another policy: all %u are in use; apply fewer profiles",
			CAPWARD_POLICIES - CAPWARD_POLICY_FIRST);
	if (code)
		return error_set(err, code, "read the policies and scopes: %s", strerror(-code));
	slots->taken[*slot] = true;
	return 0;
}

static bool is_among(const __u32 *slots, size_t count, __u32 slot)
{
	for (size_t i = 0; i < count; i++)
		if (slots[i] == slot)
			return true;
	return false;
}

void policy_retire(struct engine *engine, const __u32 *slots, size_t count)
{
	static const struct capward_policy none;
	bool used[CAPWARD_POLICIES] = {false};
	struct capward_policy there;

	if (find_used(engine, used))
		return;
	for (__u32 i = CAPWARD_POLICY_FIRST; i < CAPWARD_POLICIES; i++)
		if (!used[i] && !is_among(slots, count, i) && policy_of_daemon(engine, i, &there))
			engine_set_policy(engine, i, &none, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a cgroup to its scope, and from a task to its phase.
 */
#ifndef CAPWARD_SCOPE_H
#define CAPWARD_SCOPE_H

#include "decide.h"
#include "kernel.h"
#include "maps.h"

/* Levels that are climbed in search of a scope. */
#define CLIMB_LEVELS 4096

/* What a cgroup too deep to find its scope belongs to: a scope whose policy denies everything. */
static struct capward_scope too_deep = {.policy = CAPWARD_POLICY_BROKEN};

struct climb {
	__u64 cgroup; /* struct cgroup *; 0: above the root */
	__u64 found;  /* id of the first cgroup with an entry; 0: none so far */
};

static long climb_one(__u32 index, struct climb *climb)
{
	struct cgroup *cgroup = (struct cgroup *)climb->cgroup;
	struct cgroup_subsys_state *parent = BPF_CORE_READ(cgroup, self.parent);
	__u64 id;

	climb->cgroup = parent ? (__u64)BPF_CORE_READ(parent, cgroup) : 0;
	if (!climb->cgroup)
		return 1;
	cgroup = (struct cgroup *)climb->cgroup;
	id = BPF_CORE_READ(cgroup, kn, id);
	if (!bpf_map_lookup_elem(&scopes, &id))
		return 0;
	climb->found = id;
	return 1;
}

/*
 * The scope of the closest governed cgroup above @cgroup. Needed only when a cgroup found no place
 * in the scopes map: a workload must not escape by making cgroups, as many or as deep as it likes.
 */
static __noinline struct capward_scope *scope_above(struct cgroup *cgroup)
{
	struct climb climb = {.cgroup = (__u64)cgroup};
	__u64 id;

	bpf_loop(CLIMB_LEVELS, climb_one, &climb, 0);
	id = climb.found;
	if (id)
		return bpf_map_lookup_elem(&scopes, &id);
	return climb.cgroup ? &too_deep : NULL;
}

/* The entry of @cgroup, or NULL. */
static __always_inline struct capward_scope *listed_scope(struct cgroup *cgroup)
{
	__u64 id = cgroup->kn->id;

	return bpf_map_lookup_elem(&scopes, &id);
}

/* The word of the policy of @scope. A slot that does not exist denies everything. */
static __always_inline __u64 scope_word(struct capward_scope *scope)
{
	__u64 slot = scope->policy;

	barrier_var(slot); /* see capable() */
	return slot < CAPWARD_POLICIES ? policy_words[slot] : policy_word(CAPWARD_ENFORCE, 0);
}

/* What the policies of the scope @id and of those around it deny, in one word. */
static __always_inline __u64 scope_words(__u64 id)
{
	__u64 word = policy_word(CAPWARD_LEARN, CAPWARD_MASK);

	for (int i = 0; i <= CAPWARD_NESTING; i++) {
		struct capward_scope *scope = bpf_map_lookup_elem(&scopes, &id);

		if (!scope)
			return word;
		word = both_words(word, scope_word(scope));
		id = scope->outer;
	}
	return id ? policy_word(CAPWARD_ENFORCE, 0) : word;
}

/* The scope that @cgroup is part of, or NULL: ungoverned. */
static __always_inline struct capward_scope *cgroup_scope(struct cgroup *cgroup)
{
	struct capward_scope *scope = listed_scope(cgroup);

	return !scope && state.scopes_full ? scope_above(cgroup) : scope;
}

/* The scope @task is in, or NULL: ungoverned. */
static __always_inline struct capward_scope *task_scope(struct task_struct *task)
{
	return cgroup_scope(task->cgroups->dfl_cgrp);
}

/* What @task's process is bound by though it left the scope, or NULL. */
static __always_inline struct bound *task_bound(struct task_struct *task)
{
	struct bound *bound;

	if (!state.bound_tasks)
		return NULL;
	bound = bpf_task_storage_get(&bound_tasks, task->group_leader, NULL, 0);
	return bound && bound->live ? bound : NULL;
}

/* The cgroup id of the scope @task is in, or is bound to while it is in none; 0: ungoverned. */
static __always_inline __u64 task_scope_root(struct task_struct *task)
{
	struct capward_scope *scope = task_scope(task);
	struct bound *bound;

	if (scope)
		return scope->root;
	bound = task_bound(task);
	return bound ? bound->scope : 0;
}

static __always_inline void stop_set_up(struct set_up *set_up)
{
	if (__sync_lock_test_and_set(&set_up->live, 0))
		__sync_fetch_and_add(&state.setup_tasks, -1);
}

/* The entry of @task's process while it sets up the scope @root, or NULL: workload. */
static __always_inline struct set_up *task_set_up(struct task_struct *task, __u64 root)
{
	struct set_up *set_up;

	set_up = bpf_task_storage_get(&set_up_tasks, task->group_leader, NULL, 0);
	if (!set_up || !set_up->live || (set_up->scope == root) == set_up->elsewhere)
		return NULL;
	if (bpf_ktime_get_ns() < set_up->deadline)
		return set_up;
	stop_set_up(set_up);
	return NULL;
}

static __always_inline enum phase task_phase(struct task_struct *task, __u64 root)
{
	return task_set_up(task, root) ? PHASE_SET_UP : PHASE_WORKLOAD;
}

/*
 * Remember that the workload of the scope @root made @cred. Without memory for it the scope becomes
 * strict: from then on every credential used in it counts as owned.
 */
static __always_inline void own_cred(const struct cred *cred, __u64 root)
{
	struct capward_scope *scope;
	__u64 key = (__u64)cred;

	if (!bpf_map_update_elem(&owned_creds, &key, &root, BPF_ANY))
		return;
	scope = bpf_map_lookup_elem(&scopes, &root);
	if (scope)
		__sync_fetch_and_or(&scope->flags, CAPWARD_SCOPE_STRICT);
}

#endif

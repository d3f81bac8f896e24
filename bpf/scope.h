/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a cgroup to its scope, and from a task to its phase.
 */
#ifndef CAPWARD_SCOPE_H
#define CAPWARD_SCOPE_H

#include "decide.h"
#include "kernel.h"
#include "maps.h"

/* A cgroup deeper than this below its scope is not found once the scopes map is full. */
#define SCOPE_DEPTH 64

/*
 * The scope of the closest governed cgroup above @cgroup. Needed only when the scopes map was full
 * at some mkdir: a workload must not escape by making a cgroup that found no place.
 */
static __noinline struct capward_scope *scope_above(struct cgroup *cgroup)
{
	struct capward_scope *scope;
	__u64 id;

	for (int i = 0; i < SCOPE_DEPTH; i++) {
		struct cgroup_subsys_state *parent = BPF_CORE_READ(cgroup, self.parent);

		if (!parent)
			return NULL;
		cgroup = BPF_CORE_READ(parent, cgroup);
		id = BPF_CORE_READ(cgroup, kn, id);
		scope = bpf_map_lookup_elem(&scopes, &id);
		if (scope)
			return scope;
	}
	return NULL;
}

/* The word of the policy of @scope. A slot that does not exist denies everything, as an empty one.
 */
static __always_inline __u64 scope_word(struct capward_scope *scope)
{
	__u64 slot = scope->policy;

	barrier_var(slot); /* see capable() */
	return slot < CAPWARD_POLICIES ? policy_words[slot] : policy_word(CAPWARD_ENFORCE, 0);
}

/* The scope @task is in, or NULL: ungoverned. */
static __always_inline struct capward_scope *task_scope(struct task_struct *task)
{
	struct capward_scope *scope;
	__u64 id = task_cgroup(task);

	scope = bpf_map_lookup_elem(&scopes, &id);
	if (!scope && state.scopes_full)
		return scope_above(task->cgroups->dfl_cgrp);
	return scope;
}

/* The cgroup id of the scope @task is in; 0: ungoverned. */
static __always_inline __u64 task_scope_root(struct task_struct *task)
{
	struct capward_scope *scope = task_scope(task);

	return scope ? scope->root : 0;
}

/* The entry of @task's process while it sets up the scope @root, or NULL: workload. */
static __always_inline struct set_up *task_set_up(struct task_struct *task, __u64 root)
{
	struct set_up *set_up;

	set_up = bpf_task_storage_get(&set_up_tasks, task->group_leader, NULL, 0);
	if (!set_up || !set_up->live || set_up->scope != root)
		return NULL;
	return bpf_ktime_get_boot_ns() < set_up->deadline ? set_up : NULL;
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

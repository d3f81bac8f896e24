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

static __always_inline struct capward_hint *hint_of(__u64 id)
{
	return &hints[capward_hash(id, CAPWARD_HINT_BITS)];
}

static __always_inline struct capward_scope *scope_in(__u32 place)
{
	return bpf_map_lookup_elem(&scopes, &place);
}

/*
 * The place of the entry of the cgroup @id; CAPWARD_SCOPES: it has none.
 *
 * Global, so that the verifier goes through it once in a program. Weak, because each object has it.
 */
__weak __noinline __u32 find_place(__u64 id)
{
	volatile struct capward_hint *hint = hint_of(id);
	struct capward_scope *scope;
	__u32 place = hint->place, *listed;

	if (!hint->entries)
		return CAPWARD_SCOPES;
	scope = scope_in(place);
	if (scope && scope->id == id)
		return place;
	listed = bpf_map_lookup_elem(&places, &id);
	place = listed ? *listed : CAPWARD_SCOPES;
	/* An element of the map that was removed meanwhile may be another's. */
	scope = scope_in(place);
	return scope && scope->id == id ? place : CAPWARD_SCOPES;
}

/* The entry of the cgroup @id, or NULL. */
static __always_inline struct capward_scope *find_scope(__u64 id)
{
	return scope_in(find_place(id));
}

/* The same in the few instructions that most checks are to take, where they do. */
static __always_inline struct capward_scope *hinted_scope(__u64 id)
{
	volatile struct capward_hint *hint = hint_of(id);
	struct capward_scope *scope;

	if (!hint->entries)
		return NULL;
	scope = scope_in(hint->place);
	return scope && scope->id == id ? scope : find_scope(id);
}

/* The place of the entry of the scope that the cgroup of @scope is part of, or CAPWARD_SCOPES. */
__weak __noinline __u32 find_root(struct capward_scope *scope)
{
	struct capward_scope *root;
	__u32 place;

	if (!scope || !scope->root) /* the one for the verifier, the other is too_deep */
		return CAPWARD_SCOPES;
	place = scope->root_place;
	root = scope_in(place);
	return root && root->id == scope->root ? place : find_place(scope->root);
}

/* That entry, or NULL. */
static __always_inline struct capward_scope *root_of(struct capward_scope *scope)
{
	return scope_in(find_root(scope));
}

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
	if (!find_scope(id))
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
		return find_scope(id);
	return climb.cgroup ? &too_deep : NULL;
}

/* The word of the policy of @scope. A slot that does not exist denies everything. */
static __always_inline __u64 scope_word(struct capward_scope *scope)
{
	__u64 slot = scope->policy;

	barrier_var(slot); /* see capable() */
	return slot < CAPWARD_POLICIES ? policy_words[slot] : policy_word(CAPWARD_ENFORCE, 0);
}

/* What the policies of the scope @id and of those around it deny, in one word. Global, as find_place(). */
__weak __noinline __u64 scope_words(__u64 id)
{
	__u64 word = policy_word(CAPWARD_LEARN, CAPWARD_MASK);

	for (int i = 0; i <= CAPWARD_NESTING; i++) {
		struct capward_scope *scope = find_scope(id);

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
	struct capward_scope *scope = find_scope(BPF_CORE_READ(cgroup, kn, id));

	return !scope && state.ever & CAPWARD_EVER_FULL ? scope_above(cgroup) : scope;
}

/* The same for the cgroup @id, which @task is in. */
static __always_inline struct capward_scope *scope_at(__u64 id, struct task_struct *task)
{
	struct capward_scope *scope = find_scope(id);

	return !scope && state.ever & CAPWARD_EVER_FULL
		       ? scope_above(BPF_CORE_READ(task, cgroups, dfl_cgrp))
		       : scope;
}

/* The scope @task is in, or NULL: ungoverned. */
static __always_inline struct capward_scope *task_scope(struct task_struct *task)
{
	return scope_at(task_cgroup(task), task);
}

/* The same for the current task. */
static __always_inline struct capward_scope *current_scope(void)
{
	return scope_at(bpf_get_current_cgroup_id(), bpf_get_current_task_btf());
}

/*
 * Whether the policy of @scope, or of one around it, denies anything. Who is bound by such a policy
 * must not shake it off by moving a task into a scope and calling that set-up.
 */
static __always_inline bool scope_binds(struct capward_scope *scope)
{
	return scope && (scope->outer || policy_mode(scope_word(scope)) == CAPWARD_ENFORCE);
}

/* Bind the process that @leader leads as @as says. False: there is no memory. */
static __always_inline bool bind(struct task_struct *leader, const struct bound *as)
{
	struct bound *bound = make_entry(&bound_tasks, leader, NULL);

	if (!bound)
		return false;
	bound->scope = as->scope;
	bound->word = as->word;
	bound->others = as->others;
	bound->anywhere = as->anywhere;
	if (__sync_lock_test_and_set(&bound->live, 1) != 1)
		__sync_fetch_and_add(&state.bound_tasks, 1);
	return true;
}

/*
 * The same for a process that had no entry when it was looked at. Where it has one now the host has moved
 * it meanwhile, which stands, or another of its threads is here.
 */
static __always_inline bool bind_unless_released(struct task_struct *leader, struct bound *as)
{
	struct bound *bound;

	as->live = BOUND_BY_BIRTH;
	bound = make_entry(&bound_tasks, leader, as);
	if (!bound)
		return false;
	__sync_fetch_and_add(&state.bound_tasks, 1);
	if (__sync_val_compare_and_swap(&bound->live, BOUND_BY_BIRTH, 1) != BOUND_BY_BIRTH)
		__sync_fetch_and_add(&state.bound_tasks, -1);
	return true;
}

static __always_inline void stop_bound(struct bound *bound)
{
	if (__sync_lock_test_and_set(&bound->live, 0) == 1)
		__sync_fetch_and_add(&state.bound_tasks, -1);
}

/*
 * The cgroup id of the scope whose workload made the credential that @key is the address of, or 0.
 *
 * Global, as find_place(). By its address, because what is known to be a pointer to a credential is no
 * number to pass.
 */
__weak __noinline __u64 cred_owner(const __u64 *key)
{
	__u64 cred = key ? *key : 0, *owner = bpf_map_lookup_elem(&owned_creds, &cred);

	return owner ? *owner : 0;
}

/*
 * Bind the current process to the scope that its credential was made in, where that is another one.
 * A process that is moved while it forks has a child that was made in the one scope and is born in
 * the other: security_task_alloc() asks before the move, cgroup_can_fork() places it after. 1: it is
 * bound now.
 *
 * Global, so that the verifier goes through it once in a program. Weak, because each object has it.
 */
__weak __noinline int bind_by_birth(void)
{
	struct task_struct *task = bpf_get_current_task_btf(), *leader = task->group_leader;
	struct capward_scope *here = current_scope(), *left;
	struct bound as = {.others = policy_word(CAPWARD_LEARN, CAPWARD_MASK), .anywhere = 1};
	__u64 cred = (__u64)BPF_CORE_READ(task, real_cred);

	as.scope = cred_owner(&cred);
	if (!as.scope)
		return 0;
	if (here && (here->root == as.scope || here->outer == as.scope))
		return 0;
	left = find_scope(as.scope);
	if (left) {
		as.word = scope_words(as.scope);
		as.anywhere = scope_binds(left);
	}
	if (here && !as.anywhere)
		return 0;
	if (bind_unless_released(leader, &as))
		return 1;
	bpf_send_signal(SIGKILL); /* it must not go free for want of memory */
	return 0;
}

/* What the process that @leader leads is bound by though it left the scope, or NULL. */
static __always_inline struct bound *process_bound(struct task_struct *leader)
{
	struct bound *bound;

	if (!state.bound_tasks && !(state.ever & CAPWARD_EVER_LEFT))
		return NULL;
	bound = bpf_task_storage_get(&bound_tasks, leader, NULL, 0);
	if (!bound && state.ever & CAPWARD_EVER_LEFT && bind_by_birth())
		bound = bpf_task_storage_get(&bound_tasks, leader, NULL, 0);
	return bound && bound->live ? bound : NULL;
}

/*
 * The cgroup id of the scope that the process that @leader leads is bound by, in its entry @scope or, where
 * that is NULL, by one it left; 0: ungoverned.
 */
static __always_inline __u64 scope_root(struct capward_scope *scope, struct task_struct *leader)
{
	struct bound *bound;

	if (scope)
		return scope->root;
	bound = process_bound(leader);
	return bound ? bound->scope : 0;
}

static __always_inline __u64 task_scope_root(struct task_struct *task)
{
	return scope_root(task_scope(task), task->group_leader);
}

static __always_inline __u64 current_scope_root(void)
{
	return scope_root(current_scope(), bpf_get_current_task_btf()->group_leader);
}

static __always_inline void stop_set_up(struct set_up *set_up)
{
	if (__sync_lock_test_and_set(&set_up->live, 0))
		__sync_fetch_and_add(&state.setup_tasks, -1);
}

/* The entry of the process that @leader leads while it sets up the scope @root, or NULL: workload. */
static __always_inline struct set_up *process_set_up(struct task_struct *leader, __u64 root)
{
	struct set_up *set_up;

	set_up = bpf_task_storage_get(&set_up_tasks, leader, NULL, 0);
	if (!set_up || !set_up->live || (set_up->scope == root) == set_up->elsewhere)
		return NULL;
	if (bpf_ktime_get_ns() < set_up->deadline)
		return set_up;
	stop_set_up(set_up);
	return NULL;
}

static __always_inline enum phase process_phase(struct task_struct *leader, __u64 root)
{
	return process_set_up(leader, root) ? PHASE_SET_UP : PHASE_WORKLOAD;
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
	scope = find_scope(root);
	if (scope)
		__sync_fetch_and_or(&scope->flags, CAPWARD_SCOPE_STRICT);
}

/* Own @cred unless a scope does already: who made it keeps it, whoever uses it. */
static __always_inline void adopt_cred(const struct cred *cred, __u64 root)
{
	__u64 key = (__u64)cred;

	if (!cred_owner(&key))
		own_cred(cred, root);
}

#endif

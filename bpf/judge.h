/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judge one use of a permission: who asks, with whose credential, what its policies say; then count
 * it and tell people. The verdict is made before anything is recorded and does not depend on whether
 * recording succeeds.
 */
#ifndef CAPWARD_JUDGE_H
#define CAPWARD_JUDGE_H

#include "note.h"
#include "scope.h"

/* Repeated denials that a scope may report in one window; what is new is always reported. */
#define EVENT_WINDOW_NS	  1000000000ULL
#define EVENTS_PER_WINDOW 32

static __always_inline bool window_has_room(struct capward_scope *root, __u64 now)
{
	if (now - root->window >= EVENT_WINDOW_NS) {
		root->window = now;
		root->window_events = 0;
	}
	if (__sync_fetch_and_add(&root->window_events, 1) < EVENTS_PER_WINDOW)
		return true;
	__sync_fetch_and_add(&root->limited, 1);
	return false;
}

static __noinline int send_event(struct check *check, struct capward_scope *scope, __u64 count,
				 __u32 verdict, __u64 now)
{
	struct task_struct *task = check->task;
	struct capward_event *event;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&state.lost, 1);
		return 0;
	}
	event->type = CAPWARD_EVENT_VERDICT;
	event->size = sizeof(*event);
	event->version = CAPWARD_ABI;
	event->time = now;
	event->scope = scope->root;
	event->cgroup = check->cgroup;
	event->count = count;
	event->pid = task->tgid;
	event->tid = task->pid;
	event->policy = scope->policy;
	event->syscall = task_syscall(task);
	event->userns_level = check->use.level;
	event->permission = check->use.permission;
	event->verdict = verdict;
	event->mode = policy_mode(scope_word(scope));
	event->audit = !(check->use.opts & CAP_OPT_NOAUDIT);
	event->pad[0] = 0;
	event->pad[1] = 0;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	__sync_fetch_and_add(&state.sent, 1);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/*
 * For a while the capability of @bit takes the short way in @scope. Never so in a scope within a
 * scope, where two policies hold: `govern` sets outer and then clears fast, so that of the two
 * stores here and there one sees the other.
 */
static __always_inline void allow_fast(struct capward_scope *scope, __u64 bit)
{
	__u32 look = state.look;
	__u64 before;

	if (scope->look != look) {
		__sync_fetch_and_and(&scope->fast, 0);
		scope->look = look;
	}
	before = __sync_fetch_and_or(&scope->fast, bit);
	/* An atomic operation orders what is around it only if its answer is used (arm64). */
	barrier_var(before);
	if (*(volatile __u64 *)&scope->outer)
		__sync_fetch_and_and(&scope->fast, 0);
}

/* Whether the uses of @check's permission are evidence: what is allowed of operations is not. */
static __always_inline bool is_evidence(struct check *check, struct capward_scope *root,
					__u32 verdict)
{
	if (check->use.permission < CAPWARD_CAPS ||
	    (verdict != CAPWARD_USED && verdict != CAPWARD_PROBED))
		return true;
	if (check->use.permission == CAPWARD_BEYOND)
		__sync_fetch_and_add(&root->uncounted, 1);
	return false;
}

/* Count one use in @scope, the entry of the cgroup it is in; the count so far. */
static __always_inline __u64 count_use(struct capward_scope *scope, __u64 cap, __u64 bit)
{
	__u64 count;

	if (cap >= CAPWARD_CAPS) /* for the verifier; see is_evidence() */
		return 0;
	count = __sync_fetch_and_add(&scope->used[cap], 1) + 1;
	/* An operation is behind each use of the one (operation_behind()), and it is rare. */
	if (cap != CAP_LINUX_IMMUTABLE && count >= CAPWARD_LOOK_FIRST)
		allow_fast(scope, bit);
	return count;
}

/*
 * Record @verdict in @scope, the entry that decided, and offer an event for what is new there and
 * for denials.
 */
static __noinline int record(struct check *check, struct capward_scope *scope, __u32 verdict)
{
	__u64 root_id = scope->root, bit = 1ULL << (check->use.permission & 63), count, now;
	struct capward_scope *root = scope; /* where the scope's evidence is kept */
	bool fresh;

	if (scope->root != check->cgroup) {
		root = bpf_map_lookup_elem(&scopes, &root_id);
		if (!root)
			root = scope;
	}
	if (verdict >= CAPWARD_VERDICTS)
		return 0; /* for the verifier; judge() records verdicts only */
	/* Before there is evidence, so that clean-up, which goes by these bits, misses none. */
	fresh = !(__sync_fetch_and_or(&root->seen[verdict], bit) & bit);
	if (!is_evidence(check, root, verdict))
		return 0;
	look_again();
	count = note_evidence(check, root, verdict);
	if (verdict == CAPWARD_USED)
		count = count_use(scope, check->use.permission, bit);
	if (!fresh && verdict != CAPWARD_DENIED && verdict != CAPWARD_WOULD_DENY)
		return 0;
	if (root->flags & CAPWARD_SCOPE_QUIET)
		return 0;
	now = bpf_ktime_get_boot_ns();
	if (fresh || window_has_room(root, now))
		send_event(check, root, count, verdict, now);
	return 0;
}

/* Whether a credential of the scope could not be recorded; its own entry says so. */
static __always_inline bool is_strict(struct capward_scope *scope)
{
	__u64 id = scope->root;

	scope = bpf_map_lookup_elem(&scopes, &id);
	return !scope || scope->flags & CAPWARD_SCOPE_STRICT;
}

/*
 * The id of the scope @id or of one around it whose policy denies workload @permission; 0: none does.
 * What lies deeper than it can see denies.
 *
 * Global, as judge() is, so that the verifier goes through it once in a program and not once for each
 * state that its callers can be in: with the operations' programs that is the better part of loading.
 * Weak, because each object has it.
 */
__weak __noinline __u64 denying_scope(__u64 id, __u32 permission)
{
	struct capward_scope *scope;
	__u64 at = id;

	for (int i = 0; i <= CAPWARD_NESTING; i++) {
		if (!at)
			return 0;
		scope = bpf_map_lookup_elem(&scopes, &at);
		if (!scope)
			return 0;
		if (word_denies(scope_word(scope), permission))
			return at;
		id = at;
		at = scope->outer;
	}
	return at ? id : 0;
}

/*
 * The same for the scopes that @bound says the task has left; @here, the id of that where it is
 * judged, stands for those that are gone.
 */
static __always_inline __u64 denying_left(struct bound *bound, __u64 here, __u32 permission)
{
	__u64 left = bound->scope;

	if (word_denies(bound->others, permission))
		return here;
	if (left == here)
		return 0;
	if (bpf_map_lookup_elem(&scopes, &left))
		return denying_scope(left, permission);
	return word_denies(bound->word, permission) ? here : 0;
}

/*
 * What becomes of @verdict, given in @scope, at the gate: while it is closed nothing is denied but
 * the self-test, on which it opens.
 */
static __always_inline enum capward_verdict gated(struct capward_scope *scope,
						  enum capward_verdict verdict)
{
	if (verdict == CAPWARD_DENIED && !state.enforcing && !(scope->flags & CAPWARD_SCOPE_QUIET))
		return CAPWARD_WOULD_DENY;
	return verdict;
}

/*
 * Everything but the plain case: the first use, a set-up task, a credential that is not the task's
 * own, a capability outside the mask, a scope within a scope, a task that left its scope.
 */
static __always_inline bool judge_check(struct check *check)
{
	struct capward_scope *scope = check->scope, *other = NULL;
	struct task_struct *task = check->task;
	enum credential credential = CREDENTIAL_OWN;
	struct bound *bound = process_bound(check->leader);
	__u64 cred = check->use.cred, *owner, denying = 0;
	enum capward_verdict verdict;
	enum phase phase;

	if (cred && cred != (__u64)BPF_CORE_READ(task, real_cred)) {
		owner = bpf_map_lookup_elem(&owned_creds, &cred);
		other = owner ? bpf_map_lookup_elem(&scopes, owner) : NULL;
		credential =
			owner || (scope && is_strict(scope)) ? CREDENTIAL_OWNED : CREDENTIAL_LENT;
		if (other && scope && scope->root == other->root)
			other = NULL;
	}
	/*
	 * Another scope's credential, whoever uses it: what it may do is that scope's matter, as if
	 * it had really been reduced. An engine's overlay works for its containers that way. But
	 * who wandered between scopes may have made it there for use here.
	 */
	if (other && !bound) {
		scope = other;
		other = NULL;
	}
	if (bound && !scope) {
		__u64 left = bound->scope;

		scope = bpf_map_lookup_elem(&scopes, &left);
	}
	if (!scope) {
		/* The scope is gone, and with it the place to record anything. */
		if (state.enforcing && bound && credential != CREDENTIAL_LENT &&
		    (word_denies(bound->word, check->use.permission) ||
		     word_denies(bound->others, check->use.permission)))
			return true;
		return false;
	}

	phase = process_set_up(check->leader, scope->root) ? PHASE_SET_UP : PHASE_WORKLOAD;
	verdict = decide(scope_word(scope), check->use.permission, phase, credential);
	if (verdict != CAPWARD_DENIED && credential != CREDENTIAL_LENT) {
		if (phase == PHASE_WORKLOAD && scope->outer)
			denying = denying_scope(scope->outer, check->use.permission);
		if (phase == PHASE_WORKLOAD && !denying && other)
			denying = denying_scope(other->root, check->use.permission);
		if (!denying && bound && bound->anywhere)
			denying = denying_left(bound, scope->root, check->use.permission);
	}
	if (denying) {
		struct capward_scope *entry = bpf_map_lookup_elem(&scopes, &denying);

		if (entry) /* it may have gone meanwhile */
			scope = entry;
		verdict = CAPWARD_DENIED;
	}
	verdict = gated(scope, verdict);
	if (verdict == CAPWARD_USED && check->use.opts & (CAP_OPT_NOAUDIT | OPT_MOOT))
		verdict = CAPWARD_PROBED;

	if (verdict != CAPWARD_UNJUDGED)
		record(check, scope, verdict);
	return verdict == CAPWARD_DENIED;
}

/*
 * Whether the current task, @task, is in a chmod that asks for no set-group-ID bit. FSETID is asked about at
 * every chmod of a file of another group, and what it is for is to keep that bit (setattr_prepare(), fs/attr.c).
 */
static __always_inline bool is_chmod_without_setgid(struct task_struct *task)
{
	__u64 number = (__u32)task_syscall(task);
	__u8 argument;

	barrier_var(number);
	if (number >= CAPWARD_SYSCALLS)
		return false;
	argument = chmod_modes[number];
	return argument && !((__u64)task_argument(task, argument - 1) & S_ISGID);
}

/*
 * Whether a use by the current task is refused. Not -EPERM: the verifier does not follow what a global
 * function returns, and a hook may only return what is an error.
 */
__weak __noinline int judge(struct use *use)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct check check = {
		.task = task,
		.leader = task->group_leader,
		.cgroup = bpf_get_current_cgroup_id(),
	};

	if (!use) /* for the verifier */
		return 1;
	check.use = *use;
	if (use->permission == CAP_FSETID && is_chmod_without_setgid(task))
		check.use.opts |= OPT_MOOT;
	check.scope = scope_at(check.cgroup, task);
	return judge_check(&check);
}

/*
 * Whether the current task may do @operation, with whatever capability, using the credential @cred or,
 * where that is NULL, its own: 0 or -EPERM.
 */
static __always_inline int permit_as(enum capward_operation operation, const struct cred *cred)
{
	struct capward_scope *scope = current_scope();
	struct use use = {.cred = (__u64)cred, .permission = operation};

	use.level = BPF_CORE_READ(bpf_get_current_task_btf(), real_cred, user_ns, level);

	if (!state.unlisted &&
	    (!scope || (!scope->outer && policy_allows(scope_word(scope), operation))))
		return 0;
	return judge(&use) ? -EPERM : 0;
}

/* The same, whatever credential it has put on. */
static __always_inline int permit(enum capward_operation operation)
{
	return permit_as(operation, NULL);
}

#endif

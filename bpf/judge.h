/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judge one use of a permission: who asks, with whose credential, what its policies say; then count
 * it and tell people. The verdict is made before anything is recorded and does not depend on whether
 * recording succeeds.
 */
#ifndef CAPWARD_JUDGE_H
#define CAPWARD_JUDGE_H

#include "denials.h"
#include "note.h"
#include "scope.h"

/* Repeated denials that a scope may report in one look; what is new is always reported. */
#define EVENTS_PER_LOOK 32

static __always_inline bool has_room(struct capward_scope *root)
{
	if (__sync_fetch_and_add(&root->offered, 1) < EVENTS_PER_LOOK)
		return true;
	__sync_fetch_and_add(&root->limited, 1);
	return false;
}

/* Room for an event; NULL: the buffer is full, which is counted. */
static __always_inline struct capward_event *begin_event(void)
{
	struct capward_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		__sync_fetch_and_add(&state.lost, 1);
	return event;
}

/* Fill @event in, of @use in @scope, and send it. */
static __noinline int send_event(struct capward_event *event, struct use *use,
				 struct capward_scope *scope, __u64 count)
{
	struct task_struct *task = bpf_get_current_task_btf();

	event->type = CAPWARD_EVENT_VERDICT;
	event->size = sizeof(*event);
	event->version = CAPWARD_ABI;
	event->time = bpf_ktime_get_boot_ns();
	event->scope = scope->root;
	event->cgroup = use->cgroup;
	event->count = count;
	event->pid = task->tgid;
	event->tid = task->pid;
	event->policy = scope->policy;
	event->syscall = task_syscall(task);
	event->userns_level = use->level;
	event->permission = use->permission;
	event->verdict = use->verdict;
	event->mode = policy_mode(scope_word(scope));
	event->audit = !(use->opts & CAP_OPT_NOAUDIT);
	event->pad[0] = 0;
	event->pad[1] = 0;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	__sync_fetch_and_add(&state.sent, 1);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* Begin the look that it is time for in @scope. */
static __always_inline void renew(struct capward_scope *scope)
{
	__u32 look = state.look;

	if ((__s32)(look - (__u32)scope->look) <= 0)
		return;
	__sync_fetch_and_and(&scope->fast, 0);
	scope->offered = 0;
	scope->look = look;
}

/*
 * For a while the capability of @bit takes the short way in @scope. Never so in a scope within a
 * scope, where two policies hold: `govern` sets outer and then clears fast, so that of the two
 * stores here and there one sees the other.
 */
static __always_inline void allow_fast(struct capward_scope *scope, __u64 bit)
{
	__u64 before;

	renew(scope);
	before = __sync_fetch_and_or(&scope->fast, bit);
	/* An atomic operation orders what is around it only if its answer is used (arm64). */
	barrier_var(before);
	if (*(volatile __u64 *)&scope->outer)
		__sync_fetch_and_and(&scope->fast, 0);
}

/* Whether @use is evidence: what is allowed of operations is not. */
static __always_inline bool is_evidence(struct use *use, struct capward_scope *root)
{
	if (use->permission < CAPWARD_CAPS ||
	    (use->verdict != CAPWARD_USED && use->verdict != CAPWARD_PROBED))
		return true;
	if (use->permission == CAPWARD_BEYOND)
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

/* How often @permission was denied in @root, with @noted of them in evidence. */
static __always_inline __u64 count_denied(struct capward_scope *root, __u32 permission, __u64 noted)
{
	__u64 count = all_denials(root, permission, noted);

	if (noted >= CAPWARD_LOOK_FIRST)
		deny_fast(root, permission, noted);
	return count;
}

/*
 * Record @use, with its verdict, in @scope, the entry that decided, and offer an event for what is new
 * there and for denials.
 *
 * Global, as judge() is, so that the verifier goes through it once in a program and not once for each
 * state that its callers can be in: with the operations' programs that is the better part of loading.
 * Weak, because each object has it.
 */
__weak __noinline int record(struct use *use, struct capward_scope *scope)
{
	struct capward_scope *root; /* where the scope's evidence is kept */
	struct capward_event *event;
	__u64 bit, count;
	__u32 verdict;
	bool fresh;

	if (!use || !scope) /* for the verifier */
		return 0;
	verdict = use->verdict;
	if (verdict >= CAPWARD_VERDICTS) /* the same */
		return 0;
	root = root_of(scope);
	if (!root)
		root = scope;
	bit = 1ULL << (use->permission & 63);
	/* Before there is evidence, so that clean-up, which goes by these bits, misses none. */
	fresh = !(__sync_fetch_and_or(&root->seen[verdict], bit) & bit);
	if (!is_evidence(use, root))
		return 0;
	look_again();
	renew(root);
	renew(scope);
	count = note_evidence(use, root);
	if (verdict == CAPWARD_USED)
		count = count_use(scope, use->permission, bit);
	else if (verdict == CAPWARD_DENIED)
		count = count_denied(root, use->permission, count);
	if (!fresh && verdict != CAPWARD_DENIED && verdict != CAPWARD_WOULD_DENY)
		return 0;
	if (root->flags & CAPWARD_SCOPE_QUIET)
		return 0;
	event = fresh || has_room(root) ? begin_event() : NULL;
	if (event)
		send_event(event, use, root, count);
	return 0;
}

/* Whether a credential of the scope could not be recorded; its own entry says so. */
static __always_inline bool is_strict(struct capward_scope *scope)
{
	scope = root_of(scope);
	return !scope || scope->flags & CAPWARD_SCOPE_STRICT;
}

/*
 * The id of the scope @id or of one around it whose policy denies workload @permission; 0: none does.
 * What lies deeper than it can see denies.
 *
 * Global, as record().
 */
__weak __noinline __u64 denying_scope(__u64 id, __u32 permission)
{
	struct capward_scope *scope;
	__u64 at = id;

	for (int i = 0; i <= CAPWARD_NESTING; i++) {
		if (!at)
			return 0;
		scope = find_scope(at);
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
	if (find_scope(left))
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
 * Give @use, of which is known who asks and with whose credential, its verdict in @scope, and record it;
 * whether it is refused. It is also refused where workload of the scope @other may not, unless that is 0,
 * and where @bound says so, unless that is NULL.
 *
 * Global, as record().
 */
__weak __noinline int judge_in(struct use *use, struct capward_scope *scope, __u64 other,
			       struct bound *bound)
{
	struct capward_scope *entry;
	enum capward_verdict verdict;
	__u64 denying = 0;

	if (!use || !scope) /* for the verifier */
		return 1;
	verdict = decide(scope_word(scope), use->permission, use->phase, use->credential);
	if (verdict != CAPWARD_DENIED && use->credential != CREDENTIAL_LENT) {
		if (use->phase == PHASE_WORKLOAD && scope->outer)
			denying = denying_scope(scope->outer, use->permission);
		if (use->phase == PHASE_WORKLOAD && !denying && other)
			denying = denying_scope(other, use->permission);
		if (!denying && bound && bound->anywhere)
			denying = denying_left(bound, scope->root, use->permission);
	}
	if (denying) {
		entry = find_scope(denying);
		if (entry) /* it may have gone meanwhile */
			scope = entry;
		verdict = CAPWARD_DENIED;
	}
	verdict = gated(scope, verdict);
	if (verdict == CAPWARD_USED && use->opts & (CAP_OPT_NOAUDIT | OPT_MOOT))
		verdict = CAPWARD_PROBED;

	use->verdict = verdict;
	if (verdict != CAPWARD_UNJUDGED)
		record(use, scope);
	return verdict == CAPWARD_DENIED;
}

/*
 * Whether @use is refused to the process that @leader leads, which is in @scope unless that is NULL.
 * Everything but the plain case: the first use, a set-up task, a credential that is not the task's
 * own, a capability outside the mask, a scope within a scope, a task that left its scope.
 */
static __always_inline int judge_process(struct use *use, struct task_struct *leader,
					 struct capward_scope *scope)
{
	struct bound *bound = process_bound(leader);
	struct capward_scope *other = NULL;
	__u64 cred = use->cred, owner;

	if (cred && cred != (__u64)BPF_CORE_READ(bpf_get_current_task_btf(), real_cred)) {
		owner = cred_owner(&cred);
		other = owner ? find_scope(owner) : NULL;
		use->credential =
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
	if (bound && !scope)
		scope = find_scope(bound->scope);
	if (!scope)
		/* The scope is gone, and with it the place to record anything. */
		return state.enforcing && bound && use->credential != CREDENTIAL_LENT &&
		       (word_denies(bound->word, use->permission) ||
			word_denies(bound->others, use->permission));

	use->phase = process_phase(leader, scope->root);
	return judge_in(use, scope, other ? other->root : 0, bound);
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

	if (!use) /* for the verifier */
		return 1;
	if (use->permission == CAP_FSETID && is_chmod_without_setgid(task))
		use->opts |= OPT_MOOT;
	use->cgroup = bpf_get_current_cgroup_id();
	return judge_process(use, task->group_leader, scope_at(use->cgroup, task));
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

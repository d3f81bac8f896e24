// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsm/capable: every use of a capability that commoncap and the LSMs before bpf have granted.
 * Finds the scope of the task, decides, counts, and denies with -EPERM.
 *
 * The hook is called with RCU or spinlocks held, from anywhere in the kernel (security_capable(),
 * security/security.c), so nothing here sleeps or waits.
 */
#include "judge.h"
#include "implied.h"

/* Written before the programs are loaded. */
const volatile __u8 syscall_objects[CAPWARD_SYSCALLS] = {};
const volatile __u8 chmod_modes[CAPWARD_SYSCALLS] = {};

/*
 * The arguments of the hook, in the trampoline's slots. Named here instead of with BPF_PROG(),
 * which loads and spills all of them before the first look-up, for tasks that are not governed as
 * well.
 */
struct capable_arguments {
	const struct cred *cred;
	struct user_namespace *ns;
	__u64 cap;  /* int */
	__u64 opts; /* unsigned int: the fourth argument, not the fifth */
};

/*
 * What is not the plain case. Apart, so that the plain case neither saves registers for it nor keeps
 * anything on the stack.
 */
static __noinline int consider(struct capable_arguments *arguments)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 number = (__u32)arguments->cap;
	bool own = arguments->cred == task->real_cred;
	__u32 operation = own ? operation_behind(task, number) : 0;

	if (operation && permit(operation))
		return -EPERM;

	struct use use = {
		.cred = own ? 0 : (__u64)arguments->cred,
		.permission = number < CAPWARD_CAPS ? number : CAPWARD_BEYOND,
		.level = arguments->ns->level,
		.opts = (__u32)arguments->opts,
	};
	return judge(&use) ? -EPERM : 0;
}

/*
 * Whether a container that is being set up, by others than the current task, is all that closes the short
 * way in @scope.
 */
static __noinline bool others_set_up(struct capward_scope *scope)
{
	return scope->look == state.look &&
	       !process_set_up(bpf_get_current_task_btf()->group_leader, scope->root);
}

/*
 * The short way of a denial by @word, by the task itself and with its own credential, as the caller has
 * seen. False: it has to take the long one, because it is none, or not repeated, or the scope is not looked
 * at.
 */
static __noinline bool deny(struct capable_arguments *arguments, struct capward_scope *scope,
			    __u64 word)
{
	struct capward_scope *root = scope_in(scope->root_place);
	__u64 number = (__u32)arguments->cap;
	struct capward_event *event;

	if (!root || root->id != scope->root || !state.enforcing || !word_denies(word, number) ||
	    (number == CAP_SYS_ADMIN && (scope->outer || !policy_allows(word, CAPWARD_OP_MOUNT))) ||
	    !count_denial(root, number))
		return false;
	if (root->offered >= EVENTS_PER_LOOK) {
		/* Nothing else asks for the time while all denials take this way. */
		look_again();
		renew(root);
	}
	event = has_room(root) ? begin_event() : NULL;
	if (event) {
		struct use use = {
			.cgroup = scope->id,
			.permission = number,
			.level = arguments->ns->level,
			.verdict = CAPWARD_DENIED,
		};

		send_event(event, &use, root,
			   root->denied_before + CAPWARD_DENIALS_COUNT(root->denials));
	}
	return true;
}

/* The verdict: 0 or -EPERM. Apart from the hook, so that it can be measured where no hook can be had. */
static __always_inline int check(struct capable_arguments *arguments)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct capward_scope *scope;
	__u64 number, word;

	if (arguments->cred != task->real_cred)
		return consider(arguments);
	scope = hinted_scope(task->cgroups->dfl_cgrp->kn->id);
	if (!scope)
		return state.unlisted ? consider(arguments) : 0;
	if (state.unlisted || arguments->opts & CAP_OPT_NOAUDIT ||
	    (scope->look != state.way && !others_set_up(scope)))
		return consider(arguments);

	number = (__u32)arguments->cap;
	/* Compared as 64 bits: the verifier of 6.1 drops bounds of the lower half of a register. */
	barrier_var(number);
	if (number >= CAPWARD_CAPS)
		return consider(arguments);
	word = scope_word(scope);
	if ((word & scope->fast) >> number & 1 &&
	    (number != CAP_SYS_ADMIN || policy_allows(word, CAPWARD_OP_MOUNT))) {
		__sync_fetch_and_add(&scope->used[number], 1);
		return 0;
	}
	return deny(arguments, scope, word) ? -EPERM : consider(arguments);
}

SEC("lsm/capable")
int capable(struct capable_arguments *arguments)
{
	/* No look at an earlier program's answer: the trampoline goes on only while they are 0. */
	return check(arguments);
}

char LICENSE[] SEC("license") = "GPL";

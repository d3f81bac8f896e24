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

SEC("lsm/capable")
int capable(struct capable_arguments *arguments)
{
	struct capward_scope *scope;
	struct task_struct *task;
	__u64 number, word;

	/* No look at an earlier program's answer: the trampoline goes on only while they are 0. */
	task = bpf_get_current_task_btf();
	scope = listed_scope(task->cgroups->dfl_cgrp);
	if (!scope) {
		if (!state.unlisted && arguments->cred == task->real_cred)
			return 0;
		return consider(arguments);
	}

	number = (__u32)arguments->cap;
	/* Compared as 64 bits: the verifier of 6.1 drops bounds of the lower half of a register. */
	barrier_var(number);
	word = scope_word(scope);
	if (arguments->cred == task->real_cred && number < CAPWARD_CAPS && !state.setup_tasks &&
	    !state.unlisted && !(arguments->opts & CAP_OPT_NOAUDIT) && scope->look == state.look &&
	    (word & scope->fast) >> number & 1 &&
	    (number != CAP_SYS_ADMIN || policy_allows(word, CAPWARD_OP_MOUNT))) {
		__sync_fetch_and_add(&scope->used[number], 1);
		return 0;
	}
	return consider(arguments);
}

char LICENSE[] SEC("license") = "GPL";

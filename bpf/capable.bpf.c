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
	__u64 ret;  /* int: what BPF programs before this one answered */
};

SEC("lsm/capable")
int capable(struct capable_arguments *arguments)
{
	struct capward_scope *scope;
	struct task_struct *task;
	__u64 number, word;
	__u32 operation;

	if ((int)arguments->ret)
		return (int)arguments->ret;
	task = bpf_get_current_task_btf();
	scope = listed_scope(task->cgroups->dfl_cgrp);
	if (!scope) {
		if (!state.unlisted && arguments->cred == task->real_cred)
			return 0;
		scope = task_scope(task);
	}

	number = (__u32)arguments->cap;
	/* Compared as 64 bits: the verifier of 6.1 drops bounds of the lower half of a register. */
	barrier_var(number);
	word = scope ? scope_word(scope) : 0;
	if (scope && arguments->cred == task->real_cred && number < CAPWARD_CAPS &&
	    !state.setup_tasks && !state.bound_tasks && (word & scope->fast) >> number & 1 &&
	    (number != CAP_SYS_ADMIN || policy_allows(word, CAPWARD_OP_MOUNT))) {
		__sync_fetch_and_add(&scope->used[number], 1);
		return 0;
	}

	operation = arguments->cred == task->real_cred ? operation_behind(task, number) : 0;
	if (operation && permit(operation))
		return -EPERM;

	struct check check = {
		.task = task,
		.cred = arguments->cred,
		.ns = arguments->ns,
		.scope = scope,
		.permission = number < CAPWARD_CAPS ? number : CAPWARD_BEYOND,
		.opts = (__u32)arguments->opts,
	};
	return judge(&check);
}

char LICENSE[] SEC("license") = "GPL";

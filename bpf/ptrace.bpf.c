// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may look into and drive whom. A mask does not shrink the credential that commoncap compares
 * (cap_ptrace_access_check(), security/commoncap.c), so commoncap alone lets a masked root take over
 * any other. These hooks make its comparison again with what the policies leave.
 *
 * lsm/ptrace_access_check   ptrace, process_vm_readv, pidfd_getfd, /proc/PID/{mem,root,fd,..}: who
 *                           may do less than the other process needs SYS_PTRACE. To one of
 *                           capward's own (guard.h) it is the operation tamper.
 * lsm/ptrace_traceme        the same for a parent that a task asks to trace it.
 */
#include "guard.h"

/* include/uapi/linux/capability.h */
#define CAP_SYS_PTRACE 19

/* include/linux/ptrace.h: /proc asks in passing, with what the reader sees depending on it. */
#define PTRACE_MODE_NOAUDIT 0x04

/*
 * The capabilities that its policies leave the process that @leader leads, in @scope unless that is NULL.
 * With @meant, also those that only observe count as they are written, to tell what enforcing them would
 * refuse.
 */
static __always_inline __u64 process_allows(struct task_struct *leader, struct capward_scope *scope,
					    bool meant)
{
	struct bound *bound = process_bound(leader);
	__u64 allowed = CAPWARD_MASK;

	if (scope && process_phase(leader, scope->root) == PHASE_SET_UP)
		return allowed;
	if (scope)
		allowed &= scope_words(scope->root);
	if (scope && meant && policy_mode(scope_word(scope)) != CAPWARD_OFF)
		allowed &= scope_word(scope);
	if (bound && (!scope || bound->anywhere))
		allowed &= bound->word & bound->others;
	return allowed;
}

static __always_inline __u64 permitted(struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, real_cred);
	__u64 caps = 0;

	bpf_core_read(&caps, sizeof(caps), &cred->cap_permitted);
	return caps;
}

/* Whether @tracee may do what @tracer may not, so that tracing it takes SYS_PTRACE. */
static __noinline bool exceeds(struct task_struct *tracee, struct task_struct *tracer)
{
	struct task_struct *tracee_leader = tracee->group_leader, *leader = tracer->group_leader;
	struct capward_scope *tracee_scope = task_scope(tracee), *scope = task_scope(tracer);
	bool same = scope_root(scope, leader) == scope_root(tracee_scope, tracee_leader);
	__u64 caps = permitted(tracee) & process_allows(tracee_leader, tracee_scope, same) &
		     ((1ULL << CAPWARD_CAPS) - 1);

	return caps & ~process_allows(leader, scope, true);
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(ptrace_access_check, struct task_struct *child, unsigned int mode, int ret)
{
	struct task_struct *tracer = bpf_get_current_task_btf();

	if (ret || !current_scope_root())
		return ret;
	if (is_capwards(child) && tamper())
		return -EPERM;
	if (!exceeds(child, tracer))
		return 0;

	struct use use = {
		.permission = CAP_SYS_PTRACE,
		.opts = mode & PTRACE_MODE_NOAUDIT ? CAP_OPT_NOAUDIT : 0,
	};
	return judge(&use) ? -EPERM : 0;
}

SEC("lsm/ptrace_traceme")
int BPF_PROG(ptrace_traceme, struct task_struct *parent, int ret)
{
	if (ret || !task_scope_root(parent))
		return ret;
	if (!exceeds(bpf_get_current_task_btf(), parent))
		return 0;

	/* Not judge(): who is to trace, and is judged, is not the current task, which is told of. */
	struct use use = {.cgroup = task_cgroup(parent), .permission = CAP_SYS_PTRACE};

	return judge_process(&use, parent->group_leader, task_scope(parent)) ? -EPERM : 0;
}

char LICENSE[] SEC("license") = "GPL";

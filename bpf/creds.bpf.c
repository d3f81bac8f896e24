// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which credentials workload tasks made. The capable hook needs it to tell a credential that is
 * lent to a container (overlayfs acting as the mounter) from one that the container kept for itself
 * (an io_uring personality): only the latter is judged.
 *
 * lsm/cred_prepare    a task copies credentials (fork, exec, setuid, access): the copy is owned when
 *                     the task is governed workload and the original is its own or owned. A copy
 *                     made while the kernel has overridden the credentials is the kernel's.
 * lsm/cred_transfer   the same for keyctl_session_to_parent().
 * lsm/cred_free       the credential is gone; runs before its memory is used again.
 *
 * Attached before lsm/capable, so that no credential of a governed task is missed.
 */
#include "scope.h"

static __always_inline void note_copy(struct cred *new, const struct cred *old)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct capward_scope *scope = task_scope(task);
	__u64 key = (__u64)old;
	bool owned;

	if (!scope)
		return;
	owned = bpf_map_lookup_elem(&owned_creds, &key);
	if (old != task->real_cred && !owned)
		return;
	if (state.setup_tasks && task_phase(task, scope->root) == PHASE_SET_UP)
		return;
	/*
	 * What a task has from before it was workload, or governed, it can only keep by leaving it
	 * through a copy.
	 */
	if (!owned)
		own_cred(old, scope->root);
	own_cred(new, scope->root);
}

SEC("lsm/cred_prepare")
int BPF_PROG(cred_prepare, struct cred *new, const struct cred *old, gfp_t gfp, int ret)
{
	if (!ret)
		note_copy(new, old);
	return ret;
}

SEC("lsm/cred_transfer")
int BPF_PROG(cred_transfer, struct cred *new, const struct cred *old)
{
	note_copy(new, old);
	return 0;
}

SEC("lsm/cred_free")
int BPF_PROG(cred_free, struct cred *cred)
{
	__u64 key = (__u64)cred;

	bpf_map_delete_elem(&owned_creds, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

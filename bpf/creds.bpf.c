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
 * lsm/uring_override_creds   an io_uring request acts with a personality: whatever it was made from,
 *                     and when, a governed task chose to use it, so it is owned.
 * iter/task           owns what the tasks of a scope have that were there before it was one.
 * iter/task_file      the same for their io_urings, whose SQPOLL threads act with the credential that
 *                     the ring was made with.
 *
 * Attached before lsm/capable, so that no credential of a governed task is missed.
 */
#include "scope.h"
#include "name.h"

static __always_inline void note_copy(struct cred *new, const struct cred *old)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 key = (__u64)old, root = current_scope_root();
	bool owned;

	if (!root)
		return;
	owned = cred_owner(&key);
	if (old != task->real_cred && !owned)
		return;
	if (state.setup_tasks && process_phase(task->group_leader, root) == PHASE_SET_UP)
		return;
	/*
	 * What a task has from before it was workload, or governed, it can only keep by leaving it
	 * through a copy.
	 */
	if (!owned)
		own_cred(old, root);
	own_cred(new, root);
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
	__u64 key = (__u64)cred, *owner = bpf_map_lookup_elem(&owned_creds, &key);

	/*
	 * Before 6.7 the map refuses with -EBUSY where this interrupts who is about to lock a part of it
	 * (htab_lock_bucket()). What is at this address next must not be taken for the scope's.
	 */
	if (owner && bpf_map_delete_elem(&owned_creds, &key))
		*owner = 0;
	return 0;
}

SEC("lsm/uring_override_creds")
int BPF_PROG(uring_personality, const struct cred *new, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 root = current_scope_root();

	if (ret || !root || new == task->real_cred)
		return ret;
	if (process_phase(task->group_leader, root) == PHASE_WORKLOAD)
		adopt_cred(new, root);
	return 0;
}

SEC("iter/task")
int seed_tasks(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	__u64 root;

	if (!task)
		return 0;
	root = task_scope_root(task);
	if (root && process_phase(task->group_leader, root) == PHASE_WORKLOAD)
		adopt_cred(task->real_cred, root);
	return 0;
}

/* include/uapi/linux/magic.h */
#define ANON_INODE_FS_MAGIC 0x09041934

/*
 * Whether @file is an io_uring: what the kernel itself names so (io_uring_get_file()). Not by the
 * address of its operations, which libbpf would read all of /proc/kallsyms for.
 */
static __always_inline bool is_ring(struct file *file)
{
	char name[16] = {};

	if (BPF_CORE_READ(file, f_path.mnt, mnt_sb, s_magic) != ANON_INODE_FS_MAGIC)
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name),
				  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	return NAME_STARTS(name, "[io_uring]");
}

SEC("iter/task_file")
int seed_rings(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct io_ring_ctx *ring;
	const struct cred *cred;
	__u64 root;

	if (!task || !file || !is_ring(file))
		return 0;
	root = task_scope_root(task);
	ring = file->private_data;
	cred = root ? BPF_CORE_READ(ring, sq_creds) : NULL;
	if (cred && process_phase(task->group_leader, root) == PHASE_WORKLOAD)
		adopt_cred(cred, root);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

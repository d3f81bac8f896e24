/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs read of the kernel's own structures, and the differences between versions.
 */
#ifndef CAPWARD_KERNEL_H
#define CAPWARD_KERNEL_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* include/uapi/asm-generic/errno-base.h */
#define EPERM  1
#define ENOENT 2
#define E2BIG  7
#define ENOMEM 12
#define EEXIST 17
#define EINVAL 22

/* include/uapi/asm-generic/signal.h */
#define SIGKILL 9

/* include/linux/security.h: the caller does not want the check in the audit log. */
#define CAP_OPT_NOAUDIT 2

/* Of capward's own, beside them: the caller is as well off with either answer. */
#define OPT_MOOT (1U << 31)

/* include/uapi/linux/stat.h */
#define S_ISGID 02000

/* include/uapi/linux/capability.h */
#define CAP_FSETID	    4
#define CAP_LINUX_IMMUTABLE 9
#define CAP_SYS_ADMIN	    21

/* include/uapi/linux/sched.h */
#define CLONE_THREAD	  0x00010000UL
#define CLONE_INTO_CGROUP 0x200000000UL

/* include/linux/sched.h */
#define PF_IO_WORKER   0x00000010
#define PF_USER_WORKER 0x00004000 /* from 6.4; before, the bit is unused for user tasks */
#define PF_KTHREAD     0x00200000

/*
 * The id of the cgroup @task is in, in the default hierarchy; for current bpf_get_current_cgroup_id()
 * costs less. Read by a helper: for each pointer that is followed directly 6.12's verifier searches
 * the kernel's BTF from end to end (btf_nested_type_is_trusted()), which took two thirds of a load.
 */
static __always_inline __u64 task_cgroup(struct task_struct *task)
{
	return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

/* cgroup_is_on_dfl(): cgrp_dfl_root is the first to be set up and has the id 0 (cgroup_init()). */
static __always_inline bool cgroup_is_v2(struct cgroup *cgroup)
{
	return cgroup->root->hierarchy_id == 0;
}

/* Attempts at what another does at the same time. */
#define ENTRY_TRIES 3

/*
 * The entry of @task in @map, a task storage; where it has none, one that is made as @initial says, or of
 * zeros where that is NULL. NULL: there is no memory.
 *
 * Of two that make an entry of one task at a time the second is refused, because there is one, or because
 * there is a list, be it another tool's (bpf_local_storage_update()).
 */
static __always_inline void *make_entry(void *map, struct task_struct *task, void *initial)
{
	void *entry = NULL;

	for (int i = 0; !entry && i < ENTRY_TRIES; i++)
		entry = bpf_task_storage_get(map, task, initial, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return entry;
}

static __always_inline bool task_in_host_mounts(struct task_struct *task, __u64 host)
{
	return (__u64)task->nsproxy->mnt_ns == host;
}

static __always_inline bool task_at_host_root(struct task_struct *task, __u64 host)
{
	return (__u64)task->fs->root.dentry == host;
}

/*
 * The system call @task is in, or -1 where there is none: kernel threads and io_uring workers have
 * no registers of their own. For telling people: a task can make it show another one.
 */
static __always_inline int task_syscall(struct task_struct *task)
{
	struct pt_regs *regs;

	if (task->flags & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER))
		return -1;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	return regs_syscall(regs);
}

/* The argument @number (0 to 5) of the system call @task is in, which is in one. */
static __always_inline void *task_argument(struct task_struct *task, __u32 number)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	return (void *)regs_argument(regs, number);
}

#endif

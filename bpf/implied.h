/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations that only a capability check gives away: the kernel has no hook for them, or none that
 * every kernel has, and always asks for the capability first.
 */
#ifndef CAPWARD_IMPLIED_H
#define CAPWARD_IMPLIED_H

#include "capward/abi.h"
#include "kernel.h"

/*
 * Whether @number is one of the calls that make, change or attach a mount otherwise than mount(2),
 * umount2(2) and pivot_root(2), which have hooks. These have one number on all architectures (from
 * 424 on); x32 sets a bit. Unlike elsewhere the number is no mere hint here: a tracer can change it
 * before the call is chosen, and not while it runs, and io_uring has none of them.
 */
static __always_inline bool is_mount_call(int number)
{
	switch (number & ~0x40000000) {
	case 428: /* open_tree */
	case 429: /* move_mount */
	case 430: /* fsopen */
	case 431: /* fsconfig */
	case 432: /* fsmount */
	case 433: /* fspick */
	case 442: /* mount_setattr */
	case 467: /* open_tree_attr, from 6.15 */
		return true;
	default:
		return false;
	}
}

/*
 * The operation that @task is at when it uses the capability @cap with its own credential; 0: none.
 *
 * SYS_ADMIN      each of those calls begins with may_mount() (fs/namespace.c, fs/fsopen.c) or, for
 *                a mount namespace of its own (7.x), with the same question to another namespace.
 * LINUX_IMMUTABLE is asked for to change the immutable and append-only flags, and for nothing else,
 *                in the ioctls of every filesystem and in file_setattr(2) (6.17).
 */
static __always_inline __u32 operation_behind(struct task_struct *task, __u64 cap)
{
	if (cap == CAP_SYS_ADMIN && is_mount_call(task_syscall(task)))
		return CAPWARD_OP_MOUNT;
	if (cap == CAP_LINUX_IMMUTABLE)
		return CAPWARD_OP_FILE_ATTRIBUTES;
	return 0;
}

#endif

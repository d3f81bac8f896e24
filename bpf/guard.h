/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is capward's own: its objects in the kernel, where they are pinned, and its processes.
 */
#ifndef CAPWARD_GUARD_H
#define CAPWARD_GUARD_H

#include "judge.h"

static __always_inline bool is_own_object(enum capward_object_kind kind, __u32 id)
{
	struct capward_object key = {.kind = kind, .id = id};

	return id && bpf_map_lookup_elem(&own_objects, &key);
}

/*
 * Whether @task is of a process of capward's: one that has opened the pinned state, and that is not
 * itself governed. A governed task is not permitted to open it, so none becomes one in mode enforce.
 */
static __always_inline bool is_capwards(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	return bpf_task_storage_get(&own_tasks, leader, NULL, 0) &&
	       !scope_root(task_scope(task), leader);
}

/* The answer of a hook where something of capward's is about to be touched: 0 or -EPERM. */
static __always_inline int tamper(void)
{
	return permit(CAPWARD_OP_TAMPER);
}

#endif

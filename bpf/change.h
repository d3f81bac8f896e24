/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon is told of cgroups.
 */
#ifndef CAPWARD_CHANGE_H
#define CAPWARD_CHANGE_H

#include "kernel.h"
#include "maps.h"

/* Tell the daemon of the cgroup @id, part of @scope unless that is NULL. */
static __always_inline void tell(enum capward_change_type type, __u64 id,
				 const struct capward_scope *scope)
{
	struct capward_change *change = bpf_ringbuf_reserve(&changes, sizeof(*change), 0);

	if (!change) {
		__sync_fetch_and_add(&state.changes_lost, 1);
		return;
	}
	change->type = type;
	change->version = CAPWARD_ABI;
	change->time = bpf_ktime_get_boot_ns();
	change->cgroup = id;
	change->root = scope ? scope->root : 0;
	change->policy = scope ? scope->policy : 0;
	change->flags = scope ? scope->flags : 0;
	bpf_ringbuf_submit(change, 0);
}

#endif

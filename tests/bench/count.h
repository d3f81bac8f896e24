/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The least that a counter of checks does: one more for the task's cgroup, in a hash. */
#ifndef COUNT_H
#define COUNT_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u64);
} counts SEC(".maps");

static __always_inline int count(void)
{
	__u64 cgroup = bpf_get_current_cgroup_id(), one = 1, *counted;

	counted = bpf_map_lookup_elem(&counts, &cgroup);
	if (counted)
		__sync_fetch_and_add(counted, 1);
	else
		bpf_map_update_elem(&counts, &cgroup, &one, 0 /* BPF_ANY */);
	return 0;
}

#endif

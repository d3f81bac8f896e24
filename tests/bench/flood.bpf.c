// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fills a buffer with events as send_event() does (bpf/judge.h), from a program that every kernel lets
 * be run: what reads them can be measured where no LSM program may be loaded.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "capward/abi.h"

#define CAP_SYS_ADMIN	21
#define SYS_SETHOSTNAME 170
#define SCOPES		1024
#define AT_ONCE_AT_MOST (1 << 20)

/* The same buffer, and the names of policies, as in bpf/maps.h. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CAPWARD_POLICIES);
	__type(key, __u32);
	__type(value, struct capward_policy);
} policies SEC(".maps");

/* As in events.c. */
struct {
	__u64 scopes[SCOPES], sent, lost;
} shared;

struct flood {
	__u32 count, pid;
};

static long offer(__u32 i, void *context)
{
	const struct flood *flood = context;
	struct capward_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	__u64 scope = shared.scopes[i & (SCOPES - 1)];

	if (!event) {
		shared.lost++;
		return 0;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->type = CAPWARD_EVENT_VERDICT;
	event->size = sizeof(*event);
	event->version = CAPWARD_ABI;
	event->time = bpf_ktime_get_boot_ns();
	event->scope = event->cgroup = scope;
	event->count = i;
	event->pid = event->tid = flood->pid;
	event->policy = CAPWARD_POLICY_FIRST;
	event->syscall = SYS_SETHOSTNAME;
	event->permission = CAP_SYS_ADMIN;
	event->verdict = CAPWARD_DENIED;
	event->audit = 1;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	shared.sent++;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("syscall")
int flood(struct flood *context)
{
	struct flood flood = *context;

	if (flood.count > AT_ONCE_AT_MOST)
		return 1;
	bpf_loop(flood.count, offer, &flood, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

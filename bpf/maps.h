/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every map, with its key, its value, who writes it, and how long an entry lives. The linker merges
 * these weak definitions, so each translation unit sees the same maps. All are pinned below
 * /sys/fs/bpf/capward and live until `capward unload`.
 */
#ifndef CAPWARD_MAPS_H
#define CAPWARD_MAPS_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "capward/abi.h"

/*
 * scopes: place -> struct capward_scope. Written by the programs only: a place is taken by `govern` (on
 * behalf of user space) or at mkdir, and is free again at rmdir. An array, which the verifier makes a few
 * instructions of, and which user space maps to read it. Allocated in advance, so that memory pressure
 * never leaves a new container ungoverned.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CAPWARD_SCOPES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct capward_scope);
} scopes __weak SEC(".maps");

/*
 * places: cgroup id -> place in scopes. Written with it; what it says is so, and has no entry for what is
 * ungoverned. Allocated in advance.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CAPWARD_SCOPES);
	__type(key, __u64);
	__type(value, __u32);
} places __weak SEC(".maps");

/*
 * The hints map: hint_of(cgroup id) -> struct capward_hint, so that most checks need no look-up at all.
 * Written with places: an entry is counted before it is found there, and until it no longer is.
 */
extern struct capward_hint hints[CAPWARD_HINTS];

/*
 * policies: slot -> struct capward_policy, for people. Written by `set_policy` on behalf of user
 * space. A slot is free again when no scope, match or default refers to it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CAPWARD_POLICIES);
	__type(key, __u32);
	__type(value, struct capward_policy);
} policies __weak SEC(".maps");

/*
 * matches: list * CAPWARD_MATCHES + rank -> struct capward_match, the patterns of the profiles in
 * force, the most specific first. Written by user space, which fills the list that is not in force
 * and then names it in state.match_list.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * CAPWARD_MATCHES);
	__type(key, __u32);
	__type(value, struct capward_match);
} matches __weak SEC(".maps");

/*
 * evidence: struct capward_evidence_key -> struct capward_evidence, what is known of each verdict on
 * each permission in a scope. Written by `capable` and the hooks that observe; an entry is made with
 * the first such verdict, and removed with its scope at rmdir, or with state.keep later by user space,
 * which has taken it. Without memory for an entry the verdict stands and the scope's `uncounted` goes up.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CAPWARD_SCOPES * 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct capward_evidence_key);
	__type(value, struct capward_evidence);
} evidence __weak SEC(".maps");

/*
 * owned_creds: struct cred * -> cgroup id of the scope whose workload made it. Written by the cred
 * hooks and at the end of set-up; an entry lives as long as the credential, or is 0 after it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 20);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u64);
} owned_creds __weak SEC(".maps");

/* A set-up task. The process's first thread carries it for all of its threads. */
struct set_up {
	__u64 scope;	 /* cgroup id of the scope it sets up */
	__u64 deadline;	 /* ns of CLOCK_MONOTONIC; a workload task from then on */
	__u32 live;	 /* 1 while it counts in state.setup_tasks */
	__u32 elsewhere; /* 1: it sets up any scope but that one, 0 being none (CLONE_INTO_CGROUP) */
};

/*
 * set_up_tasks: task -> struct set_up. Written by the hooks of phase.bpf.c: made when a task enters a
 * scope from outside or is forked by a set-up task, and gone with the task. No entry, or one that
 * is no longer live: workload.
 */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct set_up);
} set_up_tasks __weak SEC(".maps");

/* A process that left a scope and is bound by its policy still. Its first thread carries it. */
struct bound {
	__u64 scope;	/* cgroup id of the scope it left first */
	__u64 word;	/* what holds there, as it was then, for when the scope is gone */
	__u64 others;	/* what held in those that it left later, all together */
	__u32 live;	/* 1 while it counts in state.bound_tasks, or BOUND_BY_BIRTH */
	__u32 anywhere; /* 1: bound in another scope as well; 0: only where none governs */
};

/* It holds already, and is not counted yet: what an entry is made with, and never set later. */
#define BOUND_BY_BIRTH 2

/*
 * bound_tasks: task -> struct bound. Written by the hooks of phase.bpf.c, and by whichever finds a task
 * that was born outside of its scope: made when workload moves a task out of its scope, handed on to
 * its children, and gone with the task. One that is not live says that the host moved it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct bound);
} bound_tasks __weak SEC(".maps");

/*
 * own_objects: struct capward_object -> 1, the ids of capward's maps, programs and links. Written by
 * user space when it loads, before anything they guard against can be tried; in an upgrade there are
 * those of both builds, and those that are gone are removed with the next.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct capward_object);
	__type(value, __u32);
} own_objects __weak SEC(".maps");

/*
 * own_tasks: task -> 1, the first threads of the processes that have opened the pins. Written by
 * `mark`; an entry is gone with the task.
 */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u32);
} own_tasks __weak SEC(".maps");

/*
 * events: struct capward_event, for people. Written by `capable`, read by `capward trace`. Nothing
 * depends on it: a full buffer loses events, counted in state.lost, and no verdict and no count.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events __weak SEC(".maps");

/*
 * changes: struct capward_change, cgroups as they come and go. Written by tell(), read by the daemon;
 * apart from the events, so that no flood of those hides a new container. When it is full
 * state.changes_lost goes up, and the daemon looks at all cgroups again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} changes __weak SEC(".maps");

/*
 * The words map: the word of each policy slot, apart from its name, so that a check finds it
 * without a look-up. Written by `set_policy`, each with one store.
 */
extern __u64 policy_words[CAPWARD_POLICIES];

/*
 * The moving map: the last move between cgroups, in phase.bpf.c; written by its hooks. A map of its
 * own because in an upgrade one build may see a move begin and the other see it end.
 */

/*
 * The generation map: one struct capward_generation, written once by `place`. The only map that is
 * pinned and not handed on in an upgrade.
 */
extern struct capward_generation generation;

/*
 * The state map: one struct capward_state. Its first part is written once by `init`, the
 * defaults and the gate by user space, the counters by the programs.
 */
extern struct capward_state state;

#endif

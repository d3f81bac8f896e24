/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of each verdict: how often, when, by which system calls and programs. The count is
 * exact; the rest is for people, and bounded. No verdict depends on it.
 */
#ifndef CAPWARD_NOTE_H
#define CAPWARD_NOTE_H

#include "decide.h"
#include "look.h"

/* One use of a permission by the current task, or a try. */
struct use {
	__u64 cred;	  /* const struct cred *; 0: the task's own */
	__u64 cgroup;	  /* the id of the one that who is judged is in */
	__u32 permission; /* a capability, or enum capward_operation */
	__u32 opts;
	__u32 level; /* of the user namespace it is for; 0 is the host's */
	enum phase phase;
	enum credential credential;
	__u32 verdict; /* once there is one */
};

/* What an entry begins as: too large for the stack. */
static const volatile struct capward_evidence no_evidence;

/*
 * Where each system call has what it is about, and each chmod its mode: user space knows their numbers
 * (syscall_object.c).
 */
extern const volatile __u8 syscall_objects[CAPWARD_SYSCALLS];
extern const volatile __u8 chmod_modes[CAPWARD_SYSCALLS];

/* Set the bit @number of @bits, which hold @count; false: it is beyond. */
static __always_inline bool note_bit(__u64 *bits, __u64 number, __u64 count)
{
	barrier_var(number); /* see capable() */
	if (number >= count)
		return false;
	bits += number / 64;
	if (!(*bits >> (number & 63) & 1))
		__sync_fetch_and_or(bits, 1ULL << (number & 63));
	return true;
}

/* The place of the program that the current task calls itself, made where it is new. */
static __always_inline void note_program(struct capward_evidence *known, struct task_struct *task)
{
	__u64 comm[CAPWARD_COMM / 8] = {}, *other;
	struct dentry *dentry;
	__u64 i;

	bpf_get_current_comm(comm, sizeof(comm));
	for (i = 0; i < CAPWARD_PROGRAMS; i++) {
		other = (__u64 *)known->program[i].comm;
		if (i >= known->programs &&
		    __sync_val_compare_and_swap(&known->programs, i, i + 1) == i)
			break;
		if (other[0] == comm[0] && other[1] == comm[1])
			return;
	}
	barrier_var(i); /* see capable() */
	if (i >= CAPWARD_PROGRAMS) {
		__sync_fetch_and_add(&known->other_programs, 1);
		return;
	}
	other = (__u64 *)known->program[i].comm;
	other[0] = comm[0];
	other[1] = comm[1];
	dentry = BPF_CORE_READ(task, mm, exe_file, f_path.dentry);
	bpf_probe_read_kernel_str(known->program[i].exe, CAPWARD_EXE,
				  BPF_CORE_READ(dentry, d_name.name));
}

/* The entry of @key, made where it is new; NULL: there is no memory for it. */
static __always_inline struct capward_evidence *evidence_entry(struct capward_evidence_key *key)
{
	struct capward_evidence *known = bpf_map_lookup_elem(&evidence, key);

	if (known)
		return known;
	bpf_map_update_elem(&evidence, key, (const void *)&no_evidence, BPF_NOEXIST);
	return bpf_map_lookup_elem(&evidence, key);
}

/* What the system call @number of @task is about. */
static __always_inline void note_object(struct capward_evidence *known, struct task_struct *task,
					__u64 number)
{
	void *at;
	__u8 form;

	barrier_var(number);
	if (number >= CAPWARD_SYSCALLS)
		return;
	form = syscall_objects[number];
	if (!form)
		return;
	at = task_argument(task, form & CAPWARD_OBJECT_ARGUMENT);
	known->object_syscall = number;
	__builtin_memset(known->object, 0, CAPWARD_OBJECT);
	if (form & CAPWARD_OBJECT_ADDRESS)
		bpf_probe_read_user(known->object, CAPWARD_OBJECT_SOCKADDR, at);
	else
		bpf_probe_read_user_str(known->object, CAPWARD_OBJECT, at);
}

/*
 * Look at @use, which is of those that are @known. Global and weak as judge() is, so that the verifier goes
 * through it once in a program.
 */
__weak __noinline int look_at(struct capward_evidence *known, struct use *use)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 now = bpf_ktime_get_boot_ns();
	__s64 number = task_syscall(task);

	if (!known || !use) /* for the verifier */
		return 0;
	if (!known->first)
		known->first = now;
	known->last = now;
	known->look = state.look;
	if (!note_bit(known->syscalls, number, CAPWARD_SYSCALLS))
		__sync_fetch_and_add(&known->other_syscalls, 1);
	note_bit(&known->levels, use->level, 64);
	note_program(known, task);
	if (use->verdict == CAPWARD_DENIED || use->verdict == CAPWARD_WOULD_DENY ||
	    use->verdict == CAPWARD_REFUSED)
		note_object(known, task, number);
	return 0;
}

/*
 * Note @use in the scope whose own entry is @root; how often there was one with that verdict, or 0 when
 * there was no memory for it.
 */
static __always_inline __u64 note_evidence(struct use *use, struct capward_scope *root)
{
	struct capward_evidence_key key = {
		.scope = root->root, .permission = use->permission, .verdict = use->verdict};
	struct capward_evidence *known = evidence_entry(&key);
	__u64 count;

	if (!known) {
		__sync_fetch_and_add(&root->uncounted, use->verdict != CAPWARD_USED);
		return 0;
	}
	count = __sync_fetch_and_add(&known->count, 1) + 1;
	if (use->opts & (CAP_OPT_NOAUDIT | OPT_MOOT))
		__sync_fetch_and_add(&known->probes, 1);
	if (count <= CAPWARD_LOOK_FIRST || known->look != state.look)
		look_at(known, use);
	return count;
}

#endif

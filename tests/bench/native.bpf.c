// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decision where no hook can be had: run with BPF_PROG_TEST_RUN, for the task that calls. It includes
 * the file of lsm/capable, so that what is measured is that.
 *
 * raw_tp/decide   the decision, as often as asked, on one capability with the caller's own credential.
 * raw_tp/nothing  the same loop without it.
 */
#include "capable.bpf.c"
#include "native.h"

struct native native[NATIVE_CPUS] SEC(".data.native");

/* A loop without a function of its own, of which judge() leaves no room for one. From 6.4. */
struct bpf_iter_num {
	__u64 opaque[1];
};

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;

static __always_inline struct native *this_cpu(void)
{
	return &native[bpf_get_smp_processor_id() & (NATIVE_CPUS - 1)];
}

/* Decide on @arguments, or not at all; whether it was refused. */
static __always_inline int once(struct capable_arguments *arguments, bool decide)
{
	if (decide)
		return check(arguments);
	barrier_var(arguments);
	return !arguments->cred;
}

static __always_inline void repeat(bool decide)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct native *this = this_cpu();
	struct capable_arguments arguments = {
		.cred = task->real_cred, .ns = task->real_cred->user_ns, .cap = this->cap};
	struct bpf_iter_num round;
	__u64 begin = bpf_ktime_get_ns();

	bpf_iter_num_new(&round, 0, this->count);
	while (bpf_iter_num_next(&round))
		if (once(&arguments, decide))
			this->refused++;
	bpf_iter_num_destroy(&round);
	this->ns = bpf_ktime_get_ns() - begin;
	this->cgroup = bpf_get_current_cgroup_id();
}

SEC("raw_tp")
int decide_many(void *context)
{
	repeat(true);
	return 0;
}

SEC("raw_tp")
int nothing_many(void *context)
{
	repeat(false);
	return 0;
}

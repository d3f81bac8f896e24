// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lsm/capable: a program that does nothing. What it costs is the floor for every program on the
 * hook.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("lsm/capable")
int BPF_PROG(empty, const struct cred *cred, struct user_namespace *ns, int cap, unsigned int opts,
	     int ret)
{
	return ret;
}

char LICENSE[] SEC("license") = "GPL";

// SPDX-License-Identifier: GPL-2.0-or-later
/* fentry/cap_capable: counts checks per cgroup, as a tool of trampolines would at the least. */
#include "count.h"

SEC("fentry/cap_capable")
int BPF_PROG(fentry_count, const struct cred *cred, struct user_namespace *ns, int cap,
	     unsigned int opts)
{
	return count();
}

char LICENSE[] SEC("license") = "GPL";

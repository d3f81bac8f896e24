// SPDX-License-Identifier: GPL-2.0-or-later
/* kprobe/cap_capable: counts checks per cgroup, as a tool of kprobes would at the least. */
#include "count.h"

SEC("kprobe/cap_capable")
int kprobe_count(struct pt_regs *registers)
{
	return count();
}

char LICENSE[] SEC("license") = "GPL";

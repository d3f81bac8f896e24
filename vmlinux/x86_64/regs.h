/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/x86/include/asm/ptrace.h: where the number of the system call is kept. */
#ifndef CAPWARD_X86_64_REGS_H
#define CAPWARD_X86_64_REGS_H

struct pt_regs {
	unsigned long orig_ax;
} __attribute__((preserve_access_index));

#define regs_syscall(regs) ((int)(regs)->orig_ax)

#endif

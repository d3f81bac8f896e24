/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/arm64/include/asm/ptrace.h: where the number of the system call is kept. */
#ifndef CAPWARD_ARM64_REGS_H
#define CAPWARD_ARM64_REGS_H

struct pt_regs {
	int syscallno;
} __attribute__((preserve_access_index));

#define regs_syscall(regs) ((regs)->syscallno)

#endif

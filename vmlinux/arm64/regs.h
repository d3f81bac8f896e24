/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/arm64/include/asm/ptrace.h: where a system call's number and arguments are kept. */
#ifndef CAPWARD_ARM64_REGS_H
#define CAPWARD_ARM64_REGS_H

struct pt_regs {
	unsigned long long regs[31];
	unsigned long long orig_x0;
	int syscallno;
} __attribute__((preserve_access_index));

#define regs_syscall(regs) ((regs)->syscallno)

/* The argument @number, from 0; x0 may hold the answer already. */
#define regs_argument(regs, number)                                                                \
	((number) == 0	 ? BPF_CORE_READ(regs, orig_x0)                                            \
	 : (number) == 1 ? BPF_CORE_READ(regs, regs[1])                                            \
	 : (number) == 2 ? BPF_CORE_READ(regs, regs[2])                                            \
	 : (number) == 3 ? BPF_CORE_READ(regs, regs[3])                                            \
	 : (number) == 4 ? BPF_CORE_READ(regs, regs[4])                                            \
			 : BPF_CORE_READ(regs, regs[5]))

#endif

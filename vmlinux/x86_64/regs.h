/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/x86/include/asm/ptrace.h: where a system call's number and arguments are kept. */
#ifndef CAPWARD_X86_64_REGS_H
#define CAPWARD_X86_64_REGS_H

struct pt_regs {
	unsigned long r10, r9, r8, dx, si, di, orig_ax;
} __attribute__((preserve_access_index));

#define regs_syscall(regs) ((int)(regs)->orig_ax)

/* The argument @number, from 0 (entry_SYSCALL_64), read by a helper: the verifier knows no register. */
#define regs_argument(regs, number)                                                                \
	((number) == 0	 ? BPF_CORE_READ(regs, di)                                                 \
	 : (number) == 1 ? BPF_CORE_READ(regs, si)                                                 \
	 : (number) == 2 ? BPF_CORE_READ(regs, dx)                                                 \
	 : (number) == 3 ? BPF_CORE_READ(regs, r10)                                                \
	 : (number) == 4 ? BPF_CORE_READ(regs, r8)                                                 \
			 : BPF_CORE_READ(regs, r9))

#endif

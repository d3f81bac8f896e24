/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a system call is about: in which argument it has a path, an address or a mode, and how that is told.
 */
#ifndef CAPWARD_SYSCALL_OBJECT_H
#define CAPWARD_SYSCALL_OBJECT_H

#include "capward/abi.h"

#define SYSCALL_OBJECT (4 * CAPWARD_OBJECT + 1) /* room for what syscall_object() writes */

/*
 * Write where each system call of this machine has what it is about to @forms, by its number: an enum
 * capward_object_form with the number of the argument, from the system calls' manual pages.
 */
void syscall_object_forms(__u8 forms[static CAPWARD_SYSCALLS]);

/*
 * Write in which argument each chmod of this machine has the mode to @modes, by its number: 1 for the first; 0
 * for every other system call.
 */
void syscall_chmod_modes(__u8 modes[static CAPWARD_SYSCALLS]);

/*
 * Write what @known's last system call that was not allowed was about to @text, escaped: "/etc/shadow",
 * "port 80 of 0.0.0.0". Returns @text; empty: not known.
 */
const char *syscall_object(const struct capward_evidence *known, char text[static SYSCALL_OBJECT]);

#endif

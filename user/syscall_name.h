/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPWARD_SYSCALL_NAME_H
#define CAPWARD_SYSCALL_NAME_H

#define SYSCALL_NAME 64 /* room for any name, with its NUL */

/*
 * Write the name of system call @number on this machine into @name: the number itself where it has none
 * that is known, "" where it is negative. Returns @name.
 */
const char *syscall_name(int number, char name[static SYSCALL_NAME]);

/*
 * The number of the system call that syscall_name() writes @name for; -EINVAL: there is none on this
 * machine.
 */
int syscall_number(const char *name);

#endif

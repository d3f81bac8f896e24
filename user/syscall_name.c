// SPDX-License-Identifier: GPL-2.0-or-later
#include "syscall_name.h"

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

const char *syscall_name(int number, char name[static SYSCALL_NAME])
{
	char *known =
		number < 0 ? NULL : seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

	if (known)
		snprintf(name, SYSCALL_NAME, "%s", known);
	else if (number >= 0)
		snprintf(name, SYSCALL_NAME, "%d", number);
	else
		name[0] = '\0';
	free(known);
	return name;
}

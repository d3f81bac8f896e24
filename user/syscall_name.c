// SPDX-License-Identifier: GPL-2.0-or-later
#include "syscall_name.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
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

int syscall_number(const char *name)
{
	long number;
	char *end;

	if (isdigit((unsigned char)name[0])) {
		number = strtol(name, &end, 10);
		return *end || number > INT_MAX ? -EINVAL : (int)number;
	}
	number = seccomp_syscall_resolve_name(name);
	return number < 0 ? -EINVAL : (int)number;
}

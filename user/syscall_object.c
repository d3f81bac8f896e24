// SPDX-License-Identifier: GPL-2.0-or-later
#include "syscall_object.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "output.h"

static const struct {
	const char *name;
	__u8 form;
} objects[] = {
	{"access", CAPWARD_OBJECT_PATH | 0},	    {"acct", CAPWARD_OBJECT_PATH | 0},
	{"bind", CAPWARD_OBJECT_ADDRESS | 1},	    {"chdir", CAPWARD_OBJECT_PATH | 0},
	{"chmod", CAPWARD_OBJECT_PATH | 0},	    {"chown", CAPWARD_OBJECT_PATH | 0},
	{"chroot", CAPWARD_OBJECT_PATH | 0},	    {"connect", CAPWARD_OBJECT_ADDRESS | 1},
	{"creat", CAPWARD_OBJECT_PATH | 0},	    {"delete_module", CAPWARD_OBJECT_PATH | 0},
	{"execve", CAPWARD_OBJECT_PATH | 0},	    {"execveat", CAPWARD_OBJECT_PATH | 1},
	{"faccessat", CAPWARD_OBJECT_PATH | 1},	    {"faccessat2", CAPWARD_OBJECT_PATH | 1},
	{"fchmodat", CAPWARD_OBJECT_PATH | 1},	    {"fchmodat2", CAPWARD_OBJECT_PATH | 1},
	{"fchownat", CAPWARD_OBJECT_PATH | 1},	    {"lchown", CAPWARD_OBJECT_PATH | 0},
	{"link", CAPWARD_OBJECT_PATH | 0},	    {"linkat", CAPWARD_OBJECT_PATH | 1},
	{"lsetxattr", CAPWARD_OBJECT_PATH | 0},	    {"lstat", CAPWARD_OBJECT_PATH | 0},
	{"mkdir", CAPWARD_OBJECT_PATH | 0},	    {"mkdirat", CAPWARD_OBJECT_PATH | 1},
	{"mknod", CAPWARD_OBJECT_PATH | 0},	    {"mknodat", CAPWARD_OBJECT_PATH | 1},
	{"mount", CAPWARD_OBJECT_PATH | 1},	    {"name_to_handle_at", CAPWARD_OBJECT_PATH | 1},
	{"newfstatat", CAPWARD_OBJECT_PATH | 1},    {"open", CAPWARD_OBJECT_PATH | 0},
	{"openat", CAPWARD_OBJECT_PATH | 1},	    {"openat2", CAPWARD_OBJECT_PATH | 1},
	{"pivot_root", CAPWARD_OBJECT_PATH | 0},    {"quotactl", CAPWARD_OBJECT_PATH | 1},
	{"readlink", CAPWARD_OBJECT_PATH | 0},	    {"readlinkat", CAPWARD_OBJECT_PATH | 1},
	{"removexattr", CAPWARD_OBJECT_PATH | 0},   {"rename", CAPWARD_OBJECT_PATH | 0},
	{"renameat", CAPWARD_OBJECT_PATH | 1},	    {"renameat2", CAPWARD_OBJECT_PATH | 1},
	{"rmdir", CAPWARD_OBJECT_PATH | 0},	    {"sendto", CAPWARD_OBJECT_ADDRESS | 4},
	{"setdomainname", CAPWARD_OBJECT_PATH | 0}, {"sethostname", CAPWARD_OBJECT_PATH | 0},
	{"setxattr", CAPWARD_OBJECT_PATH | 0},	    {"stat", CAPWARD_OBJECT_PATH | 0},
	{"statx", CAPWARD_OBJECT_PATH | 1},	    {"swapoff", CAPWARD_OBJECT_PATH | 0},
	{"swapon", CAPWARD_OBJECT_PATH | 0},	    {"symlink", CAPWARD_OBJECT_PATH | 1},
	{"symlinkat", CAPWARD_OBJECT_PATH | 2},	    {"truncate", CAPWARD_OBJECT_PATH | 0},
	{"umount2", CAPWARD_OBJECT_PATH | 0},	    {"unlink", CAPWARD_OBJECT_PATH | 0},
	{"unlinkat", CAPWARD_OBJECT_PATH | 1},	    {"utimensat", CAPWARD_OBJECT_PATH | 1},
};

void syscall_object_forms(__u8 forms[static CAPWARD_SYSCALLS])
{
	memset(forms, CAPWARD_OBJECT_NONE, CAPWARD_SYSCALLS);
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		int number = seccomp_syscall_resolve_name(objects[i].name);

		/* Negative: this machine has none of that name. */
		if (number >= 0 && number < CAPWARD_SYSCALLS)
			forms[number] = objects[i].form;
	}
}

void syscall_chmod_modes(__u8 modes[static CAPWARD_SYSCALLS])
{
	static const struct {
		const char *name;
		__u8 argument;
	} calls[] = {{"chmod", 2}, {"fchmod", 2}, {"fchmodat", 3}, {"fchmodat2", 3}};

	memset(modes, 0, CAPWARD_SYSCALLS);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int number = seccomp_syscall_resolve_name(calls[i].name);

		if (number >= 0 && number < CAPWARD_SYSCALLS)
			modes[number] = calls[i].argument;
	}
}

/* Of a unix socket that has a file its path is told, whose end is cut as any other's. */
static void write_address(const char *bytes, char text[static SYSCALL_OBJECT])
{
	const char *path = bytes + sizeof(sa_family_t);
	char host[INET6_ADDRSTRLEN];
	sa_family_t family;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memcpy(&family, bytes, sizeof(family));
	memcpy(&in, bytes, sizeof(in));
	memcpy(&in6, bytes, sizeof(in6));
	if (family == AF_INET && inet_ntop(family, &in.sin_addr, host, sizeof(host)))
		snprintf(text, SYSCALL_OBJECT, "port %u of %s", ntohs(in.sin_port), host);
	else if (family == AF_INET6 && inet_ntop(family, &in6.sin6_addr, host, sizeof(host)))
		snprintf(text, SYSCALL_OBJECT, "port %u of %s", ntohs(in6.sin6_port), host);
	else if (family == AF_UNIX && path[0])
		text_escape(text, SYSCALL_OBJECT, path,
			    strnlen(path, CAPWARD_OBJECT_SOCKADDR - sizeof(family)));
	else if (family != AF_UNSPEC)
		snprintf(text, SYSCALL_OBJECT, "an address of family %u", family);
}

const char *syscall_object(const struct capward_evidence *known, char text[static SYSCALL_OBJECT])
{
	static __u8 forms[CAPWARD_SYSCALLS];
	static bool made;
	__s32 number = known->object_syscall;

	text[0] = '\0';
	if (!made) {
		syscall_object_forms(forms);
		made = true;
	}
	if (number < 0 || number >= CAPWARD_SYSCALLS || !known->object[0])
		return text;
	switch (forms[number] & ~CAPWARD_OBJECT_ARGUMENT) {
	case CAPWARD_OBJECT_PATH:
		text_escape(text, SYSCALL_OBJECT, known->object,
			    strnlen(known->object, CAPWARD_OBJECT));
		break;
	case CAPWARD_OBJECT_ADDRESS:
		write_address(known->object, text);
		break;
	}
	return text;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* What a system call was about, from the bytes that the kernel programs copied of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <string.h>
#include <sys/un.h>

#include "syscall_object.h"

/* The text of the system call @name with @bytes, as many as the programs copy. */
static const char *object_of(const char *name, const void *bytes, size_t size)
{
	static char text[SYSCALL_OBJECT];
	struct capward_evidence known = {.object_syscall = seccomp_syscall_resolve_name(name)};

	assert_true(size <= sizeof(known.object));
	memcpy(known.object, bytes, size);
	return syscall_object(&known, text);
}

static const char *address_of(const void *address, size_t size)
{
	return object_of("bind", address, size);
}

static void internet(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(80),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons(443),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT};

	(void)state;
	assert_string_equal(address_of(&in, sizeof(in)), "port 80 of 127.0.0.1");
	in.sin_addr.s_addr = 0;
	in.sin_port = htons(65535);
	assert_string_equal(address_of(&in, sizeof(in)), "port 65535 of 0.0.0.0");
	assert_int_equal(sizeof(in6), CAPWARD_OBJECT_SOCKADDR);
	assert_string_equal(address_of(&in6, sizeof(in6)), "port 443 of ::1");
	memset(&in6.sin6_addr, 0xfe, sizeof(in6.sin6_addr));
	assert_string_equal(address_of(&in6, sizeof(in6)),
			    "port 443 of fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe");
	assert_string_equal(object_of("connect", &in, sizeof(in)), "port 65535 of 0.0.0.0");
	assert_string_equal(object_of("sendto", &in, sizeof(in)), "port 65535 of 0.0.0.0");
}

static void local(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/docker.sock"};

	(void)state;
	assert_string_equal(address_of(&un, CAPWARD_OBJECT_SOCKADDR), "/run/docker.sock");
	strcpy(un.sun_path, "/run/\x1b[31m");
	assert_string_equal(address_of(&un, CAPWARD_OBJECT_SOCKADDR), "/run/\\x1b[31m");
	strcpy(un.sun_path, "/run/a/name/that/is/longer/than/an/address/of/the/internet");
	assert_string_equal(address_of(&un, CAPWARD_OBJECT_SOCKADDR), "/run/a/name/that/is/longer");
	/* Of one without a file nobody knows where its name ends. */
	un.sun_path[0] = '\0';
	assert_string_equal(address_of(&un, CAPWARD_OBJECT_SOCKADDR), "an address of family 1");
}

/* What is no address, or not all of one: the rest is zero. */
static void other(void **state)
{
	const sa_family_t families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_UNSPEC};
	char bytes[CAPWARD_OBJECT];

	(void)state;
	assert_string_equal(address_of(&families[0], 2), "port 0 of 0.0.0.0");
	assert_string_equal(address_of(&families[1], 2), "port 0 of ::");
	assert_string_equal(address_of(&families[2], 2), "an address of family 1");
	assert_string_equal(address_of(&families[3], 2), "an address of family 16");
	assert_string_equal(address_of(&families[4], 2), "");
	assert_string_equal(address_of("\x02", 1), "port 0 of 0.0.0.0");
	memset(bytes, 0xff, sizeof(bytes));
	assert_string_equal(address_of(bytes, sizeof(bytes)), "an address of family 65535");
}

static void paths(void **state)
{
	char bytes[CAPWARD_OBJECT], text[SYSCALL_OBJECT] = "x";
	struct capward_evidence known = {.object_syscall = -1, .object = "/etc/shadow"};

	(void)state;
	assert_string_equal(object_of("openat", "/etc/shadow", 12), "/etc/shadow");
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(strlen(object_of("openat", bytes, sizeof(bytes))), 4 * sizeof(bytes));
	assert_string_equal(object_of("openat", "", 1), "");
	/* Of a system call that names nothing, or of none. */
	assert_string_equal(object_of("settimeofday", "/etc/shadow", 12), "");
	assert_string_equal(syscall_object(&known, text), "");
	known.object_syscall = CAPWARD_SYSCALLS;
	assert_string_equal(syscall_object(&known, text), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(internet),
		cmocka_unit_test(local),
		cmocka_unit_test(other),
		cmocka_unit_test(paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

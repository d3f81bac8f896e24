// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "workload_name.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *name_of(const struct identity *identity)
{
	static char name[WORKLOAD_NAME];

	return workload_name("/some/cgroup", identity, name) ? name : NULL;
}

static const char *image_name(const char *image)
{
	return name_of(&(struct identity){.container = {.runtime = "docker", .id = "x"},
					  .image = (char *)image});
}

static void images(void **state)
{
	(void)state;
	assert_string_equal(image_name("nginx"), "image docker.io/library/nginx:latest");
	assert_string_equal(image_name("docker.io/library/nginx:latest"), image_name("nginx"));
	assert_string_equal(image_name("a.b/c:1"), "image a.b/c:1");
	/* A bare id is no name, and all that is known. */
	assert_string_equal(image_name(HEX64), "image " HEX64);
}

static const char *pod_name(const char *pod)
{
	return name_of(&(struct identity){.container = {.runtime = "docker"},
					  .pod = (char *)pod,
					  .pod_namespace = "shop",
					  .name = "web",
					  .image = "nginx"});
}

static void pods(void **state)
{
	(void)state;
	assert_string_equal(pod_name("front-5d8f7c9b6d-x7k2p"), "pod shop/front/web");
	assert_string_equal(pod_name("front-5d8f7c9b6d-zzzzz"), "pod shop/front/web");
	assert_string_equal(pod_name("agent-x7k2p"), "pod shop/agent/web");
	assert_string_equal(pod_name("backup-29413080-x7k2p"), "pod shop/backup/web");
	assert_string_equal(pod_name("backup-24529876-x7k2p"), "pod shop/backup/web");
	assert_string_equal(pod_name("backup-2024031-x7k2p"), "pod shop/backup-2024031/web");
	assert_string_equal(pod_name("29413080-x7k2p"), "pod shop/29413080/web");
	assert_string_equal(pod_name("db-0"), "pod shop/db/web");
	assert_string_equal(pod_name("db-12"), "pod shop/db/web");
	assert_string_equal(pod_name("plain"), "pod shop/plain/web");
	assert_string_equal(pod_name("my-nginx"), "pod shop/my-nginx/web"); /* vowels */
	assert_string_equal(pod_name("x7k2p"), "pod shop/x7k2p/web");
	assert_string_equal(name_of(&(struct identity){.container = {.runtime = "docker"},
						       .pod = "db-0",
						       .pod_namespace = "shop"}),
			    "pod shop/db/(sandbox)");
}

static const char *unit(const char *unit)
{
	struct identity identity = {.container = {.runtime = "systemd"}};

	snprintf(identity.container.id, sizeof(identity.container.id), "%s", unit);
	return name_of(&identity);
}

static void units(void **state)
{
	(void)state;
	assert_string_equal(unit("nginx.service"), "unit nginx.service");
	assert_string_equal(unit("getty@tty1.service"), "unit getty@.service");
	assert_string_equal(unit("a@b@c.service"), "unit a@.service");
	assert_string_equal(unit("run-u12.service"), "unit run-*.service");
	assert_string_equal(unit("session-7.scope"), "unit session-*.scope");
	assert_string_equal(unit("x.service"), "unit x.service");
}

static void others(void **state)
{
	char longest[1000];

	(void)state;
	assert_string_equal(
		name_of(&(struct identity){.container = {.runtime = "nspawn"}, .name = "web"}),
		"nspawn web");
	/* An id is another one each time. */
	assert_string_equal(name_of(&(struct identity){.container = {.runtime = "runc"},
						       .name = (char *)HEX64}),
			    "runc");
	assert_string_equal(name_of(&(struct identity){.container = {.runtime = "docker"}}),
			    "docker");
	assert_string_equal(name_of(&(struct identity){.container = {.runtime = ""}}),
			    "cgroup /some/cgroup");
	assert_null(name_of(&(struct identity){.container = {.runtime = "capward"}}));
	assert_string_equal(name_of(&(struct identity){.container = {.runtime = "docker"},
						       .image = "nginx",
						       .claimed = true}),
			    "claimed image docker.io/library/nginx:latest");
	memset(longest, '/', sizeof(longest));
	longest[999] = '\0';
	assert_int_equal(strlen(image_name(longest)), WORKLOAD_NAME - 1);
}

/* Two names that are cut at the same place are two. */
static void long_names_differ(void **state)
{
	char one[1000], first[WORKLOAD_NAME];

	(void)state;
	memset(one, '/', sizeof(one));
	one[999] = '\0';
	snprintf(first, sizeof(first), "%s", image_name(one));
	one[998] = 'x';
	assert_string_not_equal(image_name(one), first);
}

/* Of what a user may name no file is opened, so that not even the name by which it answers is known. */
static void a_users_own(void **state)
{
	static const char path[] = "/user.slice/user-1000.slice/user@1000.service/lxc.payload.mine";
	struct identity identity;
	char name[WORKLOAD_NAME];

	(void)state;
	assert_int_equal(identity_by_root(path, &identity, NULL), 0);
	assert_null(identity.name);
	assert_true(workload_name(path, &identity, name));
	assert_string_equal(name, "claimed lxc");
	identity_free(&identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images),
		cmocka_unit_test(pods),
		cmocka_unit_test(units),
		cmocka_unit_test(others),
		cmocka_unit_test(long_names_differ),
		cmocka_unit_test(a_users_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

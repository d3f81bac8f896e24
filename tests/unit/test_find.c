// SPDX-License-Identifier: GPL-2.0-or-later
/* A scope by the name that a person gave it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "find.h"

#define ID   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2  "0123f56789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID3  "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define ID4  "4123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID5  "5123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID6  "6123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define USER "/user.slice/user-1000.slice/user@1000.service/"

/* Where no runtime has files. */
#define NOWHERE "/nonexistent"

#define MOST 16

static struct scope_view views[MOST];

/* A list of the scopes at @paths, which are in order and end with NULL. */
static struct scope_list list_of(const char *const *paths)
{
	struct scope_list list = {.scopes = views};

	while (paths[list.count]) {
		assert_true(list.count < MOST);
		views[list.count] = (struct scope_view){.path = (char *)paths[list.count]};
		list.count++;
	}
	return list;
}

/* The path that @name means; "-" for none, "several". */
static const char *find_below(const char *root, const char *const *paths, const char *name)
{
	struct scope_list list = list_of(paths);
	const struct scope_view *view = NULL;
	struct error err = {""};
	int code = scopes_find(&list, root, name, &view, &err);

	if (code == -ENOENT)
		return "-";
	if (code == -ENOTUNIQ)
		return "several";
	if (code)
		fail_msg("%s", err.text);
	return view->path;
}

static const char *const host[] = {
	"/docker/" ID3,
	"/lxc.payload.web",
	"/machine.slice/libpod-" ID ".scope",
	"/machine.slice/libpod-" ID ".scope/container",
	"/machine.slice/libpod-conmon-" ID ".scope",
	"/system.slice/apache2.service",
	"/system.slice/apache2.service/sub",
	"/system.slice/docker-" ID2 ".scope",
	NULL,
};

static const char *find(const char *name)
{
	return find_below(NOWHERE, host, name);
}

static void test_by_path(void **state)
{
	(void)state;
	for (size_t i = 0; host[i]; i++)
		assert_string_equal(find(host[i]), host[i]);
	assert_string_equal(find("/"), "-");
	assert_string_equal(find("/docker"), "-");
	assert_string_equal(find("/docker/" ID3 "/"), "-");
	assert_string_equal(find("/0123"), "-");
}

static void test_by_id(void **state)
{
	(void)state;
	assert_string_equal(find(ID), "/machine.slice/libpod-" ID ".scope");
	assert_string_equal(find(ID2), "/system.slice/docker-" ID2 ".scope");
	assert_string_equal(find(ID3), "/docker/" ID3);
	assert_string_equal(find("apache2.service"), "/system.slice/apache2.service");
	assert_string_equal(find("apache2"), "-");
	assert_string_equal(find("web"), "/lxc.payload.web");
	assert_string_equal(find(""), "-");
}

static void test_by_the_beginning(void **state)
{
	(void)state;
	assert_string_equal(find("fedc"), "/docker/" ID3);
	assert_string_equal(find("fed"), "-");
	assert_string_equal(find("0123"), "several");
	assert_string_equal(find("01234"), "/machine.slice/libpod-" ID ".scope");
	assert_string_equal(find("0123f"), "/system.slice/docker-" ID2 ".scope");
	assert_string_equal(find("FEDC"), "-");
	assert_string_equal(find("apache"), "-");
	assert_string_equal(find(ID "0"), "-");
}

/* Somebody else's names count only where there is no other. */
static void test_claimed(void **state)
{
	static const char *const paths[] = {
		"/lxc.payload.web",
		"/system.slice/docker-" ID ".scope",
		"/system.slice/docker-" ID ".scope/lxc.payload.inner",
		"/system.slice/docker-" ID ".scope/lxc.payload.twice",
		"/system.slice/docker-" ID ".scope/lxc.payload.web",
		USER "docker-" ID ".scope",
		USER "docker-" ID3 ".scope",
		USER "lxc.payload.twice",
		NULL,
	};

	(void)state;
	assert_string_equal(find_below(NOWHERE, paths, "web"), "/lxc.payload.web");
	assert_string_equal(find_below(NOWHERE, paths, "inner"), paths[2]);
	assert_string_equal(find_below(NOWHERE, paths, "twice"), "several");
	assert_string_equal(find_below(NOWHERE, paths, ID), paths[1]);
	assert_string_equal(find_below(NOWHERE, paths, "0123"), paths[1]);
	assert_string_equal(find_below(NOWHERE, paths, ID3), USER "docker-" ID3 ".scope");
	assert_string_equal(find_below(NOWHERE, paths, "fedc"), USER "docker-" ID3 ".scope");
}

static void test_errors(void **state)
{
	static const char *const paths[] = {
		"/a/docker-" ID ".scope", "/b/docker-" ID ".scope",
		"/c/docker-" ID ".scope", "/d\x1b[31m/docker-" ID ".scope",
		"/e/docker-" ID ".scope", NULL,
	};
	struct scope_list list = list_of(paths), empty = {};
	const struct scope_view *view = views;
	struct error err = {""};

	(void)state;
	assert_int_equal(scopes_find(&list, NOWHERE, ID, &view, &err), -ENOTUNIQ);
	assert_string_equal(err.text, ID " is 5 scopes; give the cgroup of one: /a/docker-" ID
					 ".scope, /b/docker-" ID ".scope, /c/docker-" ID
					 ".scope, /d\\x1b[31m/docker-" ID ".scope, ...");
	assert_int_equal(scopes_find(&list, NOWHERE, "no\nne", &view, &err), -ENOENT);
	assert_string_equal(
		err.text, "there is no no\\x0ane; name a container by its id, the beginning of it, "
			  "its name or POD/CONTAINER, a unit by its full name, or a cgroup by its "
			  "path");
	assert_int_equal(scopes_find(&empty, NOWHERE, ID, &view, NULL), -ENOENT);
	assert_ptr_equal(view, views);
}

/* By what a runtime has on disk. */

static char root[] = "/tmp/capward-find-XXXXXX";

static void make_directories(const char *path)
{
	char part[512];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%s%.*s", root, (int)(slash - path), path);
		assert_true(!mkdir(part, 0755) || errno == EEXIST);
	}
}

/* Make the file @path with the text @format. */
__attribute__((format(printf, 2, 3))) static void make_file(const char *path, const char *format,
							    ...)
{
	char file[600];
	va_list args;
	FILE *stream;

	make_directories(path);
	snprintf(file, sizeof(file), "%s%s", root, path);
	stream = fopen(file, "w");
	assert_non_null(stream);
	va_start(args, format);
	vfprintf(stream, format, args);
	va_end(args);
	assert_int_equal(fclose(stream), 0);
}

static void docker(const char *id, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "/var/lib/docker/containers/%s/config.v2.json", id);
	make_file(path, "{\"ID\":\"%s\",\"Name\":\"/%s\",\"Config\":{\"Image\":\"httpd\"}}", id,
		  name);
}

static void kubernetes(const char *id, const char *pod, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path),
		 "/run/containerd/io.containerd.runtime.v2.task/k8s.io/%s/config.json", id);
	make_file(path,
		  "{\"ociVersion\":\"1.0.2\",\"annotations\":{"
		  "\"io.kubernetes.cri.container-name\":\"%s\","
		  "\"io.kubernetes.cri.container-type\":\"container\","
		  "\"io.kubernetes.cri.sandbox-name\":\"%s\","
		  "\"io.kubernetes.cri.sandbox-namespace\":\"shop\"}}",
		  name, pod);
}

static int make_root(void **state)
{
	(void)state;
	if (!mkdtemp(root))
		return -1;
	docker(ID, "db");
	docker(ID2, "fedc");
	docker(ID3, "web");
	kubernetes(ID4, "front-1", "web");
	kubernetes(ID5, "front-2", "web");
	kubernetes(ID6, "front-2", "log");
	return 0;
}

static int remove_root(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void test_by_pod(void **state)
{
	static const char *const paths[] = {
		"/kubepods/pod1/" ID4,
		"/kubepods/pod2/" ID5,
		"/kubepods/pod2/" ID6,
		"/system.slice/docker-" ID ".scope",
		NULL,
	};

	(void)state;
	assert_string_equal(find_below(root, paths, "front-1/web"), paths[0]);
	assert_string_equal(find_below(root, paths, "front-2/web"), paths[1]);
	assert_string_equal(find_below(root, paths, "front-2/log"), paths[2]);
	assert_string_equal(find_below(root, paths, "log"), paths[2]);
	assert_string_equal(find_below(root, paths, "web"), "several");
	assert_string_equal(find_below(root, paths, "front-1"), "-");
	assert_string_equal(find_below(root, paths, "front-1/log"), "-");
	assert_string_equal(find_below(root, paths, "front-1/"), "-");
}

static void test_by_name(void **state)
{
	static const char *const paths[] = {
		"/system.slice/docker-" ID ".scope",
		"/system.slice/docker-" ID2 ".scope",
		"/system.slice/docker-" ID3 ".scope",
		"/system.slice/docker-" ID3 ".scope/sub",
		NULL,
	};

	(void)state;
	assert_string_equal(find_below(root, paths, "db"), paths[0]);
	assert_string_equal(find_below(root, paths, "web"), paths[2]);
	/* A name goes before the beginning of an id. */
	assert_string_equal(find_below(root, paths, "fedc"), paths[1]);
	assert_string_equal(find_below(root, paths, "fedcb"), paths[2]);
	assert_string_equal(find_below(root, paths, "we"), "-");
	assert_string_equal(find_below(root, paths, "shop/web"), "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_path),		 cmocka_unit_test(test_by_id),
		cmocka_unit_test(test_by_the_beginning), cmocka_unit_test(test_claimed),
		cmocka_unit_test(test_errors),		 cmocka_unit_test(test_by_name),
		cmocka_unit_test(test_by_pod),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <glob.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state_file.h"
#include "store.h"

static char dir[] = "/tmp/capward-store-XXXXXX";
static struct error err;

static int set_up(void **state)
{
	int fd;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	fd = store_lock(dir, true, &err);
	return fd < 0 ? fd : close(fd);
}

static int tear_down(void **state)
{
	char command[100];
	int result;

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	result = system(command);
	strcpy(dir, "/tmp/capward-store-XXXXXX");
	return result;
}

static struct stored_workload *a_workload(const char *name)
{
	struct stored_workload *workload = calloc(1, sizeof(*workload));

	workload->name = strdup(name);
	workload->runs = 3;
	workload->added = calloc(1, sizeof(char *));
	workload->added[0] = strdup("boot/7");
	workload->added_count = 1;
	workload->evidence.of[CAPWARD_USED][CAP_CHOWN].count = 5;
	return workload;
}

static int write_workload(const char *name)
{
	struct stored_workload *workload = a_workload(name);
	int code = store_write_workload(dir, workload, &err);

	stored_workload_free(workload);
	return code;
}

/* Files that are not root's are not believed: without root there is no more to be seen. */
static bool not_root(const char *name)
{
	struct stored_workload *workload;

	if (!geteuid())
		return false;
	assert_int_equal(store_read_workload(dir, name, &workload, &err), -EPERM);
	return true;
}

static void workload_round_trip(void **state)
{
	static const char *const names[] = {"image docker.io/library/nginx:1.25", "..", "../../x",
					    "cgroup /\x1b[31m\xff", "%"};
	struct stored_workload *workload;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(store_read_workload(dir, names[i], &workload, &err), -ENOENT);
		assert_int_equal(write_workload(names[i]), 0);
		if (not_root(names[i]))
			return;
		assert_int_equal(write_workload(names[i]), 0);
		assert_int_equal(store_read_workload(dir, names[i], &workload, &err), 0);
		assert_string_equal(workload->name, names[i]);
		assert_int_equal(workload->runs, 3);
		assert_false(workload->learning);
		assert_int_equal(workload->added_count, 1);
		assert_string_equal(workload->added[0], "boot/7");
		assert_int_equal(workload->evidence.of[CAPWARD_USED][CAP_CHOWN].count, 5);
		stored_workload_free(workload);
		assert_int_equal(store_remove_workload(dir, names[i], &err), 0);
		assert_int_equal(store_remove_workload(dir, names[i], &err), -ENOENT);
	}
}

static void long_names(void **state)
{
	struct stored_workload *workload;
	char name[512];

	(void)state;
	memset(name, '/', sizeof(name));
	name[511] = '\0';
	assert_int_equal(write_workload(name), 0);
	if (not_root(name))
		return;
	assert_int_equal(store_read_workload(dir, name, &workload, &err), 0);
	stored_workload_free(workload);
	name[510] = 'x';
	assert_int_equal(store_read_workload(dir, name, &workload, &err), -ENOENT);
}

static struct stored_run *a_run(__u64 scope)
{
	struct identity identity = {.container = {.runtime = "docker", .id = "abc"},
				    .name = "web",
				    .pod = "p",
				    .pod_namespace = "ns"};
	struct stored_run *run;

	assert_int_equal(stored_run_new("image x", "boot.1", scope, "/docker/abc", &identity, &run),
			 0);
	return run;
}

static int count_run(void *context, const struct stored_run *run)
{
	__u64 *last = context;

	*last = run->scope;
	return 1;
}

static void run_round_trip(void **state)
{
	struct stored_run *run = a_run(7), *read;

	(void)state;
	run->evidence = calloc(1, sizeof(*run->evidence));
	run->evidence->of[CAPWARD_DENIED][CAP_CHOWN].count = 2;
	assert_int_equal(store_write_run(dir, run, &err), 0);
	if (!geteuid()) {
		assert_int_equal(store_read_run(dir, 7, &read, &err), 0);
		assert_string_equal(read->workload, "image x");
		assert_string_equal(read->boot, run->boot);
		assert_string_equal(read->pod, "ns/p");
		assert_null(read->image);
		assert_int_equal(read->begun / 1000, run->begun / 1000);
		assert_int_equal(read->evidence->of[CAPWARD_DENIED][CAP_CHOWN].count, 2);
		stored_run_free(read);
	}
	assert_int_equal(store_remove_run(dir, 7), 0);
	assert_int_equal(store_read_run(dir, 7, &read, &err), -ENOENT);
	stored_run_free(run);
}

/* What cannot be read of one that runs is kept as well, and known to be there. */
static void damaged_run(void **state)
{
	static const char *const texts[] = {"", "{\"capward_evidence\": 2}"};
	struct stored_run *run = a_run(7), *read;
	char path[100], aside[120];
	struct stat stat;

	(void)state;
	snprintf(path, sizeof(path), "%s/running/7.json", dir);
	assert_false(store_has_run(dir, 7));
	for (size_t i = 0; !geteuid() && i < 2; i++) {
		FILE *file = fopen(path, "we");

		fputs(texts[i], file);
		fclose(file);
		assert_true(store_has_run(dir, 7));
		assert_int_not_equal(store_read_run(dir, 7, &read, &err), 0);
		assert_int_equal(store_write_run(dir, run, &err), 0);
		assert_int_equal(store_read_run(dir, 7, &read, &err), 0);
		stored_run_free(read);
		snprintf(aside, sizeof(aside), "%s.damaged%s", path, i ? "-2" : "");
		assert_int_equal(lstat(aside, &stat), 0);
		assert_int_equal(stat.st_size, strlen(texts[i]));
	}
	stored_run_free(run);
}

/* What is loaded anew in the same boot is told apart. */
static void boots(void **state)
{
	char first[STORE_BOOT], second[STORE_BOOT], last[STORE_BOOT];

	(void)state;
	assert_int_equal(store_boot(1, first), 0);
	assert_int_equal(store_boot(1, second), 0);
	assert_string_equal(first, second);
	assert_int_equal(store_boot(UINT64_MAX, last), 0);
	assert_string_not_equal(first, last);
	assert_memory_equal(first, last, 36);
	assert_string_equal(last + 36, ".18446744073709551615");
}

/* The last ones that ended, the last first. */
static void ended(void **state)
{
	struct stored_run *run = a_run(1);
	char path[100];
	__u64 last = 0;

	(void)state;
	for (__u64 i = 1; i <= STORE_ENDED + 2; i++) {
		run->scope = i;
		run->ended = 1000000 * i;
		assert_int_equal(store_write_ended(dir, run, &err), 0);
	}
	snprintf(path, sizeof(path), "%s/ended/%020d-1.json", dir, 1000000);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/ended/%020d-3.json", dir, 3000000);
	assert_int_equal(access(path, F_OK), 0);
	if (!geteuid()) {
		assert_int_equal(store_each_ended(dir, count_run, &last, NULL), 1);
		assert_int_equal(last, STORE_ENDED + 2);
	}
	stored_run_free(run);
}

static int count_files(const char *below)
{
	char pattern[100];
	glob_t found;
	int count;

	snprintf(pattern, sizeof(pattern), "%s/%s/*", dir, below);
	if (glob(pattern, 0, NULL, &found))
		return 0;
	count = (int)found.gl_pathc;
	globfree(&found);
	return count;
}

/* The clock is set back: what ended then is the last all the same. */
static void ended_before(void **state)
{
	struct stored_run *run = a_run(1);
	__u64 last = 0;

	(void)state;
	for (__u64 i = 1; i <= STORE_ENDED; i++) {
		run->scope = i;
		run->ended = 1000000000000000000 + i;
		assert_int_equal(store_write_ended(dir, run, &err), 0);
	}
	for (__u64 i = 1; i <= 2; i++) {
		run->scope = 1000 + i;
		run->ended = i - 1;
		assert_int_equal(store_write_ended(dir, run, &err), 0);
	}
	assert_int_equal(count_files("ended"), STORE_ENDED);
	if (!geteuid()) {
		assert_int_equal(store_each_ended(dir, count_run, &last, NULL), 1);
		assert_int_equal(last, 1002);
	}
	stored_run_free(run);
}

/* One that was written before a crash is not there twice, but one of another boot is another. */
static void ended_twice(void **state)
{
	struct stored_run *run = a_run(7);
	struct stored_workload *workload;

	(void)state;
	if (geteuid())
		skip();
	run->ended = 5000;
	assert_int_equal(store_write_ended(dir, run, &err), 0);
	run->ended = 6000;
	assert_int_equal(store_write_ended(dir, run, &err), 0);
	assert_int_equal(count_files("ended"), 1);
	strcpy(run->boot, "boot.2");
	assert_int_equal(store_write_ended(dir, run, &err), 0);
	assert_int_equal(count_files("ended"), 2);
	assert_int_equal(store_read_workload(dir, "image x", &workload, &err), -ENOENT);
	assert_int_equal(store_remove_workload(dir, "image x", &err), -ENOENT);
	assert_int_equal(count_files("ended"), 0);
	stored_run_free(run);
}

static void spoil(const char *text)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/workloads/w.json", dir);
	file = fopen(path, "we");
	fputs(text, file);
	fclose(file);
}

/* What is damaged is told, and kept when another is written. */
static void damaged(void **state)
{
	static const struct {
		const char *text, *what;
		int code;
	} cases[] = {
		{"", "no JSON", -EINVAL},
		{"[]", "no JSON", -EINVAL},
		{"{\"capward_evidence\": 1, \"capward_evidence\": 1}", "no JSON", -EINVAL},
		{"{}", "version 0", -EINVAL},
		{"{\"capward_evidence\": 2}", "version 2", -EPROTO},
		{"{\"capward_evidence\": 1}", "workload", -EINVAL},
		{"{\"capward_evidence\": 1, \"workload\": null}", "workload", -EINVAL},
		{"{\"capward_evidence\": 1, \"workload\": \"\\\\x\"}", "workload", -EINVAL},
		{"{\"capward_evidence\": 1, \"workload\": \"w\"}", "learning", -EINVAL},
		{"{\"capward_evidence\": 1, \"workload\": \"w\", \"learning\": true}", "runs",
		 -EINVAL},
		{"{\"capward_evidence\": 1, \"workload\": \"w\", \"learning\": true, \"runs\": 1}",
		 "added", -EINVAL},
		{"{\"capward_evidence\": 1, \"workload\": \"w\", \"learning\": true, \"runs\": 1, "
		 "\"added\": [3]}",
		 "added", -EINVAL},
		{"{\"capward_evidence\": 1, \"workload\": \"w\", \"learning\": true, \"runs\": 1, "
		 "\"added\": []}",
		 "evidence", -EINVAL},
		{"{\"capward_evidence\": 1, \"workload\": \"v\", \"learning\": true, \"runs\": 1, "
		 "\"added\": [], \"evidence\": []}",
		 "another workload", -EINVAL},
	};
	struct stored_workload *workload;
	char path[100];

	(void)state;
	assert_int_equal(write_workload("w"), 0);
	if (not_root("w"))
		return;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		spoil(cases[i].text);
		assert_int_equal(store_read_workload(dir, "w", &workload, &err), cases[i].code);
		assert_non_null(strstr(err.text, "w.json"));
		assert_non_null(strstr(err.text, cases[i].what));
	}
	spoil("x");
	snprintf(path, sizeof(path), "%s/workloads/w.json", dir);
	assert_int_equal(truncate(path, STATE_FILE_MOST + 1), 0);
	assert_int_equal(store_read_workload(dir, "w", &workload, &err), -EINVAL);
	assert_non_null(strstr(err.text, "at most"));
	for (int i = 0; i < 9; i++) {
		if (i) /* the first is the large one */
			spoil("x");
		assert_int_equal(write_workload("w"), 0);
	}
	spoil("x");
	assert_int_equal(write_workload("w"), -E2BIG);
	assert_non_null(strstr(err.text, "nine"));
	snprintf(path, sizeof(path), "%s/workloads/w.json.damaged-9", dir);
	assert_int_equal(access(path, F_OK), 0);
}

/* Whoever may call a workload what he likes does not fill the disk. */
static void too_many(void **state)
{
	char name[100];

	(void)state;
	for (int i = 0; i < STORE_CLAIMED; i++) {
		snprintf(name, sizeof(name), "claimed image %d", i);
		assert_int_equal(write_workload(name), 0);
	}
	if (not_root(name))
		return;
	assert_int_equal(write_workload(name), 0);
	assert_int_equal(write_workload("claimed image x"), -E2BIG);
	assert_non_null(strstr(err.text, "reset"));
	assert_int_equal(write_workload("image x"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(workload_round_trip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(run_round_trip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged_run, set_up, tear_down),
		cmocka_unit_test(boots),
		cmocka_unit_test_setup_teardown(ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ended_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ended_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_many, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

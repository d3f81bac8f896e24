// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>

#include "evidence_record.h"

static struct evidence from, to;

static void set(__u64 *bits, unsigned int number)
{
	bits[number / 64] |= 1ULL << (number & 63);
}

static void fill(void)
{
	struct capward_evidence *used = &from.of[CAPWARD_USED][CAP_CHOWN];
	struct capward_evidence *denied = &from.of[CAPWARD_DENIED][CAPWARD_OP_MOUNT];

	memset(&from, 0, sizeof(from));
	memset(&to, 0, sizeof(to));
	*used = (struct capward_evidence){
		.count = 1ULL << 40,
		.probes = 3,
		.first = 1700000000000001000ULL,
		.last = 1800000000999999000ULL,
		.levels = 1ULL << 63 | 1,
		.other_syscalls = 7,
		.other_programs = 8,
		.programs = 2,
		.program = {{"nginx", "nginx"}, {"\x1b[31m\\\xff", ""}},
	};
	set(used->syscalls, SYS_chown);
	set(used->syscalls, 511);
	*denied = (struct capward_evidence){
		.count = 1, .object_syscall = SYS_mount, .object = "/mnt/\n\x80"};
	from.of[CAPWARD_REFUSED][CAP_NET_BIND_SERVICE] = (struct capward_evidence){
		.count = 2, .object_syscall = SYS_bind, .object = "\x02\0\0\x50\x7f\0\0\x01"};
}

static int read_with(const char *key, json_t *value, struct error *err)
{
	json_t *record;
	int code;

	fill();
	record = evidence_record(&from);
	if (value)
		json_object_set_new(json_array_get(record, 0), key, value);
	else
		json_object_del(json_array_get(record, 0), key);
	code = evidence_of_record(record, &to, err);
	json_decref(record);
	return code;
}

/* What is read back is what was written. */
static void round_trip(void **state)
{
	struct error err;
	json_t *record;

	(void)state;
	fill();
	record = evidence_record(&from);
	assert_non_null(record);
	assert_int_equal(json_array_size(record), 3);
	assert_int_equal(evidence_of_record(record, &to, &err), 0);
	assert_memory_equal(&to, &from, sizeof(to));
	json_decref(record);
}

/* The day's clock was set to before what was seen. */
static void times_before(void **state)
{
	static const __u64 times[] = {1, 999, (__u64)-5000000000, 1ULL << 63};
	struct error err;
	json_t *record;

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		fill();
		from.of[CAPWARD_USED][CAP_CHOWN].first = times[i];
		record = evidence_record(&from);
		assert_int_equal(evidence_of_record(record, &to, &err), 0);
		assert_int_equal(to.of[CAPWARD_USED][CAP_CHOWN].first, 1000);
		json_decref(record);
	}
}

/* Of kernels to come, and of those that only they would have. */
static void capabilities_without_a_name(void **state)
{
	struct error err;
	json_t *record;

	(void)state;
	fill();
	from.of[CAPWARD_USED][CAPWARD_CAPS - 1].count = 1;
	record = evidence_record(&from);
	assert_int_equal(evidence_of_record(record, &to, &err), 0);
	assert_memory_equal(&to, &from, sizeof(to));
	json_decref(record);
	assert_int_equal(read_with("permission", json_string("CAP_48"), &err), -EINVAL);
	assert_int_equal(read_with("permission", json_string("CAP_041"), &err), -EINVAL);
}

static void nothing_is_an_empty_list(void **state)
{
	json_t *record;

	(void)state;
	memset(&from, 0, sizeof(from));
	record = evidence_record(&from);
	assert_int_equal(json_array_size(record), 0);
	json_decref(record);
}

/* A system call that this machine has not, and a fifth program, are counted with the others. */
static void what_has_no_place(void **state)
{
	json_t *record, *known;
	struct error err;

	(void)state;
	fill();
	record = evidence_record(&from);
	known = json_array_get(record, 0);
	json_array_append_new(json_object_get(known, "syscalls"), json_string("of_tomorrow"));
	for (int i = 0; i < 3; i++)
		json_array_append_new(json_object_get(known, "programs"),
				      json_pack("{s:s, s:s}", "comm", "x", "exe", ""));
	assert_int_equal(evidence_of_record(record, &to, &err), 0);
	assert_int_equal(to.of[CAPWARD_USED][CAP_CHOWN].other_syscalls, 8);
	assert_int_equal(to.of[CAPWARD_USED][CAP_CHOWN].programs, CAPWARD_PROGRAMS);
	assert_int_equal(to.of[CAPWARD_USED][CAP_CHOWN].other_programs, 9);
	json_decref(record);
}

static void damaged(void **state)
{
	static const char *const keys[] = {"permission",     "verdict",	 "count",
					   "probes",	     "first",	 "last",
					   "syscalls",	     "programs", "other_syscalls",
					   "other_programs", "object",	 "userns_levels"};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_int_equal(read_with(keys[i], NULL, &err), -EINVAL);
		assert_non_null(strstr(err.text, keys[i]));
		assert_int_equal(read_with(keys[i], json_true(), &err), -EINVAL);
		assert_non_null(strstr(err.text, "item 1"));
	}
	assert_int_equal(read_with("count", json_integer(0), &err), -EINVAL);
	assert_int_equal(read_with("count", json_integer(-1), &err), -EINVAL);
	assert_int_equal(read_with("other_programs", json_integer(1LL << 32), &err), -EINVAL);
	assert_int_equal(read_with("permission", json_string("CAP_ROOT"), &err), -EINVAL);
	assert_int_equal(read_with("permission", json_string("tamper"), &err), 0);
	assert_int_equal(read_with("verdict", json_string("?"), &err), -EINVAL);
	assert_int_equal(read_with("first", json_string("yesterday"), &err), -EINVAL);
	assert_int_equal(read_with("userns_levels", json_pack("[i]", 64), &err), -EINVAL);
	assert_int_equal(
		read_with("object", json_pack("{s:s, s:s}", "syscall", "mount", "bytes", ""), &err),
		-EINVAL);
	assert_int_equal(read_with("first", json_string("2826-01-01T00:00:00.000000Z"), &err),
			 -EINVAL);
	assert_int_equal(read_with("first", json_string("2026-01-01T00:00:00.-00001Z"), &err),
			 -EINVAL);
	assert_int_equal(
		read_with("programs", json_pack("[{s:s, s:s}]", "comm", "\\x4", "exe", ""), &err),
		-EINVAL);
	assert_int_equal(read_with("programs",
				   json_pack("[{s:s, s:s}]", "comm", "sixteen-bytes-16", "exe", ""),
				   &err),
			 -EINVAL);
	assert_int_equal(evidence_of_record(NULL, &to, &err), -EINVAL);
}

static void twice(void **state)
{
	struct error err;
	json_t *record;

	(void)state;
	fill();
	record = evidence_record(&from);
	json_array_append(record, json_array_get(record, 0));
	assert_int_equal(evidence_of_record(record, &to, &err), -EINVAL);
	assert_non_null(strstr(err.text, "twice"));
	json_decref(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(times_before),
		cmocka_unit_test(capabilities_without_a_name),
		cmocka_unit_test(nothing_is_an_empty_list),
		cmocka_unit_test(what_has_no_place),
		cmocka_unit_test(damaged),
		cmocka_unit_test(twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

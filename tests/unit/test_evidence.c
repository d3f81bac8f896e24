// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "evidence.h"

static void set(__u64 *bits, unsigned int number)
{
	bits[number / 64] |= 1ULL << (number & 63);
}

static struct capward_evidence two_programs(void)
{
	struct capward_evidence known = {
		.count = 3,
		.first = 10,
		.last = 20,
		.levels = 1,
		.programs = 2,
		.program = {{"nginx", "nginx"}, {"sh", "dash"}},
	};

	set(known.syscalls, SYS_setuid);
	return known;
}

static void adds(void **state)
{
	struct capward_evidence into = {}, from = two_programs();

	(void)state;
	evidence_add(&into, &from);
	assert_memory_equal(&into, &from, sizeof(from));
	from.first = 5;
	from.last = 15;
	from.levels = 2;
	from.probes = 1;
	from.other_syscalls = 4;
	set(from.syscalls, SYS_bind);
	strcpy(from.program[1].comm, "cat");
	evidence_add(&into, &from);
	assert_int_equal(into.count, 6);
	assert_int_equal(into.first, 5);
	assert_int_equal(into.last, 20);
	assert_int_equal(into.levels, 3);
	assert_int_equal(into.probes, 1);
	assert_int_equal(into.other_syscalls, 4);
	assert_int_equal(into.programs, 3);
	assert_string_equal(into.program[2].comm, "cat");
}

/* Nothing was there: its first is no time. */
static void adds_nothing(void **state)
{
	struct capward_evidence into = two_programs(), before = into, none = {};

	(void)state;
	evidence_add(&into, &none);
	assert_memory_equal(&into, &before, sizeof(into));
}

/* What does not fit is counted, and what claims more than there can be is not believed. */
static void many_programs(void **state)
{
	struct capward_evidence into = {}, from = {.count = 1, .programs = 1000};

	(void)state;
	for (int i = 0; i < CAPWARD_PROGRAMS; i++)
		from.program[i].comm[0] = (char)('a' + i);
	evidence_add(&into, &from);
	assert_int_equal(into.programs, CAPWARD_PROGRAMS);
	assert_int_equal(into.other_programs, 0);
	from.program[0].comm[0] = 'z';
	evidence_add(&into, &from);
	assert_int_equal(into.programs, CAPWARD_PROGRAMS);
	assert_int_equal(into.other_programs, 1);
}

static void audited(void **state)
{
	struct evidence *evidence = calloc(1, sizeof(*evidence));

	(void)state;
	evidence->of[CAPWARD_DENIED][3].count = 5;
	evidence->of[CAPWARD_DENIED][3].probes = 2;
	assert_int_equal(evidence_audited(evidence, 3, CAPWARD_DENIED), 3);
	/* The two are read one after the other while they are counted. */
	evidence->of[CAPWARD_DENIED][3].probes = 6;
	assert_int_equal(evidence_audited(evidence, 3, CAPWARD_DENIED), 0);
	free(evidence);
}

static void ways(void **state)
{
	struct capward_evidence known = two_programs();
	char text[256];

	(void)state;
	assert_string_equal(evidence_ways(&known, text, sizeof(text)), "setuid by nginx, sh");
	set(known.syscalls, SYS_bind);
	known.other_programs = 1;
	assert_string_equal(evidence_ways(&known, text, sizeof(text)),
			    "bind, setuid by nginx, sh and others");
	memset(known.syscalls, 0, sizeof(known.syscalls));
	memset(known.program[0].comm, '\x1b', CAPWARD_COMM);
	known.programs = 1;
	known.other_programs = 0;
	assert_memory_equal(evidence_ways(&known, text, sizeof(text)), "by \\x1b\\x1b", 11);
	known.programs = 0;
	assert_string_equal(evidence_ways(&known, text, sizeof(text)), "");
}

/* However little room there is, it ends with a NUL. */
static void ways_cut(void **state)
{
	struct capward_evidence known = two_programs();
	char text[64];

	(void)state;
	memset(known.syscalls, 0xff, sizeof(known.syscalls));
	for (size_t size = 1; size <= sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		evidence_ways(&known, text, size);
		assert_true(memchr(text, '\0', size));
	}
}

static void json(void **state)
{
	struct capward_evidence known = two_programs();
	json_t *object;
	char *text;

	(void)state;
	known.program[0].comm[0] = '"';
	known.levels = 5;
	object = evidence_json(&known);
	text = json_dumps(json_object_get(object, "programs"), JSON_COMPACT);
	assert_string_equal(text, "[{\"comm\":\"\\\"ginx\",\"exe\":\"nginx\"},"
				  "{\"comm\":\"sh\",\"exe\":\"dash\"}]");
	free(text);
	text = json_dumps(json_object_get(object, "userns_levels"), JSON_COMPACT);
	assert_string_equal(text, "[0,2]");
	free(text);
	text = json_dumps(json_object_get(object, "syscalls"), JSON_COMPACT);
	assert_string_equal(text, "[\"setuid\"]");
	free(text);
	assert_true(json_is_string(json_object_get(object, "first")));
	json_decref(object);
	known.first = 0;
	object = evidence_json(&known);
	assert_true(json_is_null(json_object_get(object, "first")));
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds),		 cmocka_unit_test(adds_nothing),
		cmocka_unit_test(many_programs), cmocka_unit_test(audited),
		cmocka_unit_test(ways),		 cmocka_unit_test(ways_cut),
		cmocka_unit_test(json),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}

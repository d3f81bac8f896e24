// SPDX-License-Identifier: GPL-2.0-or-later
/* What is pinned and in which order it is attached. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pins.h"

static void maps_have_the_names_of_their_pins(void **unused)
{
	static const struct {
		const char *map, *pin;
	} cases[] = {
		{"scopes", "scopes"},
		{".data.state", "state"},
		{".data.generation", "generation"},
		{"capward.bss", NULL},
		{"capward.data", NULL},
		{"capward.rodata", NULL},
		{"own_objects", "own_objects"},
	};
	char name[PINS_PATH];

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool pinned = pins_name_of_map(cases[i].map, name);

		assert_int_equal(pinned, cases[i].pin != NULL);
		if (pinned)
			assert_string_equal(name, cases[i].pin);
	}
}

static void every_pin_has_a_name_of_its_own(void **unused)
{
	(void)unused;
	for (int i = 0; i < PINS; i++) {
		assert_non_null(pins_name((enum pin)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(pins_name((enum pin)i), pins_name((enum pin)j));
	}
}

static size_t place_of(const char *name)
{
	size_t count;
	const struct pins_program *programs = pins_programs(&count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(programs[i].name, name))
			return i;
	fail_msg("%s is not attached", name);
	return 0;
}

static void what_judges_comes_last(void **unused)
{
	size_t count;
	const struct pins_program *programs = pins_programs(&count);

	(void)unused;
	assert_int_equal(place_of("capable"), count - 1);
	assert_true(place_of("cred_free") < place_of("cred_prepare"));
	assert_true(place_of("cgroup_attach_begins") < place_of("cgroup_attach_ends"));
	for (size_t i = 0; i < count; i++)
		assert_int_equal(place_of(programs[i].name), i);
}

static void only_guards_and_operations_may_be_missing(void **unused)
{
	size_t count;
	const struct pins_program *programs = pins_programs(&count);

	(void)unused;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(!strncmp(programs[i].name, "guard_", 6),
				 programs[i].part == PART_GUARD);
	assert_int_equal(programs[place_of("sb_mount")].part, PART_OPERATION);
	assert_int_equal(programs[place_of("ptrace_access_check")].part, PART_NEEDED);
}

static void a_directory_goes_with_its_pins(void **unused)
{
	char dir[] = "/tmp/capward-pins-XXXXXX", path[PINS_PATH];
	static const char *const names[] = {"link_capable", "link_cred_free", "scopes",
					    "without_x"};

	(void)unused;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		FILE *pin = fopen(pins_path(dir, "", names[i], path), "we");

		assert_non_null(pin);
		fclose(pin);
	}
	assert_int_equal(pins_remove(dir), 0);
	assert_int_equal(access(dir, F_OK), -1);
	assert_int_equal(pins_remove(dir), -ENOENT);
}

static void what_is_no_pin_stays(void **unused)
{
	char dir[] = "/tmp/capward-pins-XXXXXX", path[PINS_PATH];

	(void)unused;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(mkdir(pins_path(dir, "", "directory", path), 0700), 0);
	assert_true(pins_remove(dir) < 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_have_the_names_of_their_pins),
		cmocka_unit_test(every_pin_has_a_name_of_its_own),
		cmocka_unit_test(what_judges_comes_last),
		cmocka_unit_test(only_guards_and_operations_may_be_missing),
		cmocka_unit_test(a_directory_goes_with_its_pins),
		cmocka_unit_test(what_is_no_pin_stays),
	};

	return cmocka_run_group_tests_name("pins", tests, NULL, NULL);
}

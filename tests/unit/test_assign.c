// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of patterns, and ties. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "assign.h"

static struct capward_match match(const char *pattern, __u32 policy)
{
	struct capward_match made = {.policy = policy, .length = (__u32)strlen(pattern)};

	memcpy(made.pattern, pattern, made.length);
	return made;
}

static void the_most_specific_first(void **state)
{
	struct capward_match list[] = {
		match("/*", 2),	   match("/a/*", 3),	 match("/a/b", 4), match("/a/*/c", 5),
		match("/a/b?", 6), match("/a/b/c/d", 7), match("/a/*", 3),
	};
	const char *const order[] = {"/a/b/c/d", "/a/b?", "/a/b", "/a/*/c", "/a/*", "/a/*", "/*"};
	size_t tie = 99;

	(void)state;
	assert_int_equal(assign_rank(list, 7, &tie), 0);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(list[i].pattern, order[i]);
	assert_int_equal(tie, 99);
}

static void a_tie_is_an_error(void **state)
{
	struct capward_match list[] = {match("/b", 2), match("/a", 2), match("/b", 3)};
	size_t tie;

	(void)state;
	assert_int_equal(assign_rank(list, 3, &tie), -EINVAL);
	assert_string_equal(list[tie].pattern, "/b");
	assert_string_equal(list[tie - 1].pattern, "/b");
}

static void none_and_one(void **state)
{
	struct capward_match one = match("/a", 2);
	size_t tie;

	(void)state;
	assert_int_equal(assign_rank(NULL, 0, &tie), 0);
	assert_int_equal(assign_rank(&one, 1, &tie), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_most_specific_first),
		cmocka_unit_test(a_tie_is_an_error),
		cmocka_unit_test(none_and_one),
	};

	return cmocka_run_group_tests_name("assign", tests, NULL, NULL);
}

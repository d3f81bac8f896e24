// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "capward/glob.h"
#include "pattern.h"

static void test_matches(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{"web", "web", true},	  {"web", "web1", false},   {"web-*", "web-", true},
		{"web-?", "web-1", true}, {"web-?", "web-", false}, {"*", "", true},
		{"a*", "a/b", false},	  {"a/*", "a/b", true},	    {"", "", true},
		{"a\\*", "a\\bc", true},  {"[a]", "a", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(pattern_matches(cases[i].pattern, cases[i].text),
				 cases[i].matches);
}

static void test_lengths(void **state)
{
	char pattern[CAPWARD_PATTERN + 1] = "*", text[GLOB_PATH + 1];

	(void)state;
	memset(text, 'a', GLOB_PATH);
	text[GLOB_PATH] = '\0';
	assert_false(pattern_matches("*", text));
	text[GLOB_PATH - 1] = '\0';
	assert_true(pattern_matches("*", text));

	memset(pattern, 'a', CAPWARD_PATTERN - 1);
	text[CAPWARD_PATTERN - 1] = '\0';
	assert_true(pattern_matches(pattern, text));
	pattern[CAPWARD_PATTERN - 1] = 'a';
	text[CAPWARD_PATTERN - 1] = 'a';
	text[CAPWARD_PATTERN] = '\0';
	assert_false(pattern_matches(pattern, text));
}

static void test_monitors(void **state)
{
	(void)state;
	assert_true(pattern_spares("/machine.slice/libpod-conmon-0123.scope"));
	assert_true(pattern_spares("crio-conmon-0123.scope"));
	assert_false(pattern_spares("/machine.slice/libpod-0123.scope"));
	assert_false(pattern_spares("/libpod-conmon-0123/a"));
	assert_false(pattern_spares("/"));
	assert_false(pattern_spares(""));
	assert_true(pattern_matches_cgroup("/a/libpod-*", "/a/libpod-0123.scope"));
	assert_false(pattern_matches_cgroup("/a/libpod-*", "/a/libpod-conmon-0123.scope"));
	assert_false(pattern_matches_cgroup("/a/*", "/a/b/c"));
	assert_true(pattern_matches_name("a@*.service", "/system.slice/a@1.service"));
	assert_true(pattern_matches_name("a.service", "/a.service"));
	assert_true(pattern_matches_name("a.service", "/x.slice/x-y.slice/a.service"));
	assert_false(pattern_matches_name("a.service", "/user.slice/user@1.service/a.service"));
	assert_false(pattern_matches_name("a.service", "/x.slice/y/a.service"));
	assert_false(pattern_matches_name("a.service", "/lice/a.service"));
	assert_false(pattern_matches_name("a.service", "/.slice/a.service"));
	assert_false(pattern_matches_name("capward.service", "/system.slice/capward.service"));
}

static void test_literal(void **state)
{
	(void)state;
	assert_int_equal(pattern_literal(""), 0);
	assert_int_equal(pattern_literal("web"), 3);
	assert_int_equal(pattern_literal("web-*"), 4);
	assert_int_equal(pattern_literal("w?b*"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_monitors),
		cmocka_unit_test(test_literal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

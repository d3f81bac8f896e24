// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "capward/glob.h"

static char pattern_buffer[CAPWARD_PATTERN], path_buffer[GLOB_PATH];

static int match(const char *pattern, const char *path)
{
	snprintf(pattern_buffer, sizeof(pattern_buffer), "%s", pattern);
	snprintf(path_buffer, sizeof(path_buffer), "%s", path);
	return glob_match(pattern_buffer, path_buffer);
}

/* How many steps the match in the buffers takes. */
static unsigned int steps(void)
{
	struct glob g = {0};
	unsigned int count = 1;

	while (glob_step(&g, pattern_buffer, path_buffer) == GLOB_MORE)
		count++;
	return count;
}

static void test_paths(void **state)
{
	(void)state;
	assert_true(match("/machine.slice/web-*", "/machine.slice/web-1"));
	assert_true(match("/machine.slice/web-*", "/machine.slice/web-"));
	assert_false(match("/machine.slice/web-*", "/machine.slice/web-1/init"));
	assert_false(match("/machine.slice/web-*", "/machine.slice/db-1"));
	assert_true(match("/docker/*/x", "/docker/0123/x"));
	assert_false(match("/docker/*/x", "/docker/01/23/x"));
	assert_true(match("/a?c", "/abc"));
	assert_false(match("/a?c", "/a/c"));
	assert_true(match("/*", "/.hidden"));
	assert_true(match("/system-getty\\x2d*", "/system-getty\\x2dtty1"));
	assert_true(match("/[a]", "/[a]"));
	assert_false(match("/[a]", "/a"));
	assert_true(match("", ""));
	assert_false(match("", "/"));
}

/*
 * Fill @text with the string of number @index over @letters, the empty one first; false when it
 * would have more than @length letters.
 */
static bool nth_string(size_t index, const char *letters, size_t length, char *text)
{
	size_t base = strlen(letters), used = 0;

	for (; index; index = (index - 1) / base) {
		if (used == length)
			return false;
		text[used++] = letters[(index - 1) % base];
	}
	text[used] = '\0';
	return true;
}

static void test_like_fnmatch(void **state)
{
	const int flags = FNM_PATHNAME | FNM_NOESCAPE;
	char pattern[16], path[16];

	(void)state;
	for (size_t i = 0; nth_string(i, "a*?/", 6, pattern); i++) {
		for (size_t j = 0; nth_string(j, "ab/", 6, path); j++) {
			if (match(pattern, path) == !fnmatch(pattern, path, flags))
				continue;
			fail_msg("pattern %s, path %s", pattern, path);
		}
	}
}

static void test_like_fnmatch_with_odd_letters(void **state)
{
	const int flags = FNM_PATHNAME | FNM_NOESCAPE;
	char pattern[16], path[16];

	(void)state;
	for (size_t i = 0; nth_string(i, "a.*\\]", 5, pattern); i++) {
		for (size_t j = 0; nth_string(j, "a.\\]", 5, path); j++) {
			if (match(pattern, path) == !fnmatch(pattern, path, flags))
				continue;
			fail_msg("pattern %s, path %s", pattern, path);
		}
	}
}

static void test_full_buffers(void **state)
{
	(void)state;
	memset(pattern_buffer, '?', sizeof(pattern_buffer));
	pattern_buffer[CAPWARD_PATTERN - 2] = '*';
	pattern_buffer[CAPWARD_PATTERN - 1] = '\0';
	memset(path_buffer, 'a', sizeof(path_buffer));
	path_buffer[GLOB_PATH - 1] = '\0';
	assert_true(glob_match(pattern_buffer, path_buffer));
	path_buffer[GLOB_PATH - 2] = '/';
	assert_false(glob_match(pattern_buffer, path_buffer));
}

/* The slowest there is: a star, and behind it a tail that fails at its last byte each time. */
static void test_worst_case_stays_within_the_steps(void **state)
{
	(void)state;
	memset(path_buffer, 'a', sizeof(path_buffer));
	path_buffer[GLOB_PATH - 1] = '\0';
	for (size_t tail = 1; tail < CAPWARD_PATTERN - 2; tail++) {
		memset(pattern_buffer, 0, sizeof(pattern_buffer));
		pattern_buffer[0] = '*';
		memset(pattern_buffer + 1, 'a', tail);
		pattern_buffer[tail + 1] = 'b';
		assert_false(glob_match(pattern_buffer, path_buffer));
		assert_true(steps() < GLOB_STEPS);
	}
}

/* A buffer without a NUL is the caller's mistake; it must cost a wrong answer and no more. */
static void test_buffers_without_nul_end(void **state)
{
	char *pattern = test_malloc(CAPWARD_PATTERN), *path = test_malloc(GLOB_PATH);

	(void)state;
	memset(pattern, '?', CAPWARD_PATTERN);
	memset(path, 'a', GLOB_PATH);
	assert_false(glob_match(pattern, path));
	pattern[0] = '*';
	assert_false(glob_match(pattern, path));
	test_free(pattern);
	test_free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_like_fnmatch),
		cmocka_unit_test(test_like_fnmatch_with_odd_letters),
		cmocka_unit_test(test_full_buffers),
		cmocka_unit_test(test_worst_case_stays_within_the_steps),
		cmocka_unit_test(test_buffers_without_nul_end),
	};

	return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}

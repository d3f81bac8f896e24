// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the matching of cgroup paths against patterns, which the kernel programs do at every mkdir
 * (capward/glob.h), against the same rules written as a plain recursion.
 *
 * Input: a pattern and a path, each with its NUL.
 */
#include "capward/glob.h"
#include "fuzz.h"

/* What is known of the rest of the pattern and the rest of the path: 0 nothing, 1 no, 2 yes. */
static unsigned char known[CAPWARD_PATTERN][GLOB_PATH];

static int reference(const char *patterns, const char *paths, size_t at, size_t in)
{
	const char want = patterns[at], have = paths[in];
	int result;

	if (known[at][in])
		return known[at][in] == 2;
	if (!want)
		result = !have;
	else if (want == '*')
		result = reference(patterns, paths, at + 1, in) ||
			 (have && have != '/' && reference(patterns, paths, at, in + 1));
	else if (want == '?')
		result = have && have != '/' && reference(patterns, paths, at + 1, in + 1);
	else
		result = have == want && reference(patterns, paths, at + 1, in + 1);
	known[at][in] = result ? 2 : 1;
	return result;
}

/* How the kernel program does it; the answer, or -1 when GLOB_STEPS were not enough. */
static int stepwise(const char *pattern, const char *path)
{
	struct glob g = {0};

	for (size_t step = 0; step < GLOB_STEPS; step++) {
		int result = glob_step(&g, pattern, path);

		if (result != GLOB_MORE)
			return result == GLOB_YES;
	}
	return -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *pattern = take_string(CAPWARD_PATTERN, &data, &size);
	char *path = take_string(GLOB_PATH, &data, &size);
	int expected;

	memset(known, 0, sizeof(known));
	expected = reference(pattern, path, 0, 0);
	require(stepwise(pattern, path) == expected, "the same answer, within the steps");
	require(glob_match(pattern, path) == expected, "the same answer");
	/* Without their NULs the answer may be wrong, and nothing is read beyond them. */
	memset(pattern + strlen(pattern), '*', CAPWARD_PATTERN - strlen(pattern));
	memset(path + strlen(path), 'a', GLOB_PATH - strlen(path));
	glob_match(pattern, path);
	free(pattern);
	free(path);
	return 0;
}

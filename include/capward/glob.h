/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Matching of a cgroup path against a pattern, for the kernel programs and the user program alike.
 * `*` matches any bytes, none included, and `?` matches one byte; neither matches '/'. Every other
 * byte, a backslash too, stands for itself.
 *
 * The work is cut into steps without loops: a kernel program repeats them with bpf_loop(), whose
 * body the verifier checks once however often it runs.
 */
#ifndef CAPWARD_GLOB_H
#define CAPWARD_GLOB_H

#include "abi.h"

#define GLOB_PATH 512 /* size of a path buffer */

/*
 * No match needs more steps: a backtrack moves the place in the path where the last star stops, and
 * that never moves back; between two backtracks a step moves forward in the pattern.
 */
#define GLOB_STEPS ((CAPWARD_PATTERN + 1) * (GLOB_PATH + 1))

enum glob_result {
	GLOB_NO = 0,
	GLOB_YES = 1,
	GLOB_MORE = 2,
};

/*
 * A match under way; all zero to begin with. A kernel program keeps it in a map or in global
 * memory: since 6.6 the verifier follows a known value on the stack through every round of
 * bpf_loop() and gives up, while what is read from memory is unknown and settled in one round.
 */
struct glob {
	__u32 at;      /* next byte of the pattern */
	__u32 in;      /* next byte of the path */
	__u32 star_at; /* pattern after the last star of this path component; 0: no star */
	__u32 star_in; /* where in the path that star stops for now */
};

CAPWARD_ASSERT((CAPWARD_PATTERN & (CAPWARD_PATTERN - 1)) == 0);
CAPWARD_ASSERT((GLOB_PATH & (GLOB_PATH - 1)) == 0);

/*
 * Let the last star take one byte more. Only within its component: once a '/' has matched, what
 * stands before it has matched as well, and no other way to match it could change what follows.
 */
static inline int glob_backtrack(struct glob *g, const char *path)
{
	char taken = path[g->star_in & (GLOB_PATH - 1)];

	if (!g->star_at || !taken || taken == '/')
		return GLOB_NO;
	g->star_in++;
	g->in = g->star_in;
	g->at = g->star_at;
	return GLOB_MORE;
}

/*
 * Do one step of matching @path, in a buffer of GLOB_PATH bytes, against @pattern, in one of
 * CAPWARD_PATTERN bytes; each holds a NUL. Returns GLOB_MORE until the answer is known, fewer than
 * GLOB_STEPS times. Indexes are masked on every access: a buffer without a NUL gives a wrong answer
 * and never a read outside it, and the verifier needs nobody's word for it.
 */
static inline int glob_step(struct glob *g, const char *pattern, const char *path)
{
	char want = pattern[g->at & (CAPWARD_PATTERN - 1)];
	char have = path[g->in & (GLOB_PATH - 1)];

	if (want == '*') {
		g->at++;
		g->star_at = g->at;
		g->star_in = g->in;
		return GLOB_MORE;
	}
	if (want == '?' ? !have || have == '/' : want != have)
		return glob_backtrack(g, path);
	if (!want)
		return GLOB_YES;
	if (want == '/')
		g->star_at = 0;
	g->at++;
	g->in++;
	return GLOB_MORE;
}

#ifndef __bpf__
/*
 * Whether @path, in a buffer of GLOB_PATH bytes, matches @pattern, in one of CAPWARD_PATTERN bytes;
 * each with its NUL. Returns 1 or 0.
 */
static inline int glob_match(const char pattern[CAPWARD_PATTERN], const char path[GLOB_PATH])
{
	int result = GLOB_MORE;
	struct glob g = {0};

	for (__u32 step = 0; step < GLOB_STEPS && result == GLOB_MORE; step++)
		result = glob_step(&g, pattern, path);
	return result == GLOB_YES;
}
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The patterns of profiles (capward/glob.h has what they mean): whether one matches, the same way
 * for what user space decides as for what the kernel does, and how specific it is.
 */
#ifndef CAPWARD_PATTERN_H
#define CAPWARD_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether all of @text matches @pattern, of less than CAPWARD_PATTERN bytes. A text of GLOB_PATH
 * bytes or more matches nothing, because the kernel matches none either.
 */
bool pattern_matches(const char *pattern, const char *text);

/* Whether the cgroup @path is a runtime's monitor's or capward's own, which no rule is ever about. */
bool pattern_spares(const char *path);

/*
 * Whether @pattern means the cgroup @path, as cgroup_mkdir in bpf/lifecycle.bpf.c decides it:
 * none means what pattern_spares().
 */
bool pattern_matches_cgroup(const char *pattern, const char *path);

/*
 * What systemd calls the cgroup whose path is the @length bytes at @path: the last of its names, if it
 * lies below nothing but slices, else NULL. A service or scope may be delegated to somebody who names
 * what is in it as he likes.
 */
const char *pattern_unit(const char *path, size_t length);

/* The same as pattern_matches_cgroup() of the name of the unit whose cgroup @path is. */
bool pattern_matches_name(const char *pattern, const char *path);

/* The bytes of @pattern before its first wildcard: the more, the more specific. */
size_t pattern_literal(const char *pattern);

#endif

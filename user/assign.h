/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cgroup gets which policy, of those that exist already. For those to come, cgroup_mkdir in
 * bpf/lifecycle.bpf.c has the rule; here a cgroup of `capward run` and one whose policy was chosen by
 * who it is also keep theirs, and a scope that nothing names any more is only observed. Callers hold
 * engine_lock().
 */
#ifndef CAPWARD_ASSIGN_H
#define CAPWARD_ASSIGN_H

#include "engine.h"
#include "profile.h"

/*
 * Order @matches by how specific they are: what is of a name before what is of a path, then the more
 * bytes before the first wildcard, and then in all, the earlier; those for the default of containers
 * last. Two equal patterns of different policies: -EINVAL, and *@tie is the index of the second of
 * them.
 */
int assign_rank(struct capward_match *matches, size_t count, size_t *tie);

/*
 * Give every cgroup that exists the policy that the matches in force, the default for containers,
 * and its parent ask for; a scope that nothing asks for any more is only observed. *@changed is the
 * number of cgroups whose policy changed. A cgroup that cannot be governed does not keep the others
 * from it; the first such error is returned.
 */
int assign_all(struct engine *engine, size_t *changed, struct error *err);

/*
 * Have the cgroup @path be a scope with policy @slot and @flags, CAPWARD_SCOPE_ASSIGNED where it has
 * that because of who it is; or with @slot 0 what its path alone asks for. What is below it follows.
 * *@changed is the number of cgroups whose policy changed. A cgroup that is gone is no error.
 */
int assign_scope(struct engine *engine, const char *path, __u32 slot, __u32 flags, size_t *changed,
		 struct error *err);

/* The slot whose match in force means the cgroup @path; 0: none does, or one for the default. */
__u32 assign_match(struct engine *engine, const char *path);

/*
 * Govern the one cgroup @path with policy @slot, as a scope of its own with @flags
 * (CAPWARD_SCOPE_*). *@id is its cgroup id.
 */
int assign_one(struct engine *engine, const char *path, __u32 slot, __u32 flags, __u64 *id,
	       struct error *err);

#endif

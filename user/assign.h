/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cgroup gets which policy, of those that exist already. For those to come, cgroup_mkdir in
 * bpf/lifecycle.bpf.c has the rule; here a cgroup of `capward run` also keeps its policy, and a
 * scope that nothing names any more is only observed. Callers hold engine_lock().
 */
#ifndef CAPWARD_ASSIGN_H
#define CAPWARD_ASSIGN_H

#include "engine.h"
#include "profile.h"

/*
 * Order @matches by how specific they are: the more bytes before the first wildcard, and then in
 * all, the earlier. Two equal patterns of different policies: -EINVAL, and *@tie is the index of
 * the second of them.
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
 * Govern the one cgroup @path with policy @slot, as a scope of its own with @flags
 * (CAPWARD_SCOPE_*). *@id is its cgroup id.
 */
int assign_one(struct engine *engine, const char *path, __u32 slot, __u32 flags, __u64 *id,
	       struct error *err);

#endif

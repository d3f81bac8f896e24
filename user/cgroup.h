/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cgroup v2 hierarchy as files: paths, ids, walking, making and removing. Paths are as
 * /proc/PID/cgroup shows them on the host: absolute, "/" is the root of the hierarchy.
 */
#ifndef CAPWARD_CGROUP_H
#define CAPWARD_CGROUP_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "error.h"

#define CGROUP_PATH 4096

/*
 * Where the cgroup v2 hierarchy is mounted: /sys/fs/cgroup, or /sys/fs/cgroup/unified on a hybrid
 * host. NULL: nowhere that capward looks.
 */
const char *cgroup_mount(void);

/*
 * The id of the cgroup @path, as the kernel's helpers give it: its directory's inode number
 * (cgroup_id(), kernfs). Written to *@id on success. -ENOENT: there is none.
 */
int cgroup_id(const char *path, __u64 *id, struct error *err);

/* The path of the cgroup @id into @path, which may be NULL. -ESTALE or -ENOENT: it is gone. */
int cgroup_path(__u64 id, char *path);

/* The path of the cgroup that process @pid (0: the caller) is in. */
int cgroup_of(pid_t pid, char path[CGROUP_PATH], struct error *err);

/*
 * Visit every cgroup below and including "/" from the top down. @each gets its path, its id, and
 * what @each left in *@mine for its parent (0 for the root); it sets *@mine for the children. A
 * cgroup that goes away meanwhile is passed over, and so is one that cannot be opened, whose error is
 * returned in the end; one too deep to be named goes by the last name above it. Stops when @each
 * returns non-zero; returns that.
 */
int cgroup_walk(int (*each)(void *context, const char *path, __u64 id, __u64 parent, __u64 *mine),
		void *context, struct error *err);

/*
 * The same for @from and the cgroups below it; @parent is what @each would have left for @from. One
 * that is not there is no error.
 */
int cgroup_walk_from(const char *from, __u64 parent,
		     int (*each)(void *context, const char *path, __u64 id, __u64 parent,
				 __u64 *mine),
		     void *context, struct error *err);

/* Make the cgroup @path; its parent is there. One of that name without tasks is made anew. */
int cgroup_make(const char *path, struct error *err);

/* Move the process @pid into the cgroup @path. */
int cgroup_enter(const char *path, pid_t pid, struct error *err);

/* Kill what is left in @path and remove it with the cgroups below it. Gone already is no error. */
int cgroup_remove(const char *path, struct error *err);

#endif

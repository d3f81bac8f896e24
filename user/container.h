/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a scope is, from its cgroup's path alone.
 */
#ifndef CAPWARD_CONTAINER_H
#define CAPWARD_CONTAINER_H

#define CONTAINER_NAME 256

struct container {
	const char *runtime;	 /* "podman", "docker", ..., "systemd", "capward"; "" unknown */
	char id[CONTAINER_NAME]; /* container id, unit or name; "" unknown */
};

/* What the cgroup @path tells of its container; never fails. Bytes of @path are not escaped. */
struct container container_of_cgroup(const char *path);

/*
 * Whether @name, as a person gave it, means the scope at cgroup @path: the path itself, the
 * container's id or the beginning of one (at least 4 characters), or the unit's name.
 */
int container_matches(const char *path, const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a scope is, from its cgroup's path alone.
 */
#ifndef CAPWARD_CONTAINER_H
#define CAPWARD_CONTAINER_H

#include <stdbool.h>
#include <sys/types.h>

#define CONTAINER_NAME 256

struct container {
	const char *runtime;	 /* "podman", "docker", ..., "systemd", "capward"; "" unknown */
	char id[CONTAINER_NAME]; /* container id, unit or name; "" unknown */
};

/*
 * What the cgroup @path tells of its container; never fails. Bytes of @path are not escaped. The
 * innermost container counts; a unit counts only where no container is, because a container names
 * the units within it as it likes.
 */
struct container container_of_cgroup(const char *path);

/*
 * Whether the answer of container_of_cgroup() is a name within another container: whoever runs in
 * that one may have made the cgroup and chosen the name, and what a runtime wrote about it is in
 * the outer one's file system.
 */
bool container_is_inner(const char *path);

/*
 * The user whose service manager the cgroup @path is below, and who may name what is there; 0 where
 * it is the system's or root's.
 */
uid_t container_user(const char *path);

/*
 * Write which pod the container of cgroup @path is in, as its parent's name says: a Kubernetes
 * pod's uid, with dashes, or a podman pod's id. Returns false, with @pod "", if it is in none.
 */
bool container_pod(const char *path, char pod[CONTAINER_NAME]);

/* Whether @id has the form of the ids that docker, podman, CRI-O and Kubernetes' containerd make. */
bool container_is_id(const char *id);

/*
 * Whether @name, as a person gave it, means the scope at cgroup @path: the path itself, the
 * container's id or the beginning of one (at least 4 characters), or the unit's name.
 */
int container_matches(const char *path, const char *name);

#endif

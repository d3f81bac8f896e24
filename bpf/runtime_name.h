/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which cgroups container runtimes make, told by name alone: all that is known at mkdir. A pure
 * function, compiled into cgroup_mkdir and into the unit tests.
 *
 * docker, podman, CRI-O, containerd's CRI plugin and nerdctl name the cgroup PREFIX-ID.scope under
 * systemd; with cgroupfs it is libpod-ID, crio-ID, or the container's 64 hexadecimal digits, below
 * docker/, kubepods/ or wherever the parent was chosen. LXC: lxc.payload.NAME; systemd-nspawn:
 * machine-NAME.scope/payload, or that of its service. A conmon
 * (libpod-conmon-ID, crio-conmon-ID) is the runtime's own and stays outside.
 */
#ifndef CAPWARD_RUNTIME_NAME_H
#define CAPWARD_RUNTIME_NAME_H

#include "name.h"

/* Bytes of a cgroup's name that are looked at; cri-containerd-ID.scope, the longest, has 85. */
#define RUNTIME_NAME 96
#define CONTAINER_ID 64

static inline bool name_is_container_id(const char *name)
{
	for (unsigned int i = 0; i < CONTAINER_ID; i++)
		if (!((name[i] >= '0' && name[i] <= '9') || (name[i] >= 'a' && name[i] <= 'f')))
			return false;
	return name[CONTAINER_ID] == '\0';
}

/*
 * Whether @name is that of a conmon, which starts the container's processes and watches them from
 * outside. Patterns mean containers, and `libpod-*` would be one for its monitor as well.
 */
static inline bool runtime_names_monitor(const char *name)
{
	return NAME_STARTS(name, "libpod-conmon-") || NAME_STARTS(name, "crio-conmon-");
}

/* Whether @name is that of capward's own service, which no profile is to keep from its work. */
static inline bool runtime_names_own(const char *name)
{
	return NAME_STARTS(name, "capward.service") && !name[sizeof("capward.service") - 1];
}

/* Whether no pattern means @name. */
static inline bool runtime_names_exempt(const char *name)
{
	return runtime_names_monitor(name) || runtime_names_own(name);
}

/*
 * Whether @name is that of a service of systemd's, as far as it fits its buffer: not a user's manager,
 * whose sessions and services are people, and not capward itself.
 */
static inline bool runtime_names_service(const char *name)
{
	if (NAME_STARTS(name, "user@") || runtime_names_own(name))
		return false;
	for (unsigned int i = 0; i < RUNTIME_NAME - sizeof(".service") && name[i]; i++)
		if (name[i] == '.' && NAME_STARTS(name + i, ".service") &&
		    !name[i + sizeof(".service") - 1])
			return true;
	return false;
}

/* Whether @name has no dot but that of ".scope" at its end. */
static inline bool name_is_scope(const char *name)
{
	for (unsigned int i = 0; i < RUNTIME_NAME - sizeof("scope") && name[i]; i++)
		if (name[i] == '.')
			return NAME_STARTS(name + i, ".scope") && !name[i + sizeof(".scope") - 1];
	return true;
}

/* Whether @name begins as those do that runtimes give a scope of systemd's, or a cgroup without it. */
static inline bool name_starts_scope(const char *name)
{
	return NAME_STARTS(name, "docker-") || NAME_STARTS(name, "libpod-") ||
	       NAME_STARTS(name, "crio-") || NAME_STARTS(name, "cri-containerd-") ||
	       NAME_STARTS(name, "nerdctl-");
}

/* Where systemd-nspawn puts a machine's processes, apart from its own in "supervisor". */
static inline bool runtime_names_machine(const char *name, const char *parent)
{
	return NAME_STARTS(name, "payload") && !name[sizeof("payload") - 1] &&
	       (NAME_STARTS(parent, "machine-") || NAME_STARTS(parent, "systemd-nspawn@"));
}

/* @name and @parent: the cgroup's name and its parent's, each in a buffer of RUNTIME_NAME bytes. */
static inline bool runtime_names_container(const char *name, const char *parent)
{
	if (runtime_names_monitor(name))
		return false;
	/* docker-registry.service and docker-limits.slice are a unit's. */
	return (name_starts_scope(name) && name_is_scope(name)) ||
	       NAME_STARTS(name, "lxc.payload.") ||
	       /* podman's pods are there as well, and the pod is not the container */
	       (name_is_container_id(name) && !NAME_STARTS(parent, "libpod_parent")) ||
	       runtime_names_machine(name, parent) ||
	       (NAME_STARTS(parent, "docker") && parent[sizeof("docker") - 1] == '\0');
}

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes what is told of a container from its cgroup's path, whose every component is somebody's
 * choice: by capward's commands (user/container.c), and in the kernel program at mkdir (bpf/runtime_name.h).
 *
 * Input: a path and what a person typed for `--scope`, each with its NUL.
 */
#include "container.h"
#include "fuzz.h"
#include "runtime_name.h"

#define PATH 4096

/* As decided by the place of every byte: does @id stand in a component of @path? */
static int is_in_component(const char *path, const char *id)
{
	return !strchr(id, '/') && strstr(path, id);
}

static void check_container(const char *path, const struct container *container)
{
	static const char *const runtimes[] = {"",	     "docker", "podman", "cri-o",
					       "containerd", "runc",   "crun",	 "lxc",
					       "capward",    "nspawn", "systemd"};
	size_t i = 0;

	require(container->runtime != NULL, "a runtime's name");
	while (i < sizeof(runtimes) / sizeof(runtimes[0]) &&
	       strcmp(runtimes[i], container->runtime))
		i++;
	require(i < sizeof(runtimes) / sizeof(runtimes[0]), "a runtime that is known");
	require(memchr(container->id, 0, sizeof(container->id)) != NULL, "the id ends");
	require(!container->id[0] == !container->runtime[0], "an id and its runtime, or neither");
	/* A machine's name is escaped in the path. */
	require(!strcmp(container->runtime, "nspawn") || is_in_component(path, container->id),
		"the id is in the path");
	require(!strchr(container->id, '/'), "the id is one component");
}

static void check_around(const char *path, const struct container *container)
{
	char *pod = malloc(CONTAINER_NAME);
	bool has_container = container->id[0] && strcmp(container->runtime, "systemd");

	require(pod != NULL, "there is memory");
	require(container_pod(path, pod) == !!pod[0], "a pod, or none");
	require(memchr(pod, 0, CONTAINER_NAME) && !strchr(pod, '/'), "a pod's name");
	require(!pod[0] || has_container, "who is in a pod is a container");
	require(!container_is_inner(path) || has_container, "who is within another is a container");
	require(!container_user(path) || !strncmp(path, "/user.slice/user-", 17), "a user's");
	free(pod);
}

static void check_matches(const char *path, const char *name, const struct container *container)
{
	int matches = container_matches(path, name);

	require(path[0] != '/' || container_matches(path, path), "a path is itself");
	require(!container->id[0] || container->id[0] == '/' ||
			container_matches(path, container->id),
		"a container is found by its id");
	if (name[0] == '/')
		require(matches == !strcmp(path, name), "a path means that cgroup");
	else if (matches)
		require(name[0] && !strncmp(container->id, name, strlen(name)),
			"what is found begins with what was asked for");
}

/* The last component of @path and the one before, as cgroup_mkdir reads them. */
static void check_names(const char *path)
{
	const char *slash = strrchr(path, '/'), *before = slash;
	char *name = calloc(1, RUNTIME_NAME), *parent = calloc(1, RUNTIME_NAME);

	require(name && parent, "there is memory");
	if (slash) {
		while (before > path && before[-1] != '/')
			before--;
		snprintf(name, RUNTIME_NAME, "%s", slash + 1);
		snprintf(parent, RUNTIME_NAME, "%.*s", (int)(slash - before), before);
	}
	if (runtime_names_monitor(name))
		require(!runtime_names_container(name, parent), "a monitor is no container");
	/* A name that fills its buffer, as the kernel's strings never do. */
	memset(name, name[0] ? name[0] : 'a', RUNTIME_NAME);
	runtime_names_container(name, parent);
	free(name);
	free(parent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = take_string(PATH, &data, &size), *name = take_string(PATH, &data, &size);
	struct container container = container_of_cgroup(path);

	check_container(path, &container);
	check_around(path, &container);
	check_matches(path, name, &container);
	check_names(path);
	free(path);
	free(name);
	return 0;
}

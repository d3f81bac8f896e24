// SPDX-License-Identifier: GPL-2.0-or-later
#include "container.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The shortest beginning of a container id that is taken for one. */
#define SHORTEST_PREFIX 4
#define ID_LENGTH	64

/* What runtimes put before the id, and whose it is (bpf/runtime_name.h has the sources). */
static const struct {
	const char *prefix;
	const char *runtime;
} prefixes[] = {
	{"docker-", "docker"},	     {"libpod-", "podman"},
	{"crio-", "cri-o"},	     {"cri-containerd-", "containerd"},
	{"nerdctl-", "containerd"},  {"lxc.payload.", "lxc"},
	{"capward-run-", "capward"},
};

static int ends_with(const char *name, size_t length, const char *suffix)
{
	size_t n = strlen(suffix);

	return length > n && !memcmp(name + length - n, suffix, n);
}

static void set_id(struct container *container, const char *name, size_t length)
{
	snprintf(container->id, sizeof(container->id), "%.*s", (int)length, name);
}

static int is_container_id(const char *name, size_t length)
{
	if (length != ID_LENGTH)
		return 0;
	for (size_t i = 0; i < length; i++)
		if (!isxdigit((unsigned char)name[i]))
			return 0;
	return 1;
}

/* Fill @container from one component of the path; 0: it tells nothing. */
static int from_component(struct container *container, const char *name, size_t length,
			  const char *path)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i].prefix), end = length;

		if (ends_with(name, length, ".scope"))
			end -= strlen(".scope");
		/* "docker-.scope" has no id: a unit as any other. */
		if (end <= n || memcmp(name, prefixes[i].prefix, n))
			continue;
		container->runtime = prefixes[i].runtime;
		set_id(container, name + n, end - n);
		return 1;
	}
	if (is_container_id(name, length)) {
		container->runtime = strstr(path, "/docker/") ? "docker" : "containerd";
		set_id(container, name, length);
		return 1;
	}
	if (ends_with(name, length, ".service") || ends_with(name, length, ".scope")) {
		container->runtime = "systemd";
		set_id(container, name, length);
		return 1;
	}
	return 0;
}

struct container container_of_cgroup(const char *path)
{
	struct container container = {.runtime = ""};
	const char *end = path + strlen(path);

	/* From the innermost outwards: a container within a service is the container. */
	while (end > path) {
		const char *start = end;

		while (start > path && start[-1] != '/')
			start--;
		if (from_component(&container, start, end - start, path))
			break;
		end = start > path ? start - 1 : path;
	}
	return container;
}

int container_matches(const char *path, const char *name)
{
	struct container container;

	if (name[0] == '/')
		return !strcmp(path, name);
	container = container_of_cgroup(path);
	if (!container.id[0])
		return 0;
	if (!strcmp(container.id, name))
		return 1;
	return strlen(name) >= SHORTEST_PREFIX &&
	       is_container_id(container.id, strlen(container.id)) &&
	       !strncmp(container.id, name, strlen(name));
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "container.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* The shortest beginning of a container id that is taken for one. */
#define SHORTEST_PREFIX 4
#define ID_LENGTH	64

/* One component of a path. */
struct part {
	const char *name;
	size_t length;
};

/* How the name goes on after a runtime's prefix. */
enum form {
	FORM_ID,    /* an id without a dot, with or without ".scope" */
	FORM_SCOPE, /* anything and ".scope" */
	FORM_ANY,   /* anything */
};

/*
 * What runtimes put before the id, and whose it is (bpf/runtime_name.h has the sources). podman
 * names the payload's cgroup libpod-payload-ID where it splits that of a service.
 */
static const struct {
	const char *prefix;
	const char *runtime;
	enum form form;
} prefixes[] = {
	{"docker-", "docker", FORM_ID},
	{"libpod-payload-", "podman", FORM_ID},
	{"libpod-", "podman", FORM_ID},
	{"crio-", "cri-o", FORM_ID},
	{"cri-containerd-", "containerd", FORM_ID},
	{"nerdctl-", "containerd", FORM_ID},
	{"runc-", "runc", FORM_SCOPE},
	{"crun-", "crun", FORM_SCOPE},
	{"lxc.payload.", "lxc", FORM_ANY},
	{"capward-run-", "capward", FORM_ID},
};

/* The last component of the @length bytes at @path; its length is 0 when there is none. */
static struct part last_part(const char *path, size_t length)
{
	size_t end = length, start;

	while (end > 0 && path[end - 1] == '/')
		end--;
	start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	return (struct part){path + start, end - start};
}

/* The component before @part, in the same @path. */
static struct part parent_of(const char *path, struct part part)
{
	return last_part(path, part.name - path);
}

static bool is(struct part part, const char *name)
{
	return part.length == strlen(name) && !memcmp(part.name, name, part.length);
}

static bool starts_with(struct part part, const char *prefix)
{
	size_t n = strlen(prefix);

	return part.length >= n && !memcmp(part.name, prefix, n);
}

static bool ends_with(struct part part, const char *suffix)
{
	return text_ends_with(part.name, part.length, suffix);
}

/* @part without its first @before and its last @after bytes. */
static struct part within(struct part part, size_t before, size_t after)
{
	return (struct part){part.name + before, part.length - before - after};
}

static bool is_unit(struct part part)
{
	return ends_with(part, ".service") || ends_with(part, ".scope");
}

static void set(struct container *container, const char *runtime, struct part id)
{
	container->runtime = runtime;
	snprintf(container->id, sizeof(container->id), "%.*s", (int)id.length, id.name);
}

static bool is_id(struct part part)
{
	if (part.length != ID_LENGTH)
		return false;
	for (size_t i = 0; i < part.length; i++)
		if (!isdigit((unsigned char)part.name[i]) &&
		    (part.name[i] < 'a' || part.name[i] > 'f'))
			return false;
	return true;
}

bool container_is_id(const char *id)
{
	return is_id((struct part){id, strlen(id)});
}

static bool from_prefix(struct container *container, struct part part)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		enum form form = prefixes[i].form;
		bool scope = form != FORM_ANY && ends_with(part, ".scope");
		struct part id;

		if (!starts_with(part, prefixes[i].prefix))
			continue;
		if (form == FORM_SCOPE && !scope)
			return false;
		/* What is left of "docker-.scope" is no id: a unit as any other. */
		if (part.length <= strlen(prefixes[i].prefix) + (scope ? strlen(".scope") : 0))
			return false;
		id = within(part, strlen(prefixes[i].prefix), scope ? strlen(".scope") : 0);
		/* docker-registry.service is a unit's; libpod-conmon-ID.scope is the monitor's. */
		if (form == FORM_ID &&
		    (memchr(id.name, '.', id.length) || starts_with(id, "conmon-")))
			return false;
		set(container, prefixes[i].runtime, id);
		return true;
	}
	return false;
}

/* Undo systemd's escaping (systemd.unit(5)) into @out; false: it is none of @part's kind. */
static bool unescape(struct part part, char out[CONTAINER_NAME])
{
	size_t used = 0;

	for (size_t i = 0; i < part.length; i++) {
		char digits[3] = "", *end = digits;
		char c = part.name[i];

		if (c == '-') {
			c = '/';
		} else if (c == '\\') {
			if (part.length - i < 4 || part.name[i + 1] != 'x')
				return false;
			memcpy(digits, part.name + i + 2, 2);
			c = (char)strtoul(digits, &end, 16);
			if (end != digits + 2 || !c)
				return false;
			i += 3;
		}
		if (used == CONTAINER_NAME - 1)
			return false;
		out[used++] = c;
	}
	out[used] = '\0';
	return used > 0;
}

/* Whether @part is the name of a machine: a host's name. */
static bool is_machine(struct part part)
{
	for (size_t i = 0; i < part.length; i++)
		if (!isalnum((unsigned char)part.name[i]) && !strchr("-._", part.name[i]))
			return false;
	return part.length && part.name[0] != '.' && part.name[0] != '-';
}

/* libvirt's machines have such scopes too: qemu-1-NAME, lxc-1-NAME. They are no systemd-nspawn. */
static bool is_libvirt(const char *machine)
{
	int end = 0;

	if (sscanf(machine, "qemu-%*[0-9]-%n", &end) >= 0 && end)
		return true;
	return sscanf(machine, "lxc-%*[0-9]-%n", &end) >= 0 && end;
}

static bool from_machine(struct container *container, struct part part)
{
	char name[CONTAINER_NAME];

	if (starts_with(part, "systemd-nspawn@") && ends_with(part, ".service") &&
	    part.length > strlen("systemd-nspawn@.service")) {
		struct part instance = within(part, strlen("systemd-nspawn@"), strlen(".service"));

		if (!is_machine(instance))
			return false;
		set(container, "nspawn", instance);
		return true;
	}
	if (!starts_with(part, "machine-") || !ends_with(part, ".scope") ||
	    part.length <= strlen("machine-.scope") ||
	    !unescape(within(part, strlen("machine-"), strlen(".scope")), name) ||
	    !is_machine((struct part){name, strlen(name)}) || is_libvirt(name))
		return false;
	set(container, "nspawn", (struct part){name, strlen(name)});
	return true;
}

/* A container's cgroup that has the bare id for its name. */
static bool from_id(struct container *container, struct part part, struct part parent)
{
	/* libpod_parent/POD is a pod's, with its containers below. */
	if (!is_id(part) || is(parent, "libpod_parent"))
		return false;
	set(container, is(parent, "docker") ? "docker" : "containerd", part);
	return true;
}

/*
 * Find the innermost component of the first @length bytes of @path that is a container's; its
 * length is 0 when there is none. @container is filled when one is found.
 */
static struct part find_container(const char *path, size_t length, struct container *container)
{
	struct part part = last_part(path, length);

	while (part.length) {
		struct part parent = parent_of(path, part);

		if (from_prefix(container, part) || from_machine(container, part) ||
		    from_id(container, part, parent))
			return part;
		part = parent;
	}
	return part;
}

/* Whether @part is where systemd-nspawn keeps a machine, in a unit of any name. */
static bool is_payload(const char *path, struct part part)
{
	return is(part, "payload") && is_unit(parent_of(path, part));
}

/* The innermost unit that is the host's: not one that a machine has within itself. */
static struct part find_unit(const char *path)
{
	struct part unit = {path, 0};

	for (struct part part = last_part(path, strlen(path)); part.length;
	     part = parent_of(path, part)) {
		if (is_payload(path, part))
			unit.length = 0;
		else if (!unit.length && is_unit(part))
			unit = part;
	}
	return unit;
}

struct container container_of_cgroup(const char *path)
{
	struct container container = {.runtime = ""};
	struct part unit;

	if (find_container(path, strlen(path), &container).length)
		return container;
	unit = find_unit(path);
	if (unit.length)
		set(&container, "systemd", unit);
	return container;
}

bool container_is_inner(const char *path)
{
	struct container container;
	struct part part = find_container(path, strlen(path), &container);

	if (!part.length)
		return false;
	if (find_container(path, part.name - path, &container).length)
		return true;
	while ((part = parent_of(path, part)).length)
		if (is_payload(path, part))
			return true;
	return false;
}

uid_t container_user(const char *path)
{
	unsigned long user;
	char expected[64], *end;

	if (strncmp(path, "/user.slice/user-", strlen("/user.slice/user-")))
		return 0;
	user = strtoul(path + strlen("/user.slice/user-"), &end, 10);
	if (user >= (uid_t)-1)
		return 0;
	snprintf(expected, sizeof(expected), "/user.slice/user-%lu.slice/user@%lu.service/", user,
		 user);
	return strncmp(path, expected, strlen(expected)) ? 0 : (uid_t)user;
}

/* A pod's uid from the name of its cgroup: podUID, or ...-podUID.slice with _ for each dash. */
static bool kubernetes_pod(struct part parent, char pod[CONTAINER_NAME])
{
	struct part uid = parent;

	if (ends_with(parent, ".slice")) {
		uid = within(parent, 0, strlen(".slice"));
		for (size_t i = uid.length; i > 0; i--) {
			struct part rest = within(uid, i - 1, 0);

			if (!starts_with(rest, "-pod"))
				continue;
			uid = within(rest, 1, 0);
			break;
		}
	}
	if (!starts_with(uid, "pod") || uid.length == strlen("pod") ||
	    uid.length - strlen("pod") >= CONTAINER_NAME)
		return false;
	uid = within(uid, strlen("pod"), 0);
	for (size_t i = 0; i < uid.length; i++) {
		if (!isalnum((unsigned char)uid.name[i]) && !strchr("-_", uid.name[i]))
			return false;
		pod[i] = uid.name[i];
		if (pod[i] == '_')
			pod[i] = '-';
	}
	pod[uid.length] = '\0';
	return true;
}

/* A pod's id from ...-libpod_pod_ID.slice, or from libpod_parent/ID. */
static bool podman_pod(const char *path, struct part parent, char pod[CONTAINER_NAME])
{
	struct part id = parent;

	if (ends_with(parent, ".slice")) {
		const char *mark =
			memmem(parent.name, parent.length, "libpod_pod_", strlen("libpod_pod_"));

		if (!mark)
			return false;
		id = within(parent, mark + strlen("libpod_pod_") - parent.name, strlen(".slice"));
	} else if (!is(parent_of(path, parent), "libpod_parent")) {
		return false;
	}
	if (!is_id(id))
		return false;
	snprintf(pod, CONTAINER_NAME, "%.*s", (int)id.length, id.name);
	return true;
}

bool container_pod(const char *path, char pod[CONTAINER_NAME])
{
	struct container container;
	struct part part = find_container(path, strlen(path), &container), parent;
	bool found = false;

	pod[0] = '\0';
	if (!part.length)
		return false;
	parent = parent_of(path, part);
	if (!strcmp(container.runtime, "podman"))
		found = podman_pod(path, parent, pod);
	else if (!strcmp(container.runtime, "containerd") || !strcmp(container.runtime, "cri-o"))
		found = kubernetes_pod(parent, pod);
	if (!found)
		pod[0] = '\0';
	return found;
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
	return strlen(name) >= SHORTEST_PREFIX && container_is_id(container.id) &&
	       !strncmp(container.id, name, strlen(name));
}

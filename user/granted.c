// SPDX-License-Identifier: GPL-2.0-or-later
#include "granted.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "cgroup.h"

/* Enough for all of /proc/PID/status before its lists of CPUs and nodes, which come last (proc_pid_status()). */
#define STATUS_SIZE 4096

struct look {
	char host[64]; /* the caller's user namespace, as its link in /proc names it */
	__u64 host_caps, own_caps;
	size_t host_processes, own_processes;
	size_t host_roots;
	bool visited; /* the cgroup itself */
};

int granted_parse(const char *status, __u64 *caps)
{
	static const char key[] = "\nCapBnd:\t";
	const char *line = strstr(status, key);
	unsigned long long mask;

	if (!line || sscanf(line + strlen(key), "%16llx", &mask) != 1)
		return -EINVAL;
	*caps = mask & caps_all();
	return 0;
}

bool granted_is_root(const char *status)
{
	static const char key[] = "\nUid:\t";
	const char *line = strstr(status, key);
	unsigned int ids[4]; /* real, effective, saved, of the file system */

	if (!line ||
	    sscanf(line + strlen(key), "%u %u %u %u", &ids[0], &ids[1], &ids[2], &ids[3]) != 4)
		return true;
	return !ids[0] || !ids[1] || !ids[2] || !ids[3];
}

/* The user namespace of the process @pid, "self" for the caller, as "user:[4026531837]". */
static int read_userns(const char *pid, char *out, size_t size)
{
	char path[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%s/ns/user", pid);
	length = readlink(path, out, size - 1);
	if (length < 0)
		return -errno;
	out[length] = '\0';
	return 0;
}

/* What /proc has of the process @pid, as far as it is looked at. */
static int read_status(const char *pid, char text[static STATUS_SIZE])
{
	char path[64];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	length = fread(text, 1, STATUS_SIZE - 1, file);
	text[length] = '\0';
	fclose(file);
	return 0;
}

static void add_process(struct look *look, const char *pid)
{
	char userns[sizeof(look->host)], status[STATUS_SIZE];
	__u64 caps;

	if (read_userns(pid, userns, sizeof(userns)) || read_status(pid, status) ||
	    granted_parse(status, &caps))
		return; /* it is gone */
	if (strcmp(userns, look->host)) {
		look->own_caps |= caps;
		look->own_processes++;
	} else {
		look->host_caps |= caps;
		look->host_processes++;
		look->host_roots += granted_is_root(status);
	}
}

static int add_cgroup(void *context, const char *path, __u64 id, __u64 parent, __u64 *mine)
{
	char file[CGROUP_PATH + PATH_MAX], pid[32];
	struct look *look = context;
	FILE *stream;

	(void)id;
	(void)parent;
	(void)mine;
	look->visited = true;
	snprintf(file, sizeof(file), "%s%s/cgroup.procs", cgroup_mount(), path);
	stream = fopen(file, "re");
	if (!stream)
		return 0; /* it is gone */
	/* Reading fails in a threaded cgroup, whose processes its domain has (cgroup_procs_start()). */
	while (fgets(pid, sizeof(pid), stream)) {
		pid[strcspn(pid, "\n")] = '\0';
		if (strcmp(pid, "0")) /* of another pid namespace than the caller's */
			add_process(look, pid);
	}
	fclose(stream);
	return 0;
}

int granted_in(const char *path, struct granted *out, struct error *err)
{
	struct look look = {};
	struct error own = {""};
	int code = read_userns("self", look.host, sizeof(look.host));

	if (code)
		return error_set(err, code, "/proc/self/ns/user: %s", strerror(-code));
	code = cgroup_walk_from(path, 0, add_cgroup, &look, &own);
	/* One below that cannot be opened, as one that was made too deep for that, hides no other. */
	if (code && !look.visited)
		return error_set(err, code, "%s", own.text);
	*out = (struct granted){
		.caps = look.host_processes ? look.host_caps : look.own_caps,
		.processes = look.host_processes + look.own_processes,
		.roots = look.host_roots + look.own_processes,
		.own_userns = !look.host_processes && look.own_processes,
	};
	return 0;
}

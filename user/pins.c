// SPDX-License-Identifier: GPL-2.0-or-later
#include "pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[PINS] = {
	[PIN_SCOPES] = "scopes",
	[PIN_PLACES] = "places",
	[PIN_HINTS] = "hints",
	[PIN_POLICIES] = "policies",
	[PIN_MATCHES] = "matches",
	[PIN_EVIDENCE] = "evidence",
	[PIN_EVENTS] = "events",
	[PIN_CHANGES] = "changes",
	[PIN_STATE] = "state",
	[PIN_WORDS] = "words",
	[PIN_OWNED_CREDS] = "owned_creds",
	[PIN_SET_UP_TASKS] = "set_up_tasks",
	[PIN_BOUND_TASKS] = "bound_tasks",
	[PIN_MOVING] = "moving",
	[PIN_OWN_OBJECTS] = "own_objects",
	[PIN_OWN_TASKS] = "own_tasks",
	[PIN_GENERATION] = "generation",
	[PIN_GOVERN] = "govern",
	[PIN_SET_POLICY] = "set_policy",
	[PIN_FORGET] = "forget",
	[PIN_BEGIN_ANEW] = "begin_anew",
	[PIN_CAP_REFUSED] = "cap_refused",
	[PIN_SEED_TASKS] = "seed_tasks",
	[PIN_SEED_RINGS] = "seed_rings",
	[PIN_MARK] = "mark",
};

#define NEEDED(program)                                                                            \
	{                                                                                          \
		.name = (program), .part = PART_NEEDED                                             \
	}
#define OPERATION(program)                                                                         \
	{                                                                                          \
		.name = (program), .part = PART_OPERATION                                          \
	}
#define OBSERVE(program)                                                                           \
	{                                                                                          \
		.name = (program), .part = PART_OBSERVE                                            \
	}
#define GUARD(of, program)                                                                         \
	{                                                                                          \
		.name = (program), .part = PART_GUARD, .guard = CAPWARD_GUARD_##of                 \
	}

/*
 * What knows credentials and tasks before what judges them, so that no credential made under
 * governance is missed; the decision last, when everything it goes by is there.
 */
static const struct pins_program programs[] = {
	/* credentials */
	NEEDED("cred_free"),
	NEEDED("cred_transfer"),
	NEEDED("cred_prepare"),
	NEEDED("uring_personality"),
	/* tasks: how set-up ends before how it begins */
	NEEDED("task_free"),
	NEEDED("process_exit"),
	NEEDED("bprm_committed_creds"),
	NEEDED("bprm_check_security"),
	NEEDED("task_alloc"),
	NEEDED("cgroup_attach_begins"),
	NEEDED("cgroup_attach_ends"),
	/* scopes */
	NEEDED("cgroup_rmdir"),
	NEEDED("cgroup_mkdir"),
	/* what a mask alone does not stop */
	NEEDED("ptrace_access_check"),
	NEEDED("ptrace_traceme"),
	/* operations */
	OPERATION("sb_mount"),
	OPERATION("sb_umount"),
	OPERATION("sb_remount"),
	OPERATION("sb_kern_mount"),
	OPERATION("move_mount"),
	OPERATION("sb_pivotroot"),
	OPERATION("kernel_load_data"),
	OPERATION("kernel_read_file"),
	OPERATION("kernel_module_request"),
	OPERATION("inode_mknod"),
	OPERATION("socket_create"),
	OPERATION("path_chmod"),
	OPERATION("path_chown"),
	OPERATION("inode_setxattr"),
	OPERATION("inode_removexattr"),
	OPERATION("inode_set_acl"),
	OPERATION("bpf_call"),
	OPERATION("userns_create"),
	OPERATION("inode_init_security_anon"),
	OPERATION("uring_override_creds"),
	OPERATION("uring_sqpoll"),
	/* guards */
	GUARD(OBJECTS, "guard_bpf_map"),
	GUARD(OBJECTS, "guard_bpf_prog"),
	GUARD(OBJECTS, "guard_bpf"),
	GUARD(OBJECTS, "guard_link_new_fd"),
	GUARD(PINS, "guard_unlink"),
	GUARD(PINS, "guard_rmdir"),
	GUARD(PINS, "guard_rename"),
	GUARD(PINS, "guard_link"),
	GUARD(PINS, "guard_chmod"),
	GUARD(PINS, "guard_chown"),
	GUARD(PINS, "guard_umount"),
	GUARD(PINS, "guard_mount"),
	GUARD(PINS, "guard_move_mount"),
	GUARD(PINS, "guard_remount"),
	GUARD(PINS, "guard_pivot_root"),
	GUARD(PROCESSES, "guard_kill"),
	GUARD(PROCESSES, "guard_sigio"),
	GUARD(PROCESSES, "guard_rlimit"),
	GUARD(FTRACE, "guard_sysctl"),
	/* what is held without a use */
	OBSERVE("capset"),
	OBSERVE("file_caps"),
	OBSERVE("ambient_caps"),
	{.name = "cap_refused", .part = PART_REQUEST},
	/* the decision */
	NEEDED("capable"),
};

#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

const struct pins_program *pins_programs(size_t *count)
{
	*count = PROGRAMS;
	return programs;
}

const char *pins_name(enum pin pin)
{
	return names[pin];
}

bool pins_name_of_map(const char *map, char name[static PINS_PATH])
{
	static const char section[] = ".data.";

	if (!strncmp(map, section, strlen(section)))
		map += strlen(section);
	if (strchr(map, '.')) /* OBJECT.bss, OBJECT.data, OBJECT.rodata */
		return false;
	snprintf(name, PINS_PATH, "%s", map);
	return true;
}

const char *pins_path(const char *dir, const char *prefix, const char *name,
		      char path[static PINS_PATH])
{
	snprintf(path, PINS_PATH, "%s/%s%s", dir, prefix, name);
	return path;
}

int pins_remove(const char *path)
{
	DIR *dir = opendir(path);
	char name[PINS_PATH];
	struct dirent *entry;
	int result = 0;

	if (!dir)
		return -errno;
	/* The reverse of how they came: what judges first, and nothing without what it goes by. */
	for (size_t i = PROGRAMS; i--;) {
		snprintf(name, sizeof(name), PINS_LINK "%s", programs[i].name);
		unlinkat(dirfd(dir), name, 0);
	}
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0))
			result = -errno;
	}
	closedir(dir);
	if (rmdir(path) && !result)
		result = -errno;
	return result;
}

const char *pins_remedy(int code)
{
	return code == -EROFS	? "; mount -o remount,rw " PINS_BPFFS
	       : code == -EPERM ? "; a task that capward governs may not open it"
				: "";
}

unsigned long pins_place(void)
{
	struct stat st;

	return stat(PINS_DIR, &st) ? 0 : st.st_ino;
}

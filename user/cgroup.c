// SPDX-License-Identifier: GPL-2.0-or-later
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* How long a killed cgroup may take to become empty, in polls of POLL_MS. */
#define POLL_MS 20
#define POLLS	500

/* enum fid_type, include/linux/exportfs.h: a kernfs handle is the 64-bit id alone. */
#define FILEID_KERNFS 0xfe

const char *cgroup_mount(void)
{
	static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs fs;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!statfs(places[i], &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
			return places[i];
	return NULL;
}

static int no_mount(struct error *err)
{
	return error_set(err, -ENODEV,
			 "no cgroup v2 hierarchy is mounted; `capward check` tells what to do");
}

/* The file system path of cgroup @path, with @file below it when it is not NULL. */
static int file_path(char out[CGROUP_PATH], const char *path, const char *file, struct error *err)
{
	const char *mount = cgroup_mount();
	int length;

	if (!mount)
		return no_mount(err);
	length = snprintf(out, CGROUP_PATH, "%s%s%s%s", mount, path, file ? "/" : "",
			  file ? file : "");
	if (length < 0 || length >= CGROUP_PATH)
		return error_set(err, -ENAMETOOLONG, "cgroup path too long");
	return 0;
}

int cgroup_id(const char *path, __u64 *id, struct error *err)
{
	char name[CGROUP_PATH];
	struct stat st;
	int code = file_path(name, path, NULL, err);

	if (code)
		return code;
	if (stat(name, &st))
		return error_set(err, -errno, "cgroup %s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -ENOTDIR, "cgroup %s: %s", path, strerror(ENOTDIR));
	*id = st.st_ino;
	return 0;
}

int cgroup_path(__u64 id, char *path)
{
	struct {
		struct file_handle handle;
		__u64 id;
	} at = {.handle = {.handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS}};
	const char *mount = cgroup_mount();
	char link[64], name[CGROUP_PATH];
	int mount_fd, fd;
	ssize_t length;
	size_t prefix;

	if (!mount)
		return -ENODEV;
	memcpy(at.handle.f_handle, &id, sizeof(id));
	mount_fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mount_fd < 0)
		return -errno;
	fd = open_by_handle_at(mount_fd, &at.handle, O_PATH | O_CLOEXEC);
	if (fd < 0) {
		int code = -errno;

		close(mount_fd);
		return code;
	}
	close(mount_fd);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, name, sizeof(name) - 1);
	close(fd);
	if (length < 0)
		return -errno;
	name[length] = '\0';
	prefix = strlen(mount);
	if (strncmp(name, mount, prefix))
		return -ENOENT;
	/* A directory that was removed is still open for as long as anyone holds it. */
	if (length > 10 && !strcmp(name + length - 10, " (deleted)"))
		return -ENOENT;
	if (path)
		snprintf(path, CGROUP_PATH, "%s", name[prefix] ? name + prefix : "/");
	return 0;
}

int cgroup_of(pid_t pid, char path[CGROUP_PATH], struct error *err)
{
	char file[64], line[CGROUP_PATH + 2];
	int code = -ENODEV;
	FILE *stream;

	if (pid)
		snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	else
		snprintf(file, sizeof(file), "/proc/self/cgroup");
	stream = fopen(file, "re");
	if (!stream)
		return error_set(err, -errno, "%s: %s", file, strerror(errno));
	while (fgets(line, sizeof(line), stream)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3))
			continue;
		memcpy(path, line + 3, strlen(line + 3) + 1);
		code = 0;
	}
	fclose(stream);
	return code ? no_mount(err) : 0;
}

struct walk {
	int (*each)(void *context, const char *path, __u64 id, __u64 parent, __u64 *mine);
	void *context;
	struct error *err;
	int code; /* the first that could not be visited */
};

/* A directory of a cgroup; ".lxc" is one too. */
static bool is_cgroup(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

static int walk_from(struct walk *walk, DIR *dir, char path[CGROUP_PATH], __u64 parent)
{
	size_t length = strcmp(path, "/") ? strlen(path) : 0;
	struct dirent *entry;
	struct stat st;
	__u64 mine = parent;
	int result;

	if (fstat(dirfd(dir), &st))
		return 0;
	result = walk->each(walk->context, path, st.st_ino, parent, &mine);
	while (!result && (entry = readdir(dir))) {
		DIR *child;
		int fd;

		if (!is_cgroup(entry))
			continue;
		fd = openat(dirfd(dir), entry->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		child = fd < 0 ? NULL : fdopendir(fd);
		if (!child) {
			/* One that was made to be in the way does not keep the others from a visit. */
			if (!walk->code)
				walk->code = error_set(walk->err, -errno, "cgroup %s/%s: %s", path,
						       entry->d_name, strerror(errno));
			if (fd >= 0)
				close(fd);
			continue;
		}
		/* Too deep to be named, it goes by the name of the last one that can be. */
		if (length + 1 + strlen(entry->d_name) < CGROUP_PATH)
			snprintf(path + length, CGROUP_PATH - length, "/%s", entry->d_name);
		result = walk_from(walk, child, path, mine);
		closedir(child);
		path[length ? length : 1] = '\0';
	}
	return result;
}

int cgroup_walk_from(const char *from, __u64 parent,
		     int (*each)(void *context, const char *path, __u64 id, __u64 parent,
				 __u64 *mine),
		     void *context, struct error *err)
{
	struct walk walk = {.each = each, .context = context, .err = err};
	char name[CGROUP_PATH], path[CGROUP_PATH];
	int result = file_path(name, from, NULL, err);
	DIR *dir;

	if (result)
		return result;
	snprintf(path, sizeof(path), "%s", from);
	dir = opendir(name);
	if (!dir && (errno == ENOENT || errno == ENODEV))
		return 0;
	if (!dir)
		return error_set(err, -errno, "%s: %s", name, strerror(errno));
	result = walk_from(&walk, dir, path, parent);
	closedir(dir);
	return result ? result : walk.code;
}

int cgroup_walk(int (*each)(void *context, const char *path, __u64 id, __u64 parent, __u64 *mine),
		void *context, struct error *err)
{
	return cgroup_walk_from("/", 0, each, context, err);
}

int cgroup_make(const char *path, struct error *err)
{
	char name[CGROUP_PATH];
	int code = file_path(name, path, NULL, err);

	if (code)
		return code;
	/* An empty one of the same name was left by a caller that was killed. */
	if (mkdir(name, 0755) && (errno != EEXIST || rmdir(name) || mkdir(name, 0755)))
		return error_set(err, -errno, "make cgroup %s: %s", path, strerror(errno));
	return 0;
}

static int write_file(const char *path, const char *file, const char *text, struct error *err)
{
	char name[CGROUP_PATH];
	int fd, code = file_path(name, path, file, err);

	if (code)
		return code;
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, -errno, "cgroup %s: %s: %s", path, file, strerror(errno));
	if (write(fd, text, strlen(text)) < 0)
		code = error_set(err, -errno, "cgroup %s: %s: %s", path, file, strerror(errno));
	close(fd);
	return code;
}

int cgroup_enter(const char *path, pid_t pid, struct error *err)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return write_file(path, "cgroup.procs", text, err);
}

/* Remove the directory @fd/@name with the cgroups below it; 0, or the last errno. */
static int remove_tree(int fd, const char *name)
{
	struct dirent *entry;
	DIR *dir;
	int sub = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (sub < 0)
		return errno == ENOENT ? 0 : -errno;
	dir = fdopendir(sub);
	if (!dir) {
		close(sub);
		return -ENOMEM;
	}
	while ((entry = readdir(dir)))
		if (is_cgroup(entry))
			remove_tree(sub, entry->d_name);
	closedir(dir);
	return unlinkat(fd, name, AT_REMOVEDIR) && errno != ENOENT ? -errno : 0;
}

int cgroup_remove(const char *path, struct error *err)
{
	char name[CGROUP_PATH];
	int code = file_path(name, path, NULL, err);

	if (code)
		return code;
	if (access(name, F_OK))
		return 0;
	code = write_file(path, "cgroup.kill", "1", err);
	if (code == -ENOENT || code == -ENODEV)
		return 0;
	if (code)
		return code;
	/* The killed take a moment to leave; there is no call that waits for them. */
	for (int i = 0; i < POLLS; i++) {
		code = remove_tree(AT_FDCWD, name);
		if (code != -EBUSY)
			break;
		poll(NULL, 0, POLL_MS);
	}
	return code ? error_set(err, code, "remove cgroup %s: %s", path, strerror(-code)) : 0;
}

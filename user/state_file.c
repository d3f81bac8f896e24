// SPDX-License-Identifier: GPL-2.0-or-later
#include "state_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "output.h"

/* Deeper than any directory of a runtime. */
#define DEEPEST 64

/* A file below a base is reached through nothing that its owner could make lead elsewhere. */
#define BENEATH (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)

/*
 * With O_NONBLOCK neither a FIFO nor a lease that somebody holds on the file makes the caller
 * wait.
 */
#define FILE_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

static int open_at(int at, const char *name, int flags, uint64_t resolve)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
	int fd = (int)syscall(SYS_openat2, at, name, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

static int open_root(const char *root)
{
	int fd = open(root[0] ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return fd;
}

static int open_base(int root, const char *base, int flags)
{
	while (*base == '/')
		base++;
	return open_at(root, *base ? base : ".", flags | O_DIRECTORY,
		       RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/* Whether every component of @name is a name, so that none leads upwards or nowhere. */
static bool is_name(const char *name)
{
	do {
		size_t n = strcspn(name, "/");

		if (!n || (n == 1 && name[0] == '.') || (n == 2 && !memcmp(name, "..", 2)))
			return false;
		name += n;
	} while (*name++);
	return true;
}

/* Open the directory that @name is in, below @base; *@last is the last component of @name. */
static int open_parent(int base, const char *name, const char **last)
{
	const char *slash = strrchr(name, '/');
	char directory[1024];

	*last = slash ? slash + 1 : name;
	if (!slash)
		return open_at(base, ".", O_PATH | O_DIRECTORY, BENEATH);
	if ((size_t)(slash - name) >= sizeof(directory))
		return -ENAMETOOLONG;
	memcpy(directory, name, slash - name);
	directory[slash - name] = '\0';
	return open_at(base, directory, O_PATH | O_DIRECTORY, BENEATH);
}

/* Where a file is. */
struct place {
	int root;
	int parent;
	const char *last;
};

static void leave(struct place *place)
{
	if (place->parent >= 0)
		close(place->parent);
	if (place->root >= 0)
		close(place->root);
}

static int enter(const char *root, const char *base, const char *name, struct place *out)
{
	struct place place = {.root = -1, .parent = -1};
	int fd;

	if (!is_name(name))
		return -EINVAL;
	place.root = open_root(root);
	if (place.root < 0)
		return place.root;
	fd = open_base(place.root, base, O_PATH);
	if (fd >= 0) {
		place.parent = open_parent(fd, name, &place.last);
		close(fd);
		fd = place.parent;
	}
	if (fd < 0) {
		leave(&place);
		return fd;
	}
	*out = place;
	return 0;
}

/* Whether somebody else than root can write what has @stat. */
static bool is_others(const struct stat *stat)
{
	if (stat->st_uid)
		return true;
	if (S_ISDIR(stat->st_mode) && (stat->st_mode & S_ISVTX))
		return false;
	return stat->st_mode & (S_IWGRP | S_IWOTH);
}

/* Whether a directory from @parent up to @root is somebody else's; true also when in doubt. */
static bool way_is_others(int root, int parent)
{
	struct stat top, stat;
	int fd = dup(parent);

	if (fd < 0 || fstat(root, &top)) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	for (int depth = 0; depth < DEEPEST; depth++) {
		int above;

		if (fstat(fd, &stat) || is_others(&stat))
			break;
		if (stat.st_dev == top.st_dev && stat.st_ino == top.st_ino) {
			close(fd);
			return false;
		}
		above = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (above < 0)
			break;
		close(fd);
		fd = above;
	}
	close(fd);
	return true;
}

static const char *reason(int error)
{
	switch (error) {
	case -ELOOP:
		return "a symbolic link is on the way to it";
	case -EXDEV:
		return "another file system is on the way to it";
	case -EINVAL:
		return "no name of a file";
	case -EWOULDBLOCK:
		return "somebody holds a lease on it";
	default:
		return strerror(-error);
	}
}

static void set_path(char path[STATE_FILE_PATH], const char *base, const char *name)
{
	char raw[STATE_FILE_PATH];

	snprintf(raw, sizeof(raw), "%s/%s", base, name);
	text_escape(path, STATE_FILE_PATH, raw, strlen(raw));
}

int state_wrap(struct error *err, int error, const char *base, const char *name)
{
	char path[STATE_FILE_PATH];

	if (!error)
		return 0;
	set_path(path, base, name);
	return error_wrap(err, error, "%s", path);
}

int state_open(const char *root, const char *base, const char *name, struct state_file *out,
	       struct error *err)
{
	struct state_file file = {.fd = -1};
	struct place place;
	int error = enter(root, base, name, &place);

	set_path(file.path, base, name);
	if (!error) {
		file.fd = open_at(place.parent, place.last, FILE_FLAGS, BENEATH);
		error = file.fd < 0 ? file.fd : 0;
		if (!error)
			file.claimed = way_is_others(place.root, place.parent);
		leave(&place);
	}
	if (error == -ENOENT)
		return error;
	if (error)
		return error_set(err, error, "%s: %s", file.path, reason(error));
	if (fstat(file.fd, &file.stat) || !S_ISREG(file.stat.st_mode)) {
		close(file.fd);
		return error_set(err, -EINVAL, "%s: no regular file", file.path);
	}
	file.claimed |= is_others(&file.stat);
	*out = file;
	return 0;
}

/* Read up to @size bytes; how many there were, or a negative errno. */
static ssize_t read_all(int fd, char *data, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = pread(fd, data + used, size - used, (off_t)used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		used += n;
	}
	return (ssize_t)used;
}

int state_load(const struct state_file *file, size_t most, char **data, size_t *size,
	       struct error *err)
{
	size_t expected = file->stat.st_size;
	char *bytes;
	ssize_t n;

	if ((uint64_t)file->stat.st_size > most)
		return error_set(err, -EFBIG, "%s: has %llu bytes, and %zu at most are read",
				 file->path, (unsigned long long)file->stat.st_size, most);
	/* One more than expected tells a file that has grown, and is the NUL's place. */
	bytes = malloc(expected + 1);
	if (!bytes)
		return error_set(err, -ENOMEM, "%s: %s", file->path, strerror(ENOMEM));
	n = read_all(file->fd, bytes, expected + 1);
	if (n < 0 || (size_t)n != expected) {
		free(bytes);
		if (n < 0)
			return error_set(err, (int)n, "%s: %s", file->path, strerror((int)-n));
		return error_set(err, -EAGAIN, "%s: changed while it was read", file->path);
	}
	bytes[expected] = '\0';
	*data = bytes;
	*size = expected;
	return 0;
}

void state_close(struct state_file *file)
{
	close(file->fd);
	file->fd = -1;
}

int state_read(const char *root, const char *base, const char *name, char **data, size_t *size,
	       bool *claimed, struct error *err)
{
	struct state_file file;
	int error = state_open(root, base, name, &file, err);

	if (error)
		return error;
	error = state_load(&file, STATE_FILE_MOST, data, size, err);
	if (!error && file.claimed && claimed)
		*claimed = true;
	state_close(&file);
	return error;
}

/* Open whatever is at @name, a link itself, only to look at it. */
static int look(const char *root, const char *base, const char *name)
{
	struct place place;
	int fd, error = enter(root, base, name, &place);

	if (error)
		return error;
	fd = open_at(place.parent, place.last, O_PATH | O_NOFOLLOW, BENEATH);
	leave(&place);
	return fd;
}

int state_exists(const char *root, const char *base, const char *name)
{
	int fd = look(root, base, name);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int state_link(const char *root, const char *base, const char *name, char *target, size_t size)
{
	int fd = look(root, base, name);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", target, size);
	/* Of what is no link, the empty name says that it is not there. */
	if (n < 0)
		n = errno == ENOENT ? -EINVAL : -errno;
	close(fd);
	if (n < 0)
		return (int)n;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	target[n] = '\0';
	return 0;
}

static int open_directory(const char *root, const char *base, DIR **out)
{
	int top = open_root(root), fd;

	if (top < 0)
		return top;
	fd = open_base(top, base, O_RDONLY);
	close(top);
	if (fd < 0)
		return fd;
	*out = fdopendir(fd);
	if (*out)
		return 0;
	close(fd);
	return -ENOMEM; /* the only reason it has for a directory */
}

int state_list(const char *root, const char *base, size_t most,
	       int (*each)(void *context, const char *name), void *context, struct error *err)
{
	struct dirent *entry;
	DIR *directory;
	int error = open_directory(root, base, &directory);

	if (error == -ENOENT)
		return error;
	if (error)
		return error_set(err, error, "%s: %s", base, strerror(-error));
	while (!error && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (!most--)
			break;
		error = each(context, entry->d_name);
	}
	closedir(directory);
	return error;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

static int address_of(const char *path, struct sockaddr_un *address, struct error *err)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	/* An empty one would be a name outside the file system. */
	if (!path[0] || strlen(path) >= sizeof(address->sun_path))
		return error_set(err, path[0] ? -ENAMETOOLONG : -EINVAL,
				 "the path of a socket has 1 to %zu bytes",
				 sizeof(address->sun_path) - 1);
	memcpy(address->sun_path, path, strlen(path) + 1);
	return 0;
}

static int failed(struct error *err, const char *path)
{
	int code = -errno;

	return error_set(err, code, "%s: %s", path, strerror(-code));
}

int socket_connect(const char *path, int type, struct error *err)
{
	struct sockaddr_un address;
	int fd, code = address_of(path, &address, err);

	if (code)
		return code;
	fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return failed(err, "socket");
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	code = failed(err, path);
	close(fd);
	return code;
}

/* 0: at @path is nothing, or a socket nobody listens on. */
static int check_free(const char *path, int type, struct error *err)
{
	struct stat st;
	int fd;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : failed(err, path);
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, -EEXIST, "%s is there and is no socket; remove it", path);
	fd = socket_connect(path, type, NULL);
	if (fd == -ECONNREFUSED || fd == -ENOENT)
		return 0;
	if (fd >= 0)
		close(fd);
	return error_set(err, -EADDRINUSE, "%s: another process listens there; end it first", path);
}

/* Bind @fd to the file @path with @mode, and listen. */
static int bind_to(int fd, const char *path, mode_t mode, struct error *err)
{
	struct sockaddr_un address;
	int code = address_of(path, &address, err);

	if (code)
		return code;
	/* What a process left that was killed just here. */
	if (unlink(path) && errno != ENOENT)
		return failed(err, path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return failed(err, path);
	if (chmod(path, mode) || listen(fd, BACKLOG))
		return failed(err, path);
	return 0;
}

int socket_listen(const char *path, int type, mode_t mode, struct socket_file *out,
		  struct error *err)
{
	struct socket_file file = {};
	struct sockaddr_un address;
	/* Under a name of its own until it is complete, and then at once in place of a stale one. */
	char made[sizeof(file.path) + 1];
	struct stat st;
	int code;

	snprintf(made, sizeof(made), "%s.new", path);
	code = path[0] ? address_of(made, &address, err) : address_of(path, &address, err);
	if (!code)
		code = check_free(path, type, err);
	if (code)
		return code;
	snprintf(file.path, sizeof(file.path), "%s", path);
	file.fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (file.fd < 0)
		return failed(err, "socket");
	code = bind_to(file.fd, made, mode, err);
	if (!code && (lstat(made, &st) || rename(made, path)))
		code = failed(err, path);
	if (code) {
		unlink(made);
		close(file.fd);
		return code;
	}
	file.dev = st.st_dev;
	file.ino = st.st_ino;
	*out = file;
	return 0;
}

void socket_close(struct socket_file *file)
{
	struct stat st;

	if (!lstat(file->path, &st) && st.st_dev == file->dev && st.st_ino == file->ino)
		unlink(file->path);
	close(file->fd);
}

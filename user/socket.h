/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unix sockets as files: one that somebody listens on is left alone, one that nobody does is
 * replaced, and nothing else is ever removed.
 */
#ifndef CAPWARD_SOCKET_H
#define CAPWARD_SOCKET_H

#include <sys/types.h>

#include "error.h"

/* A socket that listens, and its file. */
struct socket_file {
	int fd;
	char path[108]; /* sizeof(sockaddr_un.sun_path) */
	dev_t dev;
	ino_t ino;
};

/*
 * Listen at @path with a non-blocking socket of @type (SOCK_STREAM, SOCK_SEQPACKET), its file made
 * with @mode before anybody can see it. *@out is written on success only, for socket_close().
 *
 * -EADDRINUSE: somebody listens there. -EEXIST: what is there is no socket. -ENAMETOOLONG: @path is
 * too long for a socket. Two callers at the same time are the callers' affair: they hold a lock.
 */
int socket_listen(const char *path, int type, mode_t mode, struct socket_file *out,
		  struct error *err);

/* Close @file, and remove its file if it is still that one. */
void socket_close(struct socket_file *file);

/* Connect to @path with a non-blocking socket of @type. A file descriptor; -EAGAIN: try again. */
int socket_connect(const char *path, int type, struct error *err);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
#include "journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The kernel keeps this much that the journal has not read yet. */
#define BUFFER (1 << 20)

bool journal_has_output(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	char behind;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu%c", &dev, &ino, &behind) != 2)
		return false;
	/* Inherited by programs whose output goes elsewhere, so the name alone tells nothing. */
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (!fstat(fd, &st) && st.st_dev == dev && st.st_ino == ino)
			return true;
	return false;
}

int journal_open(struct error *err)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int size = BUFFER;

	if (fd < 0)
		return error_set(err, -errno, "socket: %s", strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return fd;
}

int journal_send(int fd, const char *path, const char *entry, size_t length)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	/* By its name each time: the journal may have been restarted. */
	if (sendto(fd, entry, length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address,
		   sizeof(address)) < 0)
		return -errno;
	return 0;
}

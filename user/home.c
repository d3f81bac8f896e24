// SPDX-License-Identifier: GPL-2.0-or-later
#include "home.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state_file.h"

/* Longest line of a user that is read. */
#define LINE 8192

static int find(FILE *stream, uid_t user, char **home)
{
	char line[LINE];
	struct passwd entry = {0}, *found;
	int error;

	while (!(error = fgetpwent_r(stream, &entry, line, sizeof(line), &found)))
		if (found->pw_uid == user && found->pw_dir && found->pw_dir[0] == '/')
			break;
	if (error)
		return error == ERANGE ? -E2BIG : -ENOENT;
	*home = strdup(found->pw_dir);
	return *home ? 0 : -ENOMEM;
}

int home_of(const char *root, uid_t user, char **home, struct error *err)
{
	char *bytes;
	size_t size;
	FILE *stream;
	int error = state_read(root, "/etc", "passwd", &bytes, &size, NULL, err);

	if (error == -ENOENT)
		return error_set(err, error, "/etc/passwd: %s", strerror(ENOENT));
	if (error)
		return error;
	stream = size ? fmemopen(bytes, size, "r") : NULL;
	error = size ? -ENOMEM : -ENOENT;
	if (stream) {
		error = find(stream, user, home);
		fclose(stream);
	}
	free(bytes);
	if (error == -ENOENT)
		return error_set(err, error, "/etc/passwd: has no home of user %u", user);
	if (error)
		return error_set(err, error, "/etc/passwd: %s", strerror(-error));
	return 0;
}

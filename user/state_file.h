/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading what a runtime wrote on disk: bounded, whole or not at all, and never outside of the
 * directory it was looked for in, whoever owns what is there.
 */
#ifndef CAPWARD_STATE_FILE_H
#define CAPWARD_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "error.h"

/* Most bytes that are read of a file that is about one container. */
#define STATE_FILE_MOST (1u << 20)

/* Room for the name of a file in a message, which is cut where it is longer. */
#define STATE_FILE_PATH 768

struct state_file {
	int fd;
	struct stat stat;
	/*
	 * Somebody else than root can have written it: the file, or a directory on the way to it, is
	 * not root's, or others may write it. A sticky directory is not meant: there nobody replaces
	 * what is root's.
	 */
	bool claimed;
	char path[STATE_FILE_PATH]; /* escaped, for messages */
};

/*
 * Open the regular file @name below the directory @base, which is below @root ("" for this host).
 * @base is where an administrator put it, so links on the way to it are followed, within @root;
 * @name is components that are not "." or "..", and neither a link nor another file system is gone
 * through for it. Writes *@out, which the caller gives to state_close(), on success only. Returns
 * -ENOENT, without a text, when it is not there; any other failure has "FILE: reason" in @err.
 */
int state_open(const char *root, const char *base, const char *name, struct state_file *out,
	       struct error *err);

/*
 * Read all of @file into *@data, which the caller frees, with a NUL after its *@size bytes. -EFBIG
 * when it has more than @most. Nothing is written on failure.
 */
int state_load(const struct state_file *file, size_t most, char **data, size_t *size,
	       struct error *err);

void state_close(struct state_file *file);

/*
 * state_open(), state_load() of at most STATE_FILE_MOST bytes and state_close(). *@claimed is set
 * if the file is, and else left as it is; it may be NULL.
 */
int state_read(const char *root, const char *base, const char *name, char **data, size_t *size,
	       bool *claimed, struct error *err);

/* Whether there is anything called @name, as for state_open(): 0, -ENOENT, or what kept it. */
int state_exists(const char *root, const char *base, const char *name);

/*
 * What the symbolic link @name, as for state_open(), has in it, into @target. Returns 0, or a
 * negative errno: -ENAMETOOLONG when it does not fit, -EINVAL when it is no link.
 */
int state_link(const char *root, const char *base, const char *name, char *target, size_t size);

/*
 * Call @each with the name of every entry of the directory @base, without those that begin with a
 * dot, and of the first @most only. Stops when @each returns non-zero; returns that, 0, -ENOENT
 * without a text when it is not there, or another negative errno with "DIRECTORY: reason" in @err.
 */
int state_list(const char *root, const char *base, size_t most,
	       int (*each)(void *context, const char *name), void *context, struct error *err);

/* Put "FILE: " before the text of @err (may be NULL), if @error is not 0; return @error. */
int state_wrap(struct error *err, int error, const char *base, const char *name);

#endif

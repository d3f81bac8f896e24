/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directory of profiles that the daemon keeps in force: every *.yaml in it is one. A file is taken
 * whole or not at all; one that cannot be taken leaves in force what it said before.
 */
#ifndef CAPWARD_PROFILE_DIR_H
#define CAPWARD_PROFILE_DIR_H

#include "profile.h"
#include "teller.h"

struct profile_dir;

/* What the user of a directory decides and tells. */
struct profile_dir_user {
	/*
	 * Whether the @count profiles may be in force together: 0, or a negative errno and why not. None
	 * of them is kept.
	 */
	int (*accept)(void *context, struct profile *const *profiles, size_t count,
		      struct error *err);
	void *context;
	struct teller teller; /* each text is about one file, and begins with its name */
};

/*
 * Begin with the directory @path, without reading it; it may come later. *@out is the caller's, for
 * profile_dir_close(). Changes are told by profile_dir_fd().
 */
int profile_dir_open(const char *path, const struct profile_dir_user *user,
		     struct profile_dir **out, struct error *err);

void profile_dir_close(struct profile_dir *dir);

/* A file descriptor that is readable when the directory may have changed. */
int profile_dir_fd(const struct profile_dir *dir);

/* Take note of what made the descriptor readable. */
void profile_dir_drain(struct profile_dir *dir);

/*
 * Read what has changed. With @withdraw, the profiles of files that are gone are taken back; without
 * it they stay: an editor may be at work. Returns whether the profiles are others than before.
 * Negative errno: the directory could not be read, and nothing has changed.
 */
int profile_dir_read(struct profile_dir *dir, bool withdraw, struct error *err);

/* The profiles, in the order of their files' names; valid until the next profile_dir_read(). */
struct profile *const *profile_dir_profiles(const struct profile_dir *dir, size_t *count);

/* How many files are there and say something that could not be taken. */
size_t profile_dir_bad(const struct profile_dir *dir);

#endif

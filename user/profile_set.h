/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The profiles that a person named on the command line, read all or none.
 */
#ifndef CAPWARD_PROFILE_SET_H
#define CAPWARD_PROFILE_SET_H

#include <dirent.h>
#include <errno.h>

#include "profile.h"

/* Where the profiles of this host are. */
#define PROFILES_DIR "/etc/capward/profiles"

#define PROFILE_SUFFIX ".yaml"

/* Whether @entry of a directory of profiles is one, by its name; for scandir(). */
int profile_set_takes(const struct dirent *entry);

struct profile_set {
	struct profile **profiles;
	size_t count;
};

/* The error of an invalid profile, told apart from one of reading. */
#define PROFILE_SET_INVALID (-EINVAL)

/*
 * Read the @count @paths into @set: a file is a profile, of a directory every *.yaml is, in order
 * of their names. PROFILE_SET_INVALID: one is not valid, or two have one name; otherwise a negative
 * errno. On failure @set is empty. The caller frees it with profile_set_free().
 */
int profile_set_read(char *const *paths, int count, struct profile_set *set, struct error *err);

void profile_set_free(struct profile_set *set);

/*
 * Read the profile that @name means: a path when it has a slash or ends in .yaml, else the file
 * of that name in PROFILES_DIR or among those that ship with capward. Same errors as
 * profile_read().
 */
int profile_named(const char *name, struct profile **out, struct error *err);

#endif

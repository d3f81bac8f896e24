// SPDX-License-Identifier: GPL-2.0-or-later
#include "profile_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "text.h"

static int add(struct profile_set *set, const char *path, struct error *err)
{
	struct profile **grown, *profile;
	char here[400], there[400];
	int code = profile_read(path, &profile, err);

	if (code)
		return code;
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->profiles[i]->name, profile->name))
			continue;
		text_escape(here, sizeof(here), path, strlen(path));
		text_escape(there, sizeof(there), set->profiles[i]->file,
			    strlen(set->profiles[i]->file));
		error_set(err, PROFILE_SET_INVALID,
			  "%s: the profile %s is also in %s; give one of them another name", here,
			  profile->name, there);
		profile_free(profile);
		return PROFILE_SET_INVALID;
	}
	grown = realloc(set->profiles, (set->count + 1) * sizeof(*grown));
	if (!grown) {
		profile_free(profile);
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	}
	set->profiles = grown;
	set->profiles[set->count++] = profile;
	return 0;
}

int profile_set_takes(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	       text_ends_with(entry->d_name, strlen(entry->d_name), PROFILE_SUFFIX);
}

static int add_directory(struct profile_set *set, const char *path, struct error *err)
{
	struct dirent **entries;
	int code = 0, count = scandir(path, &entries, profile_set_takes, alphasort);

	if (count < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	for (int i = 0; i < count; i++) {
		char *name;

		if (!code && asprintf(&name, "%s/%s", path, entries[i]->d_name) < 0)
			code = error_set(err, -ENOMEM, "%s: out of memory", path);
		else if (!code) {
			code = add(set, name, err);
			free(name);
		}
		free(entries[i]);
	}
	free(entries);
	if (!code && !count)
		code = error_set(err, -ENOENT, "%s: no *%s in this directory", path,
				 PROFILE_SUFFIX);
	return code;
}

int profile_set_read(char *const *paths, int count, struct profile_set *set, struct error *err)
{
	struct stat st;
	int code = 0;

	*set = (struct profile_set){};
	for (int i = 0; !code && i < count; i++) {
		if (!stat(paths[i], &st) && S_ISDIR(st.st_mode))
			code = add_directory(set, paths[i], err);
		else
			code = add(set, paths[i], err);
	}
	if (code)
		profile_set_free(set);
	return code;
}

void profile_set_free(struct profile_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		profile_free(set->profiles[i]);
	free(set->profiles);
	*set = (struct profile_set){};
}

int profile_named(const char *name, struct profile **out, struct error *err)
{
	static const char *const places[] = {PROFILES_DIR, CAPWARD_PROFILES};
	char path[512];

	if (strchr(name, '/') || strstr(name, PROFILE_SUFFIX))
		return profile_read(name, out, err);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s" PROFILE_SUFFIX, places[i], name);
		if (!access(path, F_OK))
			return profile_read(path, out, err);
	}
	text_escape(path, sizeof(path), name, strlen(name));
	return error_set(err, -ENOENT,
			 "there is no profile %s in %s or %s; name a file, with a slash or ending "
			 "in " PROFILE_SUFFIX,
			 path, places[0], places[1]);
}

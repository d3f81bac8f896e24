// SPDX-License-Identifier: GPL-2.0-or-later
#include "profile_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile_set.h"
#include "version.h"

#define CHANGES                                                                                    \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF |   \
	 IN_MOVE_SELF)

struct file {
	char *name;		 /* within the directory */
	struct profile *profile; /* in force; NULL: none of it was ever good */
	struct version tried;	 /* the last that was tried */
	bool seen;		 /* is there now */
	bool bad;		 /* what was tried is not what is in force */
	bool told_gone;
	struct profile *candidate; /* read, and not yet accepted */
};

struct profile_dir {
	char *path;
	struct profile_dir_user user;
	struct file *files; /* by name */
	size_t count;
	struct profile **profiles; /* of those files that have one */
	size_t profile_count;
	int inotify, watch;
};

/* Watch the directory, if it is there; it may have been made, or replaced, since. */
static void watch(struct profile_dir *dir)
{
	int watch = inotify_add_watch(dir->inotify, dir->path, CHANGES);

	if (watch >= 0)
		dir->watch = watch;
}

int profile_dir_open(const char *path, const struct profile_dir_user *user,
		     struct profile_dir **out, struct error *err)
{
	struct profile_dir *dir = calloc(1, sizeof(*dir));

	if (!dir)
		return error_set(err, -ENOMEM, "out of memory");
	dir->user = *user;
	dir->watch = -1;
	dir->path = strdup(path);
	dir->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (!dir->path || dir->inotify < 0) {
		int code = dir->path ? -errno : -ENOMEM;

		profile_dir_close(dir);
		return error_set(err, code, "watch %s: %s", path, strerror(-code));
	}
	watch(dir);
	*out = dir;
	return 0;
}

static void free_file(struct file *file)
{
	free(file->name);
	profile_free(file->profile);
	profile_free(file->candidate);
}

void profile_dir_close(struct profile_dir *dir)
{
	if (!dir)
		return;
	for (size_t i = 0; i < dir->count; i++)
		free_file(&dir->files[i]);
	free(dir->files);
	free(dir->profiles);
	free(dir->path);
	if (dir->inotify >= 0)
		close(dir->inotify);
	free(dir);
}

int profile_dir_fd(const struct profile_dir *dir)
{
	return dir->inotify;
}

void profile_dir_drain(struct profile_dir *dir)
{
	char events[4096] __attribute__((aligned(8)));

	while (read(dir->inotify, events, sizeof(events)) > 0)
		;
}

static struct file *find_file(struct profile_dir *dir, const char *name)
{
	for (size_t i = 0; i < dir->count; i++)
		if (!strcmp(dir->files[i].name, name))
			return &dir->files[i];
	return NULL;
}

/* The file @name, which is made if it is not known; NULL without memory. */
static struct file *get_file(struct profile_dir *dir, const char *name)
{
	struct file *file = find_file(dir, name), *grown;

	if (file)
		return file;
	grown = reallocarray(dir->files, dir->count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	dir->files = grown;
	file = &grown[dir->count];
	*file = (struct file){.name = strdup(name)};
	if (!file->name)
		return NULL;
	dir->count++;
	return file;
}

/* The profiles there would be with @file's candidate in place of what it says now. */
static struct profile **with_candidate(const struct profile_dir *dir, const struct file *file,
				       size_t *count)
{
	struct profile **list = calloc(dir->count + 1, sizeof(struct profile *));

	*count = 0;
	for (size_t i = 0; list && i < dir->count; i++) {
		struct profile *profile = dir->files[i].profile;

		if (&dir->files[i] == file)
			profile = file->candidate;
		if (profile)
			list[(*count)++] = profile;
	}
	return list;
}

/* Whether two of the @count @profiles have one name; -EINVAL and both files then. */
static int check_names(struct profile *const *profiles, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (!strcmp(profiles[i]->name, profiles[j]->name))
				return error_set(err, -EINVAL,
						 "the profile %s is in %s and in %s; give one of "
						 "them another name",
						 profiles[i]->name, profiles[j]->file,
						 profiles[i]->file);
	return 0;
}

/* Put the candidate of @file in force if it can be beside the others. */
static int try_candidate(struct profile_dir *dir, struct file *file, struct error *err)
{
	size_t count;
	struct profile **list = with_candidate(dir, file, &count);
	int code;

	if (!list)
		return error_set(err, -ENOMEM, "out of memory");
	code = check_names(list, count, err);
	if (!code)
		code = dir->user.accept(dir->user.context, list, count, err);
	free(list);
	if (code)
		return code;
	profile_free(file->profile);
	file->profile = file->candidate;
	file->candidate = NULL;
	file->bad = false;
	return 0;
}

/*
 * Put what was read in force, each file by itself; what one keeps from it may be freed by another, so
 * this goes on until nothing more comes of it. Returns how many were.
 */
static int try_candidates(struct profile_dir *dir)
{
	int taken = 0, before;
	struct error err;

	do {
		before = taken;
		for (size_t i = 0; i < dir->count; i++)
			if (dir->files[i].candidate && !try_candidate(dir, &dir->files[i], &err))
				taken++;
	} while (taken != before);
	for (size_t i = 0; i < dir->count; i++) {
		struct file *file = &dir->files[i];

		if (!file->candidate)
			continue;
		try_candidate(dir, file, &err);
		tell(&dir->user.teller, "%s: %s; %s", file->name, err.text,
		     file->profile ? "what it said before stays in force" : "it is left out");
		profile_free(file->candidate);
		file->candidate = NULL;
		file->bad = true;
	}
	return taken;
}

/* Read @file anew if it is another version than the one that was tried. */
static void read_file(struct profile_dir *dir, struct file *file, const char *path)
{
	struct version now = {};
	struct error err;
	struct stat st;

	if (!stat(path, &st))
		now = version_of(&st);
	if (version_same(&now, &file->tried) && now.ino)
		return;
	file->tried = now;
	if (!profile_read(path, &file->candidate, &err))
		return;
	file->candidate = NULL;
	file->bad = true;
	tell(&dir->user.teller, "%s; %s", err.text,
	     file->profile ? "what it said before stays in force" : "it is left out");
}

static int read_files(struct profile_dir *dir, struct error *err)
{
	struct dirent **entries;
	int code = 0, count = scandir(dir->path, &entries, profile_set_takes, alphasort);

	if (count < 0)
		return error_set(err, -errno, "%s: %s", dir->path, strerror(errno));
	for (int i = 0; i < count; i++) {
		struct file *file = code ? NULL : get_file(dir, entries[i]->d_name);
		char *path = NULL;

		if (!file || asprintf(&path, "%s/%s", dir->path, entries[i]->d_name) < 0) {
			code = error_set(err, -ENOMEM, "%s: out of memory", dir->path);
		} else {
			file->seen = true;
			file->told_gone = false;
			read_file(dir, file, path);
			free(path);
		}
		free(entries[i]);
	}
	free(entries);
	return code;
}

/* Forget the files that are gone. Returns how many had a profile. */
static int withdraw_gone(struct profile_dir *dir)
{
	int withdrawn = 0;
	size_t kept = 0;

	for (size_t i = 0; i < dir->count; i++) {
		struct file *file = &dir->files[i];

		if (file->seen) {
			dir->files[kept++] = *file;
			continue;
		}
		if (file->profile) {
			tell(&dir->user.teller, "%s: gone, and the profile %s with it", file->name,
			     file->profile->name);
			withdrawn++;
		}
		free_file(file);
	}
	dir->count = kept;
	return withdrawn;
}

static void tell_gone(struct profile_dir *dir)
{
	for (size_t i = 0; i < dir->count; i++) {
		struct file *file = &dir->files[i];

		if (file->seen || file->told_gone || !file->profile)
			continue;
		file->told_gone = true;
		file->tried = (struct version){};
		tell(&dir->user.teller, "%s: gone; the profile %s stays in force until a reload",
		     file->name, file->profile->name);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static int list_profiles(struct profile_dir *dir)
{
	struct profile **list = calloc(dir->count + 1, sizeof(struct profile *));

	if (!list)
		return -ENOMEM;
	if (dir->count)
		qsort(dir->files, dir->count, sizeof(*dir->files), by_name);
	free(dir->profiles);
	dir->profiles = list;
	dir->profile_count = 0;
	for (size_t i = 0; i < dir->count; i++)
		if (dir->files[i].profile)
			list[dir->profile_count++] = dir->files[i].profile;
	return 0;
}

int profile_dir_read(struct profile_dir *dir, bool withdraw, struct error *err)
{
	int changed, code;

	watch(dir);
	for (size_t i = 0; i < dir->count; i++) {
		dir->files[i].seen = false;
		/* What kept it out may have been another file. */
		if (dir->files[i].bad && withdraw)
			dir->files[i].tried = (struct version){};
	}
	code = read_files(dir, err);
	if (code == -ENOENT && withdraw)
		code = 0;
	if (code)
		return code;
	changed = withdraw ? withdraw_gone(dir) : 0;
	if (!withdraw)
		tell_gone(dir);
	changed += try_candidates(dir);
	if (list_profiles(dir))
		return error_set(err, -ENOMEM, "out of memory");
	return changed > 0;
}

struct profile *const *profile_dir_profiles(const struct profile_dir *dir, size_t *count)
{
	*count = dir->profile_count;
	return dir->profiles;
}

size_t profile_dir_bad(const struct profile_dir *dir)
{
	size_t bad = 0;

	for (size_t i = 0; i < dir->count; i++)
		bad += dir->files[i].seen && dir->files[i].bad;
	return bad;
}

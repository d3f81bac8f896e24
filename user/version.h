/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By what a file is told from another of its name, and from itself when it was written to.
 */
#ifndef CAPWARD_VERSION_H
#define CAPWARD_VERSION_H

#include <stdbool.h>
#include <sys/stat.h>

struct version {
	dev_t dev;
	ino_t ino; /* 0: no file */
	off_t size;
	struct timespec written, changed;
};

static inline struct version version_of(const struct stat *st)
{
	return (struct version){.dev = st->st_dev,
				.ino = st->st_ino,
				.size = st->st_size,
				.written = st->st_mtim,
				.changed = st->st_ctim};
}

static inline bool version_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static inline bool version_same(const struct version *a, const struct version *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       version_same_time(&a->written, &b->written) &&
	       version_same_time(&a->changed, &b->changed);
}

#endif

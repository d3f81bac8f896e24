/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cgroup for one process, for a while: a transient scope asked of systemd where systemd runs the
 * host, because there it alone may write the hierarchy; made below the caller's cgroup elsewhere.
 */
#ifndef CAPWARD_PLACE_H
#define CAPWARD_PLACE_H

#include <sys/types.h>

#include "cgroup.h"

/*
 * Make a cgroup named after @name (a word without slashes) with the process @pid in it, and write
 * its path to @path. Nothing is left behind on failure.
 */
int place_make(const char *name, pid_t pid, char path[CGROUP_PATH], struct error *err);

/*
 * Remove what a caller of place_make() that was killed left under @name, with what still runs in
 * it. Nothing is done where systemd runs the host: it removes a scope when its process is gone.
 */
void place_clear(const char *name);

/* Kill what is left in the cgroup @path and see it gone. */
int place_remove(const char *path, struct error *err);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
#include "place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "systemd.h"

static int make_scope(const char *name, pid_t pid, char path[CGROUP_PATH], struct error *err)
{
	char unit[128], description[160];
	int code;

	snprintf(unit, sizeof(unit), "%s.scope", name);
	snprintf(description, sizeof(description), "governed by capward (%s)", name);
	code = systemd_make_scope(unit, description, pid, err);
	if (!code)
		code = cgroup_of(pid, path, err);
	if (!code && strcmp(strrchr(path, '/') + 1, unit))
		code = error_set(err, -EIO, "systemd left the process in %s, outside %s", path,
				 unit);
	return code;
}

/* The path of the cgroup @name below the caller's own. */
static int path_below_mine(const char *name, char path[CGROUP_PATH], struct error *err)
{
	char mine[CGROUP_PATH];
	int code = cgroup_of(0, mine, err), length;

	if (code)
		return code;
	length = snprintf(path, CGROUP_PATH, "%s/%s", strcmp(mine, "/") ? mine : "", name);
	if (length >= CGROUP_PATH)
		return error_set(err, -ENAMETOOLONG, "cgroup path too long");
	return 0;
}

int place_make(const char *name, pid_t pid, char path[CGROUP_PATH], struct error *err)
{
	int code;

	if (systemd_runs_host())
		return make_scope(name, pid, path, err);
	code = path_below_mine(name, path, err);
	if (!code)
		code = cgroup_make(path, err);
	if (code)
		return code;
	code = cgroup_enter(path, pid, err);
	if (code)
		cgroup_remove(path, NULL);
	return code;
}

void place_clear(const char *name)
{
	char path[CGROUP_PATH];

	if (!systemd_runs_host() && !path_below_mine(name, path, NULL))
		cgroup_remove(path, NULL);
}

int place_remove(const char *path, struct error *err)
{
	if (systemd_runs_host())
		return systemd_stop_scope(strrchr(path, '/') + 1, err);
	return cgroup_remove(path, err);
}

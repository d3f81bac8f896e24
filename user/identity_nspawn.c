// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which unit a machine of systemd-nspawn is in, as systemd-machined keeps it: a link from the
 * unit's name to the machine's. All else that it keeps is in a format of its own. That the path
 * tells where the unit has one of the usual names is not asked here (user/container.c).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "identity_read.h"
#include "state_file.h"

#define MACHINES "/run/systemd/machines"

int identity_nspawn(const struct identity_source *source, struct identity *out, struct error *err)
{
	char name[CONTAINER_NAME + 8], machine[CONTAINER_NAME];
	int error;

	(void)err;
	/* What the path does not tell of these: they are virtual machines. */
	if (!strncmp(source->id, "machine-", strlen("machine-")) ||
	    !strncmp(source->id, "systemd-vmspawn@", strlen("systemd-vmspawn@")))
		return -ENOENT;
	snprintf(name, sizeof(name), "unit:%s", source->id);
	error = state_link(source->root, MACHINES, name, machine, sizeof(machine));
	/* A unit that is no machine's has no link. */
	if (error || strchr(machine, '/'))
		return -ENOENT;
	out->container.runtime = "nspawn";
	snprintf(out->container.id, sizeof(out->container.id), "%s", machine);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPWARD_SYSTEMD_H
#define CAPWARD_SYSTEMD_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

/* Whether systemd runs this host, and so is the only one to make cgroups at its top. */
bool systemd_runs_host(void);

/*
 * Ask systemd for the transient scope unit @unit ("NAME.scope") with the process @pid in it, and
 * wait until the process is there. systemd removes the scope when its last process has gone.
 */
int systemd_make_scope(const char *unit, const char *description, pid_t pid, struct error *err);

/*
 * Kill what is left in the scope @unit, stop it, and wait until it is gone. Gone already is no
 * error.
 */
int systemd_stop_scope(const char *unit, struct error *err);

#endif

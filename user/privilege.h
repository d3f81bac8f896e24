/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's own least privilege.
 */
#ifndef CAPWARD_PRIVILEGE_H
#define CAPWARD_PRIVILEGE_H

#include <stddef.h>
#include <sys/capability.h>

#include "error.h"

/*
 * Keep the @count capabilities at @keep, of those this process has, and give up every other one for
 * good, in all of its sets and for what it may execute. Returns 0 or a negative errno.
 */
int privilege_keep(const cap_value_t *keep, int count, struct error *err);

#endif

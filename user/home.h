/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a user's home directory is. */
#ifndef CAPWARD_HOME_H
#define CAPWARD_HOME_H

#include <sys/types.h>

#include "error.h"

/*
 * The home directory of @user into *@home, which the caller frees, as /etc/passwd below @root
 * ("" for this host) has it. No other source of users is asked: one that is on the network may not
 * answer. -ENOENT: it has no such user, or no absolute path for it.
 */
int home_of(const char *root, uid_t user, char **home, struct error *err);

#endif

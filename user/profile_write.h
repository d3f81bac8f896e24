/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile as the YAML that profile.h reads.
 */
#ifndef CAPWARD_PROFILE_WRITE_H
#define CAPWARD_PROFILE_WRITE_H

#include <stdio.h>

#include "profile.h"

/*
 * Write @profile to @stream: its name, mode, matches, and what it allows and denies, by its masks. Returns 0;
 * -EIO: the stream has failed; -ENOTSUP: it allows a capability that libcap does not know by name; -ENOMEM.
 */
int profile_write(const struct profile *profile, FILE *stream);

#endif

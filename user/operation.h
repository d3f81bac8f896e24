/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations: what a policy refuses whatever capability it is done with. */
#ifndef CAPWARD_OPERATION_H
#define CAPWARD_OPERATION_H

#include <stddef.h>

#include "capward/abi.h"

/*
 * The name of the operation with the number @permission, "mount", as profiles and events have it;
 * NULL when @permission is not an operation.
 */
const char *operation_name(unsigned int permission);

/*
 * The number of the operation whose name is the @length bytes at @name, which need no NUL; -EINVAL
 * for anything that a profile cannot refuse.
 */
int operation_parse(const char *name, size_t length);

#endif

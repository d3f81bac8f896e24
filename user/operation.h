/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations: what a policy refuses whatever capability it is done with. */
#ifndef CAPWARD_OPERATION_H
#define CAPWARD_OPERATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capward/abi.h"
#include "nearest.h"
#include "caps.h"

#define OPERATION_BIT(operation) ((uint64_t)1 << (operation))
#define OPERATION_TEXT		 128 /* room for any operation_format(), with its NUL */
#define OPERATION_HOOKS		 21  /* how many operation_hooks() there are */

/*
 * The name of the operation with the number @permission, "mount", as profiles and events have it;
 * NULL when @permission is not an operation.
 */
const char *operation_name(unsigned int permission);

/*
 * What a person calls @permission: an operation by its name, and a capability by its own without "CAP_", for
 * which @label has the room.
 */
const char *permission_name(unsigned int permission, char label[static CAPS_LABEL]);

/*
 * The number of the operation whose name is the @length bytes at @name, which need no NUL; -EINVAL
 * for anything that a profile cannot refuse.
 */
int operation_parse(const char *name, size_t length);

/*
 * The number of the operation with the name @name, also one that no profile can allow; -EINVAL
 * when there is none.
 */
int operation_find(const char *name);

/* The name of an operation that a profile can refuse and that is near to @name; NULL: none is. */
const char *operation_nearest(const char *name);

/* Write the names of the operations in @mask to @buf, "mount, bpf", or "none". Returns @buf. */
const char *operation_format(uint64_t mask, char buf[static OPERATION_TEXT]);

/* The names of the operations in @mask as a JSON list, which the caller owns. */
json_t *operation_list(uint64_t mask);

/* The operations that the policy @word refuses, of those that a policy may allow. */
uint64_t operations_denied(uint64_t word);

/* The kernel's functions for the hooks of operations, "bpf_lsm_sb_mount": OPERATION_HOOKS. */
const char *const *operation_hooks(void);

/*
 * The first function without which @operation cannot be refused and that a kernel lacks, @has being
 * what the kernel has of operation_hooks(). NULL: it can be refused.
 */
const char *operation_missing(unsigned int operation, const bool has[static OPERATION_HOOKS]);

#endif

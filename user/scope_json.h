/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scope as every JSON document and event shows it.
 */
#ifndef CAPWARD_SCOPE_JSON_H
#define CAPWARD_SCOPE_JSON_H

#include <jansson.h>
#include <linux/types.h>

#include "identity.h"

/*
 * The object `scope` of the scope whose cgroup has the id @id and the path @cgroup ("": it is gone);
 * @identity may be NULL: what the path tells. NULL without memory; the caller owns the reference.
 */
json_t *scope_json(__u64 id, const char *cgroup, const struct identity *identity);

/*
 * What a person calls the scope, raw, into @text: its name, the 12 first digits of its id, its cgroup's path,
 * or "(gone)". Returns @text.
 */
#define SCOPE_CALLED 600
const char *scope_named(const char *cgroup, const struct identity *identity,
			char text[static SCOPE_CALLED]);

/* The same, escaped. */
const char *scope_called(const char *cgroup, const struct identity *identity,
			 char text[static SCOPE_CALLED]);

#endif

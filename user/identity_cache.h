/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who scopes are, kept for a few seconds: for who looks at a stream of events, many of one scope.
 */
#ifndef CAPWARD_IDENTITY_CACHE_H
#define CAPWARD_IDENTITY_CACHE_H

#include <linux/types.h>

#include "identity.h"

struct identity_cache;

/* An empty cache, for identity_cache_free(); NULL without memory. */
struct identity_cache *identity_cache_new(void);

void identity_cache_free(struct identity_cache *cache);

/*
 * Who the scope @id is, whose cgroup is @path; valid until the next call. NULL: its path tells all
 * that is known.
 */
const struct identity *identity_cache_get(struct identity_cache *cache, __u64 id, const char *path);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity_cache.h"

#include <stdlib.h>
#include <time.h>

#include "capward/abi.h"

#define PLACE_BITS 12 /* two scopes of one place take turns */
#define PLACES	   (1 << PLACE_BITS)
#define SECONDS	   5 /* a container can be renamed */
#define INCOMPLETE 1 /* second, for one whose files may come yet */

struct place {
	__u64 id; /* 0: free */
	time_t until;
	struct identity identity;
};

struct identity_cache {
	struct place places[PLACES];
};

struct identity_cache *identity_cache_new(void)
{
	return calloc(1, sizeof(struct identity_cache));
}

static void clear(struct place *place)
{
	if (place->id)
		identity_free(&place->identity);
	place->id = 0;
}

void identity_cache_free(struct identity_cache *cache)
{
	for (size_t i = 0; cache && i < PLACES; i++)
		clear(&cache->places[i]);
	free(cache);
}

const struct identity *identity_cache_get(struct identity_cache *cache, __u64 id, const char *path)
{
	struct place *place = &cache->places[capward_hash(id, PLACE_BITS)];
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (place->id == id && ts.tv_sec < place->until)
		return &place->identity;
	clear(place);
	if (identity_of("", path, &place->identity, NULL))
		return NULL;
	place->id = id;
	place->until = ts.tv_sec + (place->identity.incomplete ? INCOMPLETE : SECONDS);
	return &place->identity;
}

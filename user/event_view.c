// SPDX-License-Identifier: GPL-2.0-or-later
#include "event_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "clock.h"

/*
 * The paths of the scopes that were told of: a cgroup's never changes, and its id is not used again, so they
 * need not be asked for with each event. Not for threads.
 */
#define CACHE_BITS 12 /* two scopes of one hash take turns */

static struct cached {
	__u64 id;
	char *path;
} cache[1 << CACHE_BITS];

/* The path of the cgroup @id; NULL: it is gone, or cannot be found. */
static const char *path_of(__u64 id)
{
	struct cached *cached = &cache[capward_hash(id, CACHE_BITS)];
	char path[CGROUP_PATH];

	if (cached->path && cached->id == id)
		return cached->path;
	if (cgroup_path(id, path))
		return NULL;
	free(cached->path);
	cached->id = id;
	cached->path = strdup(path);
	return cached->path;
}

void event_view_complete(struct engine *engine, struct event_view *view)
{
	struct capward_policy policy;
	const char *path = path_of(view->event.scope);
	char link[64];
	ssize_t length;

	snprintf(view->cgroup, sizeof(view->cgroup), "%s", path ? path : "");
	view->profile[0] = '\0';
	if (!engine_policy(engine, view->event.policy, &policy))
		memcpy(view->profile, policy.profile, sizeof(view->profile));
	snprintf(link, sizeof(link), "/proc/%u/exe", view->event.pid);
	length = readlink(link, view->exe, sizeof(view->exe) - 1);
	view->exe[length < 0 ? 0 : length] = '\0';
	view->time_ns = clock_of_day(view->event.time);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "event_view.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "clock.h"

void event_view_complete(struct engine *engine, struct event_view *view)
{
	struct capward_policy policy;
	char link[64];
	ssize_t length;

	if (cgroup_path(view->event.scope, view->cgroup))
		view->cgroup[0] = '\0';
	view->profile[0] = '\0';
	if (!engine_policy(engine, view->event.policy, &policy))
		memcpy(view->profile, policy.profile, sizeof(view->profile));
	snprintf(link, sizeof(link), "/proc/%u/exe", view->event.pid);
	length = readlink(link, view->exe, sizeof(view->exe) - 1);
	view->exe[length < 0 ? 0 : length] = '\0';
	view->time_ns = clock_of_day(view->event.time);
}

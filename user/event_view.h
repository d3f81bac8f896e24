/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What user space adds to an event of the kernel's: the paths, the profile and the time of day.
 */
#ifndef CAPWARD_EVENT_VIEW_H
#define CAPWARD_EVENT_VIEW_H

#include "engine.h"
#include "event.h"

/*
 * Complete @view, of which the event is there: paths and profile as they are now, "" for what is
 * gone, but for a scope that was told of before. Who the scope is, is left as it is.
 */
void event_view_complete(struct engine *engine, struct event_view *view);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon: keeps the profiles of a directory in force, gives each container its own, and serves
 * events, metrics and hooks. One thread, one loop. Nothing is enforced by it: when it ends, or is
 * killed, all that is in force stays.
 */
#ifndef CAPWARD_DAEMON_H
#define CAPWARD_DAEMON_H

#include "engine.h"
#include "event_log.h"

struct daemon_options {
	const char *profiles;	      /* directory */
	bool log;		      /* events are written */
	enum event_log_kind log_kind; /* where to */
	const char *log_path;
	const char *evidence; /* directory where it is kept; NULL: it is not */
	const char *metrics;  /* where they are served, as http_new() has it; NULL: not */
	bool metrics_anywhere;
};

/*
 * Run with @engine, which is loaded and of this build, until SIGTERM or SIGINT, or until capward is
 * unloaded. Returns 0, or a negative errno when it could not begin or go on.
 */
int daemon_run(struct engine *engine, const struct daemon_options *options, struct error *err);

#endif

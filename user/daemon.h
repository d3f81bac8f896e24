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
 * Run until SIGTERM or SIGINT, or until capward is unloaded. @open has what is loaded, of this build, in
 * *@engine; it is called once no other daemon runs, from whom it may take the programs, with engine_lock() held.
 * Returns 0, or a negative errno when it could not begin or go on; -EADDRINUSE: another daemon runs.
 */
int daemon_run(int (*open)(struct engine **engine, struct error *err),
	       const struct daemon_options *options, struct error *err);

#endif

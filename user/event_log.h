/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the daemon writes events: a file, its standard output, or the journal. A line is whole or
 * not there, and writing never waits: what cannot be written is counted.
 */
#ifndef CAPWARD_EVENT_LOG_H
#define CAPWARD_EVENT_LOG_H

#include "error.h"
#include "event.h"

enum event_log_kind {
	EVENT_LOG_FILE,	   /* JSON, one object a line, appended */
	EVENT_LOG_STDOUT,  /* the same */
	EVENT_LOG_JOURNAL, /* an entry each, see below */
};

/*
 * Fields of an entry: MESSAGE, the line of event_print(); PRIORITY, 5 (notice) for what was or would be
 * denied, else 6; CAPWARD_VERDICT; CAPWARD_CAP or CAPWARD_OPERATION; where they are known,
 * CAPWARD_SCOPE (the cgroup's path), CAPWARD_CONTAINER (its id) and CAPWARD_PROFILE; CAPWARD_EVENT, the
 * JSON of event_json().
 */
struct event_log;

/*
 * Open a log into *@out, for event_log_free(), on success only. @path: the file, made with mode 0600,
 * its last component no symbolic link; for the journal its socket (NULL: JOURNAL_SOCKET);
 * unused for standard output. @say (may be NULL) is called with @context and a text when writing
 * begins to fail, and when it works again. The caller ignores SIGPIPE.
 *
 * Returns 0, or a negative errno. A journal that is not there now is no error: it may be restarting.
 */
int event_log_open(enum event_log_kind kind, const char *path,
		   void (*say)(void *context, const char *text), void *context,
		   struct event_log **out, struct error *err);

/*
 * Write @view. Returns 0, or the negative errno for which it was not written; it was counted then,
 * and who relies on the log was told once. The rest of a line that was written in part is kept and
 * written before anything else.
 */
int event_log_write(struct event_log *log, const struct event_view *view);

/*
 * Open the file again by its path, after it was renamed (logrotate); nothing for the other kinds.
 * A negative errno: the old one goes on.
 */
int event_log_reopen(struct event_log *log, struct error *err);

/* How many events were not written since event_log_open(). */
unsigned long long event_log_unwritten(const struct event_log *log);

/* Free @log (may be NULL). */
void event_log_free(struct event_log *log);

#endif

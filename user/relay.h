/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's end of its socket: passes events on to those who watch, since reading one takes it
 * out of the ring buffer, and answers hooks of runtimes. Nothing here waits for a client. Peers are
 * of uid 0, or of the daemon's own.
 */
#ifndef CAPWARD_RELAY_H
#define CAPWARD_RELAY_H

#include <systemd/sd-event.h>
#include <sys/types.h>

#include "error.h"
#include "relay_message.h"

#define RELAY_PATH	  "/run/capward/daemon.sock"
#define RELAY_CLIENTS	  256 /* at a time; others are refused */
#define RELAY_SUBSCRIBERS 16  /* of them */
#define RELAY_SECONDS	  5   /* a client has to say what it wants */

struct relay;

/* A hook that waits for an answer; never 0, and never used twice. */
typedef __u64 relay_token;

/*
 * Listen at @path (mode 0600; a socket file that nobody listens on is replaced) in @event until
 * relay_free() of *@out, which is written on success only. @on_hook is called with @context for each
 * hook that asks, with @hook valid during the call and @peer the process that asked; relay_answer()
 * may be called within it. -EADDRINUSE: somebody listens there.
 */
int relay_new(sd_event *event, const char *path,
	      void (*on_hook)(void *context, const struct relay_hook *hook, pid_t peer,
			      relay_token token),
	      void *context, struct relay **out, struct error *err);

/* Close everything and remove the socket's file; @relay may be NULL. Not from within @on_hook. */
void relay_free(struct relay *relay);

/*
 * Send the record of @size bytes at @bytes to all subscribers. One that is slow misses it, and is
 * told how many it missed as soon as it can be written to. A record longer than RELAY_RECORD is
 * missed by all.
 */
void relay_publish(struct relay *relay, const void *bytes, size_t size);

/* How many records subscribers missed, all together; of those that are gone, too. */
unsigned long long relay_missed(const struct relay *relay);

/*
 * Answer the hook @token with @outcome and @text (see enum relay_outcome; cut to RELAY_TEXT), and
 * hang up. -ENOENT: it has gone, or was answered already.
 */
int relay_answer(struct relay *relay, relay_token token, enum relay_outcome outcome,
		 const char *text);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other end of the daemon's socket: for who watches events, and for hooks of runtimes. The
 * daemon is believed when it is of uid 0, or of the caller's own.
 */
#ifndef CAPWARD_RELAY_CLIENT_H
#define CAPWARD_RELAY_CLIENT_H

#include "error.h"
#include "relay_message.h"

/* How long the daemon may take to greet a subscriber. */
#define RELAY_GREETING_MS 5000

/*
 * Ask the daemon at @path for events. A file descriptor to poll for input and to close, or a negative
 * errno: -ENOENT or -ECONNREFUSED: there is no daemon; -EPROTONOSUPPORT: it is of another version;
 * -EUSERS: it has too many clients; -ETIMEDOUT.
 */
int relay_subscribe(const char *path, struct error *err);

/* What relay_next() got. */
struct relay_record {
	__u64 missed; /* records missed here; then there is no record in this one */
	size_t size;  /* of the record; for event_decode() */
	char bytes[RELAY_RECORD];
};

/*
 * Wait up to @timeout_ms (-1: for ever) for the next record at @fd. 1: it is in *@out; 0: none came;
 * -EINTR: a signal; -EPIPE: the daemon has gone; another negative errno: @fd is of no more use.
 */
int relay_next(int fd, int timeout_ms, struct relay_record *out, struct error *err);

/* The daemon's word. */
struct relay_word {
	enum relay_outcome outcome;
	char text[RELAY_TEXT]; /* raw: escape it */
};

/*
 * Ask the daemon at @path about the container of @hook and wait for its word, up to @deadline_ms in
 * all. 0: *@out has it, RELAY_ERROR included; a negative errno as for relay_subscribe().
 */
int relay_ask_hook(const char *path, const struct relay_hook *hook, int deadline_ms,
		   struct relay_word *out, struct error *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serves the metrics over HTTP, in the daemon's event loop: GET and HEAD of /metrics and nothing
 * else. A client has ten seconds in all, clients are few, and what they are sent is made once a
 * second at most: none can hold up the loop or make the daemon grow.
 */
#ifndef CAPWARD_HTTP_H
#define CAPWARD_HTTP_H

#include <stdbool.h>
#include <stdio.h>
#include <systemd/sd-event.h>

#include "error.h"

#define HTTP_CLIENTS 16 /* at a time; others wait in the listening socket */
#define HTTP_SECONDS 10 /* a client has in all */

struct http;

/*
 * Listen on @where and serve in @event, until http_free() of *@out, which is written on success only.
 * @where is "unix:/PATH" (mode 0660; a socket file that nobody listens on is replaced), "IPV4:PORT"
 * or "[IPV6]:PORT". An address other than a loopback one is -EPERM unless @anywhere: there is no
 * encryption and nobody is asked for a name. @render_to prints the metrics to a stream and returns 0 or
 * a negative errno, for which a client is answered 503. The caller ignores SIGPIPE.
 *
 * Returns 0; -EINVAL: @where is neither; -EADDRINUSE: somebody listens there; or another negative
 * errno.
 */
int http_new(sd_event *event, const char *where, bool anywhere,
	     int (*render_to)(void *context, FILE *stream), void *context, struct http **out,
	     struct error *err);

/* Close everything; @http may be NULL. Not from within @render_to. */
void http_free(struct http *http);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events: from the bytes of the ring buffer to a line of text or JSON.
 */
#ifndef CAPWARD_EVENT_H
#define CAPWARD_EVENT_H

#include <jansson.h>
#include <stdio.h>

#include "capward/abi.h"
#include "identity.h"

/* An event with what user space knows of it. The strings are raw: they are escaped when shown. */
struct event_view {
	struct capward_event event;
	char cgroup[4096];		 /* path of the scope; "" when it is gone */
	const struct identity *identity; /* of the scope; NULL: what its path tells */
	char exe[4096];			 /* path of the program; "" when it is gone */
	char profile[CAPWARD_NAME];	 /* "" when it is gone */
	long long time_ns;		 /* since 1970 */
};

/*
 * Read the record of @size bytes at @bytes into *@out. -EBADMSG: not a record of this version, or a
 * field is out of its range; nothing is written.
 */
int event_decode(const void *bytes, size_t size, struct capward_event *out);

/* The word for @verdict: "used", "denied", "would-deny", "lent", "set-up"; "?" for no verdict. */
const char *event_verdict_name(unsigned int verdict);

/* The verdict whose word is @name, or -EINVAL. */
int event_verdict_parse(const char *name);

/* Print @view as one line of text; 0, or -EIO. */
int event_print(const struct event_view *view, FILE *stream);

/* @view as the JSON object of the contract; NULL without memory. The caller owns the reference. */
json_t *event_json(const struct event_view *view);

#endif

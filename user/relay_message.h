/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon and its clients say to each other: each message is one packet of a SEQPACKET
 * socket, a head and what its type says. Both sides run on one machine, so numbers are as they are
 * in memory. Decoding is pure.
 *
 *     client                        daemon
 *     HELLO (wants events)   ->
 *                            <-     HELLO, then EVENT and MISSED for ever; or REFUSED
 *     HELLO (wants an answer) ->
 *     HOOK                   ->
 *                            <-     HELLO, then ANSWER; or REFUSED
 */
#ifndef CAPWARD_RELAY_MESSAGE_H
#define CAPWARD_RELAY_MESSAGE_H

#include <stddef.h>

#include "capward/abi.h"

#define RELAY_MAGIC   0x59525743 /* "CWRY" */
#define RELAY_VERSION 1		 /* of the messages; the events in them have CAPWARD_ABI */

#define RELAY_TEXT   256 /* an answer's or refusal's text, with its NUL */
#define RELAY_ID     256
#define RELAY_CGROUP 4096
#define RELAY_RECORD 512 /* the longest record of the ring buffer that is passed on */

enum relay_type {
	RELAY_HELLO = 1, /* both ways, first */
	RELAY_HOOK,	 /* to the daemon */
	RELAY_EVENT,	 /* to the client, as the three below */
	RELAY_MISSED,
	RELAY_ANSWER,
	RELAY_REFUSED, /* and the daemon hangs up */
};

/* What a client wants. */
enum relay_want {
	RELAY_WANT_EVENTS = 1,
	RELAY_WANT_ANSWER = 2,
};

/* The daemon's word on a container that is being started. */
enum relay_outcome {
	RELAY_ASSIGNED = 1, /* the text is the profile's name */
	RELAY_DEFAULT = 2,  /* it stays under the default; the text is that profile's name, or "" */
	RELAY_ERROR = 3,    /* the text is why */
};

/* Who is being started. The strings are hostile. */
struct relay_hook {
	__u32 pid;		   /* of its first process, as the daemon numbers it */
	char id[RELAY_ID];	   /* as its runtime calls it */
	char cgroup[RELAY_CGROUP]; /* path of the cgroup that process is in; begins with "/" */
};

/* Any message, decoded. */
struct relay_message {
	enum relay_type type;
	union {
		struct {
			enum relay_want want; /* the daemon's own HELLO repeats it */
			__u32 abi;	      /* CAPWARD_ABI of who says it */
		} hello;
		struct relay_hook hook;
		struct {
			size_t size; /* at most RELAY_RECORD; for event_decode() */
			char bytes[RELAY_RECORD];
		} event;
		__u64 missed; /* events the client was too slow for, since the last such message */
		struct {
			enum relay_outcome outcome;
			char text[RELAY_TEXT]; /* hostile: has names of files in it */
		} answer;
		struct {
			int code; /* an errno */
			char text[RELAY_TEXT];
		} refused;
	};
};

/* Room for the longest packet and a byte, so that a longer one shows. */
#define RELAY_PACKET 4608

/* Write @message, whose strings have their NUL, as a packet to @packet; its length. */
size_t relay_encode(const struct relay_message *message, char packet[RELAY_PACKET]);

/*
 * Read the packet of @size bytes at @packet into *@out, on success only. -EBADMSG: it is none;
 * -EPROTONOSUPPORT: it is one of another RELAY_VERSION.
 */
int relay_decode(const void *packet, size_t size, struct relay_message *out);

#endif

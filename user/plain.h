/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking for the containers of plain runc and crun, whose cgroups may have any path: only their state
 * tells of them. Each that has started becomes a scope.
 */
#ifndef CAPWARD_PLAIN_H
#define CAPWARD_PLAIN_H

#include "engine.h"
#include "teller.h"

struct plain {
	struct engine *engine;
	const struct teller *teller;
	/* A container runs in the cgroup @id, which is a scope now. */
	void (*found)(void *context, __u64 id);
	void *context;
	__u64 due;   /* when to look, ns since boot; 0: not */
	__u64 until; /* when to look no more */
	__u64 retry; /* after how long again */
};

/* Look at all that runc and crun have state of, and say when again. */
void plain_look(struct plain *plain);

/* Begin again with looking often. */
void plain_anew(struct plain *plain);

/* A cgroup was made that may be one of theirs: look for it often, until its state must be there. */
void plain_expect(struct plain *plain);

#endif

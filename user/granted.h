/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a runtime granted to a container: the bounding sets of its processes.
 */
#ifndef CAPWARD_GRANTED_H
#define CAPWARD_GRANTED_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct granted {
	__u64 caps;	  /* no process has more, nor gains it by an exec (capabilities(7)) */
	size_t processes; /* 0: there is none, and nothing is known */
	size_t roots; /* of them that are root, or may be: in another user namespace than the caller's */
	/*
	 * None of them is in the user namespace of the caller: what they have is over what belongs to
	 * theirs. Of a container where only some are, as of a browser's, the others count.
	 */
	bool own_userns;
};

/*
 * Look at the processes in the cgroup @path and below into *@out. A process of an exec that the runtime
 * has begun counts too, with what it has until it is set up. Those in a cgroup below that cannot be opened do
 * not: whoever made it in the way would hide all the others.
 */
int granted_in(const char *path, struct granted *out, struct error *err);

/* Parse the text of /proc/PID/status: the bounding set into *@caps. -EINVAL: it is not there. */
int granted_parse(const char *status, __u64 *caps);

/*
 * Whether a process with this text is root, or may become it again: one of its user ids is 0. Also when that is
 * not there.
 */
bool granted_is_root(const char *status);

#endif

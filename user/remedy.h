/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to do so that something that was refused is allowed, in the words of what refused it: pure.
 */
#ifndef CAPWARD_REMEDY_H
#define CAPWARD_REMEDY_H

#include <linux/types.h>
#include <stdbool.h>

#include "capward/abi.h"

/* What was refused, and to whom. */
struct remedy_case {
	enum capward_verdict verdict; /* denied, would-deny or refused */
	unsigned int permission;      /* a capability or an operation */
	const char *runtime;	      /* as struct container has it; "" or NULL: not known */
	bool pod;		      /* it is in a Kubernetes pod */
	const char *profile;	      /* of its policy; "" or NULL: not known */
	bool allowed;		      /* by that policy, for sure */
	/* It runs in a user namespace of its own, and what it asked for is the host's. */
	bool not_its_own;
};

#define REMEDY_TEXT 256

/*
 * Write in one line what to do about @about into @text; returns @text. For other verdicts there is nothing
 * to do: empty.
 */
const char *remedy_for(const struct remedy_case *about, char text[static REMEDY_TEXT]);

#endif

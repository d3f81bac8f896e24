/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trying a profile that is in force and not enforced: its policy is audited for a while, then enforced, and
 * goes back to the mode it had, at once when something is denied that was not known before.
 */
#ifndef CAPWARD_TRIAL_H
#define CAPWARD_TRIAL_H

#include <signal.h>

#include "engine.h"
#include "need.h"
#include "teller.h"

/* Something that the policy denied, or would have, in one scope. */
struct trial_finding {
	__u64 scope;
	char *cgroup;
	unsigned int permission;
	bool known;			  /* it is not needed, or was denied before */
	__u64 count;			  /* in this phase */
	struct capward_evidence evidence; /* since the scope was made */
};

struct trial_phase {
	__u64 begun, ended; /* ns since 1970; 0: it did not */
	__u64 lasted;	    /* ns, however the day's clock was set meanwhile */
	size_t scopes;	    /* that had the profile, at most */
	struct trial_finding *findings;
	size_t count;
};

enum trial_outcome {
	TRIAL_HOLDS,
	TRIAL_UNTRIED,	   /* no scope had the profile while it was enforced */
	TRIAL_WOULD_BREAK, /* found in audit; it was not enforced */
	TRIAL_BROKE,	   /* found while enforced; it is not any more */
	TRIAL_STOPPED,	   /* by a signal */
	TRIAL_CHANGED,	   /* somebody else changed the policy: it stays as it is now */
};

struct trial {
	struct engine *engine;
	const char *evidence; /* the store */
	__u32 slot;
	struct capward_policy policy; /* that is in force in it, in a mode other than enforce */
	__u64 audit_ns, enforce_ns;
	const volatile sig_atomic_t *stop; /* becomes non-zero when it is to end */
	struct teller teller; /* is told when a phase begins, and which files cannot be read */

	struct trial_phase audit, enforce; /* what follows is trial_run()'s */
	__u64 lacks; /* of the permissions, those that are needed by all that is known after the audit */
	enum trial_outcome outcome;
	bool away; /* the policy could not go back to its mode */
	/*
	 * Denials in scopes that came and went between two looks, whoever's they were, and what the kernel
	 * had no memory to note.
	 */
	__u64 unseen;
};

/*
 * Run @trial through; its outcome and findings are in it then, also on failure. Returns 0, or a negative
 * errno: -EALREADY: it is enforced already; -EOPNOTSUPP: nothing is denied on this host, or not any more.
 */
int trial_run(struct trial *trial, struct error *err);

/*
 * Put the policy of @trial back to the mode it had, if it is as trial_run() left it; for when the process that ran
 * it was killed, or could not. Returns 0 when it has that mode, or -ESTALE: somebody else changed it, and it
 * stays so; or another negative errno.
 */
int trial_return(const struct trial *trial, struct error *err);

/* Free what trial_run() left in @trial. */
void trial_free(struct trial *trial);

/*
 * The permissions that are needed, as far as @known says, and that the policy @word does not give, as a mask. An
 * operation is needed when it was done. Pure.
 */
__u64 trial_lacks(const struct evidence *known, __u64 word);

/*
 * Whether the denials of @evidence on @permission are known from @before, and nobody is the worse for them: they
 * came by system calls that were denied it before, or that would have been and do without; or it was only asked
 * in passing. Pure.
 */
bool trial_knows(const struct evidence *before, unsigned int permission,
		 const struct capward_evidence *evidence);

#endif

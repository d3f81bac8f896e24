/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decision: pure functions of plain values, compiled into the kernel programs and into the
 * unit tests, which go through every combination.
 */
#ifndef CAPWARD_DECIDE_H
#define CAPWARD_DECIDE_H

#include "capward/abi.h"

/* Whose task asks. In doubt a task is workload. */
enum phase {
	PHASE_WORKLOAD,
	PHASE_SET_UP, /* it still belongs to the runtime that starts the container */
};

/* Whose credential it asks with. In doubt a credential is owned. */
enum credential {
	CREDENTIAL_OWN,	  /* the task's own (cred == real_cred) */
	CREDENTIAL_OWNED, /* made by a workload task of a scope, whoever uses it now */
	CREDENTIAL_LENT,  /* the host's or the kernel's: overlayfs acts as the mounter */
};

static inline enum capward_mode policy_mode(__u64 word)
{
	return (enum capward_mode)(word >> CAPWARD_MODE_SHIFT);
}

/* Bits 62 and 63 are the mode, so no permission can have these numbers. */
static inline int policy_allows(__u64 word, __u32 permission)
{
	return permission < CAPWARD_MODE_SHIFT && (word >> permission & 1);
}

static inline __u64 policy_word(enum capward_mode mode, __u64 mask)
{
	return (__u64)mode << CAPWARD_MODE_SHIFT | (mask & CAPWARD_MASK);
}

/* The word that denies what @word or @other denies. */
static inline __u64 both_words(__u64 word, __u64 other)
{
	if (policy_mode(other) != CAPWARD_ENFORCE)
		return word;
	if (policy_mode(word) != CAPWARD_ENFORCE)
		return other;
	return word & other;
}

/* Whether the policy @word denies workload @permission: decide(), for an owned credential. */
static inline int word_denies(__u64 word, __u32 permission)
{
	return policy_mode(word) == CAPWARD_ENFORCE && !policy_allows(word, permission);
}

/*
 * The verdict on one use of @permission, a capability or an operation, under the policy @word.
 * CAPWARD_UNJUDGED: the policy is off, allow and record nothing. Everything but CAPWARD_DENIED is
 * allowed.
 */
static inline enum capward_verdict decide(__u64 word, __u32 permission, enum phase phase,
					  enum credential credential)
{
	if (policy_mode(word) == CAPWARD_OFF)
		return CAPWARD_UNJUDGED;
	if (phase == PHASE_SET_UP)
		return CAPWARD_SET_UP;
	if (credential == CREDENTIAL_LENT)
		return CAPWARD_LENT;
	if (policy_allows(word, permission))
		return CAPWARD_USED;
	return policy_mode(word) == CAPWARD_ENFORCE ? CAPWARD_DENIED : CAPWARD_WOULD_DENY;
}

#endif

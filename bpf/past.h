/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of what was seen in a scope when the scope goes, or is to be looked at anew.
 */
#ifndef CAPWARD_PAST_H
#define CAPWARD_PAST_H

#include "kernel.h"
#include "denials.h"
#include "scope.h"

/*
 * Whether the evidence of @scope, which is going, is to be kept until user space has taken it. What is
 * allowed of operations is seen, and has no entry (is_evidence()).
 */
static __always_inline bool keeps_evidence(struct capward_scope *scope)
{
	__u64 seen = (scope->seen[CAPWARD_USED] | scope->seen[CAPWARD_PROBED]) &
		     ((1ULL << CAPWARD_CAPS) - 1);

	if (!state.keep || scope->flags & CAPWARD_SCOPE_QUIET)
		return false;
	for (__u32 verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		if (verdict != CAPWARD_USED && verdict != CAPWARD_PROBED)
			seen |= scope->seen[verdict];
	if (!seen)
		return false;
	if (state.gone >= CAPWARD_GONE) {
		__sync_fetch_and_add(&state.gone_lost, 1);
		return false;
	}
	__sync_fetch_and_add(&state.gone, 1);
	return true;
}

/* What end_evidence() goes through. */
struct ending {
	__u64 scope;		      /* its id */
	__u64 seen[CAPWARD_VERDICTS]; /* the permissions, by verdict */
	__u64 used;		      /* in all */
	bool keep;
	bool quiet;
};

/* The permissions of each verdict, one verdict after the other. */
#define ENDINGS (CAPWARD_VERDICTS * 64)

static long end_entry(__u32 index, struct ending *ending)
{
	__u64 verdict = index / 64 & (CAPWARD_VERDICTS - 1), permission = index & 63;
	struct capward_evidence_key key = {
		.scope = ending->scope, .permission = permission, .verdict = verdict};
	struct capward_evidence *known;

	if (!(ending->seen[verdict] >> permission & 1))
		return 0;
	known = bpf_map_lookup_elem(&evidence, &key);
	if (known && verdict != CAPWARD_USED && !ending->quiet)
		__sync_fetch_and_add(&state.past[verdict], known->count);
	if (!ending->keep)
		bpf_map_delete_elem(&evidence, &key);
	return 0;
}

/* The uses of each capability are counted in the scope, and are its evidence's if that is kept. */
static long end_used(__u32 cap, struct ending *ending)
{
	struct capward_evidence_key key = {.scope = ending->scope, .permission = cap};
	struct capward_scope *scope = find_scope(key.scope);
	struct capward_evidence *known;
	__u64 used;

	if (!scope || cap >= CAPWARD_CAPS)
		return 1;
	used = __sync_lock_test_and_set(&scope->used[cap], 0);
	ending->used += used;
	known = used && ending->keep ? bpf_map_lookup_elem(&evidence, &key) : NULL;
	if (known)
		known->count = used;
	return 0;
}

/*
 * End the evidence of the scope whose own cgroup is @id; the sum of those that are past keeps its
 * counts. In loops that the verifier goes through once.
 */
static __always_inline void end_evidence(__u64 id, struct capward_scope *scope, bool keep)
{
	struct ending ending = {
		.scope = id, .keep = keep, .quiet = scope->flags & CAPWARD_SCOPE_QUIET};

	keep_denials(scope, 0);
	/* First, so that what is seen from now on is found the next time. */
	for (__u32 verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		ending.seen[verdict] = __sync_lock_test_and_set(&scope->seen[verdict], 0);
	bpf_loop(ENDINGS, end_entry, &ending, 0);
	bpf_loop(CAPWARD_CAPS, end_used, &ending, 0);
	if (ending.used)
		__sync_fetch_and_add(&state.past[CAPWARD_USED], ending.used);
	if (scope->limited)
		__sync_fetch_and_add(&state.past_limited,
				     __sync_lock_test_and_set(&scope->limited, 0));
}

#endif

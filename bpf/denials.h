/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Denials that take the short way. Each is decided anew; what is left out is to look who asks, and to
 * find the evidence that counts it: one permission of a scope at a time is counted in the scope's own
 * entry, that of the first repeated denial in a look.
 */
#ifndef CAPWARD_DENIALS_H
#define CAPWARD_DENIALS_H

#include "kernel.h"
#include "maps.h"

/* In `fast` of a scope's own entry: the permission that `denials` counts was looked at. */
#define DENIALS_OPEN (1ULL << 63)

/* Move what @root has counted to its evidence, and have it count @next, CAPWARD_DENIALS() or 0. */
static __noinline int keep_denials(struct capward_scope *root, __u64 next)
{
	__u64 ended = __sync_lock_test_and_set(&root->denials, next);
	__u64 count = CAPWARD_DENIALS_COUNT(ended);
	struct capward_evidence_key key = {
		.scope = root->id,
		.permission = (ended >> CAPWARD_DENIALS_SHIFT) - 1,
		.verdict = CAPWARD_DENIED,
	};
	struct capward_evidence *known = count ? bpf_map_lookup_elem(&evidence, &key) : NULL;

	if (known)
		__sync_fetch_and_add(&known->count, count);
	else
		__sync_fetch_and_add(&root->uncounted, count);
	return 0;
}

static __always_inline bool counts_denials_of(__u64 denials, __u32 permission)
{
	return denials >> CAPWARD_DENIALS_SHIFT == permission + 1;
}

/* How often @permission was denied in @root, with @noted of them in evidence, the last one just now. */
static __always_inline __u64 all_denials(struct capward_scope *root, __u32 permission, __u64 noted)
{
	__u64 denials = root->denials;

	if (!counts_denials_of(denials, permission))
		return noted;
	__sync_fetch_and_add(&root->denied_before, 1);
	return noted + CAPWARD_DENIALS_COUNT(denials);
}

/* For a while the denials of @permission in @root, of which @noted are in evidence, take the short way. */
static __always_inline void deny_fast(struct capward_scope *root, __u32 permission, __u64 noted)
{
	if (root->fast & DENIALS_OPEN || root->flags & CAPWARD_SCOPE_QUIET)
		return;
	/* An operation is behind the one, and the other may be moot: judge(). */
	if (permission >= CAPWARD_CAPS || permission == CAP_LINUX_IMMUTABLE ||
	    permission == CAP_FSETID)
		return;
	if (!counts_denials_of(root->denials, permission)) {
		keep_denials(root, CAPWARD_DENIALS(permission));
		root->denied_before = noted;
	}
	__sync_fetch_and_or(&root->fast, DENIALS_OPEN);
}

/* Count one in @root on the short way. False: it is not open to @permission, or another was counted. */
static __always_inline bool count_denial(struct capward_scope *root, __u32 permission)
{
	__u64 denials = root->denials;

	return root->look == state.look && root->fast & DENIALS_OPEN &&
	       counts_denials_of(denials, permission) &&
	       __sync_val_compare_and_swap(&root->denials, denials, denials + 1) == denials;
}

#endif

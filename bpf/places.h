/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of the scopes map as they come and go. Whoever makes or removes an entry runs beside others who
 * do: `govern` under user space's lock, mkdir and rmdir under cgroup_mutex. The places map decides who
 * was first.
 */
#ifndef CAPWARD_PLACES_H
#define CAPWARD_PLACES_H

#include "scope.h"

/* What comes after @list when its first place is @first: changed, so that who read it finds out. */
static __always_inline __u64 next_list(__u64 list, __u32 first)
{
	return ((list >> 32) + 1) << 32 | first;
}

/* Attempts at what another does at the same time; there is but one other. */
#define PLACE_TRIES 16

/*
 * Take a free place: the one that became free last, else one that never was in use; CAPWARD_SCOPES: there
 * is none. A map that does this would be a queue, which a syscall program must not use before 6.2.
 */
__weak __noinline __u32 take_place(void)
{
	__u32 place;

	for (int i = 0; i < PLACE_TRIES; i++) {
		__u64 first = state.free_places;
		struct capward_scope *scope = scope_in((__u32)first - 1);

		if (!scope)
			break;
		if (__sync_val_compare_and_swap(&state.free_places, first,
						next_list(first, scope->root_place)) == first)
			return (__u32)first - 1;
	}
	place = __sync_fetch_and_add(&state.places, 1);
	if (place < CAPWARD_SCOPES)
		return place;
	__sync_fetch_and_add(&state.places, -1);
	return CAPWARD_SCOPES;
}

/* Make @place, which nobody finds any more, free. */
__weak __noinline int free_place(__u32 place)
{
	struct capward_scope *scope = scope_in(place);

	if (!scope) /* for the verifier */
		return 0;
	*(volatile __u64 *)&scope->id = 0;
	for (int i = 0; i < PLACE_TRIES; i++) {
		__u64 first = state.free_places;

		scope->root_place = first;
		if (__sync_val_compare_and_swap(&state.free_places, first,
						next_list(first, place + 1)) == first)
			break;
	}
	return 0;
}

/*
 * Make @new, whose id is 0 yet, the entry of the cgroup @id. -EEXIST: it has one; -E2BIG: there is no
 * place.
 */
static __always_inline int add_scope(__u64 id, const struct capward_scope *new)
{
	struct capward_hint *hint = hint_of(id);
	struct capward_scope *scope;
	__u32 place, before;
	int error; /* before 6.4 the helper leaves the upper half of its answer open */

	if (find_place(id) < CAPWARD_SCOPES)
		return -EEXIST;
	place = take_place();
	scope = scope_in(place);
	if (!scope)
		return -E2BIG;
	*scope = *new;
	if (new->root == id)
		scope->root_place = place;
	barrier();
	*(volatile __u64 *)&scope->id = id;
	/*
	 * Counted first: whoever finds the entry may remove it at once. Its answer used, the addition also
	 * orders the entry before its place (arm64).
	 */
	before = __sync_fetch_and_add(&hint->entries, 1);
	barrier_var(before);
	__sync_fetch_and_add(&state.scopes, 1);
	error = bpf_map_update_elem(&places, &id, &place, BPF_NOEXIST);
	if (error) {
		__sync_fetch_and_add(&hint->entries, -1);
		__sync_fetch_and_add(&state.scopes, -1);
		free_place(place);
		return error;
	}
	hint->place = place;
	return 0;
}

/* Remove the entry of the cgroup @id. -ENOENT: it has none, or another removes it. */
static __always_inline int remove_scope(__u64 id)
{
	__u32 *found = bpf_map_lookup_elem(&places, &id), place;

	if (!found)
		return -ENOENT;
	place = *found;
	if (bpf_map_delete_elem(&places, &id))
		return -ENOENT;
	__sync_fetch_and_add(&hint_of(id)->entries, -1);
	__sync_fetch_and_add(&state.scopes, -1);
	free_place(place);
	return 0;
}

#endif

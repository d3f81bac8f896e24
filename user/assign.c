// SPDX-License-Identifier: GPL-2.0-or-later
#include "assign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "pattern.h"
#include "runtime_name.h"

/*
 * How often the walk is made again because it changed something: a cgroup that was being made
 * meanwhile is in the directory on the second time.
 */
#define WALKS 5

static int by_rank(const void *left, const void *right)
{
	const struct capward_match *a = left, *b = right;
	size_t a_fixed = pattern_literal(a->pattern), b_fixed = pattern_literal(b->pattern);
	bool a_default = a->policy == CAPWARD_MATCH_CONTAINER;
	bool b_default = b->policy == CAPWARD_MATCH_CONTAINER;

	if (a_default != b_default)
		return a_default ? 1 : -1;
	if (a->flags != b->flags)
		return a->flags > b->flags ? -1 : 1;
	if (a_fixed != b_fixed)
		return a_fixed > b_fixed ? -1 : 1;
	if (a->length != b->length)
		return a->length > b->length ? -1 : 1;
	return strcmp(a->pattern, b->pattern);
}

int assign_rank(struct capward_match *matches, size_t count, size_t *tie)
{
	if (count)
		qsort(matches, count, sizeof(*matches), by_rank);
	for (size_t i = 1; i < count; i++) {
		const struct capward_match *a = &matches[i - 1], *b = &matches[i];

		if (strcmp(a->pattern, b->pattern) || a->flags != b->flags ||
		    a->policy == b->policy || b->policy == CAPWARD_MATCH_CONTAINER)
			continue;
		*tie = i;
		return -EINVAL;
	}
	return 0;
}

struct assignment {
	struct engine *engine;
	struct capward_match matches[CAPWARD_MATCHES];
	size_t match_count;
	__u32 container_policy, service_policy;
	size_t changed;
	int code;
	struct error *err;
};

/* Whether @match means the cgroup @path: the whole of it, or its name. */
static bool match_means(const struct capward_match *match, const char *path)
{
	if (match->flags & CAPWARD_MATCH_NAME)
		return pattern_matches_name(match->pattern, path);
	return pattern_matches_cgroup(match->pattern, path);
}

/* The slot of the first match of @path, or CAPWARD_MATCH_CONTAINER; 0: none. */
static __u32 matching_slot(const struct assignment *a, const char *path)
{
	for (size_t i = 0; i < a->match_count; i++)
		if (match_means(&a->matches[i], path))
			return a->matches[i].policy;
	return 0;
}

static void copy_name(char name[RUNTIME_NAME], const char *from, size_t length)
{
	memset(name, 0, RUNTIME_NAME);
	memcpy(name, from, length < RUNTIME_NAME ? length : RUNTIME_NAME - 1);
}

/* What names tell of a cgroup: its own, and its parent's. */
struct names {
	char name[RUNTIME_NAME], parent[RUNTIME_NAME];
};

static struct names names_of(const char *path)
{
	const char *last = strrchr(path, '/'), *before = last;
	struct names names;

	while (before > path && before[-1] != '/')
		before--;
	copy_name(names.name, last + 1, strlen(last + 1));
	copy_name(names.parent, before, last - before);
	return names;
}

/* Whether @scope has its policy from elsewhere than its path, and that is in force. */
static bool keeps_policy(struct engine *engine, const struct capward_scope *scope)
{
	struct capward_policy policy;

	if (engine_policy(engine, scope->policy, &policy) || !policy.profile[0])
		return false;
	return policy.flags & CAPWARD_POLICY_RUN || scope->flags & CAPWARD_SCOPE_ASSIGNED;
}

/* What the cgroup @path should be, into *@want; false: ungoverned. */
static bool wanted(const struct assignment *a, const char *path, __u64 id, __u64 parent_id,
		   struct capward_govern *want)
{
	const struct names names = names_of(path);
	bool container = runtime_names_container(names.name, names.parent), is_scope;
	__u32 slot = matching_slot(a, path);
	struct capward_scope parent = {}, here = {};

	if (parent_id && engine_scope(a->engine, parent_id, &parent))
		parent_id = 0;
	is_scope = !engine_scope(a->engine, id, &here) && here.root == id;
	if (slot == CAPWARD_MATCH_CONTAINER) {
		container = true;
		slot = 0;
	}
	/* One that only its runtime's files told of. */
	container |= is_scope && here.flags & CAPWARD_SCOPE_CONTAINER;

	*want = (struct capward_govern){
		.cgroup = id, .root = id, .outer = parent_id, .policy = slot};
	want->flags = container ? CAPWARD_SCOPE_CONTAINER : 0;
	if (is_scope && keeps_policy(a->engine, &here)) {
		want->policy = here.policy;
		want->flags |= here.flags & CAPWARD_SCOPE_ASSIGNED;
		return true;
	}
	if (slot)
		return true;
	if (parent_id) {
		want->root = parent.root;
		want->outer = parent.outer;
		want->policy = parent.policy;
		want->flags = parent.flags & CAPWARD_SCOPE_CONTAINER;
		return true;
	}
	if (container)
		want->policy = a->container_policy;
	else if (a->service_policy && pattern_unit(path, strlen(path)) &&
		 runtime_names_service(names.name))
		want->policy = a->service_policy;
	else
		want->policy = is_scope ? CAPWARD_POLICY_OBSERVE : 0;
	return want->policy;
}

static int assign_cgroup(void *context, const char *path, __u64 id, __u64 parent, __u64 *mine)
{
	struct assignment *a = context;
	struct capward_govern want;
	struct capward_scope here;
	int code;

	*mine = 0;
	if (!strcmp(path, "/") || !wanted(a, path, id, parent, &want))
		return 0;
	*mine = want.root;
	if (!engine_scope(a->engine, id, &here) && here.root == want.root &&
	    here.outer == want.outer && here.policy == want.policy)
		return 0;
	code = engine_govern(a->engine, &want, a->code ? NULL : a->err);
	if (!code && cgroup_path(id, NULL))
		engine_forget(a->engine, id); /* it went before its entry was there */
	else if (!code)
		a->changed++;
	else if (!a->code)
		a->code = error_wrap(a->err, code, "cgroup %s", path);
	return 0;
}

/* The same from @from down, which lies in the scope @parent, by its id; 0: in none. */
static int assign_from(struct engine *engine, const char *from, __u64 parent, size_t *changed,
		       struct error *err)
{
	struct assignment a = {.engine = engine, .err = err};
	int code = 0;

	a.match_count = engine_matches(engine, a.matches);
	a.container_policy = engine_state(engine)->container_policy;
	a.service_policy = engine_state(engine)->service_policy;
	*changed = 0;
	for (int walk = 0; walk < WALKS; walk++) {
		a.changed = 0;
		code = cgroup_walk_from(from, parent, assign_cgroup, &a, err);
		*changed += a.changed;
		if (code || a.code || !a.changed)
			break;
	}
	return code ? code : a.code;
}

int assign_all(struct engine *engine, size_t *changed, struct error *err)
{
	int code = assign_from(engine, "/", 0, changed, err);

	if (!code && *changed)
		code = engine_seed(engine, err);
	return code;
}

/* The scope that the parent of cgroup @path is in, by id; 0: none. */
static __u64 scope_around(struct engine *engine, const char *path)
{
	char parent[CGROUP_PATH];
	const char *last = strrchr(path, '/');
	struct capward_scope scope;
	__u64 id;

	if (last == path)
		return 0;
	memcpy(parent, path, last - path);
	parent[last - path] = '\0';
	if (cgroup_id(parent, &id, NULL) || engine_scope(engine, id, &scope))
		return 0;
	return scope.root;
}

/* Have the cgroup @path, whose id is @id, be a scope with policy @slot and @flags. */
static int govern_scope(struct engine *engine, const char *path, __u64 id, __u32 slot, __u32 flags,
			struct error *err)
{
	const struct capward_govern request = {.cgroup = id,
					       .root = id,
					       .outer = scope_around(engine, path),
					       .policy = slot,
					       .flags = flags};
	struct capward_scope scope;
	int depth = 0;

	for (__u64 at = request.outer; at && !engine_scope(engine, at, &scope); at = scope.outer)
		if (++depth > CAPWARD_NESTING)
			return error_set(err, -ELOOP,
					 "cgroup %s: it lies within %d scopes, and capward follows "
					 "no more",
					 path, CAPWARD_NESTING);
	return engine_govern(engine, &request, err);
}

int assign_one(struct engine *engine, const char *path, __u32 slot, __u32 flags, __u64 *id,
	       struct error *err)
{
	int code = cgroup_id(path, id, err);

	return code ? code : govern_scope(engine, path, *id, slot, flags, err);
}

__u32 assign_match(struct engine *engine, const char *path)
{
	struct assignment a = {.engine = engine};
	__u32 slot;

	a.match_count = engine_matches(engine, a.matches);
	slot = matching_slot(&a, path);
	return slot == CAPWARD_MATCH_CONTAINER ? 0 : slot;
}

int assign_scope(struct engine *engine, const char *path, __u32 slot, __u32 flags, size_t *changed,
		 struct error *err)
{
	struct capward_scope here;
	__u32 before = 0;
	size_t below = 0;
	__u64 id;
	int code = cgroup_id(path, &id, NULL);

	*changed = 0;
	if (code)
		return code == -ENOENT || code == -ENODEV ? 0 : code;
	if (!engine_scope(engine, id, &here) && here.root == id)
		before = here.policy;
	if (!slot)
		slot = before;
	if (slot)
		code = govern_scope(engine, path, id, slot, flags, err);
	if (!code)
		*changed = before != slot;
	if (!code && !before && slot)
		code = engine_seed(engine, err); /* what ran in it was nobody's */
	if (!code && cgroup_path(id, NULL)) {
		engine_forget(engine, id); /* it went before its entry was there */
		return 0;
	}
	if (!code)
		code = assign_from(engine, path, scope_around(engine, path), &below, err);
	*changed += below;
	return code;
}

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
		if (strcmp(matches[i - 1].pattern, matches[i].pattern) ||
		    matches[i - 1].policy == matches[i].policy)
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
	__u32 container_policy;
	size_t changed;
	int code;
	struct error *err;
};

/* The slot of the first match of @path; 0: none. */
static __u32 matching_slot(const struct assignment *a, const char *path)
{
	for (size_t i = 0; i < a->match_count; i++)
		if (pattern_matches_cgroup(a->matches[i].pattern, path))
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

static bool belongs_to_run(struct engine *engine, const struct capward_scope *scope)
{
	struct capward_policy policy;

	return !engine_policy(engine, scope->policy, &policy) && policy.flags & CAPWARD_POLICY_RUN;
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

	*want = (struct capward_govern){
		.cgroup = id, .root = id, .outer = parent_id, .policy = slot};
	want->flags = container ? CAPWARD_SCOPE_CONTAINER : 0;
	if (is_scope && belongs_to_run(a->engine, &here)) {
		want->policy = here.policy;
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
	want->policy = container ? a->container_policy : CAPWARD_POLICY_OBSERVE;
	return container || is_scope;
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

int assign_all(struct engine *engine, size_t *changed, struct error *err)
{
	struct assignment a = {.engine = engine, .err = err};
	int code = 0;

	a.match_count = engine_matches(engine, a.matches);
	a.container_policy = engine_state(engine)->container_policy;
	*changed = 0;
	for (int walk = 0; walk < WALKS; walk++) {
		a.changed = 0;
		code = cgroup_walk(assign_cgroup, &a, err);
		*changed += a.changed;
		if (code || a.code || !a.changed)
			break;
	}
	if (!code && !a.code && *changed)
		code = engine_seed(engine, err);
	return code ? code : a.code;
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

int assign_one(struct engine *engine, const char *path, __u32 slot, __u32 flags, __u64 *id,
	       struct error *err)
{
	struct capward_govern request = {.policy = slot, .flags = flags};
	struct capward_scope scope;
	int depth = 0, code = cgroup_id(path, id, err);

	if (code)
		return code;
	request.cgroup = *id;
	request.root = *id;
	request.outer = scope_around(engine, path);
	for (__u64 at = request.outer; at && !engine_scope(engine, at, &scope); at = scope.outer)
		if (++depth > CAPWARD_NESTING)
			return error_set(err, -ELOOP,
					 "cgroup %s: it lies within %d scopes, and capward follows "
					 "no more",
					 path, CAPWARD_NESTING);
	return engine_govern(engine, &request, err);
}

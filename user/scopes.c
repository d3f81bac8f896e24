// SPDX-License-Identifier: GPL-2.0-or-later
#include "scopes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	__u64 cgroup;
	struct capward_scope scope;
};

struct entries {
	struct entry *list;
	size_t count, room;
};

static int keep_entry(void *context, __u64 cgroup, const struct capward_scope *scope)
{
	struct entries *entries = context;

	/* Twice the map, for what a walk sees twice while cgroups come and go. */
	if (entries->count == 2 * (size_t)CAPWARD_SCOPES)
		return -EAGAIN;
	if (entries->count == entries->room) {
		size_t room = entries->room ? entries->room * 2 : 64;
		struct entry *grown = realloc(entries->list, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		entries->list = grown;
		entries->room = room;
	}
	entries->list[entries->count++] = (struct entry){.cgroup = cgroup, .scope = *scope};
	return 0;
}

/* By scope, the scope's own entry first. */
static int by_root(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->scope.root != b->scope.root)
		return a->scope.root < b->scope.root ? -1 : 1;
	if ((a->cgroup == a->scope.root) != (b->cgroup == b->scope.root))
		return a->cgroup == a->scope.root ? -1 : 1;
	return a->cgroup < b->cgroup ? -1 : a->cgroup > b->cgroup;
}

/*
 * Sort @entries and drop what is there twice: an entry that was removed, and made again in another place,
 * while they were read.
 */
static void sort_entries(struct entries *entries)
{
	size_t kept = 0;

	if (!entries->count)
		return;
	qsort(entries->list, entries->count, sizeof(*entries->list), by_root);
	for (size_t i = 1; i < entries->count; i++)
		if (entries->list[i].cgroup != entries->list[kept].cgroup)
			entries->list[++kept] = entries->list[i];
	entries->count = kept + 1;
}

static int by_path(const void *left, const void *right)
{
	const struct scope_view *a = left, *b = right;

	return strcmp(a->path, b->path);
}

static void read_counts(struct engine *engine, struct scope_view *view,
			const struct capward_scope *root)
{
	struct capward_evidence evidence;

	for (__u32 verdict = CAPWARD_DENIED; verdict < CAPWARD_VERDICTS; verdict++)
		for (__u32 permission = 0; permission < CAPWARD_OPS_END; permission++)
			if (root->seen[verdict] >> permission & 1 &&
			    !engine_evidence(engine, view->id, permission, verdict, &evidence))
				view->counts[verdict][permission] = evidence.count;
}

/* Make @view of the scope whose entries begin at @first; false: its cgroup is gone. */
static bool view_of(struct engine *engine, const struct entry *first, size_t count,
		    struct scope_view *view)
{
	char path[CGROUP_PATH];

	*view = (struct scope_view){.id = first->scope.root, .cgroups = count};
	if (first->cgroup != view->id || cgroup_path(view->id, path))
		return false;
	view->path = strdup(path);
	if (!view->path)
		return false;
	view->slot = first->scope.policy;
	engine_policy(engine, view->slot, &view->policy);
	read_counts(engine, view, &first->scope);
	view->uncounted = first->scope.uncounted;
	view->limited = first->scope.limited;
	view->strict = first->scope.flags & CAPWARD_SCOPE_STRICT;
	for (size_t i = 0; i < count; i++)
		for (size_t cap = 0; cap < CAPWARD_CAPS; cap++)
			view->counts[CAPWARD_USED][cap] += first[i].scope.used[cap];
	return true;
}

int scopes_read(struct engine *engine, struct scope_list *out, struct error *err)
{
	struct entries entries = {};
	struct scope_list list = {};
	int code = engine_scopes(engine, keep_entry, &entries);

	if (!code && entries.count) {
		list.scopes = calloc(entries.count, sizeof(*list.scopes));
		if (!list.scopes)
			code = -ENOMEM;
	}
	if (code) {
		free(entries.list);
		return error_set(err, code, "read the scopes: %s", strerror(-code));
	}
	sort_entries(&entries);
	for (size_t i = 0, n; i < entries.count; i += n) {
		for (n = 1; i + n < entries.count; n++)
			if (entries.list[i + n].scope.root != entries.list[i].scope.root)
				break;
		if (view_of(engine, &entries.list[i], n, &list.scopes[list.count]))
			list.count++;
	}
	free(entries.list);
	if (list.count)
		qsort(list.scopes, list.count, sizeof(*list.scopes), by_path);
	*out = list;
	return 0;
}

void scopes_free(struct scope_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->scopes[i].path);
	free(list->scopes);
	*list = (struct scope_list){};
}

struct beginning {
	struct engine *engine;
	__u64 root;
};

static int begin_entry(void *context, __u64 cgroup, const struct capward_scope *scope)
{
	struct beginning *beginning = context;
	int code =
		scope->root == beginning->root ? engine_begin_anew(beginning->engine, cgroup) : 0;

	return code == -ENOENT ? 0 : code;
}

int scope_begin_anew(struct engine *engine, const struct scope_view *view)
{
	struct beginning beginning = {.engine = engine, .root = view->id};

	return engine_scopes(engine, begin_entry, &beginning);
}

__u64 scope_total(const struct scope_view *view, enum capward_verdict verdict)
{
	__u64 total = 0;

	for (size_t i = 0; i < CAPWARD_OPS_END; i++)
		total += view->counts[verdict][i];
	return total;
}

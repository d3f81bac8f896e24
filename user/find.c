// SPDX-License-Identifier: GPL-2.0-or-later
#include "find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "output.h"
#include "pattern.h"

/* The shortest beginning of a container's id that is taken for one. */
#define SHORTEST_PREFIX 4

/* Scopes that an error lists. */
#define LISTED	   4
#define SHOWN_PATH 200
#define SHOWN_NAME 100

/* The scopes that answer best so far. */
struct matches {
	const struct scope_view **views;
	size_t count;
	int rank;
};

/* Whether the cgroup @path is below the cgroup @above. */
static bool is_below(const char *path, const char *above)
{
	size_t length = strlen(above);

	return !strncmp(path, above, length) && path[length] == '/';
}

static bool are_one_container(const char *path, const char *other)
{
	struct container a = container_of_cgroup(path), b = container_of_cgroup(other);

	return a.id[0] && !strcmp(a.id, b.id) && !strcmp(a.runtime, b.runtime);
}

/* Keep @view, whose path comes after those of the others, if none answers better. */
static void offer(struct matches *matches, int rank, const struct scope_view *view)
{
	if (matches->count && rank > matches->rank)
		return;
	if (rank < matches->rank)
		matches->count = 0;
	matches->rank = rank;
	for (size_t i = 0; i < matches->count; i++)
		if (is_below(view->path, matches->views[i]->path) &&
		    are_one_container(view->path, matches->views[i]->path))
			return;
	matches->views[matches->count++] = view;
}

/* Whether @name is "@pod/@container". */
static bool is_in_pod(const char *name, const char *pod, const char *container)
{
	size_t length;

	if (!pod || !container)
		return false;
	length = strlen(pod);
	return !strncmp(name, pod, length) && name[length] == '/' &&
	       !strcmp(name + length + 1, container);
}

int find_rank(const struct identity *identity, const char *name)
{
	const char *id = identity->container.id;
	int claimed = identity->claimed ? FIND_CLAIMED : 0;

	if (!strcmp(id, name))
		return claimed + FIND_BY_ID;
	if ((identity->name && !strcmp(identity->name, name)) ||
	    is_in_pod(name, identity->pod, identity->name))
		return claimed + FIND_BY_NAME;
	if (strlen(name) >= SHORTEST_PREFIX && container_is_id(id) &&
	    !strncmp(id, name, strlen(name)))
		return claimed + FIND_BY_PREFIX;
	return -1;
}

/* Find what has the id or unit @name by its path, as most that is asked for. */
static void find_by_id(const struct scope_list *list, const char *name, struct matches *matches)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *path = list->scopes[i].path;
		struct container container = container_of_cgroup(path);

		if (!strcmp(container.id, name) && !container_is_inner(path) &&
		    !container_user(path) && !pattern_spares(path))
			offer(matches, FIND_BY_ID, &list->scopes[i]);
	}
}

static int find_by_all(const struct scope_list *list, const char *root, const char *name,
		       struct matches *matches, struct error *err)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct scope_view *view = &list->scopes[i];
		struct identity identity;
		int rank, code;

		/* A monitor has its container's id in its name. */
		if (pattern_spares(view->path))
			continue;
		code = identity_of(root, view->path, &identity, err);
		if (code)
			return error_wrap(err, code, "cgroup %s", view->path);
		rank = find_rank(&identity, name);
		if (rank >= 0)
			offer(matches, rank, view);
		identity_free(&identity);
	}
	return 0;
}

static int no_scope(const char *name, struct error *err)
{
	char shown[SHOWN_NAME];

	text_escape(shown, sizeof(shown), name, strlen(name));
	return error_set(err, -ENOENT,
			 "there is no %s; name a container by its id, the beginning of it, its "
			 "name or POD/CONTAINER, a unit by its full name, or a cgroup by its path",
			 shown);
}

static int several(const char *name, const struct matches *matches, struct error *err)
{
	char shown[SHOWN_NAME], list[LISTED * (SHOWN_PATH + 2) + 1] = "", path[SHOWN_PATH];
	size_t used = 0;

	for (size_t i = 0; i < matches->count && i < LISTED; i++) {
		text_escape(path, sizeof(path), matches->views[i]->path,
			    strlen(matches->views[i]->path));
		used += snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", path);
	}
	text_escape(shown, sizeof(shown), name, strlen(name));
	return error_set(err, -ENOTUNIQ, "%s is %zu scopes; give the cgroup of one: %s%s", shown,
			 matches->count, list, matches->count > LISTED ? ", ..." : "");
}

static int find(const struct scope_list *list, const char *root, const char *name,
		struct matches *matches, struct error *err)
{
	if (name[0] == '/') {
		for (size_t i = 0; i < list->count; i++)
			if (!strcmp(list->scopes[i].path, name))
				offer(matches, FIND_BY_ID, &list->scopes[i]);
		return 0;
	}
	if (!name[0])
		return 0;
	find_by_id(list, name, matches);
	return matches->count ? 0 : find_by_all(list, root, name, matches, err);
}

int scopes_find(const struct scope_list *list, const char *root, const char *name,
		const struct scope_view **out, struct error *err)
{
	struct matches matches = {.views = calloc(list->count + 1, sizeof(*matches.views))};
	int code;

	if (!matches.views)
		return error_set(err, -ENOMEM, "out of memory");
	code = find(list, root, name, &matches, err);
	if (!code && !matches.count)
		code = no_scope(name, err);
	else if (!code && matches.count > 1)
		code = several(name, &matches, err);
	else if (!code)
		*out = matches.views[0];
	free(matches.views);
	return code;
}

/* What is not governed */

static int view_by_path(const void *left, const void *right)
{
	const struct scope_view *a = left, *b = right;

	return strcmp(a->path, b->path);
}

static bool is_listed(const struct scope_list *list, const char *path)
{
	struct scope_view key = {.path = (char *)path};

	return list->count &&
	       bsearch(&key, list->scopes, list->count, sizeof(*list->scopes), view_by_path);
}

/* Views to be added to a list, which stays in order meanwhile. */
struct addition {
	const struct scope_list *list;
	struct scope_list more;
	size_t room;
	bool visited; /* any cgroup */
	int code;     /* of adding */
};

static int add_view(struct addition *addition, const char *path, __u64 id)
{
	struct scope_list *more = &addition->more;
	struct scope_view view = {.id = id};

	if (more->count == addition->room) {
		size_t room = addition->room ? 2 * addition->room : 16;
		struct scope_view *grown = realloc(more->scopes, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		more->scopes = grown;
		addition->room = room;
	}
	view.path = strdup(path);
	if (!view.path)
		return -ENOMEM;
	more->scopes[more->count++] = view;
	return 0;
}

/* Whether the cgroup @path is that of a container or a unit itself, and not within one. */
static bool is_outermost(const char *path)
{
	struct container container = container_of_cgroup(path), around;
	char parent[CGROUP_PATH];

	if (!container.id[0] || strlen(path) >= sizeof(parent))
		return false;
	strcpy(parent, path);
	*strrchr(parent, '/') = '\0';
	around = container_of_cgroup(parent);
	return strcmp(container.id, around.id) || strcmp(container.runtime, around.runtime);
}

static int add_if_ungoverned(void *context, const char *path, __u64 id, __u64 parent, __u64 *mine)
{
	struct addition *addition = context;

	(void)parent;
	(void)mine;
	addition->visited = true;
	if (path[0] != '/' || pattern_spares(path) || !is_outermost(path) ||
	    is_listed(addition->list, path))
		return 0;
	addition->code = add_view(addition, path, id);
	return addition->code;
}

/* Move the views of @addition to @list. */
static int merge(struct scope_list *list, struct addition *addition)
{
	size_t count = list->count + addition->more.count;
	struct scope_view *grown = realloc(list->scopes, (count + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	for (size_t i = 0; i < addition->more.count; i++)
		grown[list->count + i] = addition->more.scopes[i];
	qsort(grown, count, sizeof(*grown), view_by_path);
	*list = (struct scope_list){grown, count};
	addition->more.count = 0;
	return 0;
}

int scopes_add_ungoverned(struct scope_list *list, struct error *err)
{
	struct addition addition = {.list = list};
	struct error own = {""};
	int code = cgroup_walk(add_if_ungoverned, &addition, &own);

	/* One that cannot be opened, as one that was made too deep for that, hides no other. */
	if (addition.visited)
		code = addition.code;
	if (!code)
		code = merge(list, &addition);
	scopes_free(&addition.more);
	if (!code)
		return 0;
	return error_set(err, code, "read the cgroups: %s",
			 own.text[0] ? own.text : strerror(-code));
}

int scopes_add_cgroup(struct scope_list *list, const char *path, struct error *err)
{
	struct addition addition = {.list = list};
	__u64 id;
	int code;

	if (is_listed(list, path))
		return 0;
	code = cgroup_id(path, &id, err);
	if (code)
		return code;
	code = add_view(&addition, path, id);
	if (!code)
		code = merge(list, &addition);
	scopes_free(&addition.more);
	return code ? error_set(err, code, "out of memory") : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scope by the name that a person gave it.
 */
#ifndef CAPWARD_FIND_H
#define CAPWARD_FIND_H

#include "error.h"
#include "identity.h"
#include "scopes.h"

/*
 * By what a container answers to a name; the smaller, the better. Where its owner may call it anything,
 * FIND_CLAIMED is added.
 */
enum find_rank {
	FIND_BY_ID,
	FIND_BY_NAME,
	FIND_BY_PREFIX,
	FIND_CLAIMED,
};

/*
 * Find in @list the scope that @name means, by the first of these that any scope answers to:
 *
 *   1. the path of its cgroup, where @name begins with '/', and then nothing else
 *   2. the container's id, or the unit's full name
 *   3. the container's name, or POD/CONTAINER
 *   4. the beginning of the container's id, 4 characters or more
 *
 * A container that somebody else than root may call anything (identity.h: claimed) answers only where
 * no other does. A scope within another one of the same container stands back behind that one, and
 * a runtime's monitor answers to its path alone. Files of runtimes are read below @root ("" for this
 * host).
 *
 * *@out points into @list. -ENOENT: none. -ENOTUNIQ: several, and the text has their cgroups.
 * -ENOMEM.
 */
int scopes_find(const struct scope_list *list, const char *root, const char *name,
		const struct scope_view **out, struct error *err);

/* How well @identity answers to @name, as 2. to 4. above have it; negative: it does not. */
int find_rank(const struct identity *identity, const char *name);

/*
 * Add to @list the containers and services of this host that are no scope, as views without cgroups
 * (cgroups is 0) and without a policy; what is in a cgroup that cannot be opened is passed over. On failure
 * @list is as it was.
 */
int scopes_add_ungoverned(struct scope_list *list, struct error *err);

/*
 * Add the cgroup @path in the same way, if it is not in @list. -ENOENT: there is no such cgroup.
 */
int scopes_add_cgroup(struct scope_list *list, const char *path, struct error *err);

#endif

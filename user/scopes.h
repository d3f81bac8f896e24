/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scopes as people see them: a scope with the cgroups below it as one.
 */
#ifndef CAPWARD_SCOPES_H
#define CAPWARD_SCOPES_H

#include "cgroup.h"
#include "engine.h"

struct scope_view {
	__u64 id; /* of its cgroup */
	char *path;
	__u32 slot; /* of its policy */
	struct capward_policy policy;
	__u64 counts[CAPWARD_VERDICTS][CAPWARD_OPS_END]; /* by capability, then operation */
	__u64 uncounted, limited;
	bool strict;
	size_t cgroups; /* entries it has in the kernel */
};

struct scope_list {
	struct scope_view *scopes; /* by path */
	size_t count;
};

/*
 * Read all scopes whose cgroup exists into *@out, which the caller frees with scopes_free(); on
 * success only.
 */
int scopes_read(struct engine *engine, struct scope_list *out, struct error *err);

void scopes_free(struct scope_list *list);

/*
 * Begin to count anew in @view's scope and the cgroups below it, and forget what was seen in it; the totals of
 * the host keep it. A cgroup that goes meanwhile is no failure.
 */
int scope_begin_anew(struct engine *engine, const struct scope_view *view);

/* How often @verdict was given in @view, over all capabilities and operations. */
__u64 scope_total(const struct scope_view *view, enum capward_verdict verdict);

#endif

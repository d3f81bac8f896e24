// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "find.h"

static struct workload *make(size_t count)
{
	struct workload *workload = calloc(1, sizeof(*workload));

	if (!workload)
		return NULL;
	workload->scopes = calloc(count, sizeof(const struct scope_view *));
	if (!workload->scopes) {
		free(workload);
		return NULL;
	}
	return workload;
}

static void add(struct workload *workload, const struct scope_view *view)
{
	for (size_t i = 0; i < workload->count; i++)
		if (workload->scopes[i] == view)
			return;
	workload->scopes[workload->count++] = view;
}

static void learn(struct workload *workload, struct engine *engine, __u64 keep, __u64 drop)
{
	for (size_t i = 0; i < workload->count; i++)
		evidence_add_scope(engine, workload->scopes[i], &workload->evidence);
	needs_of(&workload->evidence, keep, drop, workload->needs);
}

int workload_named(struct engine *engine, const struct scope_list *list, char *const *names,
		   size_t count, __u64 keep, __u64 drop, struct workload **out, struct error *err)
{
	struct workload *workload = make(count);
	const struct scope_view *view;
	int code = 0;

	if (!workload)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	for (size_t i = 0; !code && i < count; i++) {
		code = scopes_find(list, "", names[i], &view, err);
		if (!code)
			add(workload, view);
	}
	if (code) {
		workload_free(workload);
		return code;
	}
	learn(workload, engine, keep, drop);
	*out = workload;
	return 0;
}

int workload_of(struct engine *engine, const struct scope_view *view, __u64 keep, __u64 drop,
		struct workload **out)
{
	struct workload *workload = make(1);

	if (!workload)
		return -ENOMEM;
	add(workload, view);
	learn(workload, engine, keep, drop);
	*out = workload;
	return 0;
}

__u64 workload_since(const struct workload *workload)
{
	__u64 since = 0;

	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++) {
		struct capward_evidence sum;

		evidence_sum(&workload->evidence, cap, &sum);
		if (sum.first && (!since || sum.first < since))
			since = sum.first;
	}
	return since;
}

void workload_free(struct workload *workload)
{
	if (!workload)
		return;
	free(workload->scopes);
	free(workload);
}

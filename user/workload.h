/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is learned of scopes that are one workload: what was seen in all of them, and what it needs.
 */
#ifndef CAPWARD_WORKLOAD_H
#define CAPWARD_WORKLOAD_H

#include "error.h"
#include "need.h"

struct workload {
	const struct scope_view **scopes; /* of the list it was made from */
	size_t count;
	struct evidence evidence;
	struct need needs[CAPWARD_CAPS];
};

/*
 * Make *@out of the scopes in @list that the @count @names mean (find.h), each once; the capabilities in
 * @keep are needed and those in @drop are not, whatever was seen. Reads what the kernel knows. The caller
 * frees it with workload_free(). Errors as of scopes_find(), -ENOMEM.
 */
int workload_named(struct engine *engine, const struct scope_list *list, char *const *names,
		   size_t count, __u64 keep, __u64 drop, struct workload **out, struct error *err);

/* The same of one scope. -ENOMEM. */
int workload_of(struct engine *engine, const struct scope_view *view, __u64 keep, __u64 drop,
		struct workload **out);

/* When the first of it was seen, ns since boot; 0: never. */
__u64 workload_since(const struct workload *workload);

/* Free @workload (may be NULL). */
void workload_free(struct workload *workload);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The evidence that the kernel has of a scope. Apart from evidence.h, which knows no kernel, so that what
 * reads records of others does not depend on one.
 */
#ifndef CAPWARD_EVIDENCE_READ_H
#define CAPWARD_EVIDENCE_READ_H

#include "engine.h"
#include "evidence.h"
#include "scopes.h"

/* Have the times in @known, ns since boot as the kernel has them, be of the day. */
void evidence_date(struct capward_evidence *known);

/*
 * Add what the kernel knows of @view's scope to @evidence. A scope that goes meanwhile adds what was
 * still there.
 */
void evidence_read_scope(struct engine *engine, const struct scope_view *view,
			 struct evidence *evidence);

/*
 * The same of a scope that is gone, whose evidence the kernel kept (state.keep).
 */
void evidence_read_gone(struct engine *engine, __u64 scope, struct evidence *evidence);

#endif

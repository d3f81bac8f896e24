/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of the capabilities of a scope, or of several together: how often, when, by which
 * system calls and programs, for each verdict.
 */
#ifndef CAPWARD_EVIDENCE_H
#define CAPWARD_EVIDENCE_H

#include <jansson.h>

#include "engine.h"
#include "scopes.h"

/* 100 KB: not for the stack. All zero: nothing is known. */
struct evidence {
	struct capward_evidence of[CAPWARD_VERDICTS][CAPWARD_CAPS];
};

/*
 * Add what the kernel knows of @view's scope to @evidence. A scope that goes meanwhile adds what was
 * still there.
 */
void evidence_add_scope(struct engine *engine, const struct scope_view *view,
			struct evidence *evidence);

/*
 * Add @from to @into, both of one verdict on one capability: counts are added, the first is the
 * earlier one, the last the later one. Programs that find no place are counted in other_programs.
 */
void evidence_add(struct capward_evidence *into, const struct capward_evidence *from);

/*
 * How often @cap was asked for and would have been recorded for the audit log, under @verdict: the
 * others were asked in passing.
 */
__u64 evidence_audited(const struct evidence *evidence, unsigned int cap, __u32 verdict);

/* What is known of @cap under all verdicts together, into *@out. */
void evidence_sum(const struct evidence *evidence, unsigned int cap, struct capward_evidence *out);

/*
 * The fields that describe @known in JSON: first, last, syscalls, programs, userns_levels and so on, as
 * capward(8) has them. NULL without memory; the caller owns the reference.
 */
json_t *evidence_json(const struct capward_evidence *known);

/* Write "setuid, setgroups by nginx, sh" into @text, an array of @size bytes, escaped. Returns @text. */
const char *evidence_ways(const struct capward_evidence *known, char *text, size_t size);

#endif

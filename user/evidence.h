/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of the capabilities of a scope, or of several together: how often, when, by which
 * system calls and programs, for each verdict.
 */
#ifndef CAPWARD_EVIDENCE_H
#define CAPWARD_EVIDENCE_H

#include <jansson.h>
#include <stdbool.h>

#include "capward/abi.h"

/*
 * By verdict, then by capability and operation; the times are of the day, ns since 1970, not since boot
 * as the kernel has them. 170 KB: not for the stack. All zero: nothing is known.
 */
struct evidence {
	struct capward_evidence of[CAPWARD_VERDICTS][CAPWARD_OPS_END];
};

/* Whether nothing is known. */
bool evidence_is_empty(const struct evidence *evidence);

/* Add all of @from to @into, as evidence_add() does. */
void evidence_merge(struct evidence *into, const struct evidence *from);

/*
 * Add @from to @into, both of one verdict on one capability: counts are added, the first is the
 * earlier one, the last the later one. Programs that find no place are counted in other_programs.
 */
void evidence_add(struct capward_evidence *into, const struct capward_evidence *from);

/*
 * How often there was @verdict on @cap with something that depended on it: the others were asked in passing.
 */
__u64 evidence_audited(const struct evidence *evidence, unsigned int cap, __u32 verdict);

/* What is known of @cap under all verdicts together, into *@out. */
void evidence_sum(const struct evidence *evidence, unsigned int cap, struct capward_evidence *out);

/*
 * The fields that describe @known in JSON: first, last, syscalls, programs, userns_levels, object and so on, as
 * capward(8) has them. NULL without memory; the caller owns the reference.
 */
json_t *evidence_json(const struct capward_evidence *known);

/* Of those, the lists of system calls, by name, and of user namespace levels; the same in every document. */
json_t *evidence_syscalls(const struct capward_evidence *known);
json_t *evidence_levels(const struct capward_evidence *known);

/* Write "setuid, setgroups by nginx, sh" into @text, an array of @size bytes, escaped. Returns @text. */
const char *evidence_ways(const struct capward_evidence *known, char *text, size_t size);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
#include "evidence_read.h"

#include "clock.h"

/* Have the times in @known, ns since boot, be of the day. */
static void date(struct capward_evidence *known)
{
	if (known->first)
		known->first = clock_of_day(known->first);
	if (known->last)
		known->last = clock_of_day(known->last);
}

void evidence_read_scope(struct engine *engine, const struct scope_view *view,
			 struct evidence *evidence)
{
	for (__u32 verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		for (__u32 permission = 0; permission < CAPWARD_OPS_END; permission++) {
			struct capward_evidence known;

			if (!view->counts[verdict][permission])
				continue;
			/* Without memory the kernel kept the count alone. */
			if (engine_evidence(engine, view->id, permission, verdict, &known))
				known = (struct capward_evidence){};
			known.count = view->counts[verdict][permission];
			date(&known);
			evidence_add(&evidence->of[verdict][permission], &known);
		}
}

void evidence_read_gone(struct engine *engine, __u64 scope, struct evidence *evidence)
{
	for (__u32 verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		for (__u32 permission = 0; permission < CAPWARD_OPS_END; permission++) {
			struct capward_evidence known;

			if (engine_evidence(engine, scope, permission, verdict, &known))
				continue;
			date(&known);
			evidence_add(&evidence->of[verdict][permission], &known);
		}
}

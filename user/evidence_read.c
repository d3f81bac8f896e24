// SPDX-License-Identifier: GPL-2.0-or-later
#include "evidence_read.h"

#include "clock.h"

/* @boot_ns as a time of the day, 0 being none; the clock may have been set to before it. */
static __u64 date_of(__u64 boot_ns)
{
	long long ns = boot_ns ? clock_of_day(boot_ns) : 0;

	return boot_ns && ns < 1 ? 1 : (__u64)ns;
}

void evidence_date(struct capward_evidence *known)
{
	known->first = date_of(known->first);
	known->last = date_of(known->last);
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
			evidence_date(&known);
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
			evidence_date(&known);
			evidence_add(&evidence->of[verdict][permission], &known);
		}
}

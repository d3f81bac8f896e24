// SPDX-License-Identifier: GPL-2.0-or-later
#include "need.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* What the verdicts alone say of @cap. */
static struct need need_of(const struct evidence *evidence, unsigned int cap)
{
	if (evidence_audited(evidence, cap, CAPWARD_USED))
		return (struct need){NEED_YES, "used"};
	if (evidence_audited(evidence, cap, CAPWARD_WOULD_DENY))
		return (struct need){NEED_YES, "used, not in its profile"};
	if (evidence_audited(evidence, cap, CAPWARD_HELD))
		return (struct need){NEED_HELD, "of a program's file or ambient, not used"};
	if (evidence_audited(evidence, cap, CAPWARD_DENIED))
		return (struct need){NEED_UNKNOWN, "denied"};
	if (evidence_audited(evidence, cap, CAPWARD_REFUSED))
		return (struct need){NEED_UNKNOWN, "refused, was not granted"};
	if (evidence->of[CAPWARD_HELD][cap].count)
		return (struct need){NEED_NO, "named to capset, not used"};
	if (evidence->of[CAPWARD_PROBED][cap].count ||
	    evidence->of[CAPWARD_WOULD_DENY][cap].count ||
	    evidence->of[CAPWARD_DENIED][cap].count || evidence->of[CAPWARD_REFUSED][cap].count)
		return (struct need){NEED_NO, "only asked in passing"};
	if (evidence->of[CAPWARD_LENT][cap].count)
		return (struct need){NEED_NO, "only with a credential of the host's"};
	if (evidence->of[CAPWARD_SET_UP][cap].count)
		return (struct need){NEED_NO, "only by the runtime"};
	return (struct need){};
}

/* The uses of @cap, whether its profile has it or not. */
static struct capward_evidence uses(const struct evidence *evidence, unsigned int cap)
{
	struct capward_evidence all = {};

	evidence_add(&all, &evidence->of[CAPWARD_USED][cap]);
	evidence_add(&all, &evidence->of[CAPWARD_WOULD_DENY][cap]);
	return all;
}

static bool used_by(const struct evidence *evidence, unsigned int cap, unsigned int number)
{
	return uses(evidence, cap).syscalls[number / 64] >> (number & 63) & 1;
}

/* Whether @cap was used by the @count system calls @numbers and by nothing else. */
static bool only_by(const struct evidence *evidence, unsigned int cap, const unsigned int *numbers,
		    size_t count)
{
	struct capward_evidence all = uses(evidence, cap);
	__u64 bits = 0;

	for (size_t i = 0; i < count; i++)
		all.syscalls[numbers[i] / 64] &= ~(1ULL << (numbers[i] & 63));
	for (size_t i = 0; i < CAPWARD_SYSCALLS / 64; i++)
		bits |= all.syscalls[i];
	return all.count && !bits && !all.other_syscalls;
}

/* Without @cap the kernel would ask for @other next, and that would do. */
static void fold(struct need *needs, unsigned int cap, unsigned int other, const char *why)
{
	needs[cap] = (struct need){NEED_NO, why};
	if (needs[other].needed != NEED_YES)
		needs[other] = (struct need){NEED_YES, "asked for next"};
}

void needs_of(const struct evidence *evidence, __u64 keep, __u64 drop,
	      struct need needs[static CAPWARD_CAPS])
{
	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++)
		needs[cap] = need_of(evidence, cap);
	if (needs[CAP_DAC_READ_SEARCH].needed == NEED_YES &&
	    needs[CAP_DAC_OVERRIDE].needed == NEED_YES &&
	    !used_by(evidence, CAP_DAC_READ_SEARCH, SYS_open_by_handle_at) &&
	    !used_by(evidence, CAP_DAC_READ_SEARCH, SYS_linkat))
		fold(needs, CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE,
		     "tried before DAC_OVERRIDE, which serves");
	if (needs[CAP_SYS_ADMIN].needed == NEED_YES &&
	    only_by(evidence, CAP_SYS_ADMIN, (const unsigned int[]){SYS_ioprio_set}, 1))
		fold(needs, CAP_SYS_ADMIN, CAP_SYS_NICE, "tried before SYS_NICE, which serves");
	if (needs[CAP_NET_RAW].needed == NEED_YES && needs[CAP_NET_ADMIN].needed == NEED_YES &&
	    only_by(evidence, CAP_NET_RAW, (const unsigned int[]){SYS_setsockopt}, 1))
		needs[CAP_NET_RAW].why = "tried before NET_ADMIN, which may serve";
	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++) {
		if (keep >> cap & 1)
			needs[cap] = (struct need){NEED_YES, "as you say"};
		if (drop >> cap & 1)
			needs[cap] = (struct need){NEED_NO, "as you say"};
	}
}

__u64 needs_mask(const struct need needs[static CAPWARD_CAPS], bool held)
{
	__u64 mask = 0;

	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++)
		if (needs[cap].needed == NEED_YES || (held && needs[cap].needed == NEED_HELD))
			mask |= 1ULL << cap;
	return mask;
}

__u64 needs_untried(const struct evidence *evidence, const struct need needs[static CAPWARD_CAPS],
		    __u64 granted)
{
	static const enum capward_verdict asked[] = {
		CAPWARD_USED, CAPWARD_DENIED, CAPWARD_WOULD_DENY, CAPWARD_PROBED, CAPWARD_REFUSED};

	granted &= ~needs_mask(needs, false);
	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++)
		for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
			if (evidence->of[asked[i]][cap].count)
				granted &= ~(1ULL << cap);
	return granted;
}

static int by_begin(const void *left, const void *right)
{
	const struct need_span *a = left, *b = right;

	return a->from < b->from ? -1 : a->from > b->from;
}

__u64 need_watched(struct need_span *spans, size_t count)
{
	__u64 sum = 0, until = 0;

	if (count)
		qsort(spans, count, sizeof(*spans), by_begin);
	for (size_t i = 0; i < count; i++) {
		__u64 from = spans[i].from > until ? spans[i].from : until;

		if (spans[i].to <= from)
			continue;
		sum += spans[i].to - from;
		until = spans[i].to;
	}
	return sum;
}

bool need_is_short(__u64 ns, __u64 runs)
{
	return ns < 3600000000000ULL || runs < 2;
}

const char *need_name(enum needed needed)
{
	static const char *const names[] = {[NEED_NONE] = "-",
					    [NEED_NO] = "no",
					    [NEED_UNKNOWN] = "unknown",
					    [NEED_HELD] = "held",
					    [NEED_YES] = "yes"};

	return names[needed];
}

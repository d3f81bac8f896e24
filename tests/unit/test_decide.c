// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The decision over every mode, phase, kind of credential, capability number, and for each of them
 * allowed and not: the table below, written apart from the code, is the specification.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "decide.h"

/* What is to come out for a capability outside the mask, and inside. */
static enum capward_verdict specified(enum capward_mode mode, enum phase phase,
				      enum credential credential, int in_mask)
{
	if (mode == CAPWARD_OFF)
		return CAPWARD_UNJUDGED;
	if (phase == PHASE_SET_UP)
		return CAPWARD_SET_UP;
	if (credential == CREDENTIAL_LENT)
		return CAPWARD_LENT;
	if (in_mask)
		return CAPWARD_USED;
	return mode == CAPWARD_ENFORCE ? CAPWARD_DENIED : CAPWARD_WOULD_DENY;
}

static void every_combination(void **state)
{
	unsigned long checked = 0;

	(void)state;
	for (int mode = CAPWARD_ENFORCE; mode <= CAPWARD_OFF; mode++)
		for (int phase = PHASE_WORKLOAD; phase <= PHASE_SET_UP; phase++)
			for (int credential = CREDENTIAL_OWN; credential <= CREDENTIAL_LENT;
			     credential++)
				for (unsigned int cap = 0; cap < CAPWARD_MODE_SHIFT; cap++) {
					const __u64 bit = 1ULL << cap;
					const __u64 with[] = {bit, CAPWARD_MASK, bit | 1};
					const __u64 without[] = {0, CAPWARD_MASK & ~bit, bit >> 1,
								 bit << 1};

					for (size_t i = 0; i < 3; i++, checked++)
						assert_int_equal(
							decide(policy_word(mode, with[i]), cap,
							       phase, credential),
							specified(mode, phase, credential, 1));
					for (size_t i = 0; i < 4; i++, checked++)
						assert_int_equal(
							decide(policy_word(mode, without[i]), cap,
							       phase, credential),
							specified(mode, phase, credential, 0));
				}
	assert_int_equal(checked, 4UL * 2 * 3 * 62 * 7);
}

/* Only an enforcing policy denies, and only its workload with credentials that are its own. */
static void only_enforce_denies(void **state)
{
	(void)state;
	for (int mode = CAPWARD_ENFORCE; mode <= CAPWARD_OFF; mode++)
		for (int phase = PHASE_WORKLOAD; phase <= PHASE_SET_UP; phase++)
			for (int credential = CREDENTIAL_OWN; credential <= CREDENTIAL_LENT;
			     credential++) {
				int denied = decide(policy_word(mode, 0), 21, phase, credential) ==
					     CAPWARD_DENIED;

				assert_int_equal(denied, mode == CAPWARD_ENFORCE &&
								 phase == PHASE_WORKLOAD &&
								 credential != CREDENTIAL_LENT);
			}
}

/* A slot that was never written, and a number no kernel has, are denials. */
static void doubt_is_denied(void **state)
{
	(void)state;
	for (unsigned int cap = 0; cap < 64; cap++)
		assert_int_equal(decide(0, cap, PHASE_WORKLOAD, CREDENTIAL_OWN), CAPWARD_DENIED);
	for (unsigned int cap = CAPWARD_MODE_SHIFT; cap < 1000; cap++)
		assert_int_equal(decide(policy_word(CAPWARD_ENFORCE, ~0ULL), cap, PHASE_WORKLOAD,
					CREDENTIAL_OWN),
				 CAPWARD_DENIED);
}

static void mode_and_mask_are_apart(void **state)
{
	(void)state;
	for (int mode = CAPWARD_ENFORCE; mode <= CAPWARD_OFF; mode++) {
		assert_int_equal(policy_mode(policy_word(mode, ~0ULL)), mode);
		assert_int_equal(policy_word(mode, ~0ULL) & CAPWARD_MASK, CAPWARD_MASK);
		assert_int_equal(policy_word(mode, 0) & CAPWARD_MASK, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination),
		cmocka_unit_test(only_enforce_denies),
		cmocka_unit_test(doubt_is_denied),
		cmocka_unit_test(mode_and_mask_are_apart),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}

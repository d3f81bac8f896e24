// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <linux/capability.h>

#include "trial.h"

static struct evidence before;

static struct capward_evidence denied(__u64 count, __u64 probes, __u64 syscalls)
{
	return (struct capward_evidence){.count = count, .probes = probes, .syscalls = {syscalls}};
}

static bool knows(unsigned int cap, struct capward_evidence now)
{
	return trial_knows(&before, cap, &now);
}

static int forget(void **state)
{
	(void)state;
	memset(&before, 0, sizeof(before));
	return 0;
}

static void what_was_denied_is_known(void **state)
{
	(void)state;
	before.of[CAPWARD_DENIED][CAP_CHOWN] = denied(4, 0, 0xe);
	before.of[CAPWARD_USED][CAP_KILL] = denied(9, 0, 0x2);
	assert_true(knows(CAP_CHOWN, denied(1, 0, 0x2)));
	assert_true(knows(CAP_CHOWN, denied(100, 0, 0xe)));
	/* In no system call, as of a work item of the kernel's. */
	assert_true(knows(CAP_CHOWN, denied(1, 0, 0)));
	assert_false(knows(CAP_CHOWN, denied(1, 0, 0x1)));
	/* That it was used is not that it was denied. */
	assert_false(knows(CAP_KILL, denied(1, 0, 0x2)));
	assert_false(knows(CAP_SYS_TIME, denied(1, 0, 0)));
}

static void what_would_be_denied_is_known_where_it_is_not_needed(void **state)
{
	(void)state;
	before.of[CAPWARD_WOULD_DENY][CAP_CHOWN] = denied(3, 0, 0x2);
	before.of[CAPWARD_WOULD_DENY][CAP_DAC_READ_SEARCH] = denied(3, 0, 0x2);
	before.of[CAPWARD_USED][CAP_DAC_OVERRIDE] = denied(3, 0, 0x2);
	before.of[CAPWARD_WOULD_DENY][CAPWARD_OP_MOUNT] = denied(3, 0, 0x2);
	before.of[CAPWARD_WOULD_DENY][CAPWARD_OP_BPF] = denied(3, 3, 0x2);
	assert_false(knows(CAP_CHOWN, denied(1, 0, 0x2)));
	assert_true(knows(CAP_DAC_READ_SEARCH, denied(1, 0, 0x2)));
	assert_false(knows(CAP_DAC_READ_SEARCH, denied(1, 0, 0x4)));
	assert_false(knows(CAPWARD_OP_MOUNT, denied(1, 0, 0x2)));
	assert_true(knows(CAPWARD_OP_BPF, denied(1, 0, 0x2)));
	/* What was denied stays known. */
	before.of[CAPWARD_DENIED][CAP_CHOWN] = denied(1, 0, 0x8);
	assert_true(knows(CAP_CHOWN, denied(1, 0, 0x8)));
	assert_false(knows(CAP_CHOWN, denied(1, 0, 0xa)));
}

static void what_it_lacks(void **state)
{
	const __u64 word = 1ULL << CAP_KILL | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAPWARD_OP_BPF;

	(void)state;
	assert_int_equal(trial_lacks(&before, word), 0);
	before.of[CAPWARD_USED][CAP_KILL] = denied(1, 0, 0x2);
	before.of[CAPWARD_USED][CAP_DAC_OVERRIDE] = denied(1, 0, 0x2);
	before.of[CAPWARD_WOULD_DENY][CAP_DAC_READ_SEARCH] = denied(1, 0, 0x2);
	before.of[CAPWARD_WOULD_DENY][CAP_SYS_BOOT] = denied(2, 2, 0x2);
	before.of[CAPWARD_DENIED][CAP_CHOWN] = denied(1, 0, 0x2);
	before.of[CAPWARD_HELD][CAP_SYSLOG] = denied(1, 0, 0x2);
	before.of[CAPWARD_USED][CAPWARD_OP_BPF] = denied(1, 0, 0x2);
	before.of[CAPWARD_WOULD_DENY][CAPWARD_OP_MODULE] = denied(1, 1, 0x2);
	before.of[CAPWARD_WOULD_DENY][CAPWARD_OP_TAMPER] = denied(1, 0, 0x2);
	assert_int_equal(trial_lacks(&before, word), 0);
	before.of[CAPWARD_WOULD_DENY][CAP_MKNOD] = denied(1, 0, 0x2);
	before.of[CAPWARD_USED][CAP_SYS_TIME] = denied(1, 0, 0x2);
	before.of[CAPWARD_WOULD_DENY][CAPWARD_OP_MOUNT] = denied(1, 0, 0x2);
	before.of[CAPWARD_USED][CAPWARD_OP_USERNS] = denied(1, 0, 0x2);
	assert_int_equal(trial_lacks(&before, word), 1ULL << CAP_MKNOD | 1ULL << CAP_SYS_TIME |
							     1ULL << CAPWARD_OP_MOUNT |
							     1ULL << CAPWARD_OP_USERNS);
}

static void what_is_asked_in_passing(void **state)
{
	(void)state;
	assert_true(knows(CAP_SYS_BOOT, denied(3, 3, 0x1)));
	assert_false(knows(CAP_SYS_BOOT, denied(4, 3, 0x1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_was_denied_is_known, forget),
		cmocka_unit_test_setup(what_would_be_denied_is_known_where_it_is_not_needed,
				       forget),
		cmocka_unit_test_setup(what_is_asked_in_passing, forget),
		cmocka_unit_test_setup(what_it_lacks, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

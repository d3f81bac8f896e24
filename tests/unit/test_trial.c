// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

static void what_is_known(void **state)
{
	(void)state;
	before.of[CAPWARD_WOULD_DENY][CAP_CHOWN] = denied(3, 0, 0x6);
	before.of[CAPWARD_DENIED][CAP_CHOWN] = denied(1, 0, 0x8);
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

static void what_is_asked_in_passing(void **state)
{
	(void)state;
	assert_true(knows(CAP_SYS_BOOT, denied(3, 3, 0x1)));
	assert_false(knows(CAP_SYS_BOOT, denied(4, 3, 0x1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known),
		cmocka_unit_test(what_is_asked_in_passing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

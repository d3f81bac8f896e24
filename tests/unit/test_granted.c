// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "granted.h"

static void bounding_set(void **state)
{
	__u64 caps = 1;

	(void)state;
	assert_int_equal(granted_parse("Name:\tx\nCapEff:\t00000000000000ff\n"
				       "CapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\n",
				       &caps),
			 0);
	assert_int_equal(caps, 0xa80425fb);
	/* Of a kernel with capabilities that capward does not know. */
	assert_int_equal(granted_parse("Name:\tx\nCapBnd:\tffffffffffffffff\n", &caps), 0);
	assert_int_equal(caps, 0x1ffffffffff);
}

static void no_bounding_set(void **state)
{
	__u64 caps = 1;

	(void)state;
	assert_int_equal(granted_parse("", &caps), -EINVAL);
	assert_int_equal(granted_parse("Name:\tx\nCapBnd:\t\n", &caps), -EINVAL);
	/* A name cannot have a line's end in it: the kernel escapes it (proc_task_name()). */
	assert_int_equal(granted_parse("Name:\t\\nCapBnd:\t0\n", &caps), -EINVAL);
	assert_int_equal(caps, 1);
}

static void root(void **state)
{
	(void)state;
	assert_true(granted_is_root("Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n"));
	assert_false(granted_is_root("Name:\tx\nUid:\t1000\t1000\t1000\t1000\nGid:\t0\t0\t0\t0\n"));
	/* It may become root again. */
	assert_true(granted_is_root("Name:\tx\nUid:\t1000\t1000\t0\t1000\n"));
	assert_true(granted_is_root("Name:\tx\nUid:\t1000\n"));
	assert_true(granted_is_root(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root),
		cmocka_unit_test(bounding_set),
		cmocka_unit_test(no_bounding_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

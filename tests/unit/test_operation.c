// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations: their names, and which of them a kernel can refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "operation.h"

static void names(void **state)
{
	(void)state;
	for (int i = CAPWARD_CAPS; i < CAPWARD_OP_TAMPER; i++) {
		const char *name = operation_name((unsigned int)i);

		assert_int_equal(operation_parse(name, strlen(name)), i);
		assert_int_equal(operation_find(name), i);
		assert_int_equal(operation_parse(name, strlen(name) - 1), -EINVAL);
	}
	assert_null(operation_name(CAPWARD_CAPS - 1));
	assert_null(operation_name(CAPWARD_OPS_END));
	/* No profile can allow it, but it is counted and can be looked for. */
	assert_int_equal(operation_parse("tamper", 6), -EINVAL);
	assert_int_equal(operation_find("tamper"), CAPWARD_OP_TAMPER);
	assert_int_equal(operation_find(""), -EINVAL);
}

static void nearest(void **state)
{
	char large[4096];

	(void)state;
	assert_string_equal(operation_nearest("io-uring"), "io_uring");
	assert_string_equal(operation_nearest("Modul"), "module");
	assert_null(operation_nearest("xyzzy"));
	assert_null(operation_nearest(""));
	memset(large, 'm', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	assert_null(operation_nearest(large));
}

static void text(void **state)
{
	char buf[OPERATION_TEXT];

	(void)state;
	assert_string_equal(operation_format(0, buf), "none");
	assert_string_equal(operation_format(OPERATION_BIT(CAPWARD_OP_BPF), buf), "bpf");
	assert_string_equal(
		operation_format(~0ULL, buf),
		"mount, module, device-nodes, raw-socket, file-attributes, bpf, userns, "
		"io_uring, tamper");
	assert_int_equal(operations_denied(~0ULL), 0);
	assert_int_equal(operations_denied(0), CAPWARD_OPS_MASK);
}

/* Without any one hook, just the operation that needs it cannot be refused. */
static void missing(void **state)
{
	const char *const *hooks = operation_hooks();
	bool has[OPERATION_HOOKS];

	(void)state;
	for (size_t without = 0; without < OPERATION_HOOKS; without++) {
		int affected = 0;

		memset(has, true, sizeof(has));
		has[without] = false;
		for (unsigned int i = CAPWARD_CAPS; i < CAPWARD_OP_TAMPER; i++) {
			const char *hook = operation_missing(i, has);

			if (!hook)
				continue;
			assert_string_equal(hook, hooks[without]);
			affected++;
		}
		/* Before 6.2 another hook has its part. */
		assert_int_equal(affected, strcmp(hooks[without], "bpf_lsm_inode_set_acl") != 0);
	}
	memset(has, false, sizeof(has));
	for (unsigned int i = CAPWARD_CAPS; i < CAPWARD_OP_TAMPER; i++)
		assert_non_null(operation_missing(i, has));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(nearest),
		cmocka_unit_test(text),
		cmocka_unit_test(missing),
	};

	return cmocka_run_group_tests_name("operation", tests, NULL, NULL);
}

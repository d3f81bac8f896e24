// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/capability.h>
#include <string.h>

#include "remedy.h"

static const char *remedy(struct remedy_case about)
{
	static char text[REMEDY_TEXT];

	return remedy_for(&about, text);
}

static void by_policy(void **state)
{
	(void)state;
	assert_string_equal(remedy((struct remedy_case){.verdict = CAPWARD_DENIED,
							.permission = CAP_CHOWN,
							.profile = "web"}),
			    "add CHOWN to `cap_add` of profile web");
	assert_string_equal(remedy((struct remedy_case){.verdict = CAPWARD_WOULD_DENY,
							.permission = CAP_CHOWN}),
			    "add CHOWN to `cap_add` of its profile");
	assert_string_equal(remedy((struct remedy_case){.verdict = CAPWARD_DENIED,
							.permission = CAP_CHOWN,
							.profile = "(run)"}),
			    "run it with --cap-add CHOWN");
	assert_string_equal(remedy((struct remedy_case){.verdict = CAPWARD_DENIED,
							.permission = CAPWARD_OP_BPF,
							.profile = "web"}),
			    "take bpf out of `deny` of profile web");
	assert_string_equal(remedy((struct remedy_case){.verdict = CAPWARD_DENIED,
							.permission = CAPWARD_OP_BPF,
							.profile = "(run)"}),
			    "run it without --deny bpf");
	assert_ptr_equal(strstr(remedy((struct remedy_case){.verdict = CAPWARD_DENIED,
							    .permission = CAPWARD_OP_TAMPER}),
				"none: "),
			 remedy((struct remedy_case){.verdict = CAPWARD_DENIED,
						     .permission = CAPWARD_OP_TAMPER}));
}

static void by_the_kernel(void **state)
{
	static const struct {
		const char *runtime, *wanted;
	} cases[] = {
		{"docker", "start it with --cap-add SYS_TIME"},
		{"podman", "start it with --cap-add SYS_TIME"},
		{"containerd", "start it with --cap-add CAP_SYS_TIME"},
		{"nspawn", "start it with --capability=CAP_SYS_TIME"},
		{"lxc", "take SYS_TIME out of lxc.cap.drop, or add it to lxc.cap.keep"},
		{"crun",
		 "add CAP_SYS_TIME to bounding, permitted and effective in its config.json"},
		{"what", "have who starts it grant SYS_TIME"},
		{NULL, "have who starts it grant SYS_TIME"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(remedy((struct remedy_case){.verdict = CAPWARD_REFUSED,
								.permission = CAP_SYS_TIME,
								.runtime = cases[i].runtime,
								.allowed = true}),
				    cases[i].wanted);
	assert_string_equal(
		remedy((struct remedy_case){.verdict = CAPWARD_REFUSED,
					    .permission = CAP_SYS_TIME,
					    .runtime = "containerd",
					    .pod = true}),
		"add SYS_TIME to securityContext.capabilities.add of the container; and add it to "
		"`cap_add` of its profile, if that lacks it");
	assert_string_equal(
		remedy((struct remedy_case){.verdict = CAPWARD_REFUSED,
					    .permission = CAP_SYS_TIME,
					    .runtime = "docker",
					    .profile = "web"}),
		"start it with --cap-add SYS_TIME; and add it to `cap_add` of profile web");
	assert_string_equal(
		remedy((struct remedy_case){.verdict = CAPWARD_REFUSED,
					    .permission = CAP_SYS_TIME,
					    .runtime = "capward",
					    .profile = "(run)"}),
		"have who starts it grant SYS_TIME; and run it with --cap-add SYS_TIME");
	assert_non_null(strstr(remedy((struct remedy_case){.verdict = CAPWARD_REFUSED,
							   .permission = CAP_SYS_TIME,
							   .not_its_own = true}),
			       "user namespace"));
}

/* The longest there is fits. */
static void long_ones(void **state)
{
	char name[CAPWARD_NAME] = {0};

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	assert_non_null(strstr(remedy((struct remedy_case){.verdict = CAPWARD_REFUSED,
							   .permission = CAP_CHECKPOINT_RESTORE,
							   .runtime = "systemd",
							   .profile = name}),
			       name));
	assert_non_null(strstr(remedy((struct remedy_case){.verdict = CAPWARD_REFUSED,
							   .permission = CAP_CHECKPOINT_RESTORE,
							   .runtime = "systemd"}),
			       "if that lacks it"));
}

static void nothing_to_do(void **state)
{
	(void)state;
	assert_string_equal(
		remedy((struct remedy_case){.verdict = CAPWARD_USED, .permission = CAP_CHOWN}), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_policy),
		cmocka_unit_test(by_the_kernel),
		cmocka_unit_test(long_ones),
		cmocka_unit_test(nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

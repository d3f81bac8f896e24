// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>

#include "need.h"

static struct evidence evidence;
static struct need needs[CAPWARD_CAPS];

static int forget(void **state)
{
	(void)state;
	memset(&evidence, 0, sizeof(evidence));
	return 0;
}

/* @count of @verdict on @cap, @probes of them asked in passing, by the system call @number. */
static void saw(__u32 verdict, unsigned int cap, __u64 count, __u64 probes, unsigned int number)
{
	struct capward_evidence *known = &evidence.of[verdict][cap];

	known->count += count;
	known->probes += probes;
	known->syscalls[number / 64] |= 1ULL << (number & 63);
}

static void answers(unsigned int cap, enum needed needed, const char *why)
{
	needs_of(&evidence, 0, 0, needs);
	assert_int_equal(needs[cap].needed, needed);
	assert_string_equal(needs[cap].why, why);
}

static void nothing_seen(void **state)
{
	(void)state;
	needs_of(&evidence, 0, 0, needs);
	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++)
		assert_int_equal(needs[cap].needed, NEED_NONE);
	assert_int_equal(needs_mask(needs, true), 0);
}

/* From the weakest to the strongest: each more that is seen says more. */
static void verdicts(void **state)
{
	(void)state;
	saw(CAPWARD_SET_UP, CAP_CHOWN, 5, 0, SYS_chown);
	answers(CAP_CHOWN, NEED_NO, "only by the runtime");
	saw(CAPWARD_LENT, CAP_CHOWN, 5, 0, SYS_chown);
	answers(CAP_CHOWN, NEED_NO, "only with a credential of the host's");
	saw(CAPWARD_PROBED, CAP_CHOWN, 1, 1, SYS_chown);
	answers(CAP_CHOWN, NEED_NO, "only asked in passing");
	saw(CAPWARD_DENIED, CAP_CHOWN, 1, 1, SYS_chown);
	answers(CAP_CHOWN, NEED_NO, "only asked in passing");
	saw(CAPWARD_DENIED, CAP_CHOWN, 1, 0, SYS_chown);
	answers(CAP_CHOWN, NEED_UNKNOWN, "denied");
	saw(CAPWARD_HELD, CAP_CHOWN, 1, 0, SYS_capset);
	answers(CAP_CHOWN, NEED_HELD, "of a program's file or ambient, not used");
	assert_int_equal(needs_mask(needs, false), 0);
	assert_int_equal(needs_mask(needs, true), 1ULL << CAP_CHOWN);
	saw(CAPWARD_WOULD_DENY, CAP_CHOWN, 1, 0, SYS_chown);
	answers(CAP_CHOWN, NEED_YES, "used, not in its profile");
	saw(CAPWARD_USED, CAP_CHOWN, 1, 0, SYS_chown);
	answers(CAP_CHOWN, NEED_YES, "used");
	assert_int_equal(needs_mask(needs, false), 1ULL << CAP_CHOWN);
}

static void would_deny_in_passing(void **state)
{
	(void)state;
	saw(CAPWARD_WOULD_DENY, CAP_SYS_RESOURCE, 7, 7, SYS_write);
	answers(CAP_SYS_RESOURCE, NEED_NO, "only asked in passing");
}

static void read_before_override(void **state)
{
	(void)state;
	saw(CAPWARD_USED, CAP_DAC_READ_SEARCH, 3, 0, SYS_openat);
	answers(CAP_DAC_READ_SEARCH, NEED_YES, "used");
	saw(CAPWARD_USED, CAP_DAC_OVERRIDE, 1, 0, SYS_openat);
	answers(CAP_DAC_READ_SEARCH, NEED_NO, "tried before DAC_OVERRIDE, which serves");
	answers(CAP_DAC_OVERRIDE, NEED_YES, "used");
}

/* What only DAC_READ_SEARCH opens is not served by the other one. */
static void open_by_handle(void **state)
{
	(void)state;
	saw(CAPWARD_USED, CAP_DAC_OVERRIDE, 1, 0, SYS_openat);
	saw(CAPWARD_USED, CAP_DAC_READ_SEARCH, 1, 0, SYS_open_by_handle_at);
	answers(CAP_DAC_READ_SEARCH, NEED_YES, "used");
}

static void link_by_handle(void **state)
{
	(void)state;
	saw(CAPWARD_USED, CAP_DAC_OVERRIDE, 1, 0, SYS_openat);
	saw(CAPWARD_USED, CAP_DAC_READ_SEARCH, 1, 0, SYS_linkat);
	answers(CAP_DAC_READ_SEARCH, NEED_YES, "used");
}

/* Some options of a socket take either of the two, others only NET_RAW: it is kept, and said. */
static void socket_options(void **state)
{
	(void)state;
	saw(CAPWARD_USED, CAP_NET_RAW, 3, 0, SYS_setsockopt);
	answers(CAP_NET_RAW, NEED_YES, "used");
	saw(CAPWARD_USED, CAP_NET_ADMIN, 1, 0, SYS_setsockopt);
	answers(CAP_NET_RAW, NEED_YES, "tried before NET_ADMIN, which may serve");
	answers(CAP_NET_ADMIN, NEED_YES, "used");
	saw(CAPWARD_USED, CAP_NET_RAW, 1, 0, SYS_socket);
	answers(CAP_NET_RAW, NEED_YES, "used");
}

static void io_priority(void **state)
{
	(void)state;
	saw(CAPWARD_USED, CAP_SYS_ADMIN, 3, 0, SYS_ioprio_set);
	answers(CAP_SYS_ADMIN, NEED_NO, "tried before SYS_NICE, which serves");
	answers(CAP_SYS_NICE, NEED_YES, "asked for next");
	saw(CAPWARD_USED, CAP_SYS_ADMIN, 1, 0, SYS_mount);
	answers(CAP_SYS_ADMIN, NEED_YES, "used");
	assert_int_equal(needs[CAP_SYS_NICE].needed, NEED_NONE);
}

static void a_person_knows_better(void **state)
{
	(void)state;
	saw(CAPWARD_USED, CAP_CHOWN, 1, 0, SYS_chown);
	saw(CAPWARD_PROBED, CAP_SYS_PTRACE, 1, 1, SYS_read);
	needs_of(&evidence, 1ULL << CAP_SYS_PTRACE | 1ULL << CAP_KILL, 1ULL << CAP_CHOWN, needs);
	assert_int_equal(needs_mask(needs, false), 1ULL << CAP_SYS_PTRACE | 1ULL << CAP_KILL);
	assert_string_equal(needs[CAP_KILL].why, "as you say");
}

/* The kernel asks at each chmod of a file of another group, whatever the mode. */
static void named_to_capset(void **state)
{
	(void)state;
	saw(CAPWARD_HELD, CAP_CHOWN, 2, 2, SYS_capset);
	answers(CAP_CHOWN, NEED_NO, "named to capset, not used");
	assert_int_equal(needs_mask(needs, true), 0);
	saw(CAPWARD_DENIED, CAP_CHOWN, 1, 0, SYS_chown);
	answers(CAP_CHOWN, NEED_UNKNOWN, "denied");
	saw(CAPWARD_HELD, CAP_CHOWN, 3, 2, SYS_capset);
	answers(CAP_CHOWN, NEED_HELD, "of a program's file or ambient, not used");
}

/* What the kernel refused was not granted: nobody saw what would have been done with it. */
static void refused(void **state)
{
	(void)state;
	saw(CAPWARD_REFUSED, CAP_CHOWN, 1, 1, SYS_chown);
	answers(CAP_CHOWN, NEED_NO, "only asked in passing");
	saw(CAPWARD_REFUSED, CAP_CHOWN, 1, 0, SYS_chown);
	answers(CAP_CHOWN, NEED_UNKNOWN, "refused, was not granted");
	saw(CAPWARD_USED, CAP_CHOWN, 1, 0, SYS_chown);
	answers(CAP_CHOWN, NEED_YES, "used");
}

static __u64 still_untried(__u64 granted)
{
	needs_of(&evidence, 0, 0, needs);
	return needs_untried(&evidence, needs, granted);
}

/* What was asked for was tried, whatever came of it; by the runtime or without a use it was not. */
static void untried(void **state)
{
	const __u64 granted = 1ULL << CAP_CHOWN | 1ULL << CAP_KILL | 1ULL << CAP_SYS_TIME;

	(void)state;
	assert_int_equal(still_untried(granted), granted);
	saw(CAPWARD_SET_UP, CAP_CHOWN, 5, 0, SYS_chown);
	saw(CAPWARD_LENT, CAP_CHOWN, 5, 0, SYS_chown);
	saw(CAPWARD_HELD, CAP_CHOWN, 1, 0, SYS_capset);
	saw(CAPWARD_USED, CAP_MKNOD, 1, 0, SYS_mknodat);
	assert_int_equal(still_untried(granted), granted);
	saw(CAPWARD_PROBED, CAP_CHOWN, 1, 1, SYS_chown);
	saw(CAPWARD_DENIED, CAP_KILL, 1, 0, SYS_kill);
	assert_int_equal(still_untried(granted), 1ULL << CAP_SYS_TIME);
	saw(CAPWARD_USED, CAP_SYS_TIME, 1, 0, SYS_settimeofday);
	assert_int_equal(still_untried(granted), 0);
	/* What would be asked for next is needed. */
	saw(CAPWARD_USED, CAP_SYS_ADMIN, 1, 0, SYS_ioprio_set);
	assert_int_equal(still_untried(1ULL << CAP_SYS_NICE), 0);
}

static void watched(void **state)
{
	struct need_span spans[] = {{50, 60}, {10, 20}, {15, 30}, {16, 18}, {40, 40}, {70, 65}};

	(void)state;
	assert_int_equal(need_watched(spans, 0), 0);
	assert_int_equal(need_watched(spans, 1), 10);
	/* Replicas at the same time are watched once, and gaps are not. */
	assert_int_equal(need_watched(spans, sizeof(spans) / sizeof(spans[0])), 30);
}

static void long_enough(void **state)
{
	const __u64 hour = 3600000000000ULL;

	(void)state;
	assert_true(need_is_short(0, 0));
	assert_true(need_is_short(hour - 1, 100));
	assert_true(need_is_short(100 * hour, 1));
	assert_false(need_is_short(hour, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(named_to_capset, forget),
		cmocka_unit_test_setup(refused, forget),
		cmocka_unit_test_setup(nothing_seen, forget),
		cmocka_unit_test_setup(verdicts, forget),
		cmocka_unit_test_setup(would_deny_in_passing, forget),
		cmocka_unit_test_setup(read_before_override, forget),
		cmocka_unit_test_setup(open_by_handle, forget),
		cmocka_unit_test_setup(link_by_handle, forget),
		cmocka_unit_test_setup(socket_options, forget),
		cmocka_unit_test_setup(io_priority, forget),
		cmocka_unit_test_setup(a_person_knows_better, forget),
		cmocka_unit_test_setup(untried, forget),
		cmocka_unit_test(watched),
		cmocka_unit_test(long_enough),
	};

	return cmocka_run_group_tests_name("need", tests, NULL, NULL);
}

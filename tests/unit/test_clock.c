// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "clock.h"

#define SECOND 1000000000ULL

static void spans(void **state)
{
	static const struct {
		const char *text;
		__u64 seconds;
	} cases[] = {{"1s", 1}, {"90s", 90}, {"10m", 600}, {"2h", 7200}, {"365d", 31536000}};
	char text[CLOCK_AGO];
	__u64 ns;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(clock_parse_span(cases[i].text, &ns), 0);
		assert_int_equal(ns, cases[i].seconds * SECOND);
	}
	assert_string_equal(clock_span(0, text), "now");
	assert_string_equal(clock_span(59 * SECOND, text), "59s");
	assert_string_equal(clock_span(3599 * SECOND, text), "59m");
	assert_string_equal(clock_span(86400 * SECOND, text), "1d");
}

static void bad_spans(void **state)
{
	static const char *const bad[] = {"",	 "s",	"10",	"0s",	"-1s",	     " 1s",
					  "1 s", "1ms", "1.5h", "366d", "99999999d", "999999999s"};
	__u64 ns = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(clock_parse_span(bad[i], &ns), -EINVAL);
	assert_int_equal(ns, 7);
}

static void times(void **state)
{
	char text[CLOCK_TEXT];
	long long ns;

	(void)state;
	clock_format(1795420800123456000, text, sizeof(text));
	assert_string_equal(text, "2026-11-23T08:00:00.123456Z");
	assert_int_equal(clock_parse(text, &ns), 0);
	assert_int_equal(ns, 1795420800123456000);
	assert_int_equal(clock_parse("2026-11-23T08:00:00Z", &ns), -EINVAL);
}

/* Where the clock was set back since. */
static void in_the_future(void **state)
{
	char text[CLOCK_AGO];

	(void)state;
	assert_string_equal(clock_ago(clock_ns(CLOCK_REALTIME) + 86400 * SECOND, text), "now");
	assert_string_equal(clock_ago(UINT64_MAX, text), "now");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans),
		cmocka_unit_test(bad_spans),
		cmocka_unit_test(times),
		cmocka_unit_test(in_the_future),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

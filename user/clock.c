// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long long clock_of_day(__u64 boot_ns)
{
	return (long long)(clock_ns(CLOCK_REALTIME) - clock_boot_ns() + boot_ns);
}

void clock_format(long long ns, char *text, size_t size)
{
	time_t seconds = ns / 1000000000;
	struct tm tm;
	size_t used;

	gmtime_r(&seconds, &tm);
	used = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + used, size - used, ".%06lldZ", ns % 1000000000 / 1000);
}

int clock_parse(const char *text, long long *ns)
{
	struct tm tm = {};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	long long seconds;

	if (!rest || rest[0] != '.' || strspn(rest + 1, "0123456789") != 6 || strcmp(rest + 7, "Z"))
		return -EINVAL;
	seconds = timegm(&tm);
	if (seconds < 0 || seconds >= LLONG_MAX / 1000000000)
		return -EINVAL;
	*ns = seconds * 1000000000 + strtol(rest + 1, NULL, 10) * 1000;
	return 0;
}

/* The longest first. */
static const struct {
	__u64 seconds;
	char unit;
} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};

#define YEAR 365 /* in days */

const char *clock_span(__u64 ns, char text[static CLOCK_AGO])
{
	__u64 seconds = ns / 1000000000;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (seconds >= units[i].seconds) {
			snprintf(text, CLOCK_AGO, "%llu%c",
				 (unsigned long long)(seconds / units[i].seconds), units[i].unit);
			return text;
		}
	snprintf(text, CLOCK_AGO, "now");
	return text;
}

int clock_parse_span(const char *text, __u64 *ns)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long number = strtoul(text, NULL, 10);

	if (!digits || digits > 8 || !text[digits] || text[digits + 1])
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit != text[digits])
			continue;
		if (!number || number > YEAR * units[0].seconds / units[i].seconds)
			return -EINVAL;
		*ns = number * units[i].seconds * 1000000000;
		return 0;
	}
	return -EINVAL;
}

const char *clock_ago(__u64 ns, char text[static CLOCK_AGO])
{
	__u64 now = clock_ns(CLOCK_REALTIME);

	return clock_span(now > ns ? now - ns : 0, text);
}

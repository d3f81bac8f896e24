// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.h"

#include <stdio.h>

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

const char *clock_ago(__u64 boot_ns, char text[static CLOCK_AGO])
{
	static const struct {
		long long seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	long long seconds = ((long long)(clock_boot_ns() - boot_ns)) / 1000000000;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (seconds >= units[i].seconds) {
			snprintf(text, CLOCK_AGO, "%lld%c", seconds / units[i].seconds,
				 units[i].unit);
			return text;
		}
	snprintf(text, CLOCK_AGO, "now");
	return text;
}

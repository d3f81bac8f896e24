/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's clocks in one number, and as people read them.
 */
#ifndef CAPWARD_CLOCK_H
#define CAPWARD_CLOCK_H

#include <limits.h>
#include <linux/types.h>
#include <stddef.h>
#include <time.h>

/* What @clock says, in nanoseconds. */
static inline __u64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (__u64)ts.tv_sec * 1000000000 + (__u64)ts.tv_nsec;
}

/* Nanoseconds since boot, also asleep: the clock of events and changes. */
static inline __u64 clock_boot_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

/* Milliseconds, for deadlines. */
static inline long long clock_ms(void)
{
	return (long long)(clock_ns(CLOCK_MONOTONIC) / 1000000);
}

/* How many of them are left until @deadline, as poll() takes them. */
static inline int clock_left_ms(long long deadline)
{
	long long left = deadline - clock_ms();

	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/*
 * The time of day, ns since 1970, of @boot_ns, ns since boot, by the day's clock as it is set now: it may
 * have been set since.
 */
long long clock_of_day(__u64 boot_ns);

/* Write @ns since 1970 as "2026-11-23T06:12:48.000000Z" into @text, an array of @size bytes. */
#define CLOCK_TEXT 64
void clock_format(long long ns, char *text, size_t size);

/* Write how long before now @boot_ns is as "now", "59s", "3m", "5h" or "12d"; returns @text. */
#define CLOCK_AGO 24
const char *clock_ago(__u64 boot_ns, char text[static CLOCK_AGO]);

#endif

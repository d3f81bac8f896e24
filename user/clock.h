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

/* Read what clock_format() writes into *@ns. -EINVAL: it is something else, or no time since 1970. */
int clock_parse(const char *text, long long *ns);

/* Write @ns nanoseconds as "59s", "3m", "5h" or "12d", and less than a second as "now"; returns @text. */
#define CLOCK_AGO 24
const char *clock_span(__u64 ns, char text[static CLOCK_AGO]);

/*
 * Read a time such as "30s", "10m", "2h" or "1d", of a second to a year, into *@ns. -EINVAL: it is something
 * else.
 */
int clock_parse_span(const char *text, __u64 *ns);

/* Write how long before now @ns since 1970 is as "now", "59s", "3m", "5h" or "12d"; returns @text. */
const char *clock_ago(__u64 ns, char text[static CLOCK_AGO]);

#endif

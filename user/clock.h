/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's clocks in one number.
 */
#ifndef CAPWARD_CLOCK_H
#define CAPWARD_CLOCK_H

#include <limits.h>
#include <linux/types.h>
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

#endif

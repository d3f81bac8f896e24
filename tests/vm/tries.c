// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tries the same forbidden thing again and again.
 *
 *     tries FILE      uses CAP_SYS_TIME, without effect, until FILE is there; then prints
 *                     "TRIES ALLOWED", how often it tried and how often it was allowed
 */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	/* Refused for its value when the capability was granted. */
	struct timezone bad = {.tz_minuteswest = 100000};
	unsigned long tries = 0, allowed = 0;

	if (argc != 2)
		return 2;
	do {
		tries++;
		allowed += !syscall(SYS_settimeofday, NULL, &bad) || errno != EPERM;
		usleep(200); /* leaves the processor to what is being killed */
	} while (access(argv[1], F_OK));
	printf("%lu %lu\n", tries, allowed);
	return 0;
}

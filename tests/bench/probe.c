// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * probe: what one capability check costs, in instructions.
 *
 * Runs in the benchmark's guest, where the time stamp counter counts instructions (QEMU's icount,
 * shift=0). The call is sethostname(NULL, -1): one check of CAP_SYS_ADMIN, then EINVAL, or EPERM
 * where the check was refused. Every call is timed on its own and the minimum is what counts: a
 * call that an interrupt or another task fell into is longer, none is ever shorter.
 *
 * Built statically and with its own system calls, so that nothing in it uses a capability unasked.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define XATTR "trusted.capward"

/* capward's event window is a second. */
#define WINDOW_NS 1100000000L

#define NOPS 1000

struct options {
	long calls;	  /* in a burst; the first ones of the first burst warm up */
	long warm;	  /* calls at the start of each burst that are not looked at */
	long bursts;	  /* rounds, each after a sleep of more than a window when there are more */
	long cgroups;	  /* cgroups to make below the probe's own */
	long depth;	  /* cgroups to make inside each other, the innermost to enter */
	const char *join; /* a cgroup to enter */
	const char *xattr; /* a file whose xattr is asked for instead */
	const char *wait;  /* a FIFO to read from at the end, after saying so */
};

struct result {
	uint32_t *cost;
	size_t count; /* of costs */
	long calls;   /* made altogether */
	long einval, eperm, other;
};

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *format, ...)
{
	va_list args;

	fputs("probe: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static inline uint64_t now(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

static inline long system_call(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

static uint64_t time_nothing(void)
{
	uint64_t begin = now();

	return now() - begin;
}

static uint64_t time_nops(void)
{
	uint64_t begin = now();

	__asm__ volatile(".rept %c0\n\tnop\n\t.endr" ::"i"(NOPS));
	return now() - begin;
}

/* That the counter counts instructions: a thousand more are a thousand more. */
static void check_scale(void)
{
	uint64_t least = UINT64_MAX, nothing = UINT64_MAX;

	for (int i = 0; i < 100; i++) {
		uint64_t with = time_nops(), without = time_nothing();

		least = with < least ? with : least;
		nothing = without < nothing ? without : nothing;
	}
	if (least - nothing != NOPS)
		die("%d instructions are %llu ticks: not a guest that counts instructions", NOPS,
		    (unsigned long long)(least - nothing));
}

static int by_cost(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static void call(const struct options *options, struct result *result, long index)
{
	uint64_t begin, end;
	long answer;

	if (options->xattr) {
		begin = now();
		answer = system_call(SYS_getxattr, (long)options->xattr, (long)XATTR, 0, 0);
		end = now();
	} else {
		begin = now();
		answer = system_call(SYS_sethostname, 0, -1, 0, 0);
		end = now();
	}
	result->calls++;
	if (answer == -EINVAL)
		result->einval++;
	else if (answer == -EPERM)
		result->eperm++;
	else
		result->other++;
	if (index >= options->warm)
		result->cost[result->count++] = end - begin;
}

static void measure(const struct options *options, struct result *result)
{
	const struct timespec window = {.tv_sec = WINDOW_NS / 1000000000L,
					.tv_nsec = WINDOW_NS % 1000000000L};

	for (long burst = 0; burst < options->bursts; burst++) {
		if (options->bursts > 1)
			nanosleep(&window, NULL);
		for (long i = 0; i < options->calls; i++)
			call(options, result, i);
	}
}

/* Prints the costs gathered since the last time, and starts anew. */
static void print(const char *what, struct result *result)
{
	size_t least = 0;

	if (!result->count)
		die("no call was looked at");
	qsort(result->cost, result->count, sizeof(*result->cost), by_cost);
	while (least < result->count && result->cost[least] == result->cost[0])
		least++;
	printf("%s min=%u median=%u max=%u share=%zu%% einval=%ld eperm=%ld other=%ld\n", what,
	       result->cost[0], result->cost[result->count / 2], result->cost[result->count - 1],
	       least * 100 / result->count, result->einval, result->eperm, result->other);
	result->count = 0;
}

static void enter(const char *cgroup)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die("%s: %s", path, strerror(errno));
	close(fd);
}

static void own_cgroup(char *path, size_t size)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[2048];
	int found = 0;

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::", 3))
			found = snprintf(path, size, "/sys/fs/cgroup%s", line + 3);
	}
	if (file)
		fclose(file);
	if (!found)
		die("/proc/self/cgroup names no cgroup");
}

/*
 * The probe in one of few cgroups and in one of many, all of one policy. Hash buckets are shared at
 * random, so many places are tried; the median is that of a typical one.
 */
#define PLACES 33

static void measure_many(const struct options *options, const char *what, struct result *result)
{
	char own[2048], path[2200];
	long made = 0, first[2] = {PLACES, options->cgroups};

	own_cgroup(own, sizeof(own));
	for (int many = 0; many < 2; many++) {
		struct result places = {.cost = calloc(PLACES, sizeof(uint32_t))};
		char line[128];

		if (!places.cost)
			die("out of memory");
		for (; made < first[many]; made++) {
			snprintf(path, sizeof(path), "%s/%ld", own, made);
			if (mkdir(path, 0755))
				die("%s: %s", path, strerror(errno));
		}
		for (long i = 0; i < PLACES; i++) {
			snprintf(path, sizeof(path), "%s/%ld", own, i * (made - 1) / (PLACES - 1));
			enter(path);
			measure(options, result);
			qsort(result->cost, result->count, sizeof(*result->cost), by_cost);
			places.cost[places.count++] = result->cost[0];
			result->count = 0;
		}
		places.einval = result->einval;
		places.eperm = result->eperm;
		places.other = result->other;
		snprintf(line, sizeof(line), "%s cgroups-%ld", what, made);
		print(line, &places);
		free(places.cost);
	}
	enter(own);
}

static void nest(long depth)
{
	char path[4096];
	size_t length;

	own_cgroup(path, sizeof(path));
	length = strlen(path);
	for (; depth; depth--) {
		length += snprintf(path + length, sizeof(path) - length, "/in");
		if (mkdir(path, 0755))
			die("%s: %s", path, strerror(errno));
	}
	enter(path);
}

static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*end || end == text || value < 0 || value > 10000000)
		die("not a number: %s", text);
	return value;
}

int main(int argc, char **argv)
{
	struct options options = {.calls = 2000, .warm = 64, .bursts = 1};
	struct result result = {};
	const char *what = "call";
	int option, fd;
	char byte;

	while ((option = getopt(argc, argv, "n:k:b:m:d:j:x:w:t:")) != -1) {
		switch (option) {
		case 'n':
			options.calls = number(optarg);
			break;
		case 'k':
			options.warm = number(optarg);
			break;
		case 'b':
			options.bursts = number(optarg);
			break;
		case 'm':
			options.cgroups = number(optarg);
			break;
		case 'd':
			options.depth = number(optarg);
			break;
		case 'j':
			options.join = optarg;
			break;
		case 'x':
			options.xattr = optarg;
			break;
		case 'w':
			options.wait = optarg;
			break;
		case 't':
			what = optarg;
			break;
		default:
			die("unknown option");
		}
	}
	if (options.warm >= options.calls)
		die("nothing to look at: %ld calls, %ld to warm up", options.calls, options.warm);
	result.cost = calloc(options.calls * options.bursts, sizeof(*result.cost));
	if (!result.cost)
		die("out of memory");
	/* Touched now: no page fault later. */
	memset(result.cost, 1, options.calls * options.bursts * sizeof(*result.cost));
	check_scale();
	if (options.join)
		enter(options.join);
	if (options.depth)
		nest(options.depth);
	if (options.cgroups) {
		measure_many(&options, what, &result);
	} else {
		measure(&options, &result);
		print(what, &result);
	}
	if (options.wait) {
		puts("waiting");
		fflush(stdout);
		fd = open(options.wait, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, &byte, 1) < 0)
			die("%s: %s", options.wait, strerror(errno));
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * costs: what whole operations cost, in instructions. For the guest of the benchmark, as probe.c is.
 *
 *     costs [-n TIMES] [-w WARM-UP] [-t TEXT] OPERATION [ARGUMENT..]
 *
 *     getppid             a system call that asks for no capability
 *     fork                fork, exit, wait
 *     exec PROGRAM        the same with an exec in between
 *     create DIRECTORY    a file made and closed
 *     unlink DIRECTORY    and removed
 *     run COMMAND..       a command, whatever it starts
 *
 * The guest has one processor, which the counter belongs to: what other tasks do meanwhile counts, so
 * the minimum or the median of many is taken. A processor that waits counts as well: the clock goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct operation {
	const char *name;
	void (*before)(char **arguments);
	void (*act)(char **arguments); /* what is timed */
	void (*after)(char **arguments);
};

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "costs: %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline uint64_t now(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

static void wait_for(pid_t child)
{
	int status;

	if (child < 0)
		die("fork");
	if (waitpid(child, &status, 0) != child || status) {
		fprintf(stderr, "costs: a child failed: %#x\n", status);
		exit(1);
	}
}

static void do_getppid(char **arguments)
{
	(void)arguments;
	syscall(SYS_getppid);
}

static void do_fork(char **arguments)
{
	pid_t child = fork();

	(void)arguments;
	if (!child)
		_exit(0);
	wait_for(child);
}

static void do_exec(char **arguments)
{
	pid_t child = fork();

	if (!child) {
		execv(arguments[0], arguments);
		_exit(127);
	}
	wait_for(child);
}

static const char *path_in(const char *directory)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/new", directory);
	return path;
}

static void do_create(char **arguments)
{
	int fd = open(path_in(arguments[0]), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		die("create");
	close(fd);
}

static void do_unlink(char **arguments)
{
	if (unlink(path_in(arguments[0])))
		die("unlink");
}

static const struct operation operations[] = {
	{"getppid", NULL, do_getppid, NULL},	{"fork", NULL, do_fork, NULL},
	{"exec", NULL, do_exec, NULL},		{"create", NULL, do_create, do_unlink},
	{"unlink", do_create, do_unlink, NULL}, {"run", NULL, do_exec, NULL},
};

static int by_cost(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* Processor time of all children so far, which the scheduler counts by the same clock. */
static uint64_t children_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000ULL +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ULL;
}

static const struct operation *find(const char *name)
{
	for (size_t i = 0; name && i < sizeof(operations) / sizeof(*operations); i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	fputs("costs: no such operation\n", stderr);
	exit(2);
}

static void once(const struct operation *operation, char **arguments, uint64_t *cost,
		 uint64_t *children)
{
	uint64_t begin, before = children_ns();

	if (operation->before)
		operation->before(arguments);
	begin = now();
	operation->act(arguments);
	*cost = now() - begin;
	if (operation->after)
		operation->after(arguments);
	*children = children_ns() - before;
}

static uint64_t at(uint64_t *sorted, long count, long percent)
{
	return sorted[(count - 1) * percent / 100];
}

int main(int argc, char **argv)
{
	const struct operation *operation;
	const char *what = "cost";
	long times = 200, warm = 20;
	uint64_t *costs, *children, ignored;
	int option;

	while ((option = getopt(argc, argv, "+n:w:t:")) != -1) {
		if (option == 'n')
			times = atol(optarg);
		else if (option == 'w')
			warm = atol(optarg);
		else if (option == 't')
			what = optarg;
		else
			return 2;
	}
	operation = find(argv[optind]);
	costs = calloc(times, sizeof(*costs));
	children = calloc(times, sizeof(*children));
	if (times < 1 || !costs || !children)
		die("memory");
	memset(costs, 1, times * sizeof(*costs));
	memset(children, 1, times * sizeof(*children));
	for (long i = 0; i < warm; i++)
		once(operation, argv + optind + 1, &ignored, &ignored);
	for (long i = 0; i < times; i++)
		once(operation, argv + optind + 1, &costs[i], &children[i]);
	qsort(costs, times, sizeof(*costs), by_cost);
	qsort(children, times, sizeof(*children), by_cost);
	printf("%s min=%llu median=%llu low=%llu high=%llu cpu=%llu\n", what,
	       (unsigned long long)costs[0], (unsigned long long)at(costs, times, 50),
	       (unsigned long long)at(costs, times, 10), (unsigned long long)at(costs, times, 90),
	       (unsigned long long)at(children, times, 50));
	free(costs);
	free(children);
	return 0;
}

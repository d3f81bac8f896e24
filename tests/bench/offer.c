// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * offer DIRECTORY SCOPES ROUNDS: one workload task in each of the cgroups DIRECTORY/0 and so on, which
 * makes EVENTS denied checks in each round, a little more than a second apart, so that an event is offered
 * for each one and the rate limit withholds none. The tasks begin one after the other over the first second.
 *
 * Prints "ready" when they all wait, begins when standard input ends, and prints in the end
 * "calls N refused N".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EVENTS	 32 /* a scope may report in a second: EVENTS_PER_WINDOW in bpf/judge.h */
#define ROUND_NS 1010000000L

/* What a task has at its place, after it was executed in its scope. */
#define READY 3
#define BEGIN 4
#define TOLD  5

struct told {
	unsigned long calls, refused;
};

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "offer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || value > 1000000) {
		errno = EINVAL;
		die(text);
	}
	return value;
}

static void wait_ns(long ns)
{
	const struct timespec span = {.tv_sec = ns / 1000000000L, .tv_nsec = ns % 1000000000L};

	clock_nanosleep(CLOCK_BOOTTIME, 0, &span, NULL);
}

static int offer(unsigned long rounds, long after_ns)
{
	struct told told = {};
	char byte;

	if (write(READY, "", 1) != 1 || read(BEGIN, &byte, 1))
		return 1;
	wait_ns(after_ns);
	for (unsigned long round = 0; round < rounds; round++) {
		if (round)
			wait_ns(ROUND_NS);
		for (int i = 0; i < EVENTS; i++) {
			told.calls++;
			if (syscall(SYS_sethostname, NULL, -1) && errno == EPERM)
				told.refused++;
		}
	}
	return write(TOLD, &told, sizeof(told)) != sizeof(told);
}

/* To be of the workload a task must be executed in the scope. */
static void __attribute__((noreturn)) enter(char **argv, const char *cgroup, long after_ns)
{
	char path[4096], after[32];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(path);
	snprintf(after, sizeof(after), "%ld", after_ns / 1000);
	execl("/proc/self/exe", argv[0], argv[3], after, NULL);
	die("execute");
}

static void pipe_at(int from, int to, int ends[2])
{
	if (pipe(ends) || dup2(ends[from], to) < 0)
		die("pipe");
	close(ends[from]);
	fcntl(ends[!from], F_SETFD, FD_CLOEXEC);
}

int main(int argc, char **argv)
{
	struct told told, all = {};
	int ready[2], begin[2], tell[2];
	unsigned long scopes;
	char cgroup[2048], byte;

	if (argc == 3)
		return offer(number(argv[1]), (long)number(argv[2]) * 1000);
	if (argc != 4) {
		fputs("usage: offer DIRECTORY SCOPES ROUNDS\n", stderr);
		return 2;
	}
	scopes = number(argv[2]);
	/* Descriptors that are to be at their places in the tasks must not be the pipes' own. */
	for (int fd = READY; fd <= TOLD; fd++)
		dup2(STDERR_FILENO, fd);
	pipe_at(1, READY, ready);
	pipe_at(0, BEGIN, begin);
	pipe_at(1, TOLD, tell);
	for (unsigned long i = 0; i < scopes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		snprintf(cgroup, sizeof(cgroup), "%s/%lu", argv[1], i);
		if (!pid)
			enter(argv, cgroup, (long)(1000000000UL / scopes * i));
	}
	close(READY);
	close(TOLD);
	for (unsigned long i = 0; i < scopes; i++)
		if (read(ready[0], &byte, 1) != 1)
			die("a task ended before it began");
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	close(begin[1]);
	while (read(tell[0], &told, sizeof(told)) == sizeof(told)) {
		all.calls += told.calls;
		all.refused += told.refused;
	}
	while (wait(NULL) > 0)
		;
	printf("calls %lu refused %lu\n", all.calls, all.refused);
	return all.calls != scopes * EVENTS * number(argv[3]);
}

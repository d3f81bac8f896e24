// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Forks, many at once or straight into a cgroup.
 *
 *     fork storm WORKERS N       each of WORKERS processes forks N children at once with the others;
 *                                each child uses SYS_TIME, without effect, in the process that
 *                                was forked. Prints "REFUSED of ALL refused".
 *     fork into CGROUP           fork into that cgroup (CLONE_INTO_CGROUP) a child that uses
 *                                SYS_TIME without an exec. Prints "ok" or an errno's name.
 *     fork into CGROUP COMMAND.. the same with a command
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0: granted; else errno. SYS_TIME, because the kernel asks for no other reason. */
static int use_sys_time(void)
{
	struct timezone bad = {.tz_minuteswest = 100000};

	return syscall(SYS_settimeofday, NULL, &bad) && errno != EINVAL ? errno : 0;
}

static int wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return 255;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* How many of @times children were refused, at most 250, or 251 when a fork failed. */
static int storm_worker(long times)
{
	int refused = 0;

	for (long n = 0; n < times; n++) {
		pid_t child = fork();

		if (child < 0)
			return 251;
		if (!child)
			_exit(use_sys_time() ? 1 : 0);
		refused += wait_for(child) != 0;
	}
	return refused > 250 ? 250 : refused;
}

static int storm(long workers, long times)
{
	int refused = 0;

	for (long n = 0; n < workers; n++) {
		pid_t worker = fork();

		if (worker < 0)
			return 3;
		if (!worker)
			_exit(storm_worker(times));
	}
	for (long n = 0; n < workers; n++) {
		int answer = wait_for(-1);

		if (answer > 250) {
			puts("a fork failed");
			return 3;
		}
		refused += answer;
	}
	printf("%d of %ld refused\n", refused, workers * times);
	return refused != 0;
}

static int into(const char *cgroup, char **command)
{
	struct clone_args arguments = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	int answer, fd = open(cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid_t child;

	if (fd < 0) {
		perror(cgroup);
		return 3;
	}
	arguments.cgroup = fd;
	child = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (child < 0) {
		printf("fork: %s\n", strerrorname_np(errno));
		return 3;
	}
	if (!child && *command) {
		execvp(*command, command);
		_exit(127);
	}
	if (!child)
		_exit(use_sys_time());
	answer = wait_for(child);
	if (!*command)
		puts(answer ? strerrorname_np(answer) : "ok");
	return answer;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "storm"))
		return storm(atol(argv[2]), atol(argv[3]));
	if (argc >= 3 && !strcmp(argv[1], "into"))
		return into(argv[2], argv + 3);
	fprintf(stderr, "fork: bad arguments\n");
	return 3;
}

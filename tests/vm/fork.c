// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Forks, many at once or straight into a cgroup.
 *
 *     fork storm WORKERS N       each of WORKERS processes forks up to N children, all at the same
 *                                time and for 10 s at most; each child uses SYS_TIME, without effect
 *                                and without an exec. Prints "REFUSED of ALL refused".
 *     fork into CGROUP           fork into that cgroup (CLONE_INTO_CGROUP) a child that uses
 *                                SYS_TIME without an exec. Prints "ok" or an errno's name.
 *     fork into CGROUP COMMAND.. the same with a command
 *     fork moved CGROUP N        N times a child that uses SYS_TIME without pause is moved into that
 *                                cgroup. Prints "REFUSED of N refused": how many were once refused.
 *     fork moved-exec CGROUP N   the same with a child that executes itself after each use
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
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

/* What the workers of a storm have seen together, in memory that they share. */
struct storm {
	long forked, refused, failed;
};

static void storm_worker(long times, struct storm *seen)
{
	time_t end = time(NULL) + 10;

	for (long n = 0; n < times && time(NULL) < end; n++) {
		pid_t child = fork();

		if (child < 0) {
			__atomic_add_fetch(&seen->failed, 1, __ATOMIC_RELAXED);
			return;
		}
		if (!child)
			_exit(use_sys_time() ? 1 : 0);
		__atomic_add_fetch(&seen->forked, 1, __ATOMIC_RELAXED);
		if (wait_for(child))
			__atomic_add_fetch(&seen->refused, 1, __ATOMIC_RELAXED);
	}
}

static int storm(long workers, long times)
{
	struct storm *seen =
		mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, 0, 0);

	if (seen == MAP_FAILED)
		return 3;
	for (long n = 0; n < workers; n++) {
		pid_t worker = fork();

		if (!worker) {
			storm_worker(times, seen);
			_exit(0);
		}
		seen->failed += worker < 0;
	}
	while (wait(NULL) > 0)
		;
	printf("%ld of %ld refused\n", seen->refused, seen->forked);
	return seen->failed ? 3 : seen->refused != 0;
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

/* What a child that is being moved tells of itself. */
struct seen {
	unsigned long uses;
	unsigned long refused;
};

/* As a child that is being moved: tell in the file @seen_fd of each use, for ever. */
static int be_moved(int seen_fd, const char *then)
{
	char number[12], *again[] = {"fork", "be-moved", number, "exec", NULL};
	volatile struct seen *now =
		mmap(NULL, sizeof(*now), PROT_READ | PROT_WRITE, MAP_SHARED, seen_fd, 0);

	if (now == MAP_FAILED)
		return 3;
	snprintf(number, sizeof(number), "%d", seen_fd);
	do {
		now->refused += use_sys_time() != 0;
		now->uses++;
	} while (!then);
	execv("/proc/self/exe", again);
	return 3;
}

static int moved(const char *cgroup, long times, const char *then)
{
	int fd, seen_fd = memfd_create("seen", 0);
	volatile struct seen *now;
	char path[4096], number[16];
	long refused = 0;

	if (seen_fd < 0 || ftruncate(seen_fd, sizeof(*now)))
		return 3;
	now = mmap(NULL, sizeof(*now), PROT_READ | PROT_WRITE, MAP_SHARED, seen_fd, 0);
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || now == MAP_FAILED) {
		perror(path);
		return 3;
	}
	for (long n = 0; n < times; n++) {
		unsigned long until;
		pid_t child;

		now->uses = now->refused = 0;
		child = fork();
		if (child < 0)
			return 3;
		if (!child)
			_exit(be_moved(seen_fd, then));
		while (now->uses < 10)
			;
		snprintf(number, sizeof(number), "%d", child);
		if (write(fd, number, strlen(number)) < 0) {
			perror(path);
			kill(child, SIGKILL);
			return 3;
		}
		until = now->uses + 10;
		while (now->uses < until)
			;
		refused += now->refused != 0;
		kill(child, SIGKILL);
		wait_for(child);
	}
	printf("%ld of %ld refused\n", refused, times);
	return refused != 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "storm"))
		return storm(atol(argv[2]), atol(argv[3]));
	if (argc >= 3 && !strcmp(argv[1], "into"))
		return into(argv[2], argv + 3);
	if (argc == 4 && !strcmp(argv[1], "moved"))
		return moved(argv[2], atol(argv[3]), NULL);
	if (argc == 4 && !strcmp(argv[1], "moved-exec"))
		return moved(argv[2], atol(argv[3]), "exec");
	if (argc == 4 && !strcmp(argv[1], "be-moved"))
		return be_moved(atoi(argv[2]), argv[3]);
	fprintf(stderr, "fork: bad arguments\n");
	return 3;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "selftest.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assign.h"
#include "place.h"
#include "systemd.h"

/*
 * One use of CAP_SYS_ADMIN without effect: the kernel asks for the capability before it looks at
 * the length (sethostname(), kernel/sys.c). Returns the errno.
 */
static int probe(void)
{
	return syscall(SYS_sethostname, NULL, -1) ? errno : 0;
}

/* Answer every byte with the result of a probe, until the other end closes. */
static void answer_probes(int fd)
{
	int result;
	char byte;

	while (read(fd, &byte, 1) == 1) {
		result = probe();
		if (write(fd, &result, sizeof(result)) != sizeof(result))
			break;
	}
}

static int ask(int fd, int *result)
{
	if (send(fd, "p", 1, MSG_NOSIGNAL) != 1 ||
	    read(fd, result, sizeof(*result)) != sizeof(*result))
		return -EIO;
	return 0;
}

static int observe(struct engine *engine, const char *path, int fd, struct error *err)
{
	struct capward_evidence evidence;
	int before, after;
	__u64 id;
	int code;

	if (ask(fd, &before))
		return error_set(err, -EIO, "the child does not answer");
	if (before != EINVAL)
		return error_set(err, -EIO,
				 "an ungoverned use of CAP_SYS_ADMIN failed already (%s), so that "
				 "nothing can be proved",
				 strerror(before));
	code = assign_one(engine, path, CAPWARD_POLICY_BROKEN, CAPWARD_SCOPE_QUIET, &id, err);
	if (code)
		return code;
	if (ask(fd, &after))
		return error_set(err, -EIO, "the child does not answer");
	if (after != EPERM)
		return error_set(err, -EOPNOTSUPP,
				 "a use that must be denied was not: the programs are attached and "
				 "do not run; see `capward check`");
	if (engine_evidence(engine, id, CAP_SYS_ADMIN, CAPWARD_DENIED, &evidence) ||
	    evidence.count != 1)
		return error_set(err, -EOPNOTSUPP,
				 "a use was denied, but by something else than capward");
	return 0;
}

int selftest(struct engine *engine, struct error *err)
{
	char name[64], path[CGROUP_PATH];
	int fds[2], code;
	pid_t child;

	/*
	 * One name for all, because they run under the lock: what is there was left by one that was
	 * killed. A scope of systemd's goes in its own time, so there each has its own.
	 */
	snprintf(name, sizeof(name), "capward-selftest");
	if (systemd_runs_host())
		snprintf(name, sizeof(name), "capward-selftest-%d", getpid());
	else
		place_clear(name);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return error_set(err, -errno, "self-test: socketpair: %s", strerror(errno));
	child = fork();
	if (!child) {
		close(fds[0]);
		answer_probes(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	if (child < 0) {
		close(fds[0]);
		return error_set(err, -EAGAIN, "self-test: fork: %s", strerror(errno));
	}
	code = place_make(name, child, path, err);
	if (!code) {
		code = observe(engine, path, fds[0], err);
		place_remove(path, NULL);
	}
	close(fds[0]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return code ? error_wrap(err, code, "self-test") : 0;
}

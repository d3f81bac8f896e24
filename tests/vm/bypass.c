// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ways round a policy, each in a harmless form: get at a capability that the policy of the scope it
 * starts in refuses. Prints "ok" when the way led there, or the name of the errno that stopped it.
 *
 *     bypass time                     plainly: settimeofday with a bad argument (SYS_TIME)
 *     bypass leave CGROUP             move itself to CGROUP first
 *     bypass leave-fork CGROUP        .. and ask in a child
 *     bypass leave-exec CGROUP        .. and ask after an exec by another thread than the first
 *     bypass leave-thread CGROUP      move one thread to the threaded CGROUP, which asks
 *     bypass leave-race CGROUP        .. while another thread forks children, which ask; again and again
 *     bypass push CGROUP              move a child there, which asks
 *     bypass into CGROUP              fork a child into it, which asks
 *     bypass uring HOW FILE           open FILE, which needs DAC_OVERRIDE, by io_uring: inline, async,
 *                                     personality (with a credential kept from before setuid),
 *                                     sqpoll
 *     bypass uring HOW FILE GO        .. but say "ready PID" and wait until GO is there before it asks
 *     bypass passed-fd CGROUP         started outside: a child in CGROUP opens its pagemap and hands
 *                                     it out; is a page's frame shown (SYS_ADMIN of the opener)?
 *     bypass ptrace|vm|pidfd|root PID  take over PID, which may do more
 *     bypass traceme GO               a child says "ready PID", for the host to move it out, waits until GO is
 *                                     there, and asks to be traced by its parent, which stays
 *     bypass wait FILE COMMAND..      say "ready PID", wait until FILE is there, then execute COMMAND
 *     bypass ask FILE                 .. and ask all the while, then once more
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BROKEN 200 /* the test itself did not work */

static int use_time(void)
{
	struct timezone bad = {.tz_minuteswest = 100000};

	return syscall(SYS_settimeofday, NULL, &bad) && errno != EINVAL ? errno : 0;
}

static int broken(const char *what)
{
	fprintf(stderr, "bypass: %s: %s\n", what, strerror(errno));
	return BROKEN;
}

/* Write @pid to @file of @cgroup. */
static int move(const char *cgroup, const char *file, long pid)
{
	char path[512], number[24];
	int fd, length;

	snprintf(path, sizeof(path), "%s/%s", cgroup, file);
	length = snprintf(number, sizeof(number), "%ld", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, number, length) != length)
		return broken(path);
	close(fd);
	return 0;
}

static int answer_of(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return broken("wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

static int in_child(int (*use)(void))
{
	pid_t child = fork();

	if (!child)
		_exit(use());
	return child < 0 ? broken("fork") : answer_of(child);
}

static void *exec_self(void *unused)
{
	(void)unused;
	execl("/proc/self/exe", "bypass", "time", (char *)NULL);
	exit(broken("exec"));
}

static int leave_exec(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, exec_self, NULL))
		return broken("pthread_create");
	pause();
	return BROKEN;
}

static const char *thread_cgroup;

static void *move_and_use(void *answer)
{
	*(int *)answer = move(thread_cgroup, "cgroup.threads", syscall(SYS_gettid));
	if (!*(int *)answer)
		*(int *)answer = use_time();
	return NULL;
}

static int leave_thread(const char *cgroup)
{
	pthread_t thread;
	int answer = BROKEN;

	thread_cgroup = cgroup;
	if (pthread_create(&thread, NULL, move_and_use, &answer))
		return broken("pthread_create");
	pthread_join(thread, NULL);
	return answer;
}

static void *move_self(void *answer)
{
	*(int *)answer = move(thread_cgroup, "cgroup.procs", 0);
	return NULL;
}

/* Fork children that ask until this process has been moved; then one more. */
static int fork_while_moved(void)
{
	int moved = -1, answer = EPERM;
	pthread_t thread;
	bool last;

	if (pthread_create(&thread, NULL, move_self, &moved))
		return broken("pthread_create");
	do {
		last = *(volatile int *)&moved >= 0;
		if (!in_child(use_time))
			answer = 0;
	} while (!last);
	pthread_join(thread, NULL);
	return moved ? moved : answer;
}

/*
 * A fork that is under way while its process is moved: the kernel has asked its LSMs about the child
 * before (security_task_alloc()), and puts it where the process is after (cgroup_can_fork()).
 */
static int leave_race(const char *cgroup)
{
	time_t end = time(NULL) + 8;
	int answer;

	thread_cgroup = cgroup;
	do
		answer = in_child(fork_while_moved);
	while (answer == EPERM && time(NULL) < end);
	return answer;
}

static int push(const char *cgroup)
{
	int go[2], code;
	pid_t child;
	char byte;

	if (pipe(go))
		return broken("pipe");
	child = fork();
	if (!child) {
		close(go[1]);
		_exit(read(go[0], &byte, 1) < 0 ? BROKEN : use_time());
	}
	code = child < 0 ? broken("fork") : move(cgroup, "cgroup.procs", child);
	close(go[1]);
	return code ? code : answer_of(child);
}

static int into(const char *cgroup)
{
	struct clone_args arguments = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	pid_t child;

	arguments.cgroup = open(cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
	child = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (!child)
		_exit(use_time());
	return child < 0 ? broken("clone3") : answer_of(child);
}

/* One request through an io_uring, its queues mapped by hand. */
struct ring {
	int fd;
	struct io_uring_params params;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
};

static int ring_open(struct ring *ring, unsigned int flags)
{
	struct io_uring_params *p = &ring->params;

	*ring = (struct ring){.params = {.flags = flags, .sq_thread_idle = 2000}};
	ring->fd = syscall(SYS_io_uring_setup, 4, p);
	if (ring->fd < 0)
		return broken("io_uring_setup");
	ring->sq = mmap(NULL, p->sq_off.array + p->sq_entries * sizeof(unsigned int),
			PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->cq = mmap(NULL, p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe),
			PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_CQ_RING);
	ring->sqes = mmap(NULL, p->sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
			  MAP_SHARED, ring->fd, IORING_OFF_SQES);
	return ring->sq == MAP_FAILED || ring->cq == MAP_FAILED || ring->sqes == MAP_FAILED
		       ? broken("mmap")
		       : 0;
}

static int ring_openat(struct ring *ring, const char *file, int flags, int personality)
{
	struct io_uring_params *p = &ring->params;
	unsigned int *tail = (unsigned int *)(ring->sq + p->sq_off.tail);
	unsigned int *array = (unsigned int *)(ring->sq + p->sq_off.array);
	unsigned int *head = (unsigned int *)(ring->cq + p->cq_off.head);
	unsigned int *done = (unsigned int *)(ring->cq + p->cq_off.tail);
	struct io_uring_cqe *cqe = (struct io_uring_cqe *)(ring->cq + p->cq_off.cqes);
	unsigned int enter = IORING_ENTER_GETEVENTS;

	ring->sqes[0] = (struct io_uring_sqe){.opcode = IORING_OP_OPENAT,
					      .flags = flags,
					      .fd = AT_FDCWD,
					      .addr = (uint64_t)(uintptr_t)file,
					      .open_flags = O_RDONLY,
					      .personality = personality};
	array[*tail & (p->sq_entries - 1)] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (p->flags & IORING_SETUP_SQPOLL)
		enter |= IORING_ENTER_SQ_WAKEUP;
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, enter, NULL, 0) < 0)
		return broken("io_uring_enter");
	if (__atomic_load_n(done, __ATOMIC_ACQUIRE) == *head)
		return broken("no completion");
	return cqe->res < 0 ? -cqe->res : 0;
}

static void ready(void)
{
	printf("ready %d\n", getpid());
	fflush(stdout);
}

static void wait_until(const char *file)
{
	ready();
	while (access(file, F_OK))
		usleep(10000);
}

static int ask_until(const char *file)
{
	ready();
	while (access(file, F_OK))
		use_time();
	return use_time();
}

/* @go: NULL, or the file to wait for before the request is made. */
static int uring(const char *how, const char *file, const char *go)
{
	struct ring ring;
	int personality = 0,
	    code = ring_open(&ring, strcmp(how, "sqpoll") ? 0 : IORING_SETUP_SQPOLL);

	if (code)
		return code;
	if (!strcmp(how, "personality")) {
		personality = syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_PERSONALITY,
				      NULL, 0);
		if (personality < 0)
			return broken("register personality");
	}
	/* Every way but inline keeps a credential from before: the thread's or the personality. */
	if (!strcmp(how, "personality") || !strcmp(how, "sqpoll"))
		if (syscall(SYS_setresuid, 12345, 12345, 12345))
			return broken("setresuid");
	if (go)
		wait_until(go);
	return ring_openat(&ring, file, strcmp(how, "async") ? 0 : IOSQE_ASYNC, personality);
}

/* With a page of its own to look up. */
static int send_pagemap(int to)
{
	static char page[8192];
	uint64_t address = (uint64_t)(uintptr_t)page;
	struct iovec bytes = {&address, sizeof(address)};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS,
				.cmsg_len = CMSG_LEN(sizeof(int))}};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd = open("/proc/self/pagemap", O_RDONLY);

	memset(page, 1, sizeof(page));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (fd < 0 || sendmsg(to, &message, 0) < 0)
		return broken("send");
	_exit(read(to, &address, 1) < 0 ? BROKEN
					: 0); /* when the other end has looked; it answers */
}

static int passed_fd(const char *cgroup)
{
	uint64_t address, entry = 0;
	struct iovec bytes = {&address, sizeof(address)};
	char control[CMSG_SPACE(sizeof(int))], number[12];
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	int pair[2], fd;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return broken("socketpair");
	if (!fork()) {
		snprintf(number, sizeof(number), "%d", pair[1]);
		close(pair[0]);
		if (!move(cgroup, "cgroup.procs", 0))
			execl("/proc/self/exe", "bypass", "send-pagemap", number, (char *)NULL);
		_exit(BROKEN);
	}
	close(pair[1]);
	if (recvmsg(pair[0], &message, 0) != sizeof(address) || !CMSG_FIRSTHDR(&message))
		return broken("receive");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	if (pread(fd, &entry, sizeof(entry), address / 4096 * sizeof(entry)) != sizeof(entry))
		return broken("read the pagemap");
	if (!(entry >> 63))
		return broken("the page is not there");
	/* Bits 0 to 54: the frame, 0 for who may not see it. */
	return entry & ((1ULL << 55) - 1) ? 0 : EPERM;
}

static int take_over(const char *how, pid_t pid)
{
	char path[64], byte;
	struct iovec here = {&byte, 1}, there = {NULL, 1};
	int fd;

	if (!strcmp(how, "ptrace")) {
		if (ptrace(PTRACE_SEIZE, pid, NULL, NULL))
			return errno;
		return 0;
	}
	if (!strcmp(how, "vm")) {
		/* EFAULT: nothing is at address 0, but it was looked for. */
		return process_vm_readv(pid, &here, 1, &there, 1, 0) < 0 && errno != EFAULT ? errno
											    : 0;
	}
	if (!strcmp(how, "pidfd")) {
		fd = syscall(SYS_pidfd_open, pid, 0);
		if (fd < 0)
			return broken("pidfd_open");
		return syscall(SYS_pidfd_getfd, fd, 0, 0) < 0 ? errno : 0;
	}
	snprintf(path, sizeof(path), "/proc/%d/root/proc", pid);
	return access(path, F_OK) ? errno : 0;
}

static int be_traced(const char *go)
{
	pid_t child = fork();

	if (!child) {
		wait_until(go);
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? errno : 0);
	}
	return child < 0 ? broken("fork") : answer_of(child);
}

static int wait_for(const char *file, char **command)
{
	wait_until(file);
	execv(command[0], command);
	return broken(command[0]);
}

static int run(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "", *to = argc > 2 ? argv[2] : "";
	int code;

	if (!strcmp(way, "time"))
		return use_time();
	if (!strcmp(way, "leave-race"))
		return leave_race(to);
	if (!strncmp(way, "leave", 5) && strcmp(way, "leave-thread")) {
		code = move(to, "cgroup.procs", 0);
		if (code)
			return code;
		return !strcmp(way, "leave-fork")   ? in_child(use_time)
		       : !strcmp(way, "leave-exec") ? leave_exec()
						    : use_time();
	}
	if (!strcmp(way, "leave-thread"))
		return leave_thread(to);
	if (!strcmp(way, "push"))
		return push(to);
	if (!strcmp(way, "into"))
		return into(to);
	if (!strcmp(way, "uring") && argc >= 4)
		return uring(to, argv[3], argv[4]);
	if (!strcmp(way, "passed-fd"))
		return passed_fd(to);
	if (!strcmp(way, "send-pagemap"))
		return send_pagemap(atoi(to));
	if (!strcmp(way, "traceme"))
		return be_traced(to);
	if (!strcmp(way, "ask"))
		return ask_until(to);
	if (!strcmp(way, "wait") && argc > 3)
		return wait_for(to, argv + 3);
	return argc == 3 ? take_over(way, atoi(to)) : BROKEN;
}

int main(int argc, char **argv)
{
	int answer = run(argc, argv);

	puts(!answer ? "ok" : answer == BROKEN ? "broken" : strerrorname_np(answer));
	return answer;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random sequences of what a task may do to get away from its policy, with a model of what must be
 * allowed after each step.
 *
 *     sequences profiles         the profiles that the model goes by
 *     sequences run COUNT SEED   COUNT sequences, each in a child of this process, which is workload
 *                                in the first scope. Prints what happened, and for a difference
 *                                between kernel and model the steps that led there. Exits 0, 1 for a
 *                                difference, 2 when a step that must work does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOP	  "/sys/fs/cgroup"
#define DIFFERENT 1
#define BROKEN	  2

enum cap { TIME, BOOT, CHROOT, NICE, DAC, CAPS };
#define ALL ((1U << CAPS) - 1)

static const char *const cap_names[CAPS] = {
	[TIME] = "SYS_TIME", [BOOT] = "SYS_BOOT",    [CHROOT] = "SYS_CHROOT",
	[NICE] = "SYS_NICE", [DAC] = "DAC_OVERRIDE",
};

/* Cgroups a task can be in. The second is part of the first one's scope; the last of none. */
static const struct {
	const char *path;
	int scope;
	unsigned int allowed;
} places[] = {
	{TOP "/seq-a", 0, ALL & ~(1U << TIME | 1U << CHROOT | 1U << DAC)},
	{TOP "/seq-a/sub", 0, ALL & ~(1U << TIME | 1U << CHROOT | 1U << DAC)},
	{TOP "/seq-b", 1, ALL & ~(1U << BOOT)},
	{TOP "/seq-wide", 2, ALL},
	{TOP "/seq-free", -1, ALL},
};

#define PLACES ((int)(sizeof(places) / sizeof(places[0])))

/* The model of one process, and the way it came. */
struct model {
	int place;
	unsigned int left; /* what the scopes it left allow, all together */
	bool unprivileged; /* its effective user is not 0 */
	bool userns;	   /* it is in a user namespace of its own */
	int steps;	   /* still to do */
	unsigned int random;
	char trail[600];
};

static char secret[] = "/tmp/capward-sequences-secret";

static unsigned int draw(struct model *m, unsigned int below)
{
	m->random = m->random * 1103515245U + 12345U;
	return (m->random >> 8) % below;
}

__attribute__((format(printf, 2, 3))) static void note(struct model *m, const char *format, ...)
{
	size_t used = strlen(m->trail);
	va_list args;

	va_start(args, format);
	vsnprintf(m->trail + used, sizeof(m->trail) - used, format, args);
	va_end(args);
}

static int broken(const struct model *m, const char *what)
{
	printf("broken: %s: %s, after%s\n", what, strerror(errno), m->trail);
	fflush(stdout);
	return BROKEN;
}

static bool may(const struct model *m, enum cap cap)
{
	if (m->unprivileged)
		return false;
	/* In a namespace of its own it has no privilege over the host's clock, kernel and files. */
	if (m->userns && cap != CHROOT)
		return false;
	return m->left & places[m->place].allowed & 1U << cap;
}

static int use(enum cap cap)
{
	struct timezone bad = {.tz_minuteswest = 100000};
	int fd;

	switch (cap) {
	case TIME:
		return syscall(SYS_settimeofday, NULL, &bad) && errno != EINVAL ? errno : 0;
	case BOOT:
		return syscall(SYS_reboot, 0, 0, 0, NULL) && errno != EINVAL ? errno : 0;
	case CHROOT:
		return chroot("/") ? errno : 0;
	case NICE:
		/* From above its present value, so that each try asks. */
		if (syscall(SYS_setpriority, 0, 0, 5))
			return errno;
		return syscall(SYS_setpriority, 0, 0, 4) ? errno : 0;
	default:
		fd = open(secret, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return errno;
		close(fd);
		return 0;
	}
}

static int compare(struct model *m, enum cap cap, int answer, const char *how)
{
	bool allowed = !answer;

	if (allowed == may(m, cap))
		return 0;
	printf("different: %s%s is %s (%s), in %s after%s\n", how, cap_names[cap],
	       allowed ? "allowed" : "refused", answer ? strerrorname_np(answer) : "ok",
	       places[m->place].path, m->trail);
	fflush(stdout);
	return DIFFERENT;
}

static int compare_all(struct model *m)
{
	int code = 0;

	for (enum cap cap = 0; !code && cap < CAPS; cap++)
		code = compare(m, cap, use(cap), "");
	return code;
}

static void *in_thread(void *answers)
{
	for (enum cap cap = 0; cap < CAPS; cap++)
		((int *)answers)[cap] = use(cap);
	return NULL;
}

static int by_thread(struct model *m)
{
	int answers[CAPS], code = 0;
	pthread_t thread;

	note(m, " thread");
	if (pthread_create(&thread, NULL, in_thread, answers))
		return broken(m, "thread");
	pthread_join(thread, NULL);
	for (enum cap cap = 0; !code && cap < CAPS; cap++)
		code = compare(m, cap, answers[cap], "in a thread ");
	return code;
}

struct ring {
	int fd;
	struct io_uring_params params;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
};

static bool ring_open(struct ring *ring)
{
	struct io_uring_params *p = &ring->params;

	*ring = (struct ring){.fd = -1};
	ring->fd = syscall(SYS_io_uring_setup, 1, p);
	if (ring->fd < 0)
		return false;
	ring->sq =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->cq =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_CQ_RING);
	ring->sqes = mmap(NULL, sizeof(*ring->sqes), PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			  IORING_OFF_SQES);
	return ring->sq != MAP_FAILED && ring->cq != MAP_FAILED && ring->sqes != MAP_FAILED;
}

static void ring_close(struct ring *ring)
{
	munmap(ring->sq, 4096);
	munmap(ring->cq, 4096);
	munmap(ring->sqes, sizeof(*ring->sqes));
	close(ring->fd);
}

/* Open the secret through an io_uring, with a personality from before the user was changed. */
static int by_uring(struct model *m, bool asynchronous, bool personality)
{
	struct io_uring_cqe *cqe;
	struct ring ring;
	int id = 0, answer;

	note(m, " uring%s%s", asynchronous ? "-async" : "", personality ? "-personality" : "");
	if (!ring_open(&ring))
		return broken(m, "io_uring");
	if (personality) {
		id = syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_PERSONALITY, NULL, 0);
		if (id < 0 || setresuid(-1, 12345, -1))
			return broken(m, "personality");
	}
	ring.sqes[0] = (struct io_uring_sqe){.opcode = IORING_OP_OPENAT,
					     .flags = asynchronous ? IOSQE_ASYNC : 0,
					     .fd = AT_FDCWD,
					     .addr = (uintptr_t)secret,
					     .open_flags = O_RDONLY,
					     .personality = id};
	*(unsigned int *)(ring.sq + ring.params.sq_off.array) = 0;
	__atomic_store_n((unsigned int *)(ring.sq + ring.params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return broken(m, "io_uring_enter");
	cqe = (struct io_uring_cqe *)(ring.cq + ring.params.cq_off.cqes);
	answer = cqe->res < 0 ? -cqe->res : 0;
	if (cqe->res >= 0)
		close(cqe->res);
	ring_close(&ring);
	if (personality && setresuid(-1, 0, -1))
		return broken(m, "setresuid");
	return compare(m, DAC, answer, "by io_uring ");
}

static void arrive(struct model *m, int place)
{
	/* A scope is left where the new place is not part of it. */
	if (places[m->place].scope != places[place].scope)
		m->left &= places[m->place].allowed;
	m->place = place;
}

static int move(struct model *m, int place)
{
	char path[128];
	int fd;

	note(m, " move:%s", places[place].path + strlen(TOP));
	snprintf(path, sizeof(path), "%s/cgroup.procs", places[place].path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		return broken(m, path);
	close(fd);
	arrive(m, place);
	return 0;
}

static int steps(struct model *m);

/* Go on in a child, forked into @place, or where it is for a negative one. */
static int go_on_in_child(struct model *m, int place)
{
	struct clone_args arguments = {.exit_signal = SIGCHLD};
	int status;
	pid_t child;

	note(m, place < 0 ? " fork" : " fork:%s",
	     place < 0 ? "" : places[place].path + strlen(TOP));
	if (place >= 0) {
		arguments.flags = CLONE_INTO_CGROUP;
		arguments.cgroup = open(places[place].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	child = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (child < 0)
		return broken(m, "clone3");
	if (!child) {
		if (place >= 0)
			arrive(m, place);
		_exit(steps(m));
	}
	if (place >= 0)
		close(arguments.cgroup);
	m->steps = 0; /* the child does the rest */
	if (waitpid(child, &status, 0) < 0)
		return broken(m, "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : broken(m, "a child was killed");
}

struct exec_by {
	char *argv[4];
};

static void *exec_now(void *by)
{
	execv("/proc/self/exe", ((struct exec_by *)by)->argv);
	return NULL;
}

/* Go on after an exec, with the model in a memory file that stays open. */
static int go_on_after_exec(struct model *m, bool other_thread)
{
	int fd = memfd_create("model", 0);
	struct exec_by by;
	char number[12];
	pthread_t thread;

	note(m, other_thread ? " exec-by-thread" : " exec");
	snprintf(number, sizeof(number), "%d", fd);
	by = (struct exec_by){.argv = {"sequences", "go-on", number, NULL}};
	if (fd < 0 || write(fd, m, sizeof(*m)) != sizeof(*m))
		return broken(m, "memfd");
	if (!other_thread)
		exec_now(&by);
	else if (!pthread_create(&thread, NULL, exec_now, &by))
		pthread_join(thread, NULL);
	return broken(m, "exec");
}

static int change_user(struct model *m)
{
	note(m, m->unprivileged ? " root" : " user");
	if (setresuid(-1, m->unprivileged ? 0 : 12345, -1))
		return broken(m, "setresuid");
	m->unprivileged = !m->unprivileged;
	return 0;
}

static int new_namespaces(struct model *m, bool user)
{
	note(m, user ? " userns" : " namespaces");
	if (unshare(user ? CLONE_NEWUSER : CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC))
		/* Not for a process with threads, and io_uring's workers are some. */
		return user && errno == EINVAL ? 0 : broken(m, "unshare");
	m->userns |= user;
	return 0;
}

static int step(struct model *m)
{
	bool root = !m->unprivileged && !m->userns;
	unsigned int what = draw(m, 100);

	if (what < 30)
		return compare_all(m);
	if (what < 45)
		return go_on_in_child(m, -1);
	if (what < 55)
		return by_thread(m);
	if (what < 65)
		return m->userns ? compare_all(m) : change_user(m);
	if (what < 68)
		return root ? new_namespaces(m, false) : compare_all(m);
	if (what < 70)
		return root ? new_namespaces(m, true) : compare_all(m);
	if (what < 78)
		return by_uring(m, draw(m, 3) == 0, root && draw(m, 2));
	if (what < 84)
		return go_on_after_exec(m, draw(m, 2));
	if (what < 92)
		return root ? move(m, draw(m, PLACES)) : compare_all(m);
	return root ? go_on_in_child(m, draw(m, PLACES)) : compare_all(m);
}

static int steps(struct model *m)
{
	int code = 0;

	while (!code && m->steps-- > 0)
		code = step(m);
	return code ? code : m->steps == -1 ? compare_all(m) : 0;
}

static int go_on(int fd)
{
	struct model m;

	if (pread(fd, &m, sizeof(m), 0) != sizeof(m))
		return BROKEN;
	close(fd);
	return steps(&m);
}

static int run(long count, unsigned int seed)
{
	int fd, status, worst = 0;

	for (long n = 0; n < count && !worst; n++) {
		struct model m = {.left = ALL, .random = seed + n * 2654435761U, .steps = 2};
		pid_t child;

		m.steps += draw(&m, 8);
		child = fork();
		if (!child)
			_exit(steps(&m));
		if (child < 0 || waitpid(child, &status, 0) < 0)
			return broken(&m, "fork");
		worst = WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
		if (worst)
			printf("sequence %ld of seed %u\n", n, seed);
	}
	if (!worst)
		printf("%ld sequences as the model has it\n", count);
	fd = open(secret, O_RDONLY);
	if (fd >= 0) {
		puts("broken: the first scope may read the secret");
		return BROKEN;
	}
	return worst;
}

static void print_profiles(void)
{
	for (int i = 0; i < PLACES - 1; i++) {
		if (i == 1)
			continue;
		printf("---\nprofile: %s\nprivileged: true\n", places[i].path + strlen(TOP "/"));
		if (places[i].allowed != ALL) {
			printf("cap_drop:\n");
			for (enum cap cap = 0; cap < CAPS; cap++)
				if (!(places[i].allowed & 1U << cap))
					printf("  - %s\n%s", cap_names[cap],
					       cap == DAC ? "  - DAC_READ_SEARCH\n" : "");
		}
		printf("match:\n  - cgroup: %s\n", places[i].path + strlen(TOP));
	}
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && !strcmp(argv[1], "profiles")) {
		print_profiles();
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "go-on"))
		return go_on(atoi(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "run"))
		return run(atol(argv[2]), (unsigned int)strtoul(argv[3], NULL, 10));
	fprintf(stderr, "sequences: bad arguments\n");
	return BROKEN;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * native OBJECT [json]: what a decision takes on this machine, in nanoseconds above the same loop without
 * it. OBJECT has capward's programs, and native.bpf.c in place of capable.bpf.c; those that run on request
 * are all that is loaded, which works where programs on a hook are refused.
 *
 * Warm: the least of many rounds of many decisions. Cold: one decision after the caches were filled with
 * something else, the median of many; the clock is read twice in that, so it is given without the same
 * around nothing. All processors: each in the same scope, whose counter they share.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capward/abi.h"
#include "native.h"

#define ROUNDS	  40
#define DECISIONS 100000
#define COLD	  300
#define EVICT	  (64UL << 20) /* bytes; more than the caches have */
#define SLOT	  CAPWARD_POLICY_FIRST
/* Of scopes that are not there but for their number; the gaps are those of cgroups with files. */
#define OTHER(i)  ((1ULL << 20) + (i)*67)

static struct native *results;
static int decide_fd, nothing_fd, govern_fd, forget_fd, policy_fd;
static char *evict;

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *format, ...)
{
	va_list args;

	fputs("native: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static int request(int fd, void *context, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = context, .ctx_size_in = size);

	return bpf_prog_test_run_opts(fd, &opts) ? -errno : (int)opts.retval;
}

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (cpu >= NATIVE_CPUS || sched_setaffinity(0, sizeof(set), &set))
		die("processor %d: %s", cpu, strerror(errno));
}

/* Run @fd on @cpu, where the caller is pinned: @count decisions on @cap. Nanoseconds. */
static double run(int fd, int cpu, __u32 cap, __u64 count)
{
	results[cpu].cap = cap;
	results[cpu].count = count;
	results[cpu].refused = 0;
	if (request(fd, NULL, 0))
		die("test run: %s", strerror(errno));
	return (double)results[cpu].ns;
}

static double warm_one(int fd, int cpu, __u32 cap)
{
	double least = 1e18;

	for (int i = 0; i < ROUNDS; i++) {
		double ns = run(fd, cpu, cap, DECISIONS) / DECISIONS;

		least = ns < least ? ns : least;
	}
	return least;
}

static double warm(__u32 cap)
{
	return warm_one(decide_fd, 0, cap) - warm_one(nothing_fd, 0, cap);
}

static int by_value(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static double cold_one(int fd, __u32 cap)
{
	double taken[COLD];

	for (int i = 0; i < COLD; i++) {
		for (size_t at = 0; at < EVICT; at += 64)
			evict[at]++;
		taken[i] = run(fd, 0, cap, 1);
	}
	qsort(taken, COLD, sizeof(*taken), by_value);
	return taken[COLD / 2];
}

static double cold(__u32 cap)
{
	return cold_one(decide_fd, cap) - cold_one(nothing_fd, cap);
}

struct worker {
	pthread_t thread;
	int cpu;
	__u32 cap;
	double ns;
	pthread_barrier_t *start;
};

static void *work(void *argument)
{
	struct worker *worker = argument;

	pin_to(worker->cpu);
	pthread_barrier_wait(worker->start);
	/* The sum, not the least: they are to be there at the same time. */
	for (int i = 0; i < ROUNDS; i++)
		worker->ns += run(decide_fd, worker->cpu, worker->cap, DECISIONS);
	return NULL;
}

/* The same by all processors at once, a mean. */
static double warm_all(__u32 cap)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	struct worker *workers = calloc(cpus, sizeof(*workers));
	pthread_barrier_t start;
	double sum = 0;

	if (!workers || pthread_barrier_init(&start, NULL, cpus))
		die("out of memory");
	for (int i = 0; i < cpus; i++) {
		workers[i] = (struct worker){.cpu = i, .cap = cap, .start = &start};
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			die("no thread");
	}
	for (int i = 0; i < cpus; i++) {
		pthread_join(workers[i].thread, NULL);
		sum += workers[i].ns;
	}
	free(workers);
	return sum / cpus / ROUNDS / DECISIONS - warm_one(nothing_fd, 0, cap);
}

static void govern(__u64 id)
{
	struct capward_govern one = {.cgroup = id, .root = id, .policy = SLOT};
	int code = request(govern_fd, &one, sizeof(one));

	if (code)
		die("govern: %s", strerror(-code));
}

static void forget(__u64 id)
{
	if (request(forget_fd, &id, sizeof(id)))
		die("forget: not there");
}

static int program(struct bpf_object *object, const char *name, bool load)
{
	struct bpf_program *found = bpf_object__find_program_by_name(object, name);

	if (!found)
		die("no program %s", name);
	if (load)
		bpf_program__set_autoload(found, true);
	return bpf_program__fd(found);
}

static void load(const char *path)
{
	static const char *const names[] = {"decide_many", "nothing_many", "govern", "forget",
					    "set_policy"};
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *each;
	struct capward_state *state;
	struct bpf_map *map;
	size_t size;

	if (!object)
		die("%s: %s", path, strerror(errno));
	bpf_object__for_each_program(each, object)
	{
		bpf_program__set_autoload(each, false);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		program(object, names[i], true);
	map = bpf_object__find_map_by_name(object, ".data.state");
	state = map ? (struct capward_state *)bpf_map__initial_value(map, &size) : NULL;
	if (!state)
		die("%s: no state", path);
	state->enforcing = 1;
	if (bpf_object__load(object))
		die("%s: load: %s; it takes root, and Linux 6.4 or later", path, strerror(errno));
	decide_fd = program(object, "decide_many", false);
	nothing_fd = program(object, "nothing_many", false);
	govern_fd = program(object, "govern", false);
	forget_fd = program(object, "forget", false);
	policy_fd = program(object, "set_policy", false);
	map = bpf_object__find_map_by_name(object, ".data.native");
	results = mmap(NULL, sizeof(*results) * NATIVE_CPUS, PROT_READ | PROT_WRITE, MAP_SHARED,
		       bpf_map__fd(map), 0);
	if (results == MAP_FAILED)
		die("map the results: %s", strerror(errno));
}

static bool json;

static void print(const char *what, unsigned long scopes, double ns)
{
	static int printed;

	if (json)
		printf("%s{\"figure\": \"%s\", \"scopes\": %lu, \"ns\": %.1f}",
		       printed++ ? ", " : "[", what, scopes, ns);
	else
		printf("%-34s %6lu scopes %8.1f ns\n", what, scopes, ns);
}

int main(int argc, char **argv)
{
	static const unsigned long many[] = {1, 1000, 60000};
	struct capward_set_policy policy = {
		.slot = SLOT,
		.policy = {.word = (__u64)CAPWARD_ENFORCE << CAPWARD_MODE_SHIFT | CAPWARD_OPS_MASK |
				   1ULL << CAP_SYS_ADMIN,
			   .profile = "bench"},
	};
	unsigned long made = 1;
	__u64 own;

	if (argc < 2) {
		fputs("usage: native OBJECT [json]\n", stderr);
		return 2;
	}
	json = argc > 2 && !strcmp(argv[2], "json");
	evict = malloc(EVICT);
	if (!evict)
		die("out of memory");
	memset(evict, 1, EVICT);
	load(argv[1]);
	pin_to(0);
	if (request(policy_fd, &policy, sizeof(policy)))
		die("set_policy: %s", strerror(errno));
	run(decide_fd, 0, CAP_SYS_ADMIN, 1);
	own = results[0].cgroup;

	print("ungoverned", 0, warm(CAP_SYS_ADMIN));
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
		for (; made < many[i]; made++)
			govern(OTHER(made));
		if (i)
			print("ungoverned", made - 1, warm(CAP_SYS_ADMIN));
		if (i)
			print("ungoverned, cold", made - 1, cold(CAP_SYS_ADMIN));
		govern(own);
		print("governed, allowed", made, warm(CAP_SYS_ADMIN));
		print("governed, allowed, cold", made, cold(CAP_SYS_ADMIN));
		if (results[0].refused)
			die("an allowed use was refused");
		print("governed, all processors at once", made, warm_all(CAP_SYS_ADMIN));
		print("denied", made, warm(CAP_SYS_BOOT));
		run(decide_fd, 0, CAP_SYS_BOOT, 1000);
		if (results[0].refused != 1000)
			die("%llu of 1,000 were refused", (unsigned long long)results[0].refused);
		forget(own);
	}
	if (json)
		puts("]");
	return 0;
}

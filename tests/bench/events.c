// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * events OBJECT [SECONDS]: what an event costs who reads it, on this machine as it is. OBJECT is
 * flood.bpf.c, which fills a buffer; it is read, and events are printed, by what `capward trace` and the
 * daemon do it with. As root; capward need not be loaded.
 *
 * Prints "figure NAME NUMBER": ns of the processor for an event, by what is done with it, and how many a
 * second are read without a loss while another processor makes them. "account ..": of a flood, that each
 * event was read or counted as lost.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cgroup.h"
#include "clock.h"
#include "engine.h"
#include "event_log.h"
#include "event_view.h"
#include "identity_cache.h"

#define SCOPES	  1024
#define FILL	  8192 /* events of 80 bytes and 8 of a header that fit the buffer */
#define ROUNDS	  33
#define FLOOD	  1000000
#define SLICES	  100 /* in a second, in which the other processor makes them */
#define MOST_RATE (1 << 23)

struct flood {
	__u32 count, pid;
};

/* As in the object. */
struct shared {
	__u64 scopes[SCOPES], sent, lost;
};

enum stage { TAKE, DECODE, COMPLETE, TEXT, JSON, LOG, STAGES };

static const char *const stage_names[STAGES] = {"take", "decode", "complete",
						"text", "json",	  "log"};

struct engine {
	int policies;
};

struct bench {
	struct engine engine;
	struct ring_buffer *buffer;
	struct identity_cache *identities;
	struct event_log *log;
	FILE *null;
	volatile struct shared *shared;
	int flood;
	enum stage stage;
	atomic_ulong read;
	unsigned long rate; /* to offer, a second; 0: FLOOD as fast as can be */
	unsigned long seconds;
	atomic_bool done;
	char cgroups[64]; /* below the hierarchy */
};

static struct bench bench;

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "events: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* What event_view.c asks of engine.c, without what that needs to be loaded. */
int engine_policy(struct engine *engine, __u32 slot, struct capward_policy *out)
{
	if (bpf_map_lookup_elem(engine->policies, &slot, out))
		return -errno;
	out->profile[sizeof(out->profile) - 1] = '\0';
	return 0;
}

/* --- what is measured --------------------------------------------------------------------------- */

static void print(const struct event_view *view)
{
	json_t *object;

	if (bench.stage == TEXT) {
		event_print(view, bench.null);
	} else if (bench.stage == LOG) {
		event_log_write(bench.log, view);
	} else {
		object = event_json(view);
		json_dumpf(object, bench.null, JSON_COMPACT);
		putc('\n', bench.null);
		json_decref(object);
	}
}

static int on_event(void *context, void *bytes, size_t size)
{
	static struct event_view view;

	(void)context;
	atomic_fetch_add(&bench.read, 1);
	if (bench.stage == TAKE || event_decode(bytes, size, &view.event) || bench.stage == DECODE)
		return 0;
	event_view_complete(&bench.engine, &view);
	view.identity = identity_cache_get(bench.identities, view.event.scope, view.cgroup);
	if (bench.stage > COMPLETE)
		print(&view);
	return 0;
}

static void offer(unsigned int count)
{
	struct flood flood = {.count = count, .pid = (__u32)getpid()};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &flood, .ctx_size_in = sizeof(flood));

	if (bpf_prog_test_run_opts(bench.flood, &opts) || opts.retval)
		die("run the program that makes events");
}

/*
 * The least of the rounds, in ns of the processor for an event: what else the machine does makes one longer,
 * and none shorter.
 */
static double cost(enum stage stage)
{
	__u64 least = UINT64_MAX;

	bench.stage = stage;
	for (int i = 0; i < ROUNDS; i++) {
		__u64 began, took;

		offer(FILL);
		began = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		if (ring_buffer__consume(bench.buffer) != FILL)
			die("read what was made");
		fflush(bench.null);
		took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began;
		least = took < least ? took : least;
	}
	return (double)least / FILL;
}

/* --- two processors ----------------------------------------------------------------------------- */

static void *produce(void *context)
{
	const unsigned long slice = bench.rate / SLICES;
	__u64 due = clock_ns(CLOCK_MONOTONIC);

	(void)context;
	for (unsigned long i = 0; bench.rate && i < bench.seconds * SLICES; i++) {
		struct timespec until;

		offer((unsigned int)slice);
		due += 1000000000 / SLICES;
		until.tv_sec = (time_t)(due / 1000000000);
		until.tv_nsec = (long)(due % 1000000000);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	}
	for (unsigned long i = 0; !bench.rate && i < FLOOD / 1000; i++)
		offer(1000);
	atomic_store(&bench.done, true);
	return NULL;
}

/* Offer events from another processor and read them here; how many were lost. */
static unsigned long both(enum stage stage, unsigned long rate)
{
	unsigned long sent = bench.shared->sent, lost = bench.shared->lost;
	pthread_t producer;

	bench.stage = stage;
	bench.rate = rate;
	atomic_store(&bench.read, 0);
	atomic_store(&bench.done, false);
	if (pthread_create(&producer, NULL, produce, NULL))
		die("start a thread");
	while (!atomic_load(&bench.done))
		ring_buffer__poll(bench.buffer, 1);
	pthread_join(producer, NULL);
	ring_buffer__consume(bench.buffer);
	sent = bench.shared->sent - sent;
	lost = bench.shared->lost - lost;
	if (atomic_load(&bench.read) != sent || (!rate && sent + lost != FLOOD)) {
		fprintf(stderr, "events: %lu read, %lu sent, %lu lost\n", atomic_load(&bench.read),
			sent, lost);
		exit(1);
	}
	if (!rate)
		printf("account %s offered %d sent %lu lost %lu read %lu\n", stage_names[stage],
		       FLOOD, sent, lost, atomic_load(&bench.read));
	return lost;
}

/* The highest rate at which none is lost, to a sixteenth. */
static unsigned long without_loss(enum stage stage)
{
	unsigned long rate = 1 << 12, step;

	while (rate < MOST_RATE && !both(stage, rate))
		rate *= 2;
	rate /= 2;
	for (step = rate / 2; step >= rate / 16; step /= 2)
		if (!both(stage, rate + step))
			rate += step;
	return rate;
}

/* --- beginning and end -------------------------------------------------------------------------- */

static void remove_cgroups(void)
{
	struct error err;

	if (bench.cgroups[0])
		cgroup_remove(bench.cgroups, &err);
}

static void make_cgroups(void)
{
	struct error err;
	char path[256];
	__u64 id;

	snprintf(bench.cgroups, sizeof(bench.cgroups), "/capward-bench-%d", getpid());
	if (cgroup_make(bench.cgroups, &err)) {
		fprintf(stderr, "events: %s\n", err.text);
		exit(1);
	}
	atexit(remove_cgroups);
	for (int i = 0; i < SCOPES; i++) {
		snprintf(path, sizeof(path), "%s/libpod-%064d", bench.cgroups, i);
		if (cgroup_make(path, &err) || cgroup_id(path, &id, &err)) {
			fprintf(stderr, "events: %s\n", err.text);
			exit(1);
		}
		bench.shared->scopes[i] = id;
	}
}

static void load(const char *path)
{
	const struct capward_policy policy = {.profile = "web"};
	const __u32 slot = CAPWARD_POLICY_FIRST;
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	void *memory;

	if (!object || bpf_object__load(object))
		die(path);
	bench.flood = bpf_program__fd(bpf_object__find_program_by_name(object, "flood"));
	bench.engine.policies = bpf_object__find_map_fd_by_name(object, "policies");
	bench.buffer = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"), on_event,
					NULL, NULL);
	if (!bench.buffer || bpf_map_update_elem(bench.engine.policies, &slot, &policy, BPF_ANY))
		die("prepare the maps");
	memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED,
		      bpf_object__find_map_fd_by_name(object, ".bss"), 0);
	if (memory == MAP_FAILED)
		die("map the counters");
	bench.shared = memory;
}

int main(int argc, char **argv)
{
	struct error err;

	if (argc < 2) {
		fputs("usage: events OBJECT [SECONDS]\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN); /* the cgroups are removed in any case */
	bench.seconds = argc > 2 ? strtoul(argv[2], NULL, 10) : 2;
	load(argv[1]);
	make_cgroups();
	bench.identities = identity_cache_new();
	bench.null = fopen("/dev/null", "we");
	if (!bench.identities || !bench.null)
		die("/dev/null");
	if (event_log_open(EVENT_LOG_FILE, "/dev/null", NULL, NULL, &bench.log, &err)) {
		fprintf(stderr, "events: %s\n", err.text);
		return 1;
	}
	for (int stage = 0; stage < STAGES; stage++)
		printf("figure %s-ns %.0f\n", stage_names[stage], cost((enum stage)stage));
	fflush(stdout);
	for (int stage = TEXT; stage < STAGES; stage++) {
		printf("figure %s-rate %lu\n", stage_names[stage], without_loss((enum stage)stage));
		both((enum stage)stage, 0);
		fflush(stdout);
	}
	return 0;
}

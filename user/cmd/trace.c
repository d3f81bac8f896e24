// SPDX-License-Identifier: GPL-2.0-or-later
/* capward trace: stream events. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "clock.h"
#include "command.h"
#include "container.h"
#include "event_view.h"
#include "gate.h"
#include "host.h"
#include "identity_cache.h"
#include "operation.h"
#include "relay.h"
#include "relay_client.h"

#define POLL_MS	 200
#define WATCH_NS 1000000000ULL

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

struct trace {
	struct engine *engine;
	bool json, backlog;
	const char *scope;	 /* NULL: any */
	int permission, verdict; /* -1: any */
	__u64 since;		 /* ns since boot: when the command began */
	unsigned long long damaged, missed;
	struct identity_cache *identities;
	int lock, relay;       /* where the events come from; one of them is negative */
	enum gate_sight sight; /* what was told last */
	__u64 looked;	       /* ns since boot */
};

static int show(const struct trace *trace, const struct event_view *view)
{
	json_t *object;
	int failed;

	if (!trace->json)
		return event_print(view, stdout);
	object = event_json(view);
	failed = !object || json_dumpf(object, stdout, JSON_COMPACT) || putchar('\n') == EOF;
	json_decref(object);
	return failed ? -EIO : 0;
}

/* Whether @name, as a person gave it, means the scope of @view. */
static bool is_asked_for(const char *name, const struct event_view *view)
{
	if (view->identity && view->identity->name && !strcmp(view->identity->name, name))
		return true;
	return container_matches(view->cgroup, name);
}

static int on_event(void *context, const void *bytes, size_t size)
{
	static struct event_view view;
	struct trace *trace = context;

	if (event_decode(bytes, size, &view.event)) {
		trace->damaged++;
		return 0;
	}
	if (!trace->backlog && view.event.time < trace->since)
		return 0;
	if ((trace->permission >= 0 && view.event.permission != trace->permission) ||
	    (trace->verdict >= 0 && view.event.verdict != trace->verdict))
		return 0;
	event_view_complete(trace->engine, &view);
	view.identity = identity_cache_get(trace->identities, view.event.scope, view.cgroup);
	if (trace->scope && !is_asked_for(trace->scope, &view))
		return 0;
	/* What was taken from the buffer is printed before a signal ends the loop. */
	return show(trace, &view) ? -EIO : 0;
}

/*
 * Events are taken out of the buffer by who reads them, so only one may: this command, or the daemon,
 * which then passes them on.
 */
static int open_source(struct trace *trace, struct error *err)
{
	int code;

	trace->lock = engine_reader_lock(err);
	if (trace->lock != -EAGAIN)
		return trace->lock < 0 ? trace->lock : 0;
	trace->relay = relay_subscribe(RELAY_PATH, err);
	code = trace->relay;
	if (code == -ENOENT || code == -ECONNREFUSED)
		return error_set(err, -EBUSY,
				 "another `capward trace` is reading the events; end it first");
	return code < 0 ? code : 0;
}

/* Take what the daemon has, waiting up to @timeout_ms for the first; as engine_events(). */
static int relayed_events(struct trace *trace, int timeout_ms, struct error *err)
{
	struct relay_record record;
	int code, count = 0;

	while ((code = relay_next(trace->relay, count ? 0 : timeout_ms, &record, err)) > 0) {
		count++;
		trace->missed += record.missed;
		code = record.missed ? 0 : on_event(trace, record.bytes, record.size);
		if (code)
			return code;
	}
	if (code == -EPIPE)
		return error_set(err, code, "the daemon has ended; what is in force stays");
	return code < 0 ? code : count;
}

/* Tell when what enforcement rests on has changed, once a second. */
static void watch(struct trace *trace)
{
	__u64 time = clock_boot_ns();
	enum gate_sight sight;

	if (time - trace->looked < WATCH_NS)
		return;
	trace->looked = time;
	sight = gate_look(trace->engine);
	if (sight != trace->sight)
		fprintf(stderr, "capward trace: %s\n", gate_sight_text(sight));
	trace->sight = sight;
}

static int stream(struct trace *trace, struct error *err)
{
	struct sigaction action = {.sa_handler = on_signal};
	int code = 0;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	while (!stop && code >= 0) {
		watch(trace);
		code = trace->relay >= 0
			       ? relayed_events(trace, POLL_MS, err)
			       : engine_events(trace->engine, POLL_MS, on_event, trace, err);
		if (code == -EINTR)
			code = 0;
		if (fflush(stdout))
			code = -EIO;
	}
	if (code == -EIO)
		return error_set(err, code, "write the output: %s", strerror(errno));
	return code < 0 ? code : 0;
}

static int read_options(int argc, char **argv, struct trace *trace)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
						{"scope", required_argument, NULL, 's'},
						{"cap", required_argument, NULL, 'c'},
						{"operation", required_argument, NULL, 'O'},
						{"verdict", required_argument, NULL, 'v'},
						{"backlog", no_argument, NULL, 'b'},
						{"help", no_argument, NULL, 'h'},
						{}};
	char near[CAPS_LABEL];
	const char *guess;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:s:c:v:bh", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			if (!command_output(optarg, &trace->json))
				return command_usage(&command_trace, "-o takes text or json");
			break;
		case 's':
			trace->scope = optarg;
			break;
		case 'c':
			if (trace->permission >= 0)
				return command_usage(&command_trace,
						     "one --cap or --operation at a time");
			trace->permission = caps_parse(optarg, strlen(optarg));
			if (trace->permission >= 0)
				break;
			guess = caps_nearest(optarg, near);
			return command_usage(&command_trace, "--cap %.64s: no such capability%s%s",
					     optarg, guess ? "; did you mean " : "",
					     guess ? guess : "");
		case 'O':
			if (trace->permission >= 0)
				return command_usage(&command_trace,
						     "one --cap or --operation at a time");
			trace->permission = operation_find(optarg);
			if (trace->permission >= 0)
				break;
			guess = operation_nearest(optarg);
			return command_usage(&command_trace,
					     "--operation %.64s: no such operation%s%s", optarg,
					     guess ? "; did you mean " : "", guess ? guess : "");
		case 'v':
			trace->verdict = event_verdict_parse(optarg);
			if (trace->verdict >= 0)
				break;
			return command_usage(&command_trace,
					     "--verdict takes used, denied, would-deny, lent, "
					     "set-up, probed, held or refused");
		case 'b':
			trace->backlog = true;
			break;
		case 'h':
			command_help(&command_trace);
			return -1;
		default:
			return command_bad_option(&command_trace, option, argv);
		}
	}
	return optind < argc ? command_usage(&command_trace, "unexpected argument") : 0;
}

static void report(const struct trace *trace, __u64 lost)
{
	if (lost)
		fprintf(stderr,
			"capward trace: %llu events were lost (buffer full); the counts of "
			"`capward ps` have them\n",
			(unsigned long long)lost);
	if (trace->missed)
		fprintf(stderr,
			"capward trace: %llu events were missed (this command was too slow); the "
			"counts of `capward ps` have them\n",
			trace->missed);
	if (trace->damaged)
		fprintf(stderr, "capward trace: %llu events were not readable\n", trace->damaged);
}

static int run(int argc, char **argv)
{
	struct trace trace = {
		.permission = -1, .verdict = -1, .since = clock_boot_ns(), .lock = -1, .relay = -1};
	struct error err;
	__u64 lost;
	int code, status = read_options(argc, argv, &trace);

	if (status)
		return status < 0 ? STATUS_OK : status;
	code = host_permit(&err);
	if (!code)
		code = engine_open(&trace.engine, &err);
	if (code)
		return command_fail("trace", code, &err);
	trace.identities = identity_cache_new();
	lost = engine_state(trace.engine)->lost;
	code = trace.identities ? open_source(&trace, &err)
				: error_set(&err, -ENOMEM, "out of memory");
	if (!code)
		code = stream(&trace, &err);
	if (code)
		status = command_fail("trace", code, &err);
	else
		report(&trace, engine_state(trace.engine)->lost - lost);
	if (trace.lock >= 0)
		close(trace.lock);
	if (trace.relay >= 0)
		close(trace.relay);
	identity_cache_free(trace.identities);
	engine_close(trace.engine);
	return status;
}

const struct command command_trace = {
	.name = "trace",
	.synopsis = "[--scope S] [--cap C | --operation OP] [--verdict V]\n"
		    "       [--backlog] [-o text|json]",
	.summary = "stream events: what is new in a scope, and every denial",
	.help = "  -s, --scope S     a container's id or its beginning, a unit, a cgroup's path\n"
		"  -c, --cap C       a capability\n"
		"      --operation OP  an operation, as in a profile's deny, or tamper\n"
		"  -v, --verdict V   used, denied, would-deny, lent, set-up, probed, held\n"
		"                    or refused\n"
		"  -b, --backlog     also what waited in the buffer\n"
		"  -o, --output text|json   JSON: one object a line\n\n"
		"Events are for people and are limited per scope (32 repeated denials a second);\n"
		"`capward ps` has the exact counts. Ends with Ctrl-C.",
	.run = run,
};

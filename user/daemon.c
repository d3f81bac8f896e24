// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "assign.h"
#include "event_view.h"
#include "follow.h"
#include "gate.h"
#include "http.h"
#include "journal.h"
#include "keep.h"
#include "metrics.h"
#include "output.h"
#include "pins.h"
#include "plan.h"
#include "policy.h"
#include "privilege.h"
#include "profile_dir.h"
#include "relay.h"
#include "rules.h"
#include "scopes.h"

#define RUN_DIR "/run/capward"

/* An editor writes a file in several steps; this long after the last one it is read. */
#define QUIET_US	200000ULL
/* How often is looked at what may change without a word. */
#define TICK_US		1000000ULL
/* And at the directory of the profiles, should the file system not tell of changes. */
#define DIRECTORY_TICKS 10
/*
 * What is this large is given back to the system when it is freed. malloc() would take what all scopes take
 * for usual after the first time, and keep as much.
 */
#define MMAP_THRESHOLD	(128 << 10)

/*
 * What the daemon keeps once all is loaded: handles of cgroups and files of rootless runtimes
 * (DAC_READ_SEARCH), and the programs of other users' processes (SYS_PTRACE, for /proc/PID/exe).
 */
static const cap_value_t kept[] = {CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE};

struct daemon {
	struct engine *engine;
	sd_event *event;
	struct profile_dir *dir;
	struct rules *rules;
	struct plan plan;
	struct follow *follow;
	struct keep *keep;
	struct event_log *log;
	struct relay *relay;
	struct http *http;
	sd_event_source *events, *directory, *quiet, *tick;
	int reader; /* the lock of who reads the events; negative: another does */
	enum gate_sight sight;
	unsigned long place; /* of the pins, which an upgrade or a load replaces */
	unsigned int ticks;
	__u64 reloads_done, reloads_failed;
	bool again; /* what the directory says could not be put in force */
};

/* One line for a person, with the priority that systemd takes from its beginning. */
__attribute__((format(printf, 2, 3))) static void say(const char *priority, const char *format, ...)
{
	char raw[1400], text[TEXT_ESCAPED(sizeof(raw))];
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	text_escape(text, sizeof(text), raw, strlen(raw));
	fprintf(stderr, "%scapward daemon: %s\n", journal_has_output() ? priority : "", text);
}

static void warn(const char *text)
{
	say(SD_WARNING, "%s", text);
}

static void warn_of(void *context, const char *text)
{
	(void)context;
	warn(text);
}

static const struct teller teller = {.say = warn_of};

/* --- profiles ----------------------------------------------------------------------------------- */

/* Whether the profiles can be in force together on this host. */
static int accept_profiles(void *context, struct profile *const *profiles, size_t count,
			   struct error *err)
{
	struct daemon *daemon = context;
	struct rules *rules;
	struct plan plan;
	int code = 0;

	for (size_t i = 0; !code && i < count; i++)
		code = policy_require(profiles[i], err);
	if (!code)
		code = rules_make(profiles, count, &rules, err);
	if (code)
		return code;
	rules_free(rules);
	code = plan_make(daemon->engine, profiles, count, CAPWARD_POLICY_DAEMON, PLAN_DAEMON_ONLY,
			 &plan, err);
	if (!code)
		plan_free(&plan);
	return code;
}

/* Go by no rules any more; what is assigned stays. */
static void forget_rules(struct daemon *daemon)
{
	follow_rules(daemon->follow, NULL, NULL, true, NULL);
	rules_free(daemon->rules);
	plan_free(&daemon->plan);
	daemon->rules = NULL;
}

/* Put what the directory says into the kernel, and have the rules and the plan of it. */
static int write_profiles(struct daemon *daemon, bool hold, struct error *err)
{
	size_t count, changed;
	struct profile *const *profiles = profile_dir_profiles(daemon->dir, &count);
	struct error some;
	int code = plan_make(daemon->engine, profiles, count, CAPWARD_POLICY_DAEMON,
			     hold ? PLAN_OTHERS_STAY : PLAN_DAEMON_ONLY, &daemon->plan, err);

	if (!code)
		code = rules_make(profiles, count, &daemon->rules, err);
	if (!code)
		code = plan_write(daemon->engine, &daemon->plan, err);
	if (!code && assign_all(daemon->engine, &changed, &some))
		warn(some.text); /* the others have theirs */
	return code;
}

/*
 * Put what the directory says in force. On failure what is in force stays, nothing is assigned any
 * more, and it is tried again: the profiles that the rules were of may be gone.
 */
static int put_in_force(struct daemon *daemon, struct error *err)
{
	bool hold = profile_dir_bad(daemon->dir);
	int lock, code;

	daemon->again = true;
	forget_rules(daemon);
	lock = engine_lock(err);
	if (lock < 0)
		return lock;
	code = write_profiles(daemon, hold, err);
	close(lock);
	if (!code)
		code = follow_rules(daemon->follow, daemon->rules, &daemon->plan, hold, err);
	if (code) {
		forget_rules(daemon);
		return code;
	}
	daemon->again = false;
	lock = hold ? -1 : engine_lock(NULL);
	if (lock >= 0) {
		policy_retire(daemon->engine, daemon->plan.slots, daemon->plan.count);
		close(lock);
	}
	return 0;
}

/* Put in force what was read, and tell. */
static void reload_now(struct daemon *daemon)
{
	struct error err;
	size_t count;

	if (put_in_force(daemon, &err)) {
		daemon->reloads_failed++;
		warn(err.text);
		return;
	}
	daemon->reloads_done++;
	profile_dir_profiles(daemon->dir, &count);
	say(SD_INFO, "%zu profiles in force; %zu scopes", count,
	    follow_numbers(daemon->follow)->scopes);
}

/* Read the directory, and put in force what has changed; @withdraw: and what is gone. */
static void reload(struct daemon *daemon, bool withdraw)
{
	struct error err;
	int code = profile_dir_read(daemon->dir, withdraw, &err);

	if (code < 0) {
		daemon->reloads_failed++;
		warn(err.text);
	} else if (code > 0 || withdraw || daemon->again) {
		reload_now(daemon);
	}
}

static int on_quiet(sd_event_source *source, uint64_t usec, void *context)
{
	(void)source;
	(void)usec;
	reload(context, false);
	return 0;
}

static int on_directory(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct daemon *daemon = context;

	(void)source;
	(void)fd;
	(void)events;
	profile_dir_drain(daemon->dir);
	sd_event_source_set_time_relative(daemon->quiet, QUIET_US);
	return sd_event_source_set_enabled(daemon->quiet, SD_EVENT_ONESHOT);
}

/* --- events ------------------------------------------------------------------------------------- */

static int on_record(void *context, const void *bytes, size_t size)
{
	static struct event_view view;
	struct daemon *daemon = context;

	relay_publish(daemon->relay, bytes, size);
	if (!daemon->log || event_decode(bytes, size, &view.event))
		return 0;
	event_view_complete(daemon->engine, &view);
	view.identity = follow_identity(daemon->follow, view.event.scope);
	event_log_write(daemon->log, &view);
	return 0;
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct daemon *daemon = context;
	struct error err;
	int code = engine_buffer_read(daemon->engine, ENGINE_EVENTS, on_record, daemon, &err);

	(void)source;
	(void)fd;
	(void)revents;
	if (code < 0 && code != -EINTR)
		warn(err.text);
	return 0;
}

/* Read the events, unless another does; then when it has ended. */
static int read_events(struct daemon *daemon, struct error *err)
{
	int fd, code;

	if (daemon->reader >= 0)
		return 0;
	daemon->reader = engine_reader_lock(NULL);
	if (daemon->reader < 0)
		return 0;
	fd = engine_buffer_fd(daemon->engine, ENGINE_EVENTS, err);
	if (fd < 0)
		return fd;
	code = sd_event_add_io(daemon->event, &daemon->events, fd, EPOLLIN, on_events, daemon);
	return code < 0 ? error_set(err, code, "read events: %s", strerror(-code)) : 0;
}

/* --- what may change without a word ------------------------------------------------------------- */

static int on_tick(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;
	enum gate_sight sight = gate_look(daemon->engine);

	if (sight != daemon->sight)
		say(sight == GATE_ENFORCES ? SD_NOTICE : SD_ERR, "%s", gate_sight_text(sight));
	daemon->sight = sight;
	if (sight == GATE_DETACHED)
		return sd_event_exit(daemon->event, 0);
	if (pins_place() != daemon->place)
		return sd_event_exit(daemon->event, -ESTALE);
	if (daemon->rules && !plan_is_current(&daemon->plan))
		reload_now(daemon);
	read_events(daemon, NULL);
	if (++daemon->ticks % DIRECTORY_TICKS == 0)
		reload(daemon, false);
	sd_event_source_set_time(source, usec + TICK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	struct daemon *daemon = context;
	struct error err;

	(void)source;
	(void)info;
	sd_notify(0, "RELOADING=1");
	if (daemon->log && event_log_reopen(daemon->log, &err))
		warn(err.text);
	reload(daemon, true);
	sd_notify(0, "READY=1");
	return 0;
}

/* --- hooks -------------------------------------------------------------------------------------- */

struct question {
	struct daemon *daemon;
	relay_token token;
};

static void on_decided(void *context, const char *profile)
{
	struct question *question = context;

	relay_answer(question->daemon->relay, question->token,
		     profile ? RELAY_ASSIGNED : RELAY_DEFAULT, profile ? profile : "");
	free(question);
}

static void on_hook(void *context, const struct relay_hook *hook, pid_t peer, relay_token token)
{
	struct question *question = malloc(sizeof(*question));
	struct daemon *daemon = context;
	struct error err;

	(void)peer;
	if (!question) {
		relay_answer(daemon->relay, token, RELAY_ERROR, "out of memory");
		return;
	}
	*question = (struct question){.daemon = daemon, .token = token};
	if (!follow_when_decided(daemon->follow, hook->cgroup, on_decided, question, &err))
		return;
	relay_answer(daemon->relay, token, RELAY_ERROR, err.text);
	free(question);
}

/* --- metrics ------------------------------------------------------------------------------------ */

static void describe_scope(struct daemon *daemon, const struct scope_view *view,
			   struct metrics_scope *out)
{
	const struct identity *identity = follow_identity(daemon->follow, view->id);

	*out = (struct metrics_scope){
		.id = view->id, .profile = view->policy.profile, .counts = view->counts};
	if (!identity)
		return;
	out->runtime = identity->container.runtime;
	out->container = identity->container.id;
	out->name = identity->name;
	out->image = identity->image;
	out->pod = identity->pod;
}

static int render(void *context, FILE *stream)
{
	struct daemon *daemon = context;
	const struct follow_numbers *numbers = follow_numbers(daemon->follow);
	const volatile struct capward_state *state = engine_state(daemon->engine);
	struct scope_list list;
	struct metrics metrics = {
		.enforcing = daemon->sight == GATE_ENFORCES,
		.events_sent = state->sent,
		.events_lost = state->lost,
		.events_limited = state->past_limited,
		.events_unwritten = daemon->log ? event_log_unwritten(daemon->log) : 0,
		.events_missed = relay_missed(daemon->relay),
		.reloads_done = daemon->reloads_done,
		.reloads_failed = daemon->reloads_failed,
		.assigned_before_payload = numbers->before_payload,
		.assigned_after_payload = numbers->after_payload,
		.assigned_never = numbers->ended_first,
		.assignments_failed = numbers->failed,
		.assignment = numbers->decision,
		.containers_unknown = numbers->unknown,
		.ties = numbers->ties,
		.follow_lost = numbers->lost,
		.evidence_waiting = state->gone > 0 ? (__u64)state->gone : 0,
		.evidence_lost = state->gone_lost,
		.series = METRICS_SERIES,
	};
	struct metrics_scope *scopes;
	int code = scopes_read(daemon->engine, &list, NULL);

	if (code)
		return code;
	scopes = calloc(list.count + 1, sizeof(*scopes));
	for (int verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		metrics.uses[verdict] = state->past[verdict];
	for (size_t i = 0; scopes && i < list.count; i++) {
		describe_scope(daemon, &list.scopes[i], &scopes[i]);
		metrics.events_limited += list.scopes[i].limited;
		for (int verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
			metrics.uses[verdict] +=
				scope_total(&list.scopes[i], (enum capward_verdict)verdict);
	}
	metrics.scopes = list.count;
	metrics.list = scopes;
	metrics.list_count = list.count;
	code = scopes ? metrics_print(&metrics, stream) : -ENOMEM;
	free(scopes);
	scopes_free(&list);
	return code;
}

/* --- evidence ----------------------------------------------------------------------------------- */

static void on_known(void *context, __u64 id, const char *path, const struct identity *identity)
{
	const struct daemon *daemon = context;

	keep_scope(daemon->keep, id, path, identity);
}

static void on_gone(void *context, __u64 id)
{
	const struct daemon *daemon = context;

	keep_gone(daemon->keep, id);
}

static int begin_evidence(struct daemon *daemon, const char *dir, struct error *err)
{
	const struct follow_watcher watcher = {
		.known = on_known, .gone = on_gone, .context = daemon};
	int code;

	if (!dir)
		return 0;
	code = keep_new(daemon->engine, dir, daemon->event, &teller, &daemon->keep, err);
	if (!code)
		follow_watch(daemon->follow, &watcher);
	return code;
}

/* --- beginning and end -------------------------------------------------------------------------- */

static int begin_profiles(struct daemon *daemon, const char *path, struct error *err)
{
	const struct profile_dir_user user = {
		.accept = accept_profiles, .context = daemon, .teller = teller};
	int code = profile_dir_open(path, &user, &daemon->dir, err);

	if (code)
		return code;
	code = sd_event_add_io(daemon->event, &daemon->directory, profile_dir_fd(daemon->dir),
			       EPOLLIN, on_directory, daemon);
	if (code >= 0)
		code = sd_event_add_time(daemon->event, &daemon->quiet, CLOCK_MONOTONIC, UINT64_MAX,
					 0, on_quiet, daemon);
	if (code < 0)
		return error_set(err, code, "watch %s: %s", path, strerror(-code));
	sd_event_source_set_enabled(daemon->quiet, SD_EVENT_OFF);
	code = profile_dir_read(daemon->dir, true, err);
	return code < 0 ? code : put_in_force(daemon, err);
}

static int begin_signals(struct daemon *daemon, struct error *err)
{
	sigset_t mask;
	int code;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	code = sigprocmask(SIG_BLOCK, &mask, NULL) ? -errno : 0;
	if (!code)
		code = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL, NULL);
	if (code >= 0)
		code = sd_event_add_signal(daemon->event, NULL, SIGINT, NULL, NULL);
	if (code >= 0)
		code = sd_event_add_signal(daemon->event, NULL, SIGHUP, on_hangup, daemon);
	return code < 0 ? error_set(err, code, "signals: %s", strerror(-code)) : 0;
}

static int begin_tick(struct daemon *daemon, struct error *err)
{
	uint64_t time;
	int code = sd_event_now(daemon->event, CLOCK_MONOTONIC, &time);

	if (code >= 0)
		code = sd_event_add_time(daemon->event, &daemon->tick, CLOCK_MONOTONIC,
					 time + TICK_US, TICK_US / 4, on_tick, daemon);
	return code < 0 ? error_set(err, code, "set a timer: %s", strerror(-code)) : 0;
}

/*
 * Be the only daemon, and then have what is loaded: a second one would replace the programs of the first and
 * end, and the first would end without them. The lock is held over both, for two that begin at once.
 */
static int begin_engine(struct daemon *daemon,
			int (*open)(struct engine **engine, struct error *err), struct error *err)
{
	int lock = engine_lock(err), code;

	if (lock < 0)
		return lock;
	code = relay_new(daemon->event, RELAY_PATH, on_hook, daemon, &daemon->relay, err);
	if (!code)
		code = open(&daemon->engine, err);
	if (!code) {
		daemon->sight = gate_look(daemon->engine);
		daemon->place = pins_place();
	}
	close(lock);
	return code;
}

static int begin(struct daemon *daemon, int (*open)(struct engine **engine, struct error *err),
		 const struct daemon_options *options, struct error *err)
{
	int code = sd_event_new(&daemon->event);

	if (code < 0)
		return error_set(err, code, "event loop: %s", strerror(-code));
	if (mkdir(RUN_DIR, 0755) && errno != EEXIST)
		return error_set(err, -errno, RUN_DIR ": %s", strerror(errno));
	code = begin_engine(daemon, open, err);
	if (!code)
		code = begin_signals(daemon, err);
	if (!code && options->log)
		code = event_log_open(options->log_kind, options->log_path, warn_of, NULL,
				      &daemon->log, err);
	if (!code)
		code = follow_new(daemon->engine, daemon->event, &teller, &daemon->follow, err);
	if (!code)
		code = begin_evidence(daemon, options->evidence, err);
	if (!code)
		code = begin_profiles(daemon, options->profiles, err);
	if (!code && options->metrics)
		code = http_new(daemon->event, options->metrics, options->metrics_anywhere, render,
				daemon, &daemon->http, err);
	if (!code)
		code = read_events(daemon, err);
	if (!code)
		code = begin_tick(daemon, err);
	return code ? code : privilege_keep(kept, sizeof(kept) / sizeof(kept[0]), err);
}

static void end(struct daemon *daemon)
{
	http_free(daemon->http);
	follow_free(daemon->follow); /* answers the hooks that wait */
	keep_free(daemon->keep);
	relay_free(daemon->relay);
	rules_free(daemon->rules);
	plan_free(&daemon->plan);
	profile_dir_close(daemon->dir);
	event_log_free(daemon->log);
	sd_event_source_unref(daemon->events);
	sd_event_source_unref(daemon->directory);
	sd_event_source_unref(daemon->quiet);
	sd_event_source_unref(daemon->tick);
	sd_event_unref(daemon->event);
	if (daemon->reader >= 0)
		close(daemon->reader);
	engine_close(daemon->engine);
}

int daemon_run(int (*open)(struct engine **engine, struct error *err),
	       const struct daemon_options *options, struct error *err)
{
	struct daemon daemon = {.reader = -1};
	int code;

	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	code = begin(&daemon, open, options, err);

	if (!code) {
		sd_event_set_watchdog(daemon.event, true);
		say(SD_INFO, "%s; %zu scopes", gate_sight_text(daemon.sight),
		    follow_numbers(daemon.follow)->scopes);
		sd_notifyf(0, "READY=1\nSTATUS=%s", gate_sight_text(daemon.sight));
		code = sd_event_loop(daemon.event);
		sd_notify(0, "STOPPING=1");
		if (code == -ESTALE)
			error_set(err, code, "what was loaded was replaced; start again");
		else if (code < 0)
			error_set(err, code, "event loop: %s", strerror(-code));
	}
	end(&daemon);
	return code < 0 ? code : 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/* capward explain: what a container was refused, by whom, and what to do about it. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "clock.h"
#include "command.h"
#include "container.h"
#include "decide.h"
#include "event.h"
#include "evidence_read.h"
#include "find.h"
#include "granted.h"
#include "host.h"
#include "identity.h"
#include "operation.h"
#include "output.h"
#include "remedy.h"
#include "scope_json.h"
#include "store.h"
#include "syscall_name.h"
#include "syscall_object.h"
#include "workload_name.h"

/* Something that was denied or refused, or would be: why something may have failed. */
struct cause {
	enum capward_verdict verdict;
	unsigned int permission;
	const struct capward_evidence *known;
};

#define CAUSES (3 * CAPWARD_OPS_END) /* of three verdicts */

/* A container that runs, or a run of it that ended. */
struct subject {
	__u64 scope;
	const char *cgroup;
	struct identity identity;
	__u64 ended;		      /* ns since 1970, at the latest; 0: it runs */
	struct capward_policy policy; /* all zero: not known */
	bool own_userns;	      /* of one that runs */
	const struct evidence *evidence;
	struct cause causes[CAUSES]; /* the last one first */
	size_t count;
};

/* What is told of a subject, with --output json as @object; NULL: there is none. */
struct told {
	char *text;
	json_t *object;
};

/* Nothing is printed before all is known, so that no answer is there in part. */
struct explain {
	const char *name;
	struct engine *engine;
	struct scope_list list;
	char boot[STORE_BOOT]; /* this one */
	bool json;
	struct told running, ended;
	int rank; /* of a run that ended, to be told of: less than this (find_rank()) */
	struct error err;
};

/* What was refused */

/*
 * Whether it can be why something failed: what was asked for in passing (CAP_OPT_NOAUDIT) is done otherwise
 * without.
 */
static bool is_cause(const struct capward_evidence *known)
{
	return known->count > known->probes;
}

static int by_time(const void *left, const void *right)
{
	const struct cause *a = left, *b = right;

	if (a->known->last != b->known->last)
		return a->known->last < b->known->last ? 1 : -1;
	return (a->permission > b->permission) - (a->permission < b->permission);
}

static void collect(struct subject *subject)
{
	static const enum capward_verdict verdicts[] = {CAPWARD_DENIED, CAPWARD_REFUSED,
							CAPWARD_WOULD_DENY};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		for (unsigned int n = 0; n < CAPWARD_OPS_END; n++) {
			const struct capward_evidence *known =
				&subject->evidence->of[verdicts[i]][n];

			if (is_cause(known))
				subject->causes[subject->count++] =
					(struct cause){verdicts[i], n, known};
		}
	qsort(subject->causes, subject->count, sizeof(subject->causes[0]), by_time);
}

static const char *remedy_of(const struct subject *subject, const struct cause *cause,
			     char text[static REMEDY_TEXT])
{
	const struct remedy_case about = {
		.verdict = cause->verdict,
		.permission = cause->permission,
		.runtime = subject->identity.container.runtime,
		.pod = subject->identity.pod_uid || subject->identity.pod_namespace,
		.profile = subject->policy.profile,
		.allowed = subject->policy.profile[0] &&
			   (policy_mode(subject->policy.word) == CAPWARD_OFF ||
			    policy_allows(subject->policy.word, cause->permission)),
		.not_its_own = subject->own_userns && cause->known->levels & 1,
	};

	return remedy_for(&about, text);
}

/* Output */

static json_t *cause_json(const struct subject *subject, const struct cause *cause)
{
	const char *operation = operation_name(cause->permission);
	char label[CAPS_LABEL], text[REMEDY_TEXT];
	json_t *object = json_pack("{s:s, s:s, s:I, s:s}", operation ? "operation" : "cap",
				   operation ? operation : caps_label(cause->permission, label),
				   "verdict", event_verdict_name(cause->verdict), "count",
				   (json_int_t)cause->known->count, "remedy",
				   remedy_of(subject, cause, text));

	if (object)
		json_object_update_new(object, evidence_json(cause->known));
	return object;
}

static json_t *subject_json(const struct subject *subject)
{
	json_t *list = json_array();

	for (size_t i = 0; i < subject->count; i++)
		json_array_append_new(list, cause_json(subject, &subject->causes[i]));
	return json_pack("{s:o, s:o, s:o, s:o}", "scope",
			 scope_json(subject->scope, subject->cgroup, &subject->identity), "ended",
			 json_time(subject->ended), "profile", json_text(subject->policy.profile),
			 "causes", list);
}

static void print_cause(FILE *out, const struct subject *subject, const struct cause *cause)
{
	const struct capward_evidence *known = cause->known;
	char label[CAPS_LABEL], last[CLOCK_AGO], text[1024], object[SYSCALL_OBJECT];
	char name[SYSCALL_NAME], remedy[REMEDY_TEXT];

	fprintf(out, "  %-10s  %s, %llu time%s", event_verdict_name(cause->verdict),
		permission_name(cause->permission, label), (unsigned long long)known->count,
		known->count == 1 ? "" : "s");
	if (known->last)
		fprintf(out, ", last %s", clock_ago(known->last, last));
	fputc('\n', out);
	if (evidence_ways(known, text, sizeof(text))[0])
		fprintf(out, "              in %s\n", text);
	if (syscall_object(known, object)[0])
		fprintf(out, "              on %s, in %s\n", object,
			syscall_name(known->object_syscall, name));
	fprintf(out, "    remedy    %s\n", remedy_of(subject, cause, remedy));
}

static void print_subject(FILE *out, const struct subject *subject)
{
	char called[SCOPE_CALLED], image[600], ago[CLOCK_AGO];
	const struct identity *identity = &subject->identity;
	const char *of = identity->image ? identity->image : "";

	text_escape(image, sizeof(image), of, strlen(of));
	fprintf(out, "%s%s%s%s%s%s", identity->container.runtime,
		identity->container.runtime[0] ? " " : "",
		scope_called(subject->cgroup, identity, called),
		identity->claimed ? " (as its owner says)" : "", of[0] ? "  " : "", image);
	if (subject->policy.profile[0])
		fprintf(out, "  profile %s (%s)", subject->policy.profile,
			profile_mode_name(policy_mode(subject->policy.word)));
	if (subject->ended) {
		clock_ago(subject->ended, ago);
		fprintf(out, "  ended %s%s", ago, strcmp(ago, "now") ? " ago" : "");
	}
	fputc('\n', out);
	for (size_t i = 0; i < subject->count; i++)
		print_cause(out, subject, &subject->causes[i]);
	if (!subject->count)
		fputs("  nothing was denied\n", out);
}

/* NULL without memory. */
static char *subject_text(const struct subject *subject)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	print_subject(stream, subject);
	if (!fclose(stream))
		return text;
	free(text);
	return NULL;
}

static bool is_told(const struct told *told)
{
	return told->text || told->object;
}

static void told_free(struct told *told)
{
	free(told->text);
	json_decref(told->object);
	*told = (struct told){};
}

/* Have *@told tell of @subject, whose evidence is complete. */
static int tell_of(const struct explain *explain, struct subject *subject, struct told *told)
{
	struct told made = {};

	collect(subject);
	if (explain->json)
		made.object = subject_json(subject);
	else
		made.text = subject_text(subject);
	if (!is_told(&made))
		return -ENOMEM;
	told_free(told);
	*told = made;
	return 0;
}

/* What else a person should know, who does not find here what he looked for. */
static void print_remarks(void)
{
	if (!engine_watches_refusals())
		puts("\nWhat the kernel itself refuses, because it was not granted, is not\n"
		     "watched: `capward learn start --refusals`, and start the container again.");
}

static int print_text(const struct explain *explain)
{
	const char *running = explain->running.text, *ended = explain->ended.text;

	printf("%s%s%s", running ? running : "", running && ended ? "\n" : "", ended ? ended : "");
	print_remarks();
	return fflush(stdout) ? STATUS_FAILED : STATUS_OK;
}

static int print_json(const struct explain *explain)
{
	json_t *list = json_array();

	if (explain->running.object)
		json_array_append(list, explain->running.object);
	if (explain->ended.object)
		json_array_append(list, explain->ended.object);
	return command_print_json("explain",
				  json_pack("{s:o, s:b}", "runs", list, "refusals_watched",
					    engine_watches_refusals()),
				  JSON_INDENT(2));
}

/* Whom it is about */

/*
 * How well @identity in @cgroup answers to @name; negative: not at all. A path is that of a cgroup and nothing
 * else.
 */
static int rank_of(const struct identity *identity, const char *cgroup, const char *name)
{
	if (name[0] == '/')
		return strcmp(cgroup, name) ? -1 : FIND_BY_ID;
	return find_rank(identity, name);
}

static int explain_running(struct explain *explain, const struct scope_view *view)
{
	struct evidence *evidence = calloc(1, sizeof(*evidence));
	struct subject *subject = calloc(1, sizeof(*subject));
	struct granted granted = {};
	int code = evidence && subject ? 0 : -ENOMEM;

	if (!code)
		code = identity_of("", view->path, &subject->identity, NULL);
	if (!code) {
		/* Where that fails it counts as the host's, as most are. */
		granted_in(view->path, &granted, NULL);
		evidence_read_scope(explain->engine, view, evidence);
		subject->scope = view->id;
		subject->cgroup = view->path;
		subject->policy = view->policy;
		subject->own_userns = granted.own_userns;
		subject->evidence = evidence;
		explain->rank = rank_of(&subject->identity, view->path, explain->name) + 1;
		code = tell_of(explain, subject, &explain->running);
	}
	if (subject)
		identity_free(&subject->identity);
	free(subject);
	free(evidence);
	return code;
}

/*
 * Who @run was, borrowed from it and from @space, which has the namespace of its pod. Its cgroup's path does not
 * tell all of it: the container of plain runc or crun, or whose files were a user's.
 */
static struct identity identity_of_run(const struct stored_run *run,
				       char space[static IDENTITY_TEXT])
{
	char *slash = run->pod ? strrchr(run->pod, '/') : NULL;
	struct identity identity = {
		.container.runtime = run->runtime ? run->runtime : "",
		.name = run->name,
		.image = run->image,
		.pod = slash ? slash + 1 : run->pod,
		.claimed = workload_is_claimed(run->workload),
	};

	snprintf(identity.container.id, sizeof(identity.container.id), "%s",
		 run->container ? run->container : "");
	if (slash) {
		snprintf(space, IDENTITY_TEXT, "%.*s", (int)(slash - run->pod), run->pod);
		identity.pod_namespace = space;
	}
	return identity;
}

/* How well @run answers to @name, which may be its workload's too; negative: not at all. */
static int rank_of_run(const struct stored_run *run, const char *name)
{
	char space[IDENTITY_TEXT];
	struct identity identity = identity_of_run(run, space);
	int rank = rank_of(&identity, run->cgroup ? run->cgroup : "", name);

	if (rank < 0 && !strcmp(run->workload, name))
		rank = FIND_BY_PREFIX + (identity.claimed ? FIND_CLAIMED : 0);
	return rank;
}

/*
 * Tell of @run, which ended at @ended, with @evidence, unless one that came before answers as well to the name.
 */
static int try_run(struct explain *explain, const struct stored_run *run, __u64 ended,
		   const struct evidence *evidence)
{
	int rank = rank_of_run(run, explain->name), code;
	struct subject *subject;
	char space[IDENTITY_TEXT];

	if (rank < 0 || rank >= explain->rank)
		return 0;
	subject = calloc(1, sizeof(*subject));
	if (!subject)
		return -ENOMEM;
	subject->scope = run->scope;
	subject->cgroup = run->cgroup ? run->cgroup : "";
	subject->identity = identity_of_run(run, space);
	subject->ended = ended;
	subject->evidence = evidence;
	code = tell_of(explain, subject, &explain->ended);
	if (!code)
		explain->rank = rank;
	free(subject);
	return code;
}

/* A callback of the store, as is try_ending(). */
static int try_ended(void *context, const struct stored_run *run)
{
	return try_run(context, run, run->ended, run->evidence);
}

/* Whether the scope @id is one that runs. */
static bool runs(const struct explain *explain, __u64 id)
{
	for (size_t i = 0; i < explain->list.count; i++)
		if (explain->list.scopes[i].id == id)
			return true;
	return false;
}

/*
 * The same of those whose end the daemon has not written: in this boot, just now, and their evidence is the
 * kernel's still; in one before, with that, and nothing that the kernel has now is theirs.
 */
static int try_ending(void *context, const struct stored_run *run)
{
	struct explain *explain = context;
	struct evidence *evidence;
	int code;

	if (strcmp(run->boot, explain->boot))
		return try_run(explain, run, (__u64)clock_of_day(0), run->evidence);
	if (runs(explain, run->scope))
		return 0;
	evidence = calloc(1, sizeof(*evidence));
	if (!evidence)
		return -ENOMEM;
	evidence_read_gone(explain->engine, run->scope, evidence);
	code = try_run(explain, run, clock_ns(CLOCK_REALTIME),
		       evidence_is_empty(evidence) ? run->evidence : evidence);
	free(evidence);
	return code;
}

static void warn(void *context, const char *text)
{
	(void)context;
	fprintf(stderr, "capward explain: %s\n", text);
}

/*
 * Of the runs that ended, the one that answers best to the name, and of several the last: a container that
 * somebody else than root may call anything only where no other does, as scopes_find() has it.
 */
static int explain_ended(struct explain *explain, const char *dir)
{
	const struct teller teller = {.say = warn};
	int code = store_boot(engine_loaded_at(explain->engine), explain->boot);

	if (!code)
		code = store_each_run(dir, try_ending, explain, &teller);
	return code ? code : store_each_ended(dir, try_ended, explain, &teller);
}

static int explain_all(struct explain *explain, const char *dir)
{
	const struct scope_view *view = NULL;
	struct error none = {""};
	int code, found;

	found = scopes_find(&explain->list, "", explain->name, &view, &none);
	if (found && found != -ENOENT)
		return error_set(&explain->err, found, "%s", none.text);
	code = found ? 0 : explain_running(explain, view);
	if (!code)
		code = explain_ended(explain, dir);
	if (!code && !is_told(&explain->running) && !is_told(&explain->ended))
		code = error_set(&explain->err, -ENOENT,
				 "%s; and none that ended is kept (%s): capward daemon keeps them",
				 none.text, dir);
	return code;
}

/* The command */

static int explain_name(struct explain *explain, const char *dir)
{
	struct error *err = &explain->err;
	int code = host_permit(err), status;

	if (!code)
		code = engine_open(&explain->engine, err);
	if (code)
		return command_fail("explain", code, err);
	code = scopes_read(explain->engine, &explain->list, err);
	if (!code)
		code = explain_all(explain, dir);
	if (code && !err->text[0])
		error_set(err, code, "%s", strerror(-code));
	if (code)
		status = command_fail("explain", code, err);
	else
		status = explain->json ? print_json(explain) : print_text(explain);
	told_free(&explain->running);
	told_free(&explain->ended);
	scopes_free(&explain->list);
	engine_close(explain->engine);
	return status;
}

/* Read the options. False: return *@status. */
static bool read_options(int argc, char **argv, bool *json, const char **dir, int *status)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
						{"evidence", required_argument, NULL, 'v'},
						{"help", no_argument, NULL, 'h'},
						{}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:v:h", options, NULL)) >= 0) {
		if (option == 'v')
			*dir = optarg;
		else if (option != 'o' || !command_output(optarg, json))
			break;
	}
	if (option < 0)
		return true;
	if (option == 'o')
		*status = command_usage(&command_explain, "--output takes text or json");
	else if (option == 'h')
		*status = command_help(&command_explain);
	else
		*status = command_bad_option(&command_explain, option, argv);
	return false;
}

static int run(int argc, char **argv)
{
	struct explain explain = {.rank = INT_MAX};
	const char *dir = STORE_DIR;
	int status;

	if (!read_options(argc, argv, &explain.json, &dir, &status))
		return status;
	if (optind + 1 != argc)
		return command_usage(&command_explain, "one container is to be named");
	explain.name = argv[optind];
	return explain_name(&explain, dir);
}

const struct command command_explain = {
	.name = "explain",
	.synopsis = "[-o text|json] [--evidence DIR] CONTAINER|WORKLOAD",
	.summary = "what a container was denied, also one that died, and what to do",
	.help = "What was denied by its policy, or would be, and what the kernel refused, the\n"
		"last one first: by which system calls and programs, on what, and one line on\n"
		"what to do. Of the container that runs and, where the daemon keeps it, of the\n"
		"last run that ended.\n\n"
		"  -v, --evidence DIR     where the daemon keeps what was seen (" STORE_DIR ")\n"
		"  -o, --output text|json",
	.run = run,
};

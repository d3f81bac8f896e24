// SPDX-License-Identifier: GPL-2.0-or-later
/* capward learn: what workloads were seen to use, and the smallest set that it makes. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "caps_json.h"
#include "clock.h"
#include "command.h"
#include "decide.h"
#include "event.h"
#include "host.h"
#include "identity.h"
#include "output.h"
#include "profile.h"
#include "scope_json.h"
#include "store.h"
#include "workload.h"
#include "workload_name.h"

struct learn {
	struct engine *engine;
	struct scope_list list;
	struct workload_source source;
	struct error err;
	FILE *out; /* what is printed when the store is released: who reads may take his time */
	bool json, all, refusals;
	json_t *workloads; /* with @json: those that were shown */
	size_t shown;
};

/* JSON */

static json_t *capability_json(const struct workload *workload, unsigned int cap)
{
	struct capward_evidence sum;
	json_t *object, *counts = json_object();
	char label[CAPS_LABEL];

	evidence_sum(&workload->evidence, cap, &sum);
	for (unsigned int verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		json_object_set_new(
			counts, event_verdict_name(verdict),
			json_integer((json_int_t)workload->evidence.of[verdict][cap].count));
	object = json_pack("{s:s, s:s, s:s, s:o}", "cap", caps_label(cap, label), "needed",
			   need_name(workload->needs[cap].needed), "why", workload->needs[cap].why,
			   "counts", counts);
	if (object)
		json_object_update_new(object, evidence_json(&sum));
	return object;
}

static json_t *scopes_json(const struct workload *workload)
{
	json_t *list = json_array();

	for (size_t i = 0; i < workload->count; i++) {
		const struct scope_view *view = workload->scopes[i];
		struct identity identity = {};

		if (!identity_of("", view->path, &identity, NULL))
			json_array_append_new(list, scope_json(view->id, view->path, &identity));
		identity_free(&identity);
	}
	return list;
}

static json_t *workload_json(const struct workload *workload)
{
	json_t *capabilities = json_array();
	struct granted has;
	bool runs = workload_granted(workload, &has);

	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++)
		if (workload->needs[cap].needed != NEED_NONE)
			json_array_append_new(capabilities, capability_json(workload, cap));
	return json_pack(
		"{s:o, s:b, s:I, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "workload",
		json_text(workload->name), "learning", workload->learning, "runs",
		(json_int_t)workload->runs, "scopes", scopes_json(workload), "capabilities",
		capabilities, "needed", caps_json(needs_mask(workload->needs, false)), "to_grant",
		caps_json(needs_mask(workload->needs, true)), "watched_seconds",
		workload->watched ? json_integer(workload->watched / 1000000000) : json_null(),
		"short", need_is_short(workload->watched, workload->watched_runs), "not_exercised",
		runs ? caps_json(needs_untried(&workload->evidence, workload->needs, has.caps))
		     : json_null());
}

/* Text */

static void print_scope(FILE *out, const struct scope_view *view)
{
	struct identity identity = {};
	char called[SCOPE_CALLED], image[512];
	int code = identity_of("", view->path, &identity, NULL);
	const char *what = !code && identity.image ? identity.image : "";

	text_escape(image, sizeof(image), what, strlen(what));
	fprintf(out, "%s%s%s  profile %s (%s)\n",
		scope_called(view->path, code ? NULL : &identity, called), image[0] ? "  " : "",
		image, view->policy.profile, profile_mode_name(policy_mode(view->policy.word)));
	identity_free(&identity);
}

static void print_name(FILE *out, const struct workload *workload)
{
	char name[TEXT_ESCAPED(WORKLOAD_NAME)];

	text_escape(name, sizeof(name), workload->name, strlen(workload->name));
	fprintf(out, "%s: %llu ended, %zu running%s\n", name, (unsigned long long)workload->runs,
		workload->count, workload->learning ? "" : "; what is seen is not added");
}

static int add_row(struct table *table, const struct workload *workload, unsigned int cap)
{
	const struct need *need = &workload->needs[cap];
	struct capward_evidence sum;
	char label[CAPS_LABEL], count[24], ago[CLOCK_AGO], ways[1024], why[1200];

	evidence_sum(&workload->evidence, cap, &sum);
	snprintf(count, sizeof(count), "%llu", (unsigned long long)sum.count);
	evidence_ways(&sum, ways, sizeof(ways));
	snprintf(why, sizeof(why), "%s%s%s", need->why, ways[0] ? ": " : "", ways);
	return table_add(table,
			 (const char *const[]){caps_label(cap, label) + strlen("CAP_"),
					       need_name(need->needed), count,
					       sum.last ? clock_ago(sum.last, ago) : "-", why});
}

static int print_table(FILE *out, const struct workload *workload)
{
	static const struct table_column columns[] = {
		{"CAPABILITY", false}, {"NEEDED", false}, {"COUNT", true},
		{"LAST", true},	       {"WHY", false},
	};
	struct table *table;
	int code = table_new(columns, sizeof(columns) / sizeof(columns[0]), &table);

	if (code)
		return code;
	for (unsigned int cap = 0; !code && cap < CAPWARD_CAPS; cap++)
		if (workload->needs[cap].needed != NEED_NONE)
			code = add_row(table, workload, cap);
	if (!code)
		code = table_print(table, out, table_width(stdout));
	table_free(table);
	return code;
}

/* What it comes to: in rows under each other, the first of which a table takes for its titles. */
static int print_summary(FILE *out, const struct workload *workload)
{
	char watched[WORKLOAD_WATCHED], needed[CAPS_TEXT], to_grant[CAPS_TEXT], untried[CAPS_TEXT];
	const struct table_column columns[] = {{"watched ", false},
					       {workload_watched(workload, watched), false}};
	__u64 mask = needs_mask(workload->needs, false),
	      granted = needs_mask(workload->needs, true);
	const char *const rows[][2] = {{"needed", caps_format(mask, needed)},
				       {"to grant", caps_format(granted, to_grant)},
				       {"untried", untried}};
	struct granted has;
	bool shown[] = {true, granted != mask, workload_granted(workload, &has)};
	struct table *table;
	int code = table_new(columns, sizeof(columns) / sizeof(columns[0]), &table);

	if (code)
		return code;
	caps_format(needs_untried(&workload->evidence, workload->needs, has.caps), untried);
	for (size_t i = 0; !code && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (shown[i])
			code = table_add(table, rows[i]);
	if (!code)
		code = table_print(table, out, table_width(stdout));
	table_free(table);
	return code;
}

static int print_workload(FILE *out, const struct workload *workload)
{
	int code;

	if (workload->name)
		print_name(out, workload);
	for (size_t i = 0; i < workload->count; i++)
		print_scope(out, workload->scopes[i]);
	code = print_table(out, workload);
	return code ? code : print_summary(out, workload);
}

/* What is done */

static int show_one(void *context, const struct workload *workload)
{
	struct learn *learn = context;

	if (learn->json)
		return json_array_append_new(learn->workloads, workload_json(workload)) ? -ENOMEM
											: 0;
	if (learn->shown++)
		fputc('\n', learn->out);
	return print_workload(learn->out, workload);
}

/* Those that are named, together; without names each by itself. */
static int show(struct learn *learn, char *const *names, size_t count)
{
	struct workload *workload;
	int code = workload_hold(&learn->source, false, &learn->list, &learn->err);

	if (code)
		return code;
	if (learn->json && !(learn->workloads = json_array()))
		return -ENOMEM;
	if (!count)
		return workload_each(&learn->source, NULL, 0, show_one, learn, &learn->err);
	code = workload_named(&learn->source, names, count, &workload, &learn->err);
	if (code)
		return code;
	code = show_one(learn, workload);
	workload_free(workload);
	return code;
}

/*
 * What of @workload is on disk, with @learning as it is to be. When that ends, all that was seen until now is in
 * it: of those that run, and of those that the daemon has not added yet and then would not.
 */
static int write_workload(struct learn *learn, const struct workload *workload, bool learning)
{
	struct stored_workload *stored = NULL;
	int code = store_read_workload(learn->source.dir, workload->name, &stored, &learn->err);

	if (code == -ENOENT) {
		stored = calloc(1, sizeof(*stored));
		if (stored)
			stored->name = strdup(workload->name);
		code = stored && stored->name ? 0 : -ENOMEM;
	}
	if (!code) {
		if (!learning)
			stored->evidence = workload->evidence;
		stored->learning = learning;
		code = store_write_workload(learn->source.dir, stored, &learn->err);
	}
	stored_workload_free(stored);
	return code;
}

static void say(struct learn *learn, const struct workload *workload, const char *what)
{
	char name[TEXT_ESCAPED(WORKLOAD_NAME)];

	text_escape(name, sizeof(name), workload->name, strlen(workload->name));
	fprintf(learn->out, "%s: %s\n", name, what);
	learn->shown++;
}

static int start_one(void *context, const struct workload *workload)
{
	struct learn *learn = context;
	int code;

	if (workload->learning) {
		say(learn, workload, "is learned already");
		return 0;
	}
	code = workload_begin_anew(&learn->source, workload, &learn->err);
	if (!code)
		code = write_workload(learn, workload, true);
	if (!code)
		say(learn, workload, "what is seen from now on is added");
	return code;
}

static int stop_one(void *context, const struct workload *workload)
{
	struct learn *learn = context;
	int code;

	if (!workload->learning) {
		say(learn, workload, "is not learned already");
		return 0;
	}
	code = write_workload(learn, workload, false);
	if (!code)
		say(learn, workload, "what is seen from now on is not added");
	return code;
}

static int reset_one(void *context, const struct workload *workload)
{
	struct learn *learn = context;
	int code = workload_begin_anew(&learn->source, workload, &learn->err);

	if (!code)
		code = store_remove_workload(learn->source.dir, workload->name, &learn->err);
	if (code == -ENOENT)
		code = 0;
	if (!code)
		say(learn, workload, "nothing is known of it any more");
	return code;
}

static int watch_refusals(struct learn *learn, bool watch)
{
	int lock = engine_lock(&learn->err), code;

	if (lock < 0)
		return lock;
	code = engine_watch_refusals(learn->engine, watch, &learn->err);
	close(lock);
	if (!code)
		puts(watch ? "what the kernel refuses is watched: every check on this host costs "
			     "more until `capward learn stop --refusals`"
			   : "what the kernel refuses is not watched");
	return code;
}

typedef int each_workload(void *context, const struct workload *workload);

/* What is done to each workload that is meant. */
struct changing {
	struct learn *learn;
	each_workload *each;
};

static int change_one(void *context, const struct workload *workload)
{
	const struct changing *changing = context;

	/* A scope that is no workload's is not kept. */
	return workload->name ? changing->each(changing->learn, workload) : 0;
}

/* Do @each to the workloads that are meant, and see to the refusals. */
static int change(struct learn *learn, char *const *names, size_t count, each_workload *each)
{
	struct changing changing = {.learn = learn, .each = each};
	int code = 0;

	if (learn->refusals)
		code = watch_refusals(learn, each == start_one);
	if (code || (!count && !learn->all))
		return code;
	code = workload_hold(&learn->source, true, &learn->list, &learn->err);
	if (!code)
		code = workload_each(&learn->source, names, count, change_one, &changing,
				     &learn->err);
	if (!code && !learn->shown)
		fputs("no workload: nothing is governed, and nothing was\n", learn->out);
	return code;
}

/* The command */

static void warn(void *context, const char *text)
{
	(void)context;
	fprintf(stderr, "capward learn: %s\n", text);
}

/* What the words after `learn` ask for, with everything opened. */
static int act(struct learn *learn, const char *verb, char *const *names, size_t count)
{
	if (!strcmp(verb, "start"))
		return change(learn, names, count, start_one);
	if (!strcmp(verb, "stop"))
		return change(learn, names, count, stop_one);
	if (!strcmp(verb, "reset"))
		return change(learn, names, count, reset_one);
	return show(learn, names, count);
}

/* The same, and print then what it says. */
static int act_and_say(struct learn *learn, const char *verb, char *const *names, size_t count)
{
	char *text = NULL;
	size_t size;
	int code;

	learn->out = open_memstream(&text, &size);
	if (!learn->out)
		return -ENOMEM;
	code = act(learn, verb, names, count);
	workload_release(&learn->source);
	if (fclose(learn->out) && !code)
		code = -ENOMEM;
	/* Also of what was done before something failed. */
	if (text && (fwrite(text, 1, size, stdout) != size || fflush(stdout)) && !code)
		code = error_set(&learn->err, -EIO, "write the output: %s", strerror(errno));
	free(text);
	return code;
}

static int learn_about(struct learn *learn, const char *verb, char *const *names, size_t count)
{
	struct error *err = &learn->err;
	char command[64];
	int code = host_permit(err), status = STATUS_OK;

	snprintf(command, sizeof(command), "learn %s", verb);
	if (!code)
		code = engine_open(&learn->engine, err);
	if (code)
		return command_fail(command, code, err);
	learn->source.engine = learn->engine;
	learn->source.teller.say = warn;
	code = act_and_say(learn, verb, names, count);
	if (code && !err->text[0])
		error_set(err, code, "%s", strerror(-code));
	if (code) {
		status = command_fail(command, code, err);
		json_decref(learn->workloads);
	} else if (learn->workloads) {
		status = command_print_json(
			command, json_pack("{s:o}", "workloads", learn->workloads), JSON_INDENT(2));
	} else if (!strcmp(verb, "show") && !learn->shown) {
		puts("no scope: nothing is governed");
	}
	scopes_free(&learn->list);
	engine_close(learn->engine);
	return status;
}

/* What is wrong with @verb and its @count names; NULL: nothing. */
static const char *wrong_use(const struct learn *learn, const char *verb, size_t count)
{
	bool shows = !strcmp(verb, "show"), resets = !strcmp(verb, "reset");

	if (learn->source.keep & learn->source.drop)
		return "--keep and --drop name the same capability";
	if (shows && (learn->all || learn->refusals))
		return "--all and --refusals are not for show";
	if (!shows && (learn->json || learn->source.keep || learn->source.drop))
		return "--output, --keep and --drop are for show";
	if (resets && learn->refusals)
		return "--refusals is for start and stop";
	if (learn->all && count)
		return "names, or --all";
	if (!shows && !learn->all && !learn->refusals && !count)
		return "no container and no workload is named; --all is all of them";
	return NULL;
}

static bool is_verb(const char *word)
{
	static const char *const verbs[] = {"show", "start", "stop", "reset"};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(word, verbs[i]))
			return true;
	return false;
}

/* Read the options into @learn. False: return *@status. */
static bool read_options(int argc, char **argv, struct learn *learn, int *status)
{
	static const struct option options[] = {{"keep", required_argument, NULL, 'k'},
						{"drop", required_argument, NULL, 'd'},
						{"output", required_argument, NULL, 'o'},
						{"evidence", required_argument, NULL, 'v'},
						{"all", no_argument, NULL, 'a'},
						{"refusals", no_argument, NULL, 'r'},
						{"help", no_argument, NULL, 'h'},
						{}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":k:d:o:v:arh", options, NULL)) >= 0) {
		switch (option) {
		case 'k':
		case 'd':
			if (command_cap(&command_learn, option == 'k' ? "keep" : "drop",
					option == 'k' ? &learn->source.keep : &learn->source.drop,
					status))
				break;
			return false;
		case 'o':
			if (command_output(optarg, &learn->json))
				break;
			*status = command_usage(&command_learn, "--output takes text or json");
			return false;
		case 'v':
			learn->source.dir = optarg;
			break;
		case 'a':
			learn->all = true;
			break;
		case 'r':
			learn->refusals = true;
			break;
		case 'h':
			*status = command_help(&command_learn);
			return false;
		default:
			*status = command_bad_option(&command_learn, option, argv);
			return false;
		}
	}
	return true;
}

static int run(int argc, char **argv)
{
	struct learn learn = {.source.dir = STORE_DIR};
	const char *verb, *wrong;
	size_t count;
	int status;

	if (!read_options(argc, argv, &learn, &status))
		return status;
	if (optind == argc)
		return command_usage(&command_learn,
				     "what is to be done is missing: show, start, stop or reset");
	verb = argv[optind++];
	count = (size_t)(argc - optind);
	if (!is_verb(verb))
		return command_usage(&command_learn,
				     "there is no `learn %.64s`; there are show, start, stop and "
				     "reset",
				     verb);
	wrong = wrong_use(&learn, verb, count);
	if (wrong)
		return command_usage(&command_learn, "%s", wrong);
	return learn_about(&learn, verb, argv + optind, count);
}

const struct command command_learn = {
	.name = "learn",
	.synopsis = "show|start|stop|reset [CONTAINER|WORKLOAD..] [OPTION..]",
	.summary = "which capabilities a workload needs, and why",
	.help = "  show    what each workload was seen to do, in all its containers that run and,\n"
		"          where the daemon keeps it, in all that ended; those that are named, as\n"
		"          one\n"
		"  stop    what they are seen to do from now on is not added\n"
		"  start   it is again; what came between is not\n"
		"  reset   forget what is known, and begin anew\n"
		"\n"
		"A WORKLOAD is named as `show` has it (\"image docker.io/library/nginx:1.25\"),\n"
		"or by a pattern (\"image *nginx*\"). Whether a capability is needed:\n"
		"  yes      its workload used it\n"
		"  held     it is ambient, or effective of a file that was executed: whoever\n"
		"           starts the container has to grant it, a profile need not\n"
		"  unknown  it was denied, so that what is done with it was not seen\n"
		"  no       it was seen, and is not needed; WHY has the reason\n"
		"  -a, --all         start, stop or reset all workloads there are\n"
		"  -r, --refusals    start or stop watching what the kernel refuses, which makes\n"
		"                    every check on the host cost more\n"
		"  -k, --keep CAP    it is needed, whatever was seen\n"
		"  -d, --drop CAP    it is not\n"
		"  -v, --evidence DIR  where the daemon keeps what was seen (" STORE_DIR ")\n"
		"  -o, --output text|json",
	.run = run,
};

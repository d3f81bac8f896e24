// SPDX-License-Identifier: GPL-2.0-or-later
/* capward learn: what workloads were seen to use, and the smallest set that it makes. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

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
#include "workload.h"

struct learn {
	struct engine *engine;
	struct scope_list list;
	__u64 keep, drop; /* what a person knows better */
	bool json;
	json_t *workloads; /* with @json: those that were shown */
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

	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++)
		if (workload->needs[cap].needed != NEED_NONE)
			json_array_append_new(capabilities, capability_json(workload, cap));
	return json_pack("{s:o, s:o, s:o, s:o}", "scopes", scopes_json(workload), "capabilities",
			 capabilities, "needed", caps_json(needs_mask(workload->needs, false)),
			 "to_grant", caps_json(needs_mask(workload->needs, true)));
}

/* Text */

static void print_scope(const struct scope_view *view)
{
	struct identity identity = {};
	char called[SCOPE_CALLED], image[512];
	int code = identity_of("", view->path, &identity, NULL);
	const char *what = !code && identity.image ? identity.image : "";

	text_escape(image, sizeof(image), what, strlen(what));
	printf("%s%s%s  profile %s (%s)\n",
	       scope_called(view->path, code ? NULL : &identity, called), image[0] ? "  " : "",
	       image, view->policy.profile, profile_mode_name(policy_mode(view->policy.word)));
	identity_free(&identity);
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

static int print_table(const struct workload *workload)
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
		code = table_print(table, stdout, table_width(stdout));
	table_free(table);
	return code;
}

static int print_workload(const struct workload *workload)
{
	__u64 needed = needs_mask(workload->needs, false);
	__u64 granted = needs_mask(workload->needs, true);
	char text[CAPS_TEXT];
	int code;

	for (size_t i = 0; i < workload->count; i++)
		print_scope(workload->scopes[i]);
	code = print_table(workload);
	if (code)
		return code;
	printf("needed    %s\n", caps_format(needed, text));
	if (granted != needed)
		printf("to grant  %s\n", caps_format(granted, text));
	return 0;
}

/* Finding out */

/* Show @workload, and free it. */
static int show_workload(struct learn *learn, struct workload *workload)
{
	int code;

	if (learn->json)
		code = json_array_append_new(learn->workloads, workload_json(workload)) ? -ENOMEM
											: 0;
	else
		code = print_workload(workload);
	workload_free(workload);
	return code;
}

/* Every scope, each by itself. */
static int show_all(struct learn *learn)
{
	struct workload *workload;
	int code = 0;

	if (!learn->list.count && !learn->json)
		puts("no scope: nothing is governed");
	for (size_t i = 0; !code && i < learn->list.count; i++) {
		if (i && !learn->json)
			putchar('\n');
		code = workload_of(learn->engine, &learn->list.scopes[i], learn->keep, learn->drop,
				   &workload);
		if (!code)
			code = show_workload(learn, workload);
	}
	return code;
}

/* Those that are named, together. */
static int show_named(struct learn *learn, char *const *names, size_t count, struct error *err)
{
	struct workload *workload;
	int code = workload_named(learn->engine, &learn->list, names, count, learn->keep,
				  learn->drop, &workload, err);

	return code ? code : show_workload(learn, workload);
}

static int show(struct learn *learn, char *const *names, size_t count)
{
	struct error err = {""};
	int code = host_permit(&err), status = STATUS_OK;

	if (!code)
		code = engine_open(&learn->engine, &err);
	if (code)
		return command_fail("learn show", code, &err);
	code = scopes_read(learn->engine, &learn->list, &err);
	if (!code && learn->json && !(learn->workloads = json_array()))
		code = -ENOMEM;
	if (!code)
		code = count ? show_named(learn, names, count, &err) : show_all(learn);
	if (code && !err.text[0])
		error_set(&err, code, "%s", strerror(-code));
	if (code) {
		status = command_fail("learn show", code, &err);
		json_decref(learn->workloads);
	} else if (learn->json) {
		status = command_print_json("learn show",
					    json_pack("{s:o}", "workloads", learn->workloads),
					    JSON_INDENT(2));
	}
	scopes_free(&learn->list);
	engine_close(learn->engine);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"keep", required_argument, NULL, 'k'},
						{"drop", required_argument, NULL, 'd'},
						{"output", required_argument, NULL, 'o'},
						{"help", no_argument, NULL, 'h'},
						{}};
	struct learn learn = {};
	int option, status;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":k:d:o:h", options, NULL)) >= 0) {
		switch (option) {
		case 'k':
		case 'd':
			if (command_cap(&command_learn, option == 'k' ? "keep" : "drop",
					option == 'k' ? &learn.keep : &learn.drop, &status))
				break;
			return status;
		case 'o':
			if (command_output(optarg, &learn.json))
				break;
			return command_usage(&command_learn, "--output takes text or json");
		case 'h':
			return command_help(&command_learn);
		default:
			return command_bad_option(&command_learn, option, argv);
		}
	}
	if (learn.keep & learn.drop)
		return command_usage(&command_learn, "--keep and --drop name the same capability");
	if (optind == argc)
		return command_usage(&command_learn, "what is to be done is missing: show");
	if (strcmp(argv[optind], "show"))
		return command_usage(&command_learn, "there is no `learn %.64s`; there is show",
				     argv[optind]);
	return show(&learn, argv + optind + 1, (size_t)(argc - optind - 1));
}

const struct command command_learn = {
	.name = "learn",
	.synopsis = "show [CONTAINER..] [--keep C].. [--drop C].. [-o text|json]",
	.summary = "which capabilities a workload needs, and why",
	.help = "Shows what each scope was seen to do since it was made, or the scopes that are "
		"named,\n"
		"as one workload. Whether a capability is needed:\n"
		"  yes      its workload used it\n"
		"  held     it is named to capset(2), ambient, or of a file that was executed:\n"
		"           whoever starts the container has to grant it, a profile need not\n"
		"  unknown  it was denied, so that what is done with it was not seen\n"
		"  no       it was seen, and is not needed; WHY has the reason\n\n"
		"  -k, --keep CAP    it is needed, whatever was seen\n"
		"  -d, --drop CAP    it is not\n"
		"  -o, --output text|json",
	.run = run,
};

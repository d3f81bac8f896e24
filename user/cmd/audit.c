// SPDX-License-Identifier: GPL-2.0-or-later
/* capward audit: what every container was granted, and what would be enough. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "caps_json.h"
#include "command.h"
#include "decide.h"
#include "find.h"
#include "gate.h"
#include "granted.h"
#include "host.h"
#include "identity.h"
#include "output.h"
#include "scope_json.h"
#include "store.h"
#include "workload.h"

/* A container, service or other scope. */
struct row {
	const struct scope_view *view;
	struct identity identity;
	struct granted granted;
	char *workload; /* NULL: it is none's */
	__u64 allowed;	/* of what was granted, by its policy too */
	__u64 used;
	bool known; /* it or its workload is or was governed, so that the following are known */
	__u64 to_grant, since;
};

struct audit {
	struct workload_source source;
	struct scope_list list;
	struct row *rows;
	size_t count;
	bool enforcing; /* else no policy takes anything away */
	bool json, all;
	struct error err;
};

/* What is known */

/* The capabilities that the workload of @evidence used, denied or not. */
static __u64 used_in(const struct evidence *evidence)
{
	__u64 used = 0;

	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++)
		if (evidence->of[CAPWARD_USED][cap].count ||
		    evidence->of[CAPWARD_WOULD_DENY][cap].count)
			used |= CAPS_BIT(cap);
	return used;
}

static bool is_privileged(const struct row *row)
{
	return row->granted.caps == caps_all() && !row->granted.own_userns;
}

/* What it was granted and does not need, as far as that is known. */
static __u64 excess(const struct row *row)
{
	return row->granted.caps & ~row->to_grant;
}

static __u64 allowed_by(const struct audit *audit, const struct scope_view *view, __u64 granted)
{
	if (audit->enforcing && view->cgroups && policy_mode(view->policy.word) == CAPWARD_ENFORCE)
		return granted & view->policy.word;
	return granted;
}

/* Whether what @view does is recorded. */
static bool is_watched(const struct scope_view *view)
{
	return view->cgroups && policy_mode(view->policy.word) != CAPWARD_OFF;
}

static int add_row(struct audit *audit, const struct workload *workload,
		   const struct scope_view *view)
{
	struct row *row = &audit->rows[audit->count];
	struct identity identity = {};
	int code = identity_of("", view->path, &identity, NULL);

	if (code)
		return code;
	/* Most services are the host's own; those that are governed, somebody asked for. */
	if (!view->cgroups && !audit->all && !strcmp(identity.container.runtime, "systemd")) {
		identity_free(&identity);
		return 0;
	}
	*row = (struct row){.view = view, .identity = identity};
	code = granted_in(view->path, &row->granted, &audit->err);
	row->workload = workload->name ? strdup(workload->name) : NULL;
	row->allowed = allowed_by(audit, view, row->granted.caps);
	row->used = used_in(&workload->evidence);
	row->known = is_watched(view) || !evidence_is_empty(&workload->evidence);
	row->to_grant = row->known ? needs_mask(workload->needs, true) : 0;
	row->since = workload_since(workload);
	/* Of a cgroup without processes there is nothing to tell. */
	if (code || !row->granted.processes) {
		identity_free(&row->identity);
		free(row->workload);
	} else {
		audit->count++;
	}
	return code;
}

static int add_workload(void *context, const struct workload *workload)
{
	int code = 0;

	for (size_t i = 0; !code && i < workload->count; i++)
		code = add_row(context, workload, workload->scopes[i]);
	return code;
}

static int by_excess(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int more = __builtin_popcountll(excess(b)) - __builtin_popcountll(excess(a));

	if (is_privileged(a) != is_privileged(b))
		return is_privileged(a) ? -1 : 1;
	if (a->granted.own_userns != b->granted.own_userns)
		return a->granted.own_userns ? 1 : -1;
	return more ? more : strcmp(a->view->path, b->view->path);
}

/* Output */

static json_t *row_json(const struct row *row)
{
	const struct scope_view *view = row->view;
	const char *mode = view->cgroups ? profile_mode_name(policy_mode(view->policy.word)) : NULL;

	return json_pack("{s:o, s:o, s:o, s:o, s:i, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "scope", scope_json(view->id, view->path, &row->identity), "workload",
			 json_text(row->workload), "profile", json_text(view->policy.profile),
			 "mode", json_text(mode), "processes", (int)row->granted.processes,
			 "privileged", is_privileged(row), "own_userns", row->granted.own_userns,
			 "granted", caps_json(row->granted.caps), "allowed",
			 caps_json(row->allowed), "used", caps_json(row->used), "to_grant",
			 row->known ? caps_json(row->to_grant) : json_null(), "excess",
			 row->known ? caps_json(excess(row)) : json_null(), "since",
			 json_time(row->since));
}

static int print_json(const struct audit *audit)
{
	json_t *list = json_array();

	for (size_t i = 0; i < audit->count; i++)
		json_array_append_new(list, row_json(&audit->rows[i]));
	return command_print_json("audit", json_pack("{s:o}", "containers", list), JSON_INDENT(2));
}

/* "all" or how many @caps are. */
static const char *number(__u64 caps, char text[static 16])
{
	if (caps == caps_all())
		return "all";
	snprintf(text, 16, "%d", __builtin_popcountll(caps));
	return text;
}

static int add_line(struct table *table, const struct row *row)
{
	char called[SCOPE_CALLED], granted[16], allowed[16], used[16], over[16],
		to_grant[CAPS_TEXT], all[24 + CAPS_TEXT];
	bool known = row->known;

	snprintf(all, sizeof(all), "%s%s",
		 known ? caps_format(row->to_grant, to_grant) : "not known: never governed",
		 row->granted.own_userns ? " (in its own user namespace)" : "");
	return table_add(table,
			 (const char *const[]){scope_named(row->view->path, &row->identity, called),
					       number(row->granted.caps, granted),
					       number(row->allowed, allowed),
					       known ? number(row->used, used) : "-",
					       known ? number(excess(row), over) : "-", all});
}

static int print_text(const struct audit *audit)
{
	static const struct table_column columns[] = {
		{"CONTAINER", false}, {"GRANTED", true}, {"ALLOWED", true},
		{"USED", true},	      {"EXCESS", true},	 {"TO GRANT", false},
	};
	struct table *table;
	int code;

	if (!audit->count) {
		puts("no container runs");
		return fflush(stdout) ? -EIO : 0;
	}
	code = table_new(columns, sizeof(columns) / sizeof(columns[0]), &table);
	if (code)
		return code;
	for (size_t i = 0; !code && i < audit->count; i++)
		code = add_line(table, &audit->rows[i]);
	if (!code)
		code = table_print(table, stdout, table_width(stdout));
	table_free(table);
	return code || !fflush(stdout) ? code : -EIO;
}

/* The command */

static void warn(void *context, const char *text)
{
	(void)context;
	fprintf(stderr, "capward audit: %s\n", text);
}

/* Open what is loaded, if anything is, and say what of the answer depends on it. */
static int open_engine(struct audit *audit)
{
	int code = engine_open(&audit->source.engine, &audit->err);
	enum gate_sight sight;

	if (code == -ENOENT) {
		warn(NULL, "capward is not loaded: what they use is not seen");
		/* No failure, whose text a later one without any would have. */
		audit->err.text[0] = '\0';
		return 0;
	}
	if (code)
		return code;
	sight = gate_look(audit->source.engine);
	audit->enforcing = sight == GATE_ENFORCES;
	if (!audit->enforcing)
		warn(NULL, gate_sight_text(sight));
	return 0;
}

/* Find all that runs; nothing has to be loaded. */
static int look(struct audit *audit)
{
	struct error *err = &audit->err;
	int code = host_permit(err);

	if (!code)
		code = open_engine(audit);
	if (code)
		return code;
	code = audit->source.engine ? scopes_read(audit->source.engine, &audit->list, err) : 0;
	if (!code)
		code = scopes_add_ungoverned(&audit->list, err);
	if (code)
		return code;
	audit->rows = calloc(audit->list.count + 1, sizeof(*audit->rows));
	if (!audit->rows)
		return -ENOMEM;
	audit->source.list = &audit->list;
	audit->source.teller.say = warn;
	code = workload_each(&audit->source, NULL, 0, add_workload, audit, err);
	qsort(audit->rows, audit->count, sizeof(*audit->rows), by_excess);
	return code;
}

static void free_audit(struct audit *audit)
{
	for (size_t i = 0; i < audit->count; i++) {
		identity_free(&audit->rows[i].identity);
		free(audit->rows[i].workload);
	}
	free(audit->rows);
	scopes_free(&audit->list);
	engine_close(audit->source.engine);
}

/* Read the options into @audit. False: return *@status. */
static bool read_options(int argc, char **argv, struct audit *audit, int *status)
{
	static const struct option options[] = {{"output", required_argument, NULL, 'o'},
						{"evidence", required_argument, NULL, 'v'},
						{"all", no_argument, NULL, 'a'},
						{"help", no_argument, NULL, 'h'},
						{}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:v:ah", options, NULL)) >= 0) {
		if (option == 'v') {
			audit->source.dir = optarg;
			continue;
		}
		if (option == 'a') {
			audit->all = true;
			continue;
		}
		if (option == 'o' && command_output(optarg, &audit->json))
			continue;
		if (option == 'o')
			*status = command_usage(&command_audit, "--output takes text or json");
		else if (option == 'h')
			*status = command_help(&command_audit);
		else
			*status = command_bad_option(&command_audit, option, argv);
		return false;
	}
	return true;
}

static int run(int argc, char **argv)
{
	struct audit audit = {.source.dir = STORE_DIR};
	int status, code;

	if (!read_options(argc, argv, &audit, &status))
		return status;
	if (optind < argc)
		return command_usage(&command_audit, "unexpected argument");
	code = look(&audit);
	status = STATUS_OK;
	if (!code && audit.json)
		status = print_json(&audit);
	else if (!code)
		code = print_text(&audit);
	if (code) {
		if (!audit.err.text[0])
			error_set(&audit.err, code, "%s", strerror(-code));
		status = command_fail("audit", code, &audit.err);
	}
	free_audit(&audit);
	return status;
}

const struct command command_audit = {
	.name = "audit",
	.synopsis = "[-a] [-o text|json] [--evidence DIR]",
	.summary = "what every container was granted, uses, and what would be enough",
	.help = "Privileged ones first, then by what they have in excess.\n"
		"  GRANTED   by the runtime: the bounding sets of its processes\n"
		"  ALLOWED   of that, by its policy too, where capward enforces\n"
		"  USED      by its workload, in all its runs that are known\n"
		"  EXCESS    granted, and not needed\n"
		"  TO GRANT  what would be enough, by what was seen: see `capward learn show`\n\n"
		"  -a, --all              services that nothing governs too\n"
		"  -v, --evidence DIR     where the daemon keeps what was seen (" STORE_DIR ")\n"
		"  -o, --output text|json",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "clock.h"
#include "evidence_read.h"
#include "find.h"
#include "store.h"
#include "workload_name.h"

/* A run of a workload: a scope, or one that ended and is not in the store's workload yet. */
struct run {
	const struct scope_view *view; /* NULL: it ended */
	__u64 scope;
	char *workload; /* NULL: it is no workload's */
};

/* A run that was added to its workload, and when it was watched. */
struct past {
	char *workload;
	struct need_span span;
};

/* All workloads there are, by name, and their runs. */
struct catalogue {
	const struct workload_source *source;
	struct run *runs;
	size_t run_count, run_room;
	char **names;
	size_t count, room;
	struct past *past;
	size_t past_count, past_room;
	char boot[STORE_BOOT];
	__u64 *ids; /* of the scopes that run, in order */
	int lock;
};

int workload_hold(struct workload_source *source, bool make, struct scope_list *list,
		  struct error *err)
{
	int code;

	if (make || !access(source->dir, F_OK)) {
		source->lock = store_lock(source->dir, true, err);
		if (source->lock < 0)
			return source->lock;
		source->held = true;
	}
	code = scopes_read(source->engine, list, err);
	source->list = list;
	if (code)
		workload_release(source);
	return code;
}

void workload_release(struct workload_source *source)
{
	if (source->held)
		close(source->lock);
	source->held = false;
}

/* --- what there is ------------------------------------------------------------------------------ */

static int add_name(struct catalogue *catalogue, const char *name)
{
	if (catalogue->count == catalogue->room) {
		size_t room = catalogue->room ? 2 * catalogue->room : 64;
		char **grown = realloc(catalogue->names, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		catalogue->names = grown;
		catalogue->room = room;
	}
	catalogue->names[catalogue->count] = strdup(name);
	return catalogue->names[catalogue->count++] ? 0 : -ENOMEM;
}

static int add_run(struct catalogue *catalogue, const struct scope_view *view, __u64 scope,
		   const char *workload)
{
	struct run *run;

	if (catalogue->run_count == catalogue->run_room) {
		size_t room = catalogue->run_room ? 2 * catalogue->run_room : 64;
		struct run *grown = realloc(catalogue->runs, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		catalogue->runs = grown;
		catalogue->run_room = room;
	}
	run = &catalogue->runs[catalogue->run_count++];
	*run = (struct run){.view = view, .scope = scope};
	if (!workload)
		return 0;
	run->workload = strdup(workload);
	return run->workload ? add_name(catalogue, workload) : -ENOMEM;
}

static int add_scope(struct catalogue *catalogue, const struct scope_view *view)
{
	char name[WORKLOAD_NAME];
	struct identity identity = {};
	bool named = !identity_by_root(view->path, &identity, NULL) &&
		     workload_name(view->path, &identity, name);

	identity_free(&identity);
	return add_run(catalogue, view, view->id, named ? name : NULL);
}

static int by_id(const void *left, const void *right)
{
	__u64 a = *(const __u64 *)left, b = *(const __u64 *)right;

	return a < b ? -1 : a > b;
}

static int sort_ids(struct catalogue *catalogue)
{
	const struct scope_list *list = catalogue->source->list;

	catalogue->ids = calloc(list->count + 1, sizeof(*catalogue->ids));
	if (!catalogue->ids)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		catalogue->ids[i] = list->scopes[i].id;
	qsort(catalogue->ids, list->count, sizeof(*catalogue->ids), by_id);
	return 0;
}

/* One that has the id of a scope that runs and is of another boot ended with that. */
static int add_stored_run(void *context, const struct stored_run *run)
{
	struct catalogue *catalogue = context;

	if (!strcmp(run->boot, catalogue->boot) &&
	    bsearch(&run->scope, catalogue->ids, catalogue->source->list->count,
		    sizeof(*catalogue->ids), by_id))
		return 0;
	return add_run(catalogue, NULL, run->scope, run->workload);
}

/* When the first and the last of @evidence were seen; both 0: nothing was, or not when. */
static struct need_span span_of(const struct evidence *evidence)
{
	struct need_span span = {};

	for (__u32 verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		for (__u32 permission = 0; permission < CAPWARD_OPS_END; permission++) {
			const struct capward_evidence *known = &evidence->of[verdict][permission];

			if (known->first && (!span.from || known->first < span.from))
				span.from = known->first;
			if (known->last > span.to)
				span.to = known->last;
		}
	return span;
}

static int add_past(void *context, const struct stored_run *run)
{
	struct catalogue *catalogue = context;
	struct need_span span = span_of(run->evidence);

	if (!span.from)
		return 0;
	if (catalogue->past_count == catalogue->past_room) {
		size_t room = catalogue->past_room ? 2 * catalogue->past_room : 64;
		struct past *grown = realloc(catalogue->past, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		catalogue->past = grown;
		catalogue->past_room = room;
	}
	if (run->ended > span.to)
		span.to = run->ended;
	catalogue->past[catalogue->past_count] =
		(struct past){.workload = strdup(run->workload), .span = span};
	return catalogue->past[catalogue->past_count++].workload ? 0 : -ENOMEM;
}

static int add_stored(void *context, const struct stored_workload *workload)
{
	return add_name(context, workload->name);
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Sort the names, and have each once. */
static void sort_names(struct catalogue *catalogue)
{
	size_t kept = 0;

	if (!catalogue->count)
		return;
	qsort(catalogue->names, catalogue->count, sizeof(*catalogue->names), by_text);
	for (size_t i = 1; i < catalogue->count; i++)
		if (strcmp(catalogue->names[i], catalogue->names[kept]))
			catalogue->names[++kept] = catalogue->names[i];
		else
			free(catalogue->names[i]);
	catalogue->count = kept + 1;
}

static void catalogue_close(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->run_count; i++)
		free(catalogue->runs[i].workload);
	for (size_t i = 0; i < catalogue->count; i++)
		free(catalogue->names[i]);
	for (size_t i = 0; i < catalogue->past_count; i++)
		free(catalogue->past[i].workload);
	free(catalogue->past);
	free(catalogue->runs);
	free(catalogue->names);
	free(catalogue->ids);
	if (catalogue->lock >= 0)
		close(catalogue->lock);
}

static int add_store(struct catalogue *catalogue)
{
	const struct workload_source *source = catalogue->source;
	int code = store_each_workload(source->dir, add_stored, catalogue, &source->teller);

	if (!code)
		code = store_each_run(source->dir, add_stored_run, catalogue, &source->teller);
	return code ? code : store_each_ended(source->dir, add_past, catalogue, &source->teller);
}

/* The store is locked until catalogue_close(), so that no run is met before and after it was added. */
static int catalogue_open(const struct workload_source *source, struct catalogue *out,
			  struct error *err)
{
	struct catalogue catalogue = {.source = source, .lock = -1};
	bool stored = !access(source->dir, F_OK);
	int code;

	if (stored && !source->held) {
		catalogue.lock = store_lock(source->dir, true, err);
		if (catalogue.lock < 0)
			return catalogue.lock;
	}
	code = store_boot(engine_loaded_at(source->engine), catalogue.boot);
	if (!code)
		code = sort_ids(&catalogue);
	if (!code && stored)
		code = add_store(&catalogue);
	for (size_t i = 0; !code && i < source->list->count; i++)
		code = add_scope(&catalogue, &source->list->scopes[i]);
	sort_names(&catalogue);
	if (code) {
		catalogue_close(&catalogue);
		return error_set(err, code, "%s", strerror(-code));
	}
	*out = catalogue;
	return 0;
}

/* --- one of it ---------------------------------------------------------------------------------- */

/* One of @runs at most. */
static struct workload *make(const char *name, size_t runs)
{
	struct workload *workload = calloc(1, sizeof(*workload));

	if (!workload)
		return NULL;
	workload->learning = true;
	workload->name = name ? strdup(name) : NULL;
	workload->scopes = calloc(runs + 1, sizeof(const struct scope_view *));
	workload->waiting = calloc(runs + 1, sizeof(*workload->waiting));
	if (!workload->scopes || !workload->waiting || (name && !workload->name)) {
		workload_free(workload);
		return NULL;
	}
	return workload;
}

/* False: it is there already. */
static bool add_view(struct workload *workload, const struct scope_view *view)
{
	for (size_t i = 0; i < workload->count; i++)
		if (workload->scopes[i] == view)
			return false;
	workload->scopes[workload->count++] = view;
	return true;
}

static int add_span(struct workload *workload, struct need_span span)
{
	if (workload->span_count == workload->span_room) {
		size_t room = workload->span_room ? 2 * workload->span_room : 16;
		struct need_span *grown = realloc(workload->spans, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		workload->spans = grown;
		workload->span_room = room;
	}
	workload->spans[workload->span_count++] = span;
	return 0;
}

/* Add a run, of which @evidence is known; it goes on when @runs. */
static int add_evidence(struct workload *workload, const struct evidence *evidence, bool runs)
{
	struct need_span span = span_of(evidence);

	evidence_merge(&workload->evidence, evidence);
	workload->watched_runs++;
	if (runs)
		span.to = clock_ns(CLOCK_REALTIME);
	return span.from ? add_span(workload, span) : 0;
}

/* Add what was seen in a scope that runs. */
static int add_running(struct workload *workload, const struct workload_source *source,
		       const struct scope_view *view)
{
	struct evidence *evidence = calloc(1, sizeof(*evidence));
	int code;

	if (!evidence)
		return -ENOMEM;
	evidence_read_scope(source->engine, view, evidence);
	code = add_evidence(workload, evidence, true);
	free(evidence);
	return code;
}

/* Add what was seen of a run that ended and that nobody has added yet. */
static int add_ended(struct workload *workload, const struct catalogue *catalogue, __u64 scope)
{
	const struct workload_source *source = catalogue->source;
	struct evidence *evidence = calloc(1, sizeof(*evidence));
	struct stored_run *run;
	int code = evidence ? 0 : -ENOMEM;

	if (code || store_read_run(source->dir, scope, &run, NULL)) {
		free(evidence);
		return code;
	}
	/* In another boot the kernel has something else under that id. */
	if (source->engine && !strcmp(run->boot, catalogue->boot))
		evidence_read_gone(source->engine, scope, evidence);
	code = add_evidence(workload, evidence_is_empty(evidence) ? run->evidence : evidence,
			    false);
	workload->runs++;
	stored_run_free(run);
	free(evidence);
	return code;
}

/* Add what the store's workload has. */
static int add_stored_workload(struct workload *workload, const struct catalogue *catalogue,
			       const struct stored_workload *stored)
{
	struct need_span all = span_of(&stored->evidence);
	size_t before = workload->span_count;
	int code = 0;

	evidence_merge(&workload->evidence, &stored->evidence);
	workload->runs += stored->runs;
	workload->watched_runs += stored->runs;
	/* What began after the last that is in it ended while nothing was added. */
	for (size_t i = 0; !code && i < catalogue->past_count; i++)
		if (catalogue->past[i].span.from <= all.to &&
		    !strcmp(catalogue->past[i].workload, stored->name))
			code = add_span(workload, catalogue->past[i].span);
	/* The store has none of its runs any more. */
	if (!code && all.from && workload->span_count == before)
		code = add_span(workload, all);
	return code;
}

/* Add what is known of the workload @name. */
static int add_workload(struct workload *workload, const struct catalogue *catalogue,
			const char *name)
{
	const struct workload_source *source = catalogue->source;
	struct stored_workload *stored = NULL;
	struct error err;
	int code = store_read_workload(source->dir, name, &stored, &err);
	bool learning = code || stored->learning;

	if (code && code != -ENOENT)
		tell(&source->teller, "%s", err.text);
	code = stored ? add_stored_workload(workload, catalogue, stored) : 0;
	workload->learning &= learning;
	for (size_t i = 0; !code && i < catalogue->run_count; i++) {
		const struct run *run = &catalogue->runs[i];

		if (!run->workload || strcmp(run->workload, name))
			continue;
		if (!run->view)
			workload->waiting[workload->waiting_count++] = run->scope;
		if (run->view && add_view(workload, run->view) && learning)
			code = add_running(workload, source, run->view);
		else if (!run->view && learning)
			code = add_ended(workload, catalogue, run->scope);
	}
	stored_workload_free(stored);
	return code;
}

static void conclude(struct workload *workload, const struct workload_source *source)
{
	needs_of(&workload->evidence, source->keep, source->drop, workload->needs);
	workload->watched = need_watched(workload->spans, workload->span_count);
}

/* Whether @name, as a person gave it, means the workload @workload. */
static bool means(const char *name, const char *workload)
{
	return strpbrk(name, "*?") ? !fnmatch(name, workload, 0) : !strcmp(name, workload);
}

/* Mark in @chosen those that @name means; false: it means none. */
static bool choose(const struct catalogue *catalogue, const char *name, bool *chosen)
{
	bool any = false;

	for (size_t i = 0; i < catalogue->count; i++)
		if (means(name, catalogue->names[i]))
			any = chosen[i] = true;
	return any;
}

int workload_of(const struct workload_source *source, const struct scope_view *view,
		struct workload **out)
{
	struct workload *workload = make(NULL, 1);
	int code;

	if (!workload)
		return -ENOMEM;
	add_view(workload, view);
	code = add_running(workload, source, view);
	if (code) {
		workload_free(workload);
		return code;
	}
	conclude(workload, source);
	*out = workload;
	return 0;
}

/* Add what @name means to @workload: a container, or workloads, which are marked in @chosen. */
static int add_named(struct workload *workload, const struct catalogue *catalogue, const char *name,
		     bool *chosen, struct error *err)
{
	const struct scope_view *view;
	int code;

	/* A container's name has neither a blank nor a wildcard. */
	if (strpbrk(name, " *?") && choose(catalogue, name, chosen))
		return 0;
	code = scopes_find(catalogue->source->list, "", name, &view, err);
	if (code == -ENOENT && choose(catalogue, name, chosen))
		return 0;
	if (code)
		return code;
	return add_view(workload, view) ? add_running(workload, catalogue->source, view) : 0;
}

int workload_named(const struct workload_source *source, char *const *names, size_t count,
		   struct workload **out, struct error *err)
{
	struct workload *workload;
	struct catalogue catalogue;
	bool *chosen;
	size_t workloads = 0, containers;
	int code = catalogue_open(source, &catalogue, err);

	if (code)
		return code;
	workload = make(NULL, catalogue.run_count);
	chosen = calloc(catalogue.count + 1, sizeof(*chosen));
	if (!workload || !chosen)
		code = error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	for (size_t i = 0; !code && i < count; i++)
		code = add_named(workload, &catalogue, names[i], chosen, err);
	containers = code ? 0 : workload->count;
	for (size_t i = 0; !code && i < catalogue.count; i++) {
		if (!chosen[i])
			continue;
		code = add_workload(workload, &catalogue, catalogue.names[i]);
		/* One workload by itself is called by its name. */
		free(workload->name);
		workload->name = containers || workloads++ ? NULL : strdup(catalogue.names[i]);
	}
	free(chosen);
	catalogue_close(&catalogue);
	if (code) {
		workload_free(workload);
		return code;
	}
	conclude(workload, source);
	*out = workload;
	return 0;
}

/* Have *@chosen, which the caller frees, mark the workloads that @names mean. */
static int choose_all(const struct catalogue *catalogue, char *const *names, size_t count,
		      bool **chosen, struct error *err)
{
	const struct scope_view *view;
	int code = 0;

	*chosen = calloc(catalogue->count + 1, sizeof(**chosen));
	if (!*chosen)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	for (size_t i = 0; !count && i < catalogue->count; i++)
		(*chosen)[i] = true;
	for (size_t i = 0; !code && i < count; i++) {
		if (choose(catalogue, names[i], *chosen))
			continue;
		code = scopes_find(catalogue->source->list, "", names[i], &view, err);
		for (size_t n = 0; !code && n < catalogue->run_count; n++)
			if (catalogue->runs[n].view == view && catalogue->runs[n].workload)
				choose(catalogue, catalogue->runs[n].workload, *chosen);
	}
	return code;
}

static int each_of(const struct catalogue *catalogue, const char *name,
		   const struct scope_view *view,
		   int (*each)(void *context, const struct workload *workload), void *context)
{
	struct workload *workload = NULL;
	int code = 0;

	if (view)
		code = workload_of(catalogue->source, view, &workload);
	else
		workload = make(name, catalogue->run_count);
	if (!workload)
		return -ENOMEM;
	if (!view) {
		code = add_workload(workload, catalogue, name);
		conclude(workload, catalogue->source);
	}
	if (!code)
		code = each(context, workload);
	workload_free(workload);
	return code;
}

int workload_each(const struct workload_source *source, char *const *names, size_t count,
		  int (*each)(void *context, const struct workload *workload), void *context,
		  struct error *err)
{
	struct catalogue catalogue;
	bool *chosen = NULL;
	int code = catalogue_open(source, &catalogue, err);

	if (code)
		return code;
	code = choose_all(&catalogue, names, count, &chosen, err);
	for (size_t i = 0; !code && i < catalogue.count; i++)
		if (chosen[i])
			code = each_of(&catalogue, catalogue.names[i], NULL, each, context);
	for (size_t i = 0; !code && !count && i < catalogue.run_count; i++)
		if (!catalogue.runs[i].workload)
			code = each_of(&catalogue, NULL, catalogue.runs[i].view, each, context);
	free(chosen);
	catalogue_close(&catalogue);
	return code;
}

/* Have the file of the scope @id, which runs, say that nothing was seen: it is what is left when the scope ends. */
static int empty_run(const struct workload_source *source, const char *boot, __u64 id,
		     struct error *err)
{
	struct stored_run *run;
	int code = 0;

	if (store_read_run(source->dir, id, &run, NULL))
		return 0;
	free(run->evidence);
	run->evidence = NULL;
	if (!strcmp(run->boot, boot))
		code = store_write_run(source->dir, run, err);
	stored_run_free(run);
	return code;
}

/* Forget the run of the scope @id, which ended. */
static int forget_run(const struct workload_source *source, const char *boot, __u64 id,
		      struct error *err)
{
	struct stored_run *run;
	int code;

	if (store_read_run(source->dir, id, &run, NULL))
		return 0;
	code = store_remove_run(source->dir, id);
	if (code)
		error_set(err, code, "forget a run of %s: %s", run->workload, strerror(-code));
	else if (!strcmp(run->boot, boot))
		engine_drop_gone(source->engine, id);
	stored_run_free(run);
	return code;
}

int workload_begin_anew(const struct workload_source *source, const struct workload *workload,
			struct error *err)
{
	char boot[STORE_BOOT];
	int code = store_boot(engine_loaded_at(source->engine), boot);

	for (size_t i = 0; !code && i < workload->count; i++) {
		code = empty_run(source, boot, workload->scopes[i]->id, err);
		if (!code)
			code = scope_begin_anew(source->engine, workload->scopes[i]);
	}
	for (size_t i = 0; !code && i < workload->waiting_count; i++)
		code = forget_run(source, boot, workload->waiting[i], err);
	return code;
}

__u64 workload_since(const struct workload *workload)
{
	__u64 since = 0;

	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++) {
		struct capward_evidence sum;

		evidence_sum(&workload->evidence, cap, &sum);
		if (sum.first && (!since || sum.first < since))
			since = sum.first;
	}
	return since;
}

const char *workload_watched(const struct workload *workload, char text[static WORKLOAD_WATCHED])
{
	__u64 runs = workload->watched_runs;
	char span[CLOCK_AGO] = "no time that is known";

	if (workload->watched)
		clock_span(workload->watched, span);
	snprintf(text, WORKLOAD_WATCHED, "%s, %llu run%s%s",
		 strcmp(span, "now") ? span : "less than 1s", (unsigned long long)runs,
		 runs == 1 ? "" : "s",
		 need_is_short(workload->watched, runs)
			 ? "; short: what it does seldom, at a reload or at its end may be missing"
			 : "");
	return text;
}

bool workload_granted(const struct workload *workload, struct granted *out)
{
	*out = (struct granted){};
	for (size_t i = 0; i < workload->count; i++) {
		const struct scope_view *view = workload->scopes[i];
		struct granted one = {};

		if (granted_in(view->path, &one, NULL) || !one.processes)
			one.caps = view->policy.word & caps_all();
		out->caps |= one.caps;
		out->processes += one.processes;
		out->roots += one.roots;
	}
	return workload->count;
}

void workload_free(struct workload *workload)
{
	if (!workload)
		return;
	free(workload->name);
	free(workload->scopes);
	free(workload->waiting);
	free(workload->spans);
	free(workload);
}

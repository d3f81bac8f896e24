// SPDX-License-Identifier: GPL-2.0-or-later
/* capward profile which: the rule that decides which profile a container gets, and why. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "decide.h"
#include "find.h"
#include "host.h"
#include "identity.h"
#include "output.h"
#include "policy.h"
#include "profile_set.h"
#include "rules.h"
#include "scope_json.h"

#define NAME "profile which"

/* Whom it is about, and what was found. */
struct which {
	const struct scope_view *scope;
	bool loaded; /* capward is, so that what is in force is known */
	struct identity identity;
	struct error unread; /* the file that makes it incomplete */
	struct rules *rules;
	struct rules_subject subject;
	struct rules_answer answer;
};

/* What is in force */

/* Whether the scope has the policy of the profile that was found, as its file is now. */
static bool is_in_force(const struct which *which)
{
	struct capward_policy policy;

	if (which->answer.outcome != RULES_ONE || !which->scope->cgroups)
		return false;
	policy = policy_of(which->answer.rule->profile);
	return !strcmp(policy.profile, which->scope->policy.profile) &&
	       policy.word == which->scope->policy.word;
}

/* Whether it is that profile, and only its file has changed. */
static bool is_changed(const struct which *which)
{
	return which->answer.outcome == RULES_ONE && which->scope->cgroups &&
	       !strcmp(which->answer.rule->profile->name, which->scope->policy.profile) &&
	       !is_in_force(which);
}

/* JSON */

static json_t *rule_json(const struct rule *rule)
{
	char text[RULE_TEXT];

	return json_pack("{s:s, s:s, s:o, s:i}", "kind", profile_kind_name(rule->match->kind),
			 "pattern", rule_format(rule, true, text), "file",
			 json_escaped(rule->profile->file, strlen(rule->profile->file)), "line",
			 (int)rule->match->line);
}

static json_t *entry_json(const struct rule *rule)
{
	return json_pack("{s:s, s:s, s:o}", "profile", rule->profile->name, "mode",
			 profile_mode_name(rule->profile->mode), "rule", rule_json(rule));
}

/* The rules that match, one after the other. */
struct losers {
	const struct which *which;
	json_t *list; /* NULL: they are printed */
};

static void add_loser(void *context, const struct rule *rule)
{
	struct losers *losers = context;
	const struct rules_answer *answer = &losers->which->answer;
	char why[128], text[RULE_TEXT], file[TEXT_ESCAPED(PATH_MAX)];
	json_t *entry;

	if (rule == answer->rule || rule == answer->other)
		return;
	rules_why(answer->rule, rule, why, sizeof(why));
	if (losers->list) {
		entry = entry_json(rule);
		json_object_set_new(entry, "why", json_string(why));
		json_array_append_new(losers->list, entry);
		return;
	}
	text_escape(file, sizeof(file), rule->profile->file, strlen(rule->profile->file));
	printf("  also        %s  (%s)  %s:%u: %s; %s\n", rule->profile->name,
	       profile_mode_name(rule->profile->mode), file, rule->match->line,
	       rule_format(rule, false, text), why);
}

static json_t *as_json(const struct which *which)
{
	const struct rules_answer *answer = &which->answer;
	const struct rule *rule = answer->outcome == RULES_ONE ? answer->rule : NULL;
	struct losers losers = {which, json_array()};
	json_t *tie = json_array(), *in_force = json_null();

	rules_matching(which->rules, &which->subject, add_loser, &losers);
	if (answer->outcome == RULES_TIE) {
		json_array_append_new(tie, entry_json(answer->rule));
		json_array_append_new(tie, entry_json(answer->other));
	}
	if (which->scope->cgroups)
		in_force = json_pack("{s:o, s:s}", "profile",
				     json_text(which->scope->policy.profile), "mode",
				     profile_mode_name(policy_mode(which->scope->policy.word)));
	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "scope",
			 scope_json(which->scope->id, which->scope->path, &which->identity),
			 "profile", rule ? json_string(rule->profile->name) : json_null(), "mode",
			 rule ? json_string(profile_mode_name(rule->profile->mode)) : json_null(),
			 "rule", rule ? rule_json(rule) : json_null(), "why", answer->why, "also",
			 losers.list, "tie", tie, "in_force", in_force);
}

/* Text */

static void print_known(const char *title, const char *value)
{
	char text[512];

	if (!value || !value[0])
		return;
	text_escape(text, sizeof(text), value, strlen(value));
	printf("  %-11s %s\n", title, text);
}

static void print_scope(const struct which *which)
{
	const struct identity *identity = &which->identity;
	char id[TEXT_ESCAPED(CONTAINER_NAME)], path[TEXT_ESCAPED(CGROUP_PATH)];

	text_escape(path, sizeof(path), which->scope->path, strlen(which->scope->path));
	text_escape(id, sizeof(id), identity->container.id, strlen(identity->container.id));
	printf("  cgroup      %s\n", path);
	if (id[0] && !strcmp(identity->container.runtime, "systemd"))
		printf("  unit        %s\n", id);
	else if (id[0])
		printf("  container   %s %s\n", identity->container.runtime, id);
	if (identity->name && strcmp(identity->name, identity->container.id))
		print_known("name", identity->name);
	print_known("image", identity->image);
	print_known("namespace", identity->pod_namespace);
	print_known("pod", identity->pod);
	if (identity->incomplete)
		print_known("incomplete", which->unread.text);
}

static void print_in_force(const struct which *which)
{
	const struct capward_policy *policy = &which->scope->policy;

	if (!which->loaded)
		puts("  in force    nothing: capward is not loaded");
	else if (!which->scope->cgroups)
		puts("  in force    nothing: it is not governed");
	else if (!is_in_force(which))
		printf("  in force    %s  (%s)%s\n", policy->profile,
		       profile_mode_name(policy_mode(policy->word)),
		       is_changed(which) ? ", not as the file has it now" : "");
}

static int print_text(const struct which *which)
{
	const struct rules_answer *answer = &which->answer;
	struct losers losers = {.which = which};

	if (answer->outcome == RULES_ONE)
		printf("%s  (%s)  %s\n", answer->rule->profile->name,
		       profile_mode_name(answer->rule->profile->mode), answer->why);
	else if (answer->outcome == RULES_NONE)
		puts("no rule: the default of the host");
	else
		puts("a tie: the scope stays as it is");
	print_scope(which);
	rules_matching(which->rules, &which->subject, add_loser, &losers);
	if (answer->outcome == RULES_NONE && strcmp(answer->why, "no rule matches"))
		printf("  because     %s\n", answer->why);
	print_in_force(which);
	return fflush(stdout) ? STATUS_FAILED : STATUS_OK;
}

static int print(const struct which *which, bool json)
{
	struct error err;
	int status =
		json ? command_print_json(NAME, as_json(which), JSON_INDENT(2)) : print_text(which);

	if (status || which->answer.outcome != RULES_TIE)
		return status;
	return command_fail(NAME, error_set(&err, -ENOTUNIQ, "%s", which->answer.why), &err);
}

/* Finding the scope */

/* The scope that the cgroup @path is in; where it is in none, as it would be one. */
static int find_by_cgroup(struct engine *engine, struct scope_list *list, const char *path,
			  const struct scope_view **out, struct error *err)
{
	struct capward_scope scope;
	__u64 id;
	int code = cgroup_id(path, &id, err);

	if (!code && engine && !engine_scope(engine, id, &scope))
		id = scope.root;
	else if (!code)
		code = scopes_add_cgroup(list, path, err);
	for (size_t i = 0; !code && i < list->count; i++) {
		if (list->scopes[i].id != id)
			continue;
		*out = &list->scopes[i];
		return 0;
	}
	return code ? code : error_set(err, -ENOENT, "cgroup %s: it is gone", path);
}

static int find(struct engine *engine, struct scope_list *list, const char *name,
		const struct scope_view **out, struct error *err)
{
	int code = 0;

	if (engine)
		code = scopes_read(engine, list, err);
	if (!code)
		code = scopes_add_ungoverned(list, err);
	if (code)
		return code;
	if (name[0] == '/')
		return find_by_cgroup(engine, list, name, out, err);
	return scopes_find(list, "", name, out, err);
}

static int answer(struct which *which, const char *name, bool json, struct error *err)
{
	struct engine *engine = NULL;
	struct scope_list list = {};
	int status = STATUS_OK, code = host_permit(err);

	if (code)
		return command_fail(NAME, code, err);
	code = engine_open(&engine, err);
	/* What a scope would get can be told before anything is loaded. */
	if (code == -ENOENT)
		code = 0;
	which->loaded = engine;
	if (!code)
		code = find(engine, &list, name, &which->scope, err);
	if (!code)
		code = identity_of("", which->scope->path, &which->identity, &which->unread);
	if (!code) {
		which->subject = rules_subject(which->scope->path, &which->identity);
		rules_resolve(which->rules, &which->subject, &which->answer);
		status = print(which, json);
		identity_free(&which->identity);
	} else {
		status = command_fail(NAME, code, which->unread.text[0] ? &which->unread : err);
	}
	scopes_free(&list);
	if (engine)
		engine_close(engine);
	return status;
}

int command_profile_which(char *const *arguments, int count, bool json)
{
	static char directory[] = PROFILES_DIR;
	char *const directories[] = {directory};
	struct profile_set set = {};
	struct which which = {};
	struct error err = {""};
	int status, code = profile_set_read(count > 1 ? arguments + 1 : directories,
					    count > 1 ? count - 1 : 1, &set, &err);

	if (code) {
		status = command_fail(NAME, code, &err);
		return code == PROFILE_SET_INVALID ? STATUS_PROFILE : status;
	}
	code = rules_make(set.profiles, set.count, &which.rules, &err);
	if (code) {
		status = command_fail(NAME, code, &err);
		if (code == -ENOTUNIQ)
			status = STATUS_PROFILE;
	} else {
		status = answer(&which, arguments[0], json, &err);
	}
	rules_free(which.rules);
	profile_set_free(&set);
	return status;
}

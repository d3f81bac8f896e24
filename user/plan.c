// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "assign.h"
#include "policy.h"

/* Where containerd keeps a directory for each namespace (its v2 runtime), and in it one for each task. */
#define CONTAINERD_TASKS "/run/containerd/io.containerd.runtime.v2.task"

static int plan_slots(struct engine *engine, struct plan *plan, struct error *err)
{
	struct policy_slots *slots = policy_slots_new(engine);
	int code = slots ? 0 : error_set(err, -ENOMEM, "out of memory");

	for (size_t i = 0; !code && i < plan->count; i++)
		code = policy_slot(slots, &plan->policies[i], &plan->slots[i], err);
	free(slots);
	return code;
}

static bool is_planned(const struct plan *plan, __u32 slot)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->slots[i] == slot)
			return true;
	return false;
}

static int add_match(struct plan *plan, __u32 slot, __u32 flags, const char *pattern,
		     struct error *err)
{
	struct capward_match *match = &plan->matches[plan->match_count];

	if (plan->match_count == CAPWARD_MATCHES)
		return error_set(err, -ENOSPC,
				 "more than %d patterns of cgroups and units in all; use wildcards "
				 "or fewer profiles",
				 CAPWARD_MATCHES);
	*match = (struct capward_match){
		.policy = slot, .length = (__u32)strlen(pattern), .flags = flags};
	memcpy(match->pattern, pattern, match->length); /* at most CAPWARD_PATTERN - 1 */
	plan->match_count++;
	return 0;
}

/* Whether one of the @count @profiles asks for what @match asks for. */
static bool is_asked_for(struct profile *const *profiles, size_t count,
			 const struct capward_match *match)
{
	enum profile_match_kind kind =
		match->flags & CAPWARD_MATCH_NAME ? PROFILE_UNIT : PROFILE_CGROUP;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < profiles[i]->match_count; j++)
			if (profiles[i]->matches[j].kind == kind &&
			    !strcmp(profiles[i]->matches[j].pattern, match->pattern))
				return true;
	return false;
}

/* The patterns that are in force and stay: those of profiles that have none of the planned names. */
static int keep_matches(struct engine *engine, struct profile *const *profiles,
			enum plan_others others, struct plan *plan, struct error *err)
{
	struct capward_match old[CAPWARD_MATCHES];
	struct capward_policy policy;
	size_t count = engine_matches(engine, old);
	int code = 0;

	for (size_t i = 0; !code && i < count; i++) {
		if (old[i].policy == CAPWARD_MATCH_CONTAINER || is_planned(plan, old[i].policy))
			continue;
		/* A profile of the daemon's may have another name now. */
		if (policy_of_daemon(engine, old[i].policy, &policy) &&
		    (others == PLAN_DAEMON_ONLY || is_asked_for(profiles, plan->count, &old[i])))
			continue;
		code = add_match(plan, old[i].policy, old[i].flags, old[i].pattern, err);
	}
	return code;
}

/* What the kernel decides by itself of @match; the daemon decides the rest. */
static int plan_match(struct plan *plan, __u32 slot, const struct profile_match *match,
		      struct error *err)
{
	switch (match->kind) {
	case PROFILE_CGROUP:
		return add_match(plan, slot, 0, match->pattern, err);
	case PROFILE_UNIT:
		return add_match(plan, slot, CAPWARD_MATCH_NAME, match->pattern, err);
	case PROFILE_DEFAULT:
		if (match->all == PROFILE_SERVICES)
			plan->service_policy = slot;
		else
			plan->container_policy = slot;
		return 0;
	default:
		return 0;
	}
}

/* "/NAMESPACE/..." are containers where containerd has a namespace, for ctr gives no other sign. */
static void plan_namespace(struct plan *plan, const char *name)
{
	char pattern[CAPWARD_PATTERN];

	/* Docker and Kubernetes say where their cgroups are, and name them. */
	if (!strcmp(name, "moby") || !strcmp(name, "k8s.io") || strpbrk(name, "*?"))
		return;
	if (snprintf(pattern, sizeof(pattern), "/%s/*", name) >= (int)sizeof(pattern))
		return;
	/* Nobody asked for these by name, so a full list goes without. */
	add_match(plan, CAPWARD_MATCH_CONTAINER, 0, pattern, NULL);
}

/* How many there are, by the links of the directory; they are made, and hardly ever go. */
static unsigned long namespaces(void)
{
	struct stat st;

	return stat(CONTAINERD_TASKS, &st) ? 0 : st.st_nlink;
}

static void plan_namespaces(struct plan *plan)
{
	struct dirent *entry;
	DIR *dir;

	plan_namespace(plan, "default"); /* which containerd makes when it is first used */
	plan->namespaces = namespaces();
	dir = opendir(CONTAINERD_TASKS);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "default"))
			plan_namespace(plan, entry->d_name);
	if (dir)
		closedir(dir);
}

bool plan_is_current(const struct plan *plan)
{
	return plan->namespaces == namespaces();
}

/* The name of the policy in @slot, as it will be. */
static const char *name_of_slot(struct engine *engine, const struct plan *plan, __u32 slot,
				struct capward_policy *policy)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->slots[i] == slot)
			return plan->policies[i].profile;
	return engine_policy(engine, slot, policy) ? "?" : policy->profile;
}

static int plan_matches(struct engine *engine, struct profile *const *profiles,
			enum plan_others others, struct plan *plan, struct error *err)
{
	int code = keep_matches(engine, profiles, others, plan, err);
	struct capward_policy one, two;
	size_t tie;

	for (size_t i = 0; i < plan->count; i++)
		for (size_t j = 0; !code && j < profiles[i]->match_count; j++)
			code = plan_match(plan, plan->slots[i], &profiles[i]->matches[j], err);
	if (code)
		return code;
	plan_namespaces(plan);
	if (!assign_rank(plan->matches, plan->match_count, &tie))
		return 0;
	return error_set(err, -ENOTUNIQ, "the profiles %s and %s both match %s %s; keep one",
			 name_of_slot(engine, plan, plan->matches[tie - 1].policy, &one),
			 name_of_slot(engine, plan, plan->matches[tie].policy, &two),
			 plan->matches[tie].flags & CAPWARD_MATCH_NAME ? "unit" : "cgroup",
			 plan->matches[tie].pattern);
}

int plan_make(struct engine *engine, struct profile *const *profiles, size_t count, __u32 flags,
	      enum plan_others others, struct plan *plan, struct error *err)
{
	volatile struct capward_state *state = engine_state(engine);
	bool forget = others == PLAN_DAEMON_ONLY;
	struct capward_policy policy;
	int code;

	*plan = (struct plan){.count = count,
			      .container_policy = state->container_policy,
			      .service_policy = state->service_policy};
	if (forget && policy_of_daemon(engine, plan->container_policy, &policy))
		plan->container_policy = CAPWARD_POLICY_OBSERVE;
	if (forget && policy_of_daemon(engine, plan->service_policy, &policy))
		plan->service_policy = 0;
	plan->policies = calloc(count + 1, sizeof(*plan->policies));
	plan->slots = calloc(count + 1, sizeof(*plan->slots));
	if (!plan->policies || !plan->slots) {
		plan_free(plan);
		return error_set(err, -ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < count; i++) {
		plan->policies[i] = policy_of(profiles[i]);
		plan->policies[i].flags |= flags;
	}
	code = plan_slots(engine, plan, err);
	if (!code)
		code = plan_matches(engine, profiles, others, plan, err);
	if (code)
		plan_free(plan);
	return code;
}

int plan_slot(struct engine *engine, const struct plan *plan, const char *name, __u32 *slot)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (strcmp(plan->policies[i].profile, name))
			continue;
		*slot = plan->slots[i];
		return 0;
	}
	return policy_find(engine, name, slot);
}

int plan_write(struct engine *engine, const struct plan *plan, struct error *err)
{
	volatile struct capward_state *state = engine_state(engine);
	int code = 0;

	for (size_t i = 0; !code && i < plan->count; i++)
		code = engine_set_policy(engine, plan->slots[i], &plan->policies[i], err);
	if (!code)
		code = engine_set_matches(engine, plan->matches, plan->match_count, err);
	if (code)
		return code;
	__atomic_store_n(&state->container_policy, plan->container_policy, __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->service_policy, plan->service_policy, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&state->plans, 1, __ATOMIC_SEQ_CST);
	return 0;
}

void plan_free(struct plan *plan)
{
	free(plan->policies);
	free(plan->slots);
	*plan = (struct plan){};
}

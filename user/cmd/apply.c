// SPDX-License-Identifier: GPL-2.0-or-later
/* capward apply: validate profiles, then put them in force. All or nothing. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assign.h"
#include "command.h"
#include "gate.h"
#include "host.h"
#include "load.h"
#include "policy.h"
#include "profile_set.h"

/* Refuse what would validate and then do nothing. */
static int check_matches(const struct profile_set *set, struct error *err)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct profile *profile = set->profiles[i];
		const struct profile_match *match = profile_first_beyond_cgroup(profile);

		if (match)
			return error_set(
				err, -EINVAL,
				"%s:%u:%u: matching by %s is not acted on by this version; "
				"match by cgroup",
				profile->file, match->line, match->column,
				profile_kind_name(match->kind));
	}
	return 0;
}

/* What is about to be written: a slot for each profile, and the matches that will be in force. */
struct plan {
	__u32 *slots;
	struct capward_match matches[CAPWARD_MATCHES];
	size_t match_count;
};

static int plan_slots(struct engine *engine, const struct profile_set *set, struct plan *plan,
		      struct error *err)
{
	for (size_t i = 0; i < set->count; i++) {
		struct capward_policy policy = policy_of(set->profiles[i]);
		int code = policy_slot(engine, &policy, plan->slots, i, &plan->slots[i], err);

		if (code)
			return code;
	}
	return 0;
}

static bool is_planned(const struct plan *plan, size_t count, __u32 slot)
{
	for (size_t i = 0; i < count; i++)
		if (plan->slots[i] == slot)
			return true;
	return false;
}

static int add_match(struct plan *plan, __u32 slot, const char *pattern, struct error *err)
{
	struct capward_match *match = &plan->matches[plan->match_count];

	if (plan->match_count == CAPWARD_MATCHES)
		return error_set(
			err, -ENOSPC,
			"more than %d cgroup patterns in all; use wildcards or fewer profiles",
			CAPWARD_MATCHES);
	*match = (struct capward_match){.policy = slot, .length = (__u32)strlen(pattern)};
	memcpy(match->pattern, pattern, match->length); /* at most CAPWARD_PATTERN - 1 */
	plan->match_count++;
	return 0;
}

/* The patterns of the profiles in @set take the place of those that had their names. */
static int plan_matches(struct engine *engine, const struct profile_set *set, struct plan *plan,
			struct error *err)
{
	struct capward_match old[CAPWARD_MATCHES];
	size_t count = engine_matches(engine, old), tie;
	struct capward_policy one, two;
	int code = 0;

	for (size_t i = 0; !code && i < count; i++)
		if (!is_planned(plan, set->count, old[i].policy))
			code = add_match(plan, old[i].policy, old[i].pattern, err);
	for (size_t i = 0; i < set->count; i++)
		for (size_t j = 0; !code && j < set->profiles[i]->match_count; j++)
			code = add_match(plan, plan->slots[i], set->profiles[i]->matches[j].pattern,
					 err);
	if (code || !assign_rank(plan->matches, plan->match_count, &tie))
		return code;

	/* A slot of this set has its name from the set, the others from the kernel. */
	one = two = (struct capward_policy){};
	engine_policy(engine, plan->matches[tie - 1].policy, &one);
	engine_policy(engine, plan->matches[tie].policy, &two);
	for (size_t i = 0; i < set->count; i++) {
		if (plan->slots[i] == plan->matches[tie - 1].policy)
			one = policy_of(set->profiles[i]);
		if (plan->slots[i] == plan->matches[tie].policy)
			two = policy_of(set->profiles[i]);
	}
	return error_set(err, -ENOTUNIQ, "the profiles %s and %s both match cgroup %s; keep one",
			 one.profile, two.profile, plan->matches[tie].pattern);
}

static int find_default(struct engine *engine, const struct profile_set *set,
			const struct plan *plan, const char *name, __u32 *slot, struct error *err)
{
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->profiles[i]->name, name))
			continue;
		*slot = plan->slots[i];
		return 0;
	}
	if (!policy_find(engine, name, slot))
		return 0;
	return error_set(err, -ENOENT, "--default %s: no such profile is given or in force", name);
}

static int write_plan(struct engine *engine, const struct profile_set *set, const struct plan *plan,
		      __u32 container, struct error *err)
{
	int code = 0;

	for (size_t i = 0; !code && i < set->count; i++) {
		struct capward_policy policy = policy_of(set->profiles[i]);

		code = engine_set_policy(engine, plan->slots[i], &policy, err);
	}
	if (!code)
		code = engine_set_matches(engine, plan->matches, plan->match_count, err);
	if (!code)
		__atomic_store_n(&engine_state(engine)->container_policy, container,
				 __ATOMIC_SEQ_CST);
	return code;
}

/* What was done besides writing the policies. */
struct outcome {
	size_t changed;	  /* cgroups */
	bool upgraded;	  /* the programs were another build's */
	bool unproved;	  /* it could not be proved that the policies are enforced */
	bool observes;	  /* because nothing is denied */
	struct error why; /* it could not */
};

/* Open what is loaded, or load it, and see that it is this build's. */
static int open_this_build(struct engine **engine, struct outcome *outcome, struct error *err)
{
	int code = command_engine(engine, false, err);

	if (code || engine_same_build(*engine))
		return code;
	code = engine_upgrade(engine, err);
	outcome->upgraded = !code;
	return code;
}

static int apply(const struct profile_set *set, const char *fallback, struct outcome *outcome,
		 struct error *err)
{
	struct engine *engine = NULL;
	struct plan plan = {};
	__u32 container;
	int lock, code = host_require(err);

	for (size_t i = 0; !code && i < set->count; i++)
		code = policy_require(set->profiles[i], err);
	if (code)
		return code;
	lock = engine_lock(err);
	if (lock < 0)
		return lock;
	plan.slots = calloc(set->count, sizeof(*plan.slots));
	code = plan.slots ? open_this_build(&engine, outcome, err)
			  : error_set(err, -ENOMEM, "out of memory");
	if (!code)
		code = plan_slots(engine, set, &plan, err);
	if (!code)
		code = plan_matches(engine, set, &plan, err);
	if (!code) {
		container = engine_state(engine)->container_policy;
		if (fallback)
			code = find_default(engine, set, &plan, fallback, &container, err);
	}
	if (!code)
		code = write_plan(engine, set, &plan, container, err);
	if (!code)
		code = assign_all(engine, &outcome->changed, err);
	/* What was proved of other programs says nothing of these. */
	if (!code && (outcome->upgraded ? gate_open(engine, &outcome->why)
					: gate_require(engine, &outcome->why))) {
		outcome->unproved = true;
		outcome->observes = !engine_state(engine)->enforcing;
	}
	engine_close(engine);
	free(plan.slots);
	close(lock);
	return code;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"default", required_argument, NULL, 'd'}, {"help", no_argument, NULL, 'h'}, {}};
	const char *fallback = NULL;
	struct profile_set set;
	struct outcome outcome = {};
	struct error err;
	int code, option, status;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'h')
			return command_help(&command_apply);
		if (option != 'd')
			return command_bad_option(&command_apply, option, argv);
		fallback = optarg;
	}
	if (optind >= argc)
		return command_usage(&command_apply, "no profile or directory is named");

	code = profile_set_read(argv + optind, argc - optind, &set, &err);
	if (code) {
		status = command_fail("apply", code, &err);
		return code == PROFILE_SET_INVALID ? STATUS_PROFILE : status;
	}
	if (check_matches(&set, &err)) {
		command_fail("apply", -EINVAL, &err);
		profile_set_free(&set);
		return STATUS_PROFILE;
	}
	for (size_t i = 0; i < set.count; i++)
		command_warnings(set.profiles[i]);
	code = apply(&set, fallback, &outcome, &err);
	if (outcome.upgraded)
		puts("programs: replaced by this build's");
	if (code) {
		status = command_fail("apply", code, &err);
		if (code == -ENOTUNIQ)
			status = STATUS_PROFILE;
	} else {
		for (size_t i = 0; i < set.count; i++)
			printf("%s: in force, %s, matches %zu cgroup pattern%s\n",
			       set.profiles[i]->name, profile_mode_name(set.profiles[i]->mode),
			       set.profiles[i]->match_count,
			       set.profiles[i]->match_count == 1 ? "" : "s");
		if (fallback)
			printf("%s: the default for containers\n", fallback);
		printf("%zu cgroup%s changed\n", outcome.changed, outcome.changed == 1 ? "" : "s");
		status = STATUS_OK;
	}
	if (!code && outcome.unproved) {
		error_wrap(&outcome.why, 0,
			   outcome.observes ? "capward only observes, nothing is denied"
					    : "capward could not prove that it enforces");
		status = command_fail("apply", -EOPNOTSUPP, &outcome.why);
	}
	profile_set_free(&set);
	return status;
}

const struct command command_apply = {
	.name = "apply",
	.synopsis = "[--default NAME] PATH..",
	.summary = "validate profiles, then put them in force",
	.help = "Reads every PATH, a profile or a directory of *.yaml, and puts them in force: "
		"all\n"
		"of them, or none when one is invalid. Loads the kernel programs when they are "
		"not\n"
		"loaded, and replaces those of another build. Profiles in force under other "
		"names\n"
		"stay; one of the same name is replaced at once, also for what runs under it.\n\n"
		"      --default NAME  the profile for every container that no profile matches,\n"
		"                      running or to come\n\n"
		"Exit status: 0 in force, 3 a profile is invalid, 4 this host cannot enforce (then "
		"they\n"
		"are in force where capward can at least observe, and nothing is denied).",
	.run = run,
};

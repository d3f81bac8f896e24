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
#include "plan.h"
#include "policy.h"
#include "profile_set.h"

/* Refuse what would validate and then do nothing. */
static int check_matches(const struct profile_set *set, struct error *err)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct profile *profile = set->profiles[i];
		const struct profile_match *match = profile_first_beyond_kernel(profile);

		if (match)
			return error_set(
				err, -EINVAL,
				"%s:%u:%u: to match by %s takes the daemon, which finds out who a "
				"container is; put the file into " PROFILES_DIR
				", where `capward daemon` reads it",
				profile->file, match->line, match->column,
				profile_kind_name(match->kind));
	}
	return 0;
}

/* What was done besides writing the policies. */
struct outcome {
	size_t changed;	  /* cgroups */
	bool upgraded;	  /* the programs were another build's */
	bool unproved;	  /* it could not be proved that the policies are enforced */
	bool observes;	  /* because nothing is denied */
	struct error why; /* it could not */
};

static int apply(const struct profile_set *set, const char *fallback, struct outcome *outcome,
		 struct error *err)
{
	struct engine *engine = NULL;
	struct plan plan = {};
	int lock, code = host_require(err);

	for (size_t i = 0; !code && i < set->count; i++)
		code = policy_require(set->profiles[i], err);
	if (code)
		return code;
	lock = engine_lock(err);
	if (lock < 0)
		return lock;
	code = command_this_build(&engine, &outcome->upgraded, err);
	if (!code)
		code = plan_make(engine, set->profiles, set->count, 0, PLAN_OTHERS_STAY, &plan,
				 err);
	if (!code && fallback && plan_slot(engine, &plan, fallback, &plan.container_policy))
		code = error_set(err, -ENOENT, "--default %s: no such profile is given or in force",
				 fallback);
	if (!code)
		code = plan_write(engine, &plan, err);
	if (!code)
		code = assign_all(engine, &outcome->changed, err);
	/* What was proved of other programs says nothing of these. */
	if (!code && (outcome->upgraded ? gate_open(engine, &outcome->why)
					: gate_require(engine, &outcome->why))) {
		outcome->unproved = true;
		outcome->observes = !engine_state(engine)->enforcing;
	}
	engine_close(engine);
	plan_free(&plan);
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
			printf("%s: in force, %s, %zu match rule%s\n", set.profiles[i]->name,
			       profile_mode_name(set.profiles[i]->mode),
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
	.help = "Reads every PATH, a profile or a directory of *.yaml, and puts them in force:\n"
		"all of them, or none when one is invalid. Loads the kernel programs when they\n"
		"are not loaded, and replaces those of another build. Profiles in force under\n"
		"other names stay; one of the same name is replaced at once, also for what runs\n"
		"under it.\n\n"
		"      --default NAME  the profile for every container that no profile matches,\n"
		"                      running or to come\n\n"
		"Exit status: 0 in force, 3 a profile is invalid, 4 this host cannot enforce\n"
		"(then they are in force where capward can at least observe, and nothing is\n"
		"denied).",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0-or-later
/* capward trial: would this profile break what runs? audited first, then enforced for a while. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps.h"
#include "clock.h"
#include "command.h"
#include "decide.h"
#include "host.h"
#include "identity.h"
#include "operation.h"
#include "output.h"
#include "policy.h"
#include "profile_set.h"
#include "scope_json.h"
#include "store.h"
#include "text.h"
#include "trial.h"

#define AUDIT_FOR   "1m"
#define ENFORCE_FOR "10m"

/* How the child exits when the policy could not go back: its parent is to try. */
#define STILL_AWAY 64

static volatile sig_atomic_t stop;
static volatile pid_t child;

/* Words */

static const char *outcome_name(enum trial_outcome outcome)
{
	static const char *const names[] = {
		[TRIAL_HOLDS] = "holds",
		[TRIAL_UNTRIED] = "untried",
		[TRIAL_WOULD_BREAK] = "would-break",
		[TRIAL_BROKE] = "broke",
		[TRIAL_STOPPED] = "stopped",
		[TRIAL_CHANGED] = "changed",
	};

	return names[outcome];
}

/* What came of it, and what to do now. */
static void print_outcome(const struct trial *trial)
{
	const char *profile = trial->policy.profile;
	const char *mode = profile_mode_name(policy_mode(trial->policy.word));

	switch (trial->outcome) {
	case TRIAL_HOLDS:
		printf("It holds, and is in the mode %s again. To keep it enforced, write\n"
		       "\"mode: enforce\" in profile %s.\n",
		       mode, profile);
		break;
	case TRIAL_UNTRIED:
		printf("Nothing had the profile meanwhile, so that nothing is known of it. It is\n"
		       "in the mode %s again.\n",
		       mode);
		break;
	case TRIAL_WOULD_BREAK:
		printf("It was not enforced: what is needed would have been denied.\n"
		       "`capward explain` has the remedies.\n");
		break;
	case TRIAL_BROKE:
		printf("It denied what was not known, and is in the mode %s again.\n"
		       "`capward explain` has the remedies.\n",
		       mode);
		break;
	case TRIAL_STOPPED:
		printf("It was stopped, and is in the mode %s again.\n", mode);
		break;
	case TRIAL_CHANGED:
		printf("Somebody else changed profile %s meanwhile: it is as they left it.\n",
		       profile);
		break;
	}
}

static void print_finding(const struct trial_finding *finding, const char *known)
{
	char label[CAPS_LABEL], called[SCOPE_CALLED], ways[1024];
	struct identity identity = {};
	int code = identity_of("", finding->cgroup, &identity, NULL);

	printf("  %s %llu time%s in %s", permission_name(finding->permission, label),
	       (unsigned long long)finding->count, finding->count == 1 ? "" : "s",
	       scope_called(finding->cgroup, code ? NULL : &identity, called));
	evidence_ways(&finding->evidence, ways, sizeof(ways));
	printf("%s%s: %s\n", ways[0] ? ", " : "", ways,
	       finding->known ? known : "needed, or not known");
	identity_free(&identity);
}

static void print_phase(const struct trial_phase *phase, const char *done, const char *nothing,
			const char *known)
{
	char span[CLOCK_AGO];

	if (!phase->begun)
		return;
	printf("%s for %s, in %zu scope%s: %s\n", done, clock_span(phase->lasted, span),
	       phase->scopes, phase->scopes == 1 ? "" : "s", phase->count ? "" : nothing);
	for (size_t i = 0; i < phase->count; i++)
		print_finding(&phase->findings[i], known);
}

static void print_lacks(const struct trial *trial)
{
	__u64 caps = trial->lacks & caps_all(), operations = trial->lacks & CAPWARD_OPS_MASK;
	char text[CAPS_TEXT], words[OPERATION_TEXT];

	if (trial->lacks)
		printf("profile %s lacks what is needed, as far as is known: %s%s%s\n",
		       trial->policy.profile, caps ? caps_format(caps, text) : "",
		       caps && operations ? ", " : "",
		       operations ? operation_format(operations, words) : "");
}

static void print_text(const struct trial *trial)
{
	print_phase(&trial->audit, "audited", "nothing would have been denied",
		    "not needed, as far as is known");
	print_lacks(trial);
	print_phase(&trial->enforce, "enforced", "nothing was denied",
		    "not needed, as far as is known, or denied before");
	if (trial->unseen)
		printf("%llu denials were not seen: in scopes that came and went between two "
		       "looks, or for\nwant of memory in the kernel\n",
		       (unsigned long long)trial->unseen);
	print_outcome(trial);
}

/* JSON */

static json_t *finding_json(const struct trial_finding *finding)
{
	const char *operation = operation_name(finding->permission);
	char label[CAPS_LABEL];
	struct identity identity = {};
	int code = identity_of("", finding->cgroup, &identity, NULL);
	json_t *object =
		json_pack("{s:s, s:o, s:b, s:I}", operation ? "operation" : "cap",
			  operation ? operation : caps_label(finding->permission, label), "scope",
			  scope_json(finding->scope, finding->cgroup, code ? NULL : &identity),
			  "known", finding->known, "count", (json_int_t)finding->count);

	identity_free(&identity);
	if (object)
		json_object_update_new(object, evidence_json(&finding->evidence));
	return object;
}

static json_t *phase_json(const struct trial_phase *phase)
{
	json_t *list;

	if (!phase->begun)
		return json_null();
	list = json_array();
	for (size_t i = 0; i < phase->count; i++)
		json_array_append_new(list, finding_json(&phase->findings[i]));
	return json_pack("{s:o, s:o, s:i, s:o}", "begun", json_time(phase->begun), "ended",
			 json_time(phase->ended), "scopes", (int)phase->scopes, "findings", list);
}

static json_t *lacks_json(const struct trial *trial)
{
	json_t *list = operation_list(trial->lacks);
	char label[CAPS_LABEL];

	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++)
		if (trial->lacks >> cap & 1)
			json_array_append_new(list, json_string(caps_label(cap, label)));
	return list;
}

static json_t *as_json(const struct trial *trial)
{
	const struct capward_policy *policy = &trial->policy;

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "profile", policy->profile,
			 "outcome", outcome_name(trial->outcome), "mode",
			 profile_mode_name(policy_mode(policy->word)), "audit",
			 phase_json(&trial->audit), "lacks", lacks_json(trial), "enforce",
			 phase_json(&trial->enforce), "unseen", (json_int_t)trial->unseen);
}

/* The trial, in a process of its own */

static void on_signal(int number)
{
	stop = 1;
	if (child > 0)
		kill(child, number);
}

/* What is to end it; not what nohup and background jobs ignore, but always the death of the parent. */
static void catch_signals(void)
{
	static const int ends[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};
	/* A sleep is interrupted nevertheless. */
	const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct sigaction there;

		if (ends[i] != SIGTERM && !sigaction(ends[i], NULL, &there) &&
		    there.sa_handler == SIG_IGN)
			continue;
		sigaction(ends[i], &action, NULL);
	}
}

static void say(void *context, const char *text)
{
	fprintf(stderr, "capward trial: profile %s: %s\n", (const char *)context, text);
}

static int try_it(struct trial *trial, bool json)
{
	struct error err = {""};
	int code = trial_run(trial, &err), status;

	if (code) {
		if (!err.text[0])
			error_set(&err, code, "%s", strerror(-code));
		status = command_fail("trial", code, &err);
	} else if (json) {
		status = command_print_json("trial", as_json(trial), JSON_INDENT(2));
	} else {
		print_text(trial);
		status = fflush(stdout) ? STATUS_FAILED : STATUS_OK;
	}
	trial_free(trial);
	if (trial->away)
		return STILL_AWAY;
	return !status && trial->outcome != TRIAL_HOLDS ? STATUS_FAILED : status;
}

/*
 * In the child: try it. What the terminal and the parent's process group are sent reaches the parent alone,
 * which passes on what is to end it; this process goes on while that one is stopped, and has a signal when it
 * dies.
 */
static int be_child(struct trial *trial, pid_t parent, bool json)
{
	struct error err;
	/* Before anything else: it has the maps open. */
	int code = engine_mark(trial->engine, &err);

	if (code)
		return command_fail("trial", code, &err);
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		stop = 1;
	return try_it(trial, json);
}

/* In the parent, when the child did not: have the policy go back, and say what became of it. The exit status. */
static int set_right(const struct trial *trial)
{
	const char *profile = trial->policy.profile;
	struct error err;
	int code = trial_return(trial, &err);

	if (code && code != -ESTALE) {
		error_wrap(&err, code, "profile %s is still enforced or audited", profile);
		return command_fail("trial", code, &err);
	}
	if (code)
		fprintf(stderr,
			"capward trial: it did not come to its end; somebody else changed profile "
			"%s: it is as they left it\n",
			profile);
	else
		fprintf(stderr,
			"capward trial: it did not come to its end; profile %s is in the mode %s\n",
			profile, profile_mode_name(policy_mode(trial->policy.word)));
	return STATUS_FAILED;
}

/*
 * Run the trial in a child, so that the policy goes back whichever of the two is killed: the child has a
 * signal when this process dies, and this process sees the child die.
 */
static int supervise(struct trial *trial, bool json)
{
	pid_t parent = getpid(), ended;
	struct error err;
	int status;

	catch_signals();
	signal(SIGCHLD, SIG_DFL);
	child = fork();
	if (child < 0)
		return command_fail("trial", -errno,
				    (error_set(&err, -errno, "fork: %s", strerror(errno)), &err));
	if (!child)
		_exit(be_child(trial, parent, json));
	if (stop) /* before it was known whom to tell */
		kill(child, SIGTERM);
	do
		ended = waitpid(child, &status, 0);
	while (ended < 0 && errno == EINTR);
	child = 0;
	if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) != STILL_AWAY)
		return WEXITSTATUS(status);
	return set_right(trial);
}

/* The command */

static __u64 without_mode(__u64 word)
{
	return policy_word(CAPWARD_ENFORCE, word);
}

/* Have @trial be of the policy that is in force of the profile @name, by its name or file. */
static int find_policy(struct trial *trial, const char *name, struct error *err)
{
	bool is_file = strchr(name, '/') || text_ends_with(name, strlen(name), PROFILE_SUFFIX);
	struct profile *profile = NULL;
	char shown[TEXT_ESCAPED(CAPWARD_NAME)];
	const char *called = name;
	int code = is_file ? profile_read(name, &profile, err) : 0;

	if (code)
		return code;
	if (profile)
		called = profile->name;
	text_escape(shown, sizeof(shown), called, strlen(called));
	code = policy_find(trial->engine, called, &trial->slot);
	if (!code)
		code = engine_policy(trial->engine, trial->slot, &trial->policy);
	if (code)
		error_set(err, code,
			  "profile %s is not in force: apply it first, in the mode audit or learn",
			  shown);
	else if (profile &&
		 without_mode(policy_of(profile).word) != without_mode(trial->policy.word))
		code = error_set(err, -ESTALE,
				 "profile %s is in force as it was before: apply the file first",
				 shown);
	profile_free(profile);
	return code;
}

static int trial_of(const char *name, struct trial *trial, bool json)
{
	struct error err;
	int code = host_permit(&err), status;

	if (!code)
		code = engine_open(&trial->engine, &err);
	if (!code)
		code = find_policy(trial, name, &err);
	if (code) {
		status = command_fail("trial", code, &err);
		status = code == -EINVAL ? STATUS_PROFILE : status;
	} else {
		trial->teller = (struct teller){say, trial->policy.profile};
		status = supervise(trial, json);
	}
	engine_close(trial->engine);
	return status;
}

/* Read the options into @trial. False: return *@status. */
static bool read_options(int argc, char **argv, struct trial *trial, bool *json, int *status)
{
	static const struct option options[] = {{"for", required_argument, NULL, 'f'},
						{"audit-for", required_argument, NULL, 'a'},
						{"evidence", required_argument, NULL, 'v'},
						{"output", required_argument, NULL, 'o'},
						{"help", no_argument, NULL, 'h'},
						{}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":f:a:v:o:h", options, NULL)) >= 0) {
		if ((option == 'f' && !clock_parse_span(optarg, &trial->enforce_ns)) ||
		    (option == 'a' && !clock_parse_span(optarg, &trial->audit_ns)) ||
		    (option == 'o' && command_output(optarg, json)))
			continue;
		if (option == 'v') {
			trial->evidence = optarg;
			continue;
		}
		if (option == 'f' || option == 'a')
			*status = command_usage(&command_trial,
						"--%s takes a time such as 30s, 10m or 2h",
						option == 'f' ? "for" : "audit-for");
		else if (option == 'o')
			*status = command_usage(&command_trial, "--output takes text or json");
		else if (option == 'h')
			*status = command_help(&command_trial);
		else
			*status = command_bad_option(&command_trial, option, argv);
		return false;
	}
	return true;
}

static int run(int argc, char **argv)
{
	struct trial trial = {.stop = &stop, .evidence = STORE_DIR};
	bool json = false;
	int status;

	clock_parse_span(AUDIT_FOR, &trial.audit_ns);
	clock_parse_span(ENFORCE_FOR, &trial.enforce_ns);
	if (!read_options(argc, argv, &trial, &json, &status))
		return status;
	if (optind + 1 != argc)
		return command_usage(&command_trial, "one profile is to be named");
	return trial_of(argv[optind], &trial, json);
}

const struct command command_trial = {
	.name = "trial",
	.synopsis = "[--for TIME] [--audit-for TIME] [-o text|json] NAME|FILE",
	.summary = "enforce a profile for a while, and no longer if that breaks things",
	.help = "The profile is in force in the mode audit, learn or off. It is audited first,\n"
		"and not enforced if something that is needed would be denied. Then it is\n"
		"enforced, and goes back to its mode at the end, when this command ends however,\n"
		"and at the first denial that was not known: of a capability or operation, or by\n"
		"a system call, that was not seen before.\n\n"
		"  -f, --for TIME         how long it is enforced: 30s, 10m, 2h (" ENFORCE_FOR ")\n"
		"  -a, --audit-for TIME   and audited before (" AUDIT_FOR ")\n"
		"  -v, --evidence DIR     where the daemon keeps what was seen (" STORE_DIR ")\n"
		"  -o, --output text|json\n\n"
		"Exit status: 0 it holds; 1 it does not, or was not tried to the end; 4 nothing\n"
		"is denied on this host.",
	.run = run,
};

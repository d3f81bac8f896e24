// SPDX-License-Identifier: GPL-2.0-or-later
/* capward run: govern one command. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assign.h"
#include "command.h"
#include "decide.h"
#include "host.h"
#include "operation.h"
#include "place.h"
#include "policy.h"
#include "profile_set.h"

/* What a shell answers: found but not runnable, not found, ended by a signal (added to it). */
#define SHELL_NOT_RUNNABLE 126
#define SHELL_NOT_FOUND	   127
#define SHELL_SIGNAL	   128

struct run_options {
	const char *profile; /* NULL: Docker's default set */
	struct caps_list drop, add;
	uint64_t denied; /* operations */
	bool has_mode;
	enum capward_mode mode;
	char **command;
};

/* The command while a signal may be passed on to it; 0 before and after. */
static volatile pid_t child;

/*
 * Pass a signal on to the command. What the terminal sends (si_code SI_KERNEL) has reached it
 * already: it is in the same foreground process group.
 */
static void forward(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (child > 0 && info->si_code != SI_KERNEL)
		kill(child, number);
}

static const int forwarded[] = {SIGHUP,	 SIGINT,  SIGQUIT, SIGTERM,
				SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH};

#define FORWARDED (sizeof(forwarded) / sizeof(forwarded[0]))

static void forward_signals(void)
{
	struct sigaction action = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};

	for (size_t i = 0; i < FORWARDED; i++) {
		struct sigaction there;

		/* nohup and background jobs ignore some, and so does the command then. */
		if (!sigaction(forwarded[i], NULL, &there) && there.sa_handler == SIG_IGN)
			continue;
		sigaction(forwarded[i], &action, NULL);
	}
}

/*
 * In the child: wait for the word that the cgroup is governed, then become the command. @go is
 * closed without a word when it is not to run. @failed tells the errno of a failed exec.
 */
static void become(char **command, int go, int failed, const sigset_t *mask)
{
	char byte;
	int code;

	if (read(go, &byte, 1) != 1)
		_exit(STATUS_FAILED);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(command[0], command);
	code = errno;
	if (write(failed, &code, sizeof(code)) != sizeof(code))
		_exit(STATUS_FAILED);
	_exit(code == ENOENT ? SHELL_NOT_FOUND : SHELL_NOT_RUNNABLE);
}

static int add_capability(struct caps_list *list, const char *name, const char *option)
{
	char near[CAPS_LABEL];
	const char *guess;

	switch (caps_list_add(list, name, strlen(name))) {
	case 0:
		return 0;
	case -EEXIST:
		return command_usage(&command_run, "%s %.64s: given twice", option, name);
	default:
		guess = caps_nearest(name, near);
		return command_usage(&command_run, "%s %.64s: no such capability%s%s", option, name,
				     guess ? "; did you mean " : "", guess ? guess : "");
	}
}

static int add_operation(uint64_t *denied, const char *name)
{
	int operation = operation_parse(name, strlen(name));
	const char *guess = operation < 0 ? operation_nearest(name) : NULL;

	if (operation < 0)
		return command_usage(&command_run, "--deny %.64s: no such operation%s%s", name,
				     guess ? "; did you mean " : "", guess ? guess : "");
	if (*denied & OPERATION_BIT(operation))
		return command_usage(&command_run, "--deny %.64s: given twice", name);
	*denied |= OPERATION_BIT(operation);
	return 0;
}

static int read_options(int argc, char **argv, struct run_options *out)
{
	static const struct option options[] = {{"profile", required_argument, NULL, 'p'},
						{"cap-drop", required_argument, NULL, 'd'},
						{"cap-add", required_argument, NULL, 'a'},
						{"deny", required_argument, NULL, 'D'},
						{"mode", required_argument, NULL, 'm'},
						{"help", no_argument, NULL, 'h'},
						{}};
	char conflict[CAPS_LABEL];
	int option, status = 0;

	opterr = 0;
	while (!status && (option = getopt_long(argc, argv, "+:p:m:h", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			out->profile = optarg;
			break;
		case 'd':
			status = add_capability(&out->drop, optarg, "--cap-drop");
			break;
		case 'a':
			status = add_capability(&out->add, optarg, "--cap-add");
			break;
		case 'D':
			status = add_operation(&out->denied, optarg);
			break;
		case 'm':
			if (profile_mode_parse(optarg, strlen(optarg), &out->mode))
				return command_usage(&command_run,
						     "--mode takes enforce, audit, learn or off");
			out->has_mode = true;
			break;
		case 'h':
			command_help(&command_run);
			exit(STATUS_OK);
		default:
			return command_bad_option(&command_run, option, argv);
		}
	}
	if (status)
		return status;
	if (caps_conflict(&out->drop, &out->add, conflict))
		return command_usage(&command_run, "%s is both dropped and added", conflict);
	if (optind >= argc)
		return command_usage(&command_run, "no command is named");
	out->command = argv + optind;
	return 0;
}

/* The profile that the options ask for. Its name in parentheses is no profile's. */
static int make_profile(const struct run_options *options, struct profile *out, struct error *err)
{
	struct profile *profile = NULL, base = {.name = "(run)", .mask = CAPS_DOCKER_DEFAULT};
	int code;

	if (options->profile) {
		code = profile_named(options->profile, &profile, err);
		if (code)
			return code;
		base.mask = profile->mask;
		base.mode = profile->mode;
		base.denied = profile->denied;
		memcpy(base.name, profile->name, sizeof(base.name));
		profile_free(profile);
	}
	base.mask = caps_compile(base.mask, &options->drop, &options->add);
	base.denied |= options->denied;
	if (options->has_mode)
		base.mode = options->mode;
	*out = base;
	return 0;
}

static int take_slot(struct engine *engine, const struct capward_policy *policy, __u32 *slot,
		     struct error *err)
{
	struct policy_slots *slots = policy_slots_new(engine);
	int code = slots ? policy_slot(slots, policy, slot, err)
			 : error_set(err, -ENOMEM, "out of memory");

	free(slots);
	return code;
}

/* Put @policy into a slot and the cgroup @path under it. */
static int govern(const char *path, const struct capward_policy *policy, __u32 *slot,
		  struct engine **engine, struct error *err)
{
	int lock = engine_lock(err), code;
	__u64 id;

	if (lock < 0)
		return lock;
	code = command_engine(engine, policy_mode(policy->word) == CAPWARD_ENFORCE, err);
	if (!code)
		code = take_slot(*engine, policy, slot, err);
	if (!code)
		code = engine_set_policy(*engine, *slot, policy, err);
	if (!code)
		code = assign_one(*engine, path, *slot, 0, &id, err);
	close(lock);
	return code;
}

/* Give the slot back, now that the cgroup and with it the scope is gone. */
static void release(struct engine *engine, __u32 slot)
{
	static const struct capward_policy none;
	int lock = engine_lock(NULL);

	if (lock < 0)
		return; /* it is found unused when slots run out */
	engine_set_policy(engine, slot, &none, NULL);
	close(lock);
}

/* Wait for the process @pid to end; its exit status, as a shell has it. */
static int wait_for(pid_t pid)
{
	siginfo_t info;
	int status;

	/* Left as a zombie at first: its pid is its own until no signal is passed on any more. */
	while (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		if (errno != EINTR)
			return STATUS_FAILED;
	child = 0;
	if (waitpid(pid, &status, 0) < 0)
		return STATUS_FAILED;
	return WIFSIGNALED(status) ? SHELL_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Let the process @pid go and see it through; its exit status. */
static int supervise(const struct run_options *options, pid_t pid, int go, int failed,
		     const sigset_t *mask)
{
	int code;

	child = pid;
	forward_signals();
	sigprocmask(SIG_SETMASK, mask, NULL);
	/* Not written when it was killed meanwhile, which its status tells. */
	if (write(go, "g", 1) == 1 && read(failed, &code, sizeof(code)) == sizeof(code))
		fprintf(stderr, "capward run: %s: %s\n", options->command[0], strerror(code));
	return wait_for(pid);
}

/*
 * Fork a child that waits to become the command, with signals blocked until there is someone to
 * pass them on. *@go: where to write the word, *@failed: where a failed exec is told.
 */
static pid_t fork_waiting(const struct run_options *options, int *go, int *failed, sigset_t *mask,
			  struct error *err)
{
	int go_pipe[2], failed_pipe[2];
	sigset_t block;
	pid_t pid;

	if (pipe2(go_pipe, O_CLOEXEC))
		return error_set(err, -errno, "pipe: %s", strerror(errno));
	if (pipe2(failed_pipe, O_CLOEXEC)) {
		close(go_pipe[0]);
		close(go_pipe[1]);
		return error_set(err, -errno, "pipe: %s", strerror(errno));
	}
	sigemptyset(&block);
	for (size_t i = 0; i < FORWARDED; i++)
		sigaddset(&block, forwarded[i]);
	sigprocmask(SIG_BLOCK, &block, mask);
	/* With SIGCHLD ignored, as some start their children, nobody could be waited for. */
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (!pid) {
		close(go_pipe[1]);
		become(options->command, go_pipe[0], failed_pipe[1], mask);
	}
	close(go_pipe[0]);
	close(failed_pipe[1]);
	*go = go_pipe[1];
	*failed = failed_pipe[0];
	return pid > 0 ? pid : error_set(err, -EAGAIN, "fork: %s", strerror(errno));
}

static int run_governed(const struct run_options *options, const struct capward_policy *policy)
{
	struct engine *engine = NULL;
	char name[64], path[CGROUP_PATH];
	int go = -1, failed = -1, code, status;
	struct error err, why;
	__u32 slot = 0;
	sigset_t mask;
	pid_t pid;

	pid = fork_waiting(options, &go, &failed, &mask, &err);
	if (pid < 0)
		return command_fail("run", pid, &err);
	signal(SIGPIPE, SIG_IGN); /* of a child that was killed before its word */
	snprintf(name, sizeof(name), "capward-run-%d", getpid());
	code = place_make(name, pid, path, &err);
	if (code) {
		close(go);
		wait_for(pid);
		return command_fail("run", code, &err);
	}
	code = govern(path, policy, &slot, &engine, &err);
	if (code) {
		close(go);
		wait_for(pid);
		status = command_fail("run", code, &err);
	} else {
		status = supervise(options, pid, go, failed, &mask);
	}
	if (place_remove(path, &why))
		fprintf(stderr, "capward run: %s\n", why.text); /* its policy stays with it */
	else if (slot)
		release(engine, slot);
	engine_close(engine);
	return status;
}

static int run(int argc, char **argv)
{
	struct run_options options = {};
	struct capward_policy policy;
	struct profile profile;
	struct error err;
	int status = read_options(argc, argv, &options), code;

	if (status)
		return status;
	code = make_profile(&options, &profile, &err);
	if (code) {
		status = command_fail("run", code, &err);
		return code == -EINVAL ? STATUS_PROFILE : status;
	}
	code = host_require(&err);
	if (!code)
		code = policy_require(&profile, &err);
	if (code)
		return command_fail("run", code, &err);
	policy = policy_of(&profile);
	policy.flags = CAPWARD_POLICY_RUN;
	return run_governed(&options, &policy);
}

const struct command command_run = {
	.name = "run",
	.synopsis = "[--profile NAME|FILE] [--cap-drop C].. [--cap-add C]..\n"
		    "       [--deny OP].. [--mode M] -- CMD..",
	.summary = "govern one command",
	.help = "Runs CMD in a cgroup of its own under a policy: that of --profile, else Docker's\n"
		"default set, without what --cap-drop and with what --cap-add names (ALL too, as\n"
		"Docker means it).\n\n"
		"  -p, --profile NAME|FILE  a file, or a name in /etc/capward/profiles\n"
		"      --cap-drop C         with or without CAP_; may be repeated\n"
		"      --cap-add C\n"
		"      --deny OP            refuse an operation whatever capability it uses:\n"
		"                           mount, module, device-nodes, raw-socket,\n"
		"                           file-attributes, bpf, userns or io_uring\n"
		"  -m, --mode MODE          enforce, audit, learn or off\n\n"
		"Signals are passed on. When CMD ends, what it left running is killed, as in a\n"
		"container. Exit status: that of CMD; 126 it cannot be run, 127 not found;\n"
		"128 and the signal that ended it.",
	.run = run,
};

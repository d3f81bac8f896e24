/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands: one file each under cmd/, one table in main.c that usage and help are made from.
 */
#ifndef CAPWARD_COMMAND_H
#define CAPWARD_COMMAND_H

#include <jansson.h>
#include <stdbool.h>

#include "engine.h"
#include "error.h"
#include "profile.h"

/* Exit statuses, as documented in capward(8). `run` exits with its command's status. */
enum status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_PROFILE = 3,
	STATUS_CANNOT_ENFORCE = 4,
	STATUS_NOT_PERMITTED = 5,
};

struct command {
	const char *name;
	const char *synopsis; /* the arguments */
	const char *summary;  /* one line, for the list of commands */
	const char *help;     /* the options and what else a person must know */
	/* @argv[0] is the command's name. Returns the exit status. */
	int (*run)(int argc, char **argv);
};

extern const struct command command_check, command_run, command_apply, command_status, command_ps,
	command_audit, command_explain, command_trace, command_learn, command_trial, command_unload,
	command_profile, command_daemon, command_hook;

/*
 * `capward profile which`: @arguments are the container and then the profiles, 1 or more in all. The
 * exit status.
 */
int command_profile_which(char *const *arguments, int count, bool json);

/*
 * `capward profile export`: @argv[0] is "export". The exit status.
 */
int command_profile_export(int argc, char **argv);

/*
 * `capward profile diff` of the @count @names. The exit status.
 */
int command_profile_diff(char *const *names, int count, bool json);

/*
 * `capward profile merge`: @argv[0] is "merge". The exit status.
 */
int command_profile_merge(int argc, char **argv);

/* Print "capward COMMAND: text of @err" on stderr; the exit status that fits the errno @code. */
int command_fail(const char *command, int code, const struct error *err);

/* Print the usage of @command on stderr after the formatted reason; STATUS_USAGE. */
int command_usage(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Print the help of @command on stdout; STATUS_OK. */
int command_help(const struct command *command);

/*
 * Read the options of a command that has only --output and --help. True: go on, with optind at the
 * first argument; false: return *@status.
 */
bool command_options(const struct command *command, int argc, char **argv, bool *json, int *status);

/* The usage error for what getopt_long() answered with '?' or ':'; STATUS_USAGE. */
int command_bad_option(const struct command *command, int option, char **argv);

/*
 * Add the capability that the argument of --@option names, which getopt_long() has just read, to *@mask;
 * false: it names none, return *@status.
 */
bool command_cap(const struct command *command, const char *option, __u64 *mask, int *status);

/* Whether @word is "json" (true in *@json) or "text"; false for anything else. */
bool command_output(const char *word, bool *json);

/* Print @document, which may be NULL without memory, and drop it; the exit status. */
int command_print_json(const char *command, json_t *document, size_t flags);

/* Print the warnings about @profile on stderr, after what stdout has. */
void command_warnings(const struct profile *profile);

/*
 * Open the engine, loading it when nothing is loaded, after the host was found fit, and proving that
 * it enforces (gate.h). What does not enforce stays loaded and observes; with @enforce that is
 * -EOPNOTSUPP. The caller holds engine_lock().
 */
int command_engine(struct engine **out, bool enforce, struct error *err);

/* The same, and what is loaded is this build's then; *@upgraded tells whether it was another's. */
int command_this_build(struct engine **engine, bool *upgraded, struct error *err);

#endif

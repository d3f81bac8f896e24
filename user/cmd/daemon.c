// SPDX-License-Identifier: GPL-2.0-or-later
/* capward daemon: watch containers and profiles, assign, log, serve metrics. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "daemon.h"
#include "gate.h"
#include "host.h"
#include "journal.h"
#include "profile_set.h"
#include "store.h"

#define METRICS_SOCKET "unix:/run/capward/metrics.sock"

/* What --events says. False: neither of the words. */
static bool read_events(const char *word, struct daemon_options *options)
{
	options->log = strcmp(word, "none");
	options->log_path = NULL;
	if (!strcmp(word, "stdout")) {
		options->log_kind = EVENT_LOG_STDOUT;
	} else if (!strcmp(word, "journal")) {
		options->log_kind = EVENT_LOG_JOURNAL;
	} else if (word[0] == '/') {
		options->log_kind = EVENT_LOG_FILE;
		options->log_path = word;
	} else {
		return !options->log;
	}
	return true;
}

static int read_options(int argc, char **argv, struct daemon_options *options)
{
	static const struct option known[] = {{"profiles", required_argument, NULL, 'p'},
					      {"events", required_argument, NULL, 'e'},
					      {"metrics", required_argument, NULL, 'm'},
					      {"evidence", required_argument, NULL, 'v'},
					      {"metrics-anywhere", no_argument, NULL, 'a'},
					      {"help", no_argument, NULL, 'h'},
					      {}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hp:e:m:v:", known, NULL)) != -1) {
		switch (option) {
		case 'p':
			options->profiles = optarg;
			break;
		case 'e':
			if (!read_events(optarg, options))
				return command_usage(&command_daemon,
						     "--events takes an absolute path, stdout, "
						     "journal or none");
			break;
		case 'm':
			options->metrics = strcmp(optarg, "none") ? optarg : NULL;
			break;
		case 'v':
			options->evidence = strcmp(optarg, "none") ? optarg : NULL;
			if (options->evidence && optarg[0] != '/')
				return command_usage(&command_daemon,
						     "--evidence takes an absolute path or none");
			break;
		case 'a':
			options->metrics_anywhere = true;
			break;
		case 'h':
			command_help(&command_daemon);
			return -1;
		default:
			return command_bad_option(&command_daemon, option, argv);
		}
	}
	return optind < argc ? command_usage(&command_daemon, "unexpected argument") : 0;
}

/* Load the programs, or adopt what is loaded, and prove that it enforces; or say why it does not. */
static int open_engine(struct engine **engine, struct error *err)
{
	bool upgraded;
	struct error why;
	int code = command_this_build(engine, &upgraded, err);

	if (!code && upgraded)
		fprintf(stderr, "capward daemon: programs: replaced by this build's\n");
	if (!code && (upgraded ? gate_open(*engine, &why) : gate_require(*engine, &why))) {
		error_wrap(&why, 0,
			   engine_state(*engine)->enforcing
				   ? "capward could not prove that it enforces"
				   : "capward only observes, nothing is denied");
		command_fail("daemon", 0, &why);
	}
	return code;
}

static int run(int argc, char **argv)
{
	struct daemon_options options = {
		.profiles = PROFILES_DIR,
		.log = true,
		.log_kind = journal_has_output() ? EVENT_LOG_JOURNAL : EVENT_LOG_STDOUT,
		.metrics = METRICS_SOCKET,
		.evidence = STORE_DIR,
	};
	struct error err;
	sigset_t reload;
	int code, status = read_options(argc, argv, &options);

	if (status)
		return status < 0 ? STATUS_OK : status;
	/* One that comes while it loads is for what it will be. */
	sigemptyset(&reload);
	sigaddset(&reload, SIGHUP);
	sigprocmask(SIG_BLOCK, &reload, NULL);
	code = host_require(&err);
	if (!code)
		code = daemon_run(open_engine, &options, &err);
	return code ? command_fail("daemon", code, &err) : STATUS_OK;
}

const struct command command_daemon = {
	.name = "daemon",
	.synopsis = "[--profiles DIR] [--events WHERE] [--metrics ADDRESS]\n"
		    "       [--metrics-anywhere] [--evidence DIR]",
	.summary = "keep a directory of profiles in force, by image, label, name or pod",
	.help = "  -p, --profiles DIR    every *.yaml in it is in force while it is there\n"
		"                        (" PROFILES_DIR ")\n"
		"  -e, --events WHERE    an absolute path, stdout, journal or none: where events\n"
		"                        are written, as JSON; the journal when systemd starts it\n"
		"  -m, --metrics ADDRESS unix:/PATH, IP:PORT or none\n"
		"                        (" METRICS_SOCKET ")\n"
		"  -v, --evidence DIR    where what workloads were seen to use is kept, or none\n"
		"                        (" STORE_DIR ")\n"
		"      --metrics-anywhere  also where others can reach the address\n\n"
		"Loads the kernel programs, or adopts what is loaded. SIGHUP reads all profiles\n"
		"again and reopens the file of events. When it ends, what is in force stays;\n"
		"`capward unload` ends that.",
	.run = run,
};

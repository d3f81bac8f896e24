// SPDX-License-Identifier: GPL-2.0-or-later
/* capward hook: a hook of a container's runtime, which waits until the container has its profile. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "capward/glob.h"
#include "cgroup.h"
#include "clock.h"
#include "command.h"
#include "journal.h"
#include "oci_state.h"
#include "output.h"
#include "relay.h"
#include "relay_client.h"

#define DEADLINE_MS  2000
#define LONGEST_MS   600000
#define EXEMPT_LIMIT 64

/* The unit of the daemon. A container of it cannot wait for itself. */
#define OWN_UNIT "capward.service"

struct hook {
	const char *socket;
	long deadline_ms;
	bool require;
	size_t exempt;
	char patterns[EXEMPT_LIMIT][CAPWARD_PATTERN];
	long long until; /* ms; CLOCK_MONOTONIC */
};

/* Read standard input up to its end into the @room bytes at @text; how many it had. */
static ssize_t read_input(const struct hook *hook, char *text, size_t room, struct error *err)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	size_t length = 0;

	while (length < room) {
		int left = clock_left_ms(hook->until), ready = left ? poll(&input, 1, left) : 0;
		ssize_t size;

		if (!ready)
			return error_set(err, -ETIMEDOUT, "it did not come in time");
		if (ready < 0)
			continue;
		size = read(STDIN_FILENO, text + length, room - length);
		if (!size)
			return (ssize_t)length;
		if (size < 0 && errno != EINTR && errno != EAGAIN)
			return error_set(err, -errno, "%s", strerror(errno));
		length += size > 0 ? (size_t)size : 0;
	}
	return error_set(err, -EFBIG, "it is longer than %d bytes", OCI_STATE_BYTES);
}

static int read_state(const struct hook *hook, struct oci_state *out, struct error *err)
{
	char *text = malloc(OCI_STATE_BYTES + 1);
	ssize_t length;
	int code;

	if (!text)
		return error_set(err, -ENOMEM, "out of memory");
	length = read_input(hook, text, OCI_STATE_BYTES + 1, err);
	code = length < 0 ? (int)length : oci_state_parse(text, (size_t)length, out, err);
	free(text);
	return code ? error_wrap(err, code, "the container's state on standard input") : 0;
}

/* Whether a pattern of --exempt matches @name; one that is longer than patterns reach is not. */
static bool is_exempt(const struct hook *hook, const char *name)
{
	char path[GLOB_PATH] = "";

	if (!name[0] || strlen(name) >= sizeof(path))
		return false;
	memcpy(path, name, strlen(name));
	for (size_t i = 0; i < hook->exempt; i++)
		if (glob_match(hook->patterns[i], path))
			return true;
	return false;
}

static bool is_exempt_by_name(const struct hook *hook, const struct oci_state *state)
{
	if (is_exempt(hook, state->id))
		return true;
	for (size_t i = 0; i < OCI_STATE_NAMES; i++)
		if (is_exempt(hook, state->names[i]))
			return true;
	return false;
}

/* Whether the cgroup @path is that of the daemon's unit, or below it. */
static bool is_own(const char *path)
{
	const size_t length = strlen(OWN_UNIT);

	while ((path = strchr(path, '/'))) {
		path++;
		if (!strncmp(path, OWN_UNIT, length) && (!path[length] || path[length] == '/'))
			return true;
	}
	return false;
}

/* 0: the daemon has assigned a profile. Else what it said instead, or why it said nothing. */
static int wait_for_word(const struct hook *hook, const struct relay_hook *container,
			 struct error *err)
{
	struct relay_word word;
	int code = relay_ask_hook(hook->socket, container, clock_left_ms(hook->until), &word, err);

	if (code)
		return code;
	if (word.outcome == RELAY_ASSIGNED)
		return 0;
	if (word.outcome == RELAY_ERROR)
		return error_set(err, -EIO, "the daemon says: %s", word.text);
	return error_set(err, -ENODATA, "no profile matches it; it stays under %s%s",
			 word.text[0] ? "the default profile " : "no profile", word.text);
}

static int run_hook(const struct hook *hook, struct error *err)
{
	struct relay_hook container = {};
	struct oci_state state;
	int code = read_state(hook, &state, err);

	if (code)
		return code;
	if (is_exempt_by_name(hook, &state))
		return 0;
	code = cgroup_of(state.pid, container.cgroup, err);
	if (!code && (is_own(container.cgroup) || is_exempt(hook, container.cgroup)))
		return 0;
	container.pid = (__u32)state.pid;
	memcpy(container.id, state.id, sizeof(container.id));
	if (!code)
		code = wait_for_word(hook, &container, err);
	if (!code)
		return 0;
	return error_wrap(err, code, "container %.64s", state.id);
}

/* Runtimes show what a hook says only when it fails, and crun not even then: the journal keeps it. */
static void tell_journal(const struct error *err)
{
	char entry[TEXT_ESCAPED(sizeof(err->text)) + 128], text[TEXT_ESCAPED(sizeof(err->text))];
	int fd = journal_has_output() ? -1 : journal_open(NULL);

	if (fd < 0)
		return;
	text_escape(text, sizeof(text), err->text, strlen(err->text));
	snprintf(entry, sizeof(entry), "SYSLOG_IDENTIFIER=capward\nPRIORITY=%d\nMESSAGE=hook: %s\n",
		 LOG_WARNING, text);
	/* A host without a journal has other means to look at runtimes. */
	journal_send(fd, JOURNAL_SOCKET, entry, strlen(entry));
	close(fd);
}

static int add_exempt(struct hook *hook, const char *pattern)
{
	if (hook->exempt == EXEMPT_LIMIT)
		return command_usage(&command_hook, "--exempt can be given %d times", EXEMPT_LIMIT);
	if (!pattern[0] || strlen(pattern) >= CAPWARD_PATTERN)
		return command_usage(&command_hook, "--exempt takes a pattern of 1 to %d bytes",
				     CAPWARD_PATTERN - 1);
	memcpy(hook->patterns[hook->exempt++], pattern, strlen(pattern) + 1);
	return 0;
}

static bool parse_deadline(const char *text, long *out)
{
	if (!text[0] || strlen(text) > 6 || strspn(text, "0123456789") != strlen(text))
		return false;
	*out = strtol(text, NULL, 10);
	return *out >= 1 && *out <= LONGEST_MS;
}

static int read_options(int argc, char **argv, struct hook *hook)
{
	static const struct option options[] = {{"deadline", required_argument, NULL, 'd'},
						{"require", no_argument, NULL, 'r'},
						{"exempt", required_argument, NULL, 'e'},
						{"socket", required_argument, NULL, 's'},
						{"help", no_argument, NULL, 'h'},
						{}};
	int option, status = 0;

	opterr = 0;
	while (!status && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			if (!parse_deadline(optarg, &hook->deadline_ms))
				return command_usage(&command_hook,
						     "--deadline takes 1 to %d milliseconds",
						     LONGEST_MS);
			break;
		case 'r':
			hook->require = true;
			break;
		case 'e':
			status = add_exempt(hook, optarg);
			break;
		case 's':
			hook->socket = optarg;
			break;
		case 'h':
			command_help(&command_hook);
			return -1;
		default:
			return command_bad_option(&command_hook, option, argv);
		}
	}
	if (status)
		return status;
	return optind < argc ? command_usage(&command_hook, "unexpected argument") : 0;
}

static int run(int argc, char **argv)
{
	static struct hook hook = {.socket = RELAY_PATH, .deadline_ms = DEADLINE_MS};
	int status = read_options(argc, argv, &hook);
	struct error err;

	if (status)
		return status < 0 ? STATUS_OK : status;
	hook.until = clock_ms() + hook.deadline_ms;
	if (!run_hook(&hook, &err))
		return STATUS_OK;
	error_wrap(&err, 0, hook.require ? "not started" : "started all the same");
	tell_journal(&err);
	/* Any status but 0 makes the runtime give up the start. */
	command_fail("hook", 0, &err);
	return hook.require ? STATUS_FAILED : STATUS_OK;
}

const struct command command_hook = {
	.name = "hook",
	.synopsis = "[--deadline MS] [--require] [--exempt PATTERN]..\n"
		    "       [--socket PATH]",
	.summary = "in a runtime's hook: wait until the container has its profile",
	.help = "      --deadline MS    wait no longer than this; 2000\n"
		"      --require        fail, so that the container is not started, when the\n"
		"                       daemon did not assign a profile in time\n"
		"      --exempt PATTERN not for containers whose id, name or cgroup path matches\n"
		"                       (* and ?, neither matches /); may be repeated\n"
		"      --socket PATH    of the daemon\n\n"
		"For OCI hooks createRuntime and prestart; reads the container's state on\n"
		"standard input. Without --require the container is started whatever happens,\n"
		"and one line on standard error says when it has no profile of its own.",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"

static const struct command *const commands[] = {
	&command_check, &command_run,	 &command_apply,   &command_daemon, &command_status,
	&command_ps,	&command_audit,	 &command_explain, &command_trace,  &command_learn,
	&command_trial, &command_unload, &command_profile, &command_hook,
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *stream)
{
	fprintf(stream, "capward: least privilege for every container on this host\n\n"
			"usage: capward COMMAND [ARGUMENTS]\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(stream, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(stream,
		"\n`capward COMMAND --help` tells more; so does capward(8).\n"
		"Exit status: 0 ok, 1 failed, 2 usage, 3 invalid profile, 4 this host cannot\n"
		"enforce, 5 not permitted. `run` exits with its command's status.\n");
}

/* @status, unless it claims success for output that could not be written. */
static int written(int status)
{
	if (status || (!fflush(stdout) && !ferror(stdout)))
		return status;
	perror("capward: write the output");
	return STATUS_FAILED;
}

int main(int argc, char **argv)
{
	char word[TEXT_ESCAPED(64)];

	if (argc < 2) {
		usage(stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return written(STATUS_OK);
	}
	if (!strcmp(argv[1], "--version")) {
		puts("capward " CAPWARD_VERSION);
		return written(STATUS_OK);
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i]->name))
			return written(commands[i]->run(argc - 1, argv + 1));
	text_escape(word, sizeof(word), argv[1], strlen(argv[1]));
	fprintf(stderr, "capward: there is no command %s; `capward --help` lists them\n", word);
	return STATUS_USAGE;
}

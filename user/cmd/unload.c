// SPDX-License-Identifier: GPL-2.0-or-later
/* capward unload: take everything out of the kernel. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "host.h"
#include "load.h"

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {}};
	struct error err;
	int code, lock, option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1)
		return option == 'h' ? command_help(&command_unload)
				     : command_bad_option(&command_unload, option, argv);
	if (optind < argc)
		return command_usage(&command_unload, "unexpected argument");
	code = host_permit(&err);
	if (code)
		return command_fail("unload", code, &err);
	lock = engine_lock(&err);
	if (lock < 0)
		return command_fail("unload", lock, &err);
	code = engine_unload(&err);
	close(lock);
	if (code)
		return command_fail("unload", code, &err);
	puts("unloaded: nothing is governed any more");
	return STATUS_OK;
}

const struct command command_unload = {
	.name = "unload",
	.synopsis = "",
	.summary = "take everything out of the kernel",
	.help = "Removes the programs, the policies and the counts; nothing is governed any more.\n"
		"Exit status 1 when nothing was loaded.",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0-or-later
/* capward check: can this host enforce? */
#include <getopt.h>
#include <stdio.h>

#include "command.h"
#include "host.h"
#include "output.h"

static json_t *as_json(const struct host_fact *facts, bool host, bool all)
{
	json_t *list = json_array();

	for (size_t i = 0; i < HOST_FACTS; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:b, s:s, s:s?}", "name", facts[i].name,
						"ok", facts[i].holds, "found", facts[i].found,
						"remedy", facts[i].holds ? NULL : facts[i].remedy));
	return json_pack("{s:b, s:b, s:o}", "can_enforce", host, "permitted", all || !host,
			 "checks", list);
}

static int as_text(const struct host_fact *facts, bool host, bool all)
{
	static const struct table_column columns[] = {
		{"OK", false}, {"CHECK", false}, {"FOUND", false}};
	struct table *table = NULL;
	char remedy[sizeof(facts->remedy) + 16];
	int code = table_new(columns, 3, &table);

	for (size_t i = 0; !code && i < HOST_FACTS; i++) {
		snprintf(remedy, sizeof(remedy), "remedy: %s", facts[i].remedy);
		code = table_add(table, (const char *const[]){facts[i].holds ? "yes" : "NO",
							      facts[i].name, facts[i].found});
		if (!code && !facts[i].holds)
			code = table_add(table, (const char *const[]){NULL, NULL, remedy});
	}
	if (!code)
		code = table_print(table, stdout, table_width(stdout));
	table_free(table);
	if (code)
		return STATUS_FAILED;
	puts(all    ? "This host can enforce."
	     : host ? "This host can enforce, but the caller may not."
		    : "This host cannot enforce as it is.");
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	struct host_fact facts[HOST_FACTS];
	bool json = false, all, host = true;
	int status;

	if (!command_options(&command_check, argc, argv, &json, &status))
		return status;
	if (optind < argc)
		return command_usage(&command_check, "unexpected argument");

	all = host_check("", facts);
	for (size_t i = 0; i < HOST_FACTS; i++)
		host = host && (facts[i].holds || facts[i].privilege);
	status = json ? command_print_json("check", as_json(facts, host, all), JSON_INDENT(2))
		      : as_text(facts, host, all);
	if (status)
		return status;
	return all ? STATUS_OK : host ? STATUS_NOT_PERMITTED : STATUS_CANNOT_ENFORCE;
}

const struct command command_check = {
	.name = "check",
	.synopsis = "[-o text|json]",
	.summary = "can this host enforce? every reason why not, each with its remedy",
	.help = "  -o, --output text|json\n\n"
		"Exit status: 0 it can, 4 it cannot, 5 it can but the caller may not.",
	.run = run,
};

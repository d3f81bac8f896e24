// SPDX-License-Identifier: GPL-2.0-or-later
/* capward status: what is loaded, does it fire, policies, counts, drops. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "caps.h"
#include "command.h"
#include "decide.h"
#include "event.h"
#include "gate.h"
#include "host.h"
#include "operation.h"
#include "output.h"
#include "profile.h"
#include "scopes.h"

struct report {
	bool fires;
	struct error why_not;
	struct scope_list scopes;
	struct engine *engine;
	struct capward_state state;
};

static __u64 total(const struct report *report, enum capward_verdict verdict)
{
	__u64 sum = 0;

	for (size_t i = 0; i < report->scopes.count; i++)
		sum += scope_total(&report->scopes.scopes[i], verdict);
	return sum;
}

static __u64 limited(const struct report *report)
{
	__u64 sum = 0;

	for (size_t i = 0; i < report->scopes.count; i++)
		sum += report->scopes.scopes[i].limited;
	return sum;
}

static size_t scopes_under(const struct report *report, __u32 slot)
{
	size_t count = 0;

	for (size_t i = 0; i < report->scopes.count; i++)
		count += report->scopes.scopes[i].slot == slot;
	return count;
}

static long long seconds_loaded(const struct report *report)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec - (long long)(report->state.loaded_at / 1000000000);
}

static json_t *policies_json(const struct report *report)
{
	json_t *list = json_array();
	struct capward_policy policy;
	char label[CAPS_LABEL];

	for (__u32 slot = CAPWARD_POLICY_OBSERVE; slot < CAPWARD_POLICIES; slot++) {
		json_t *granted;

		if (engine_policy(report->engine, slot, &policy) || !policy.profile[0])
			continue;
		granted = json_array();
		for (unsigned int cap = 0; cap <= CAPS_LAST; cap++)
			if (policy_allows(policy.word, cap))
				json_array_append_new(granted, json_string(caps_label(cap, label)));
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:o, s:o, s:i, s:b}", "profile", policy.profile,
				  "mode", profile_mode_name(policy_mode(policy.word)), "granted",
				  granted, "deny", operation_list(operations_denied(policy.word)),
				  "scopes", (int)scopes_under(report, slot), "container_default",
				  slot == report->state.container_policy));
	}
	return list;
}

static json_t *unguarded_json(__u32 unguarded)
{
	json_t *list = json_array();
	char text[GATE_GUARDS];

	for (int i = 0; i < CAPWARD_GUARDS; i++)
		if (unguarded >> i & 1)
			json_array_append_new(list, json_string(gate_unguarded(1U << i, text)));
	return list;
}

static json_t *totals_json(const struct report *report)
{
	json_t *object = json_object();

	for (unsigned int verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		json_object_set_new(object, event_verdict_name(verdict),
				    json_integer((json_int_t)total(report, verdict)));
	return object;
}

static json_t *as_json(const struct report *report)
{
	const struct capward_state *state = &report->state;

	return json_pack("{s:b, s:i, s:b, s:I, s:b, s:b, s:o, s:o, s:o, s:i, s:o, "
			 "s:{s:I, s:I, s:I}, s:I, s:i, s:i}",
			 "loaded", true, "abi", (int)state->abi, "same_build",
			 (int)engine_same_build(report->engine), "seconds",
			 (json_int_t)seconds_loaded(report), "firing", report->fires, "enforcing",
			 (int)(report->fires && state->enforcing), "why_not",
			 report->fires
				 ? json_null()
				 : json_escaped(report->why_not.text, strlen(report->why_not.text)),
			 "unguarded", unguarded_json(engine_unguarded(report->engine)), "policies",
			 policies_json(report), "scopes", (int)report->scopes.count, "counts",
			 totals_json(report), "events", "sent", (json_int_t)state->sent, "lost",
			 (json_int_t)state->lost, "limited", (json_int_t)limited(report),
			 "cgroups_without_place", (json_int_t)state->scopes_full, "setup_tasks",
			 (int)state->setup_tasks, "bound_tasks", (int)state->bound_tasks);
}

static int print_policies(const struct report *report)
{
	static const struct table_column columns[] = {{"PROFILE", false}, {"MODE", false},
						      {"SCOPES", true},	  {"", false},
						      {"DENY", false},	  {"GRANTED", false}};
	struct capward_policy policy;
	char granted[CAPS_TEXT], deny[OPERATION_TEXT], scopes[16];
	struct table *table = NULL;
	int code = table_new(columns, 6, &table);

	for (__u32 slot = CAPWARD_POLICY_OBSERVE; !code && slot < CAPWARD_POLICIES; slot++) {
		if (engine_policy(report->engine, slot, &policy) || !policy.profile[0])
			continue;
		snprintf(scopes, sizeof(scopes), "%zu", scopes_under(report, slot));
		code = table_add(table,
				 (const char *const[]){
					 policy.profile,
					 profile_mode_name(policy_mode(policy.word)), scopes,
					 slot == report->state.container_policy ? "default" : NULL,
					 operation_format(operations_denied(policy.word), deny),
					 caps_format(policy.word & caps_all(), granted)});
	}
	if (!code)
		code = table_print(table, stdout, table_width(stdout));
	table_free(table);
	return code;
}

static int as_text(const struct report *report)
{
	const struct capward_state *state = &report->state;
	__u32 unguarded = engine_unguarded(report->engine);
	char names[GATE_GUARDS];

	printf("loaded      ABI %u, for %lld s\n", state->abi, seconds_loaded(report));
	printf("programs    %s\n", engine_same_build(report->engine)
					   ? "this build's"
					   : "another build's; `capward apply` replaces them");
	printf("firing      %s\n",
	       report->fires ? "yes: the self-test was denied and counted" : "NO");
	if (!report->fires) {
		char why[TEXT_ESCAPED(sizeof(report->why_not.text))];

		text_escape(why, sizeof(why), report->why_not.text, strlen(report->why_not.text));
		printf("            %s\n", why);
	}
	printf("enforcing   %s\n", !state->enforcing ? "NO: it observes, nothing is denied"
				   : report->fires   ? "yes"
						     : "NO");
	printf("guarded     %s%s\n", unguarded ? "not against governed tasks: " : "yes",
	       gate_unguarded(unguarded, names));
	printf("scopes      %zu of %d\n", report->scopes.count, CAPWARD_SCOPES);
	if (state->scopes_full)
		printf("            %u cgroups found no place\n", state->scopes_full);
	if (state->bound_tasks)
		printf("            %d processes left their scope and are bound by it\n",
		       state->bound_tasks);
	printf("counts      ");
	for (unsigned int verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		printf("%s%s %llu", verdict ? ", " : "", event_verdict_name(verdict),
		       (unsigned long long)total(report, verdict));
	putchar('\n');
	printf("events      sent %llu, lost %llu (buffer full), limited %llu (per scope)\n",
	       (unsigned long long)state->sent, (unsigned long long)state->lost,
	       (unsigned long long)limited(report));
	putchar('\n');
	return print_policies(report) || fflush(stdout) ? STATUS_FAILED : STATUS_OK;
}

static int make_report(struct report *report, struct error *err)
{
	volatile struct capward_state *state = engine_state(report->engine);
	int lock = engine_lock(err), code;

	if (lock < 0)
		return lock;
	code = gate_open(report->engine, &report->why_not);
	close(lock);
	report->fires = !code;
	report->state = *state;
	return scopes_read(report->engine, &report->scopes, err);
}

static int run(int argc, char **argv)
{
	struct report report = {};
	bool json = false;
	struct error err;
	int code, status;

	if (!command_options(&command_status, argc, argv, &json, &status))
		return status;
	if (optind < argc)
		return command_usage(&command_status, "unexpected argument");

	code = host_permit(&err);
	if (!code)
		code = engine_open(&report.engine, &err);
	if (code == -ENOENT && json)
		command_print_json("status", json_pack("{s:b}", "loaded", false), 0);
	if (!code)
		code = make_report(&report, &err);
	if (code) {
		engine_close(report.engine);
		return command_fail("status", code, &err);
	}
	status = json ? command_print_json("status", as_json(&report), JSON_INDENT(2))
		      : as_text(&report);
	scopes_free(&report.scopes);
	engine_close(report.engine);
	return status ? status : report.fires ? STATUS_OK : STATUS_CANNOT_ENFORCE;
}

const struct command command_status = {
	.name = "status",
	.synopsis = "[-o text|json]",
	.summary = "what is loaded, does it fire, policies, counts, drops",
	.help = "Does not take the kernel's word: a self-test in a cgroup of its own must be\n"
		"denied and counted.\n\n"
		"  -o, --output text|json\n\n"
		"Exit status: 0 loaded and enforcing, 1 not loaded, 4 loaded and not enforcing.",
	.run = run,
};

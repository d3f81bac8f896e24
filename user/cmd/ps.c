// SPDX-License-Identifier: GPL-2.0-or-later
/* capward ps: every scope. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "caps.h"
#include "caps_json.h"
#include "command.h"
#include "decide.h"
#include "event.h"
#include "host.h"
#include "identity.h"
#include "operation.h"
#include "output.h"
#include "profile.h"
#include "scope_json.h"
#include "scopes.h"

static json_t *counts_json(const struct scope_view *view, enum capward_verdict verdict)
{
	json_t *object = json_object();
	char label[CAPS_LABEL];

	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++)
		if (view->counts[verdict][cap])
			json_object_set_new(object, caps_label(cap, label),
					    json_integer((json_int_t)view->counts[verdict][cap]));
	return object;
}

/* The same of operations, by verdict. What is allowed of them is not counted. */
static json_t *operations_json(const struct scope_view *view)
{
	json_t *object = json_object();

	for (unsigned int verdict = CAPWARD_DENIED; verdict < CAPWARD_VERDICTS; verdict++) {
		json_t *counts = json_object();

		for (unsigned int i = CAPWARD_CAPS; i < CAPWARD_OPS_END; i++)
			if (view->counts[verdict][i])
				json_object_set_new(
					counts, operation_name(i),
					json_integer((json_int_t)view->counts[verdict][i]));
		json_object_set_new(object, event_verdict_name(verdict), counts);
	}
	return object;
}

static json_t *view_json(const struct scope_view *view, const struct identity *identity)
{
	json_t *object = json_pack(
		"{s:o, s:o, s:s, s:o, s:o, s:o, s:I, s:I, s:b, s:i}", "scope",
		scope_json(view->id, view->path, identity), "profile",
		json_escaped(view->policy.profile, strlen(view->policy.profile)), "mode",
		profile_mode_name(policy_mode(view->policy.word)), "granted",
		caps_json(view->policy.word), "deny",
		operation_list(operations_denied(view->policy.word)), "operations",
		operations_json(view), "uncounted", (json_int_t)view->uncounted, "events_limited",
		(json_int_t)view->limited, "strict", view->strict, "cgroups", (int)view->cgroups);

	for (unsigned int verdict = 0; object && verdict < CAPWARD_VERDICTS; verdict++)
		json_object_set_new(object, event_verdict_name(verdict),
				    counts_json(view, verdict));
	return object;
}

/* Who @view is; to be freed. Without memory that is what its path tells. */
static struct identity identify(const struct scope_view *view)
{
	struct identity identity;

	if (identity_of("", view->path, &identity, NULL))
		identity = (struct identity){.container = container_of_cgroup(view->path)};
	return identity;
}

static int print_json(const struct scope_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++) {
		struct identity identity = identify(&list->scopes[i]);

		json_array_append_new(array, view_json(&list->scopes[i], &identity));
		identity_free(&identity);
	}
	return command_print_json("ps", json_pack("{s:o}", "scopes", array), JSON_INDENT(2));
}

/* "NET_ADMIN 3, SYS_ADMIN 12, mount 2": what was counted under @verdict. */
static void describe(const struct scope_view *view, enum capward_verdict verdict, char *text,
		     size_t size)
{
	char label[CAPS_LABEL];
	size_t used = 0;

	snprintf(text, size, "-");
	for (unsigned int i = 0; i < CAPWARD_OPS_END && used < size; i++) {
		if (!view->counts[verdict][i])
			continue;
		used += snprintf(text + used, size - used, "%s%s %llu", used ? ", " : "",
				 permission_name(i, label),
				 (unsigned long long)view->counts[verdict][i]);
	}
}

/* One line of a block, unless there is nothing to say. */
static void print_line(const char *title, const char *raw)
{
	char text[TEXT_ESCAPED(512)];

	if (!raw || !raw[0])
		return;
	text_escape(text, sizeof(text), raw, strlen(raw));
	printf("  %-11s %s\n", title, text);
}

static void print_who(const struct scope_view *view, const struct identity *identity)
{
	char called[SCOPE_CALLED], pod[2 * IDENTITY_TEXT];
	const struct container *container = &identity->container;
	const char *space = identity->pod_namespace;

	scope_called(view->path, identity, called);
	printf("%s%s%s%s\n", container->runtime, container->runtime[0] ? " " : "", called,
	       identity->claimed ? " (as its owner says)" : "");
	if (identity->name && strcmp(identity->name, container->id))
		print_line("id", container->id);
	print_line("image", identity->image);
	snprintf(pod, sizeof(pod), "%s%s%s", space ? space : "", space ? "/" : "",
		 identity->pod ? identity->pod : "");
	print_line("pod", identity->pod ? pod : NULL);
	print_line("cgroup", view->path);
}

/*
 * One block a scope: a table of all columns of the contract does not fit a terminal, and the lists
 * of capabilities are what a person comes for.
 */
static void print_block(const struct scope_view *view, const struct identity *identity)
{
	char granted[CAPS_TEXT], deny[OPERATION_TEXT], text[2048];
	uint64_t denied = operations_denied(view->policy.word);

	print_who(view, identity);
	printf("  profile     %s (%s)\n", view->policy.profile,
	       profile_mode_name(policy_mode(view->policy.word)));
	printf("  granted     %s\n", caps_format(view->policy.word & caps_all(), granted));
	if (denied)
		printf("  deny        %s\n", operation_format(denied, deny));
	for (unsigned int verdict = 0; verdict < CAPWARD_VERDICTS; verdict++) {
		describe(view, verdict, text, sizeof(text));
		if (verdict <= CAPWARD_DENIED || strcmp(text, "-"))
			printf("  %-11s %s\n", event_verdict_name(verdict), text);
	}
	if (view->strict)
		puts("  strict      a credential could not be recorded: lent ones are denied");
	if (view->uncounted)
		printf("  uncounted   %llu\n", (unsigned long long)view->uncounted);
}

static int print_text(const struct scope_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct identity identity = identify(&list->scopes[i]);

		if (i)
			putchar('\n');
		print_block(&list->scopes[i], &identity);
		identity_free(&identity);
	}
	if (!list->count)
		puts("no scope: nothing is governed");
	return fflush(stdout) ? STATUS_FAILED : STATUS_OK;
}

static int run(int argc, char **argv)
{
	struct scope_list list;
	struct engine *engine;
	bool json = false;
	struct error err;
	int code, status;

	if (!command_options(&command_ps, argc, argv, &json, &status))
		return status;
	if (optind < argc)
		return command_usage(&command_ps, "unexpected argument");
	code = host_permit(&err);
	if (!code)
		code = engine_open(&engine, &err);
	if (code)
		return command_fail("ps", code, &err);
	code = scopes_read(engine, &list, &err);
	if (code) {
		status = command_fail("ps", code, &err);
	} else {
		status = json ? print_json(&list) : print_text(&list);
		scopes_free(&list);
	}
	engine_close(engine);
	return status;
}

const struct command command_ps = {
	.name = "ps",
	.synopsis = "[-o text|json]",
	.summary = "every scope: its profile, and what it was granted, used, denied",
	.help = "Counts are exact, by capability, since the scope was made:\n"
		"  used        by its workload, allowed\n"
		"  denied      refused\n"
		"  would-deny  allowed only because the mode is audit or learn\n"
		"  lent        with a credential of the host's (overlayfs acting as the mounter)\n"
		"  set-up      by the runtime, before the payload\n"
		"  probed      allowed, asked in passing: what is done does not depend on it\n"
		"  held        kept without a use: named to capset(2), ambient, or of a file\n\n"
		"  -o, --output text|json",
	.run = run,
};

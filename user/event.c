// SPDX-License-Identifier: GPL-2.0-or-later
#include "event.h"

#include <errno.h>
#include <string.h>

#include "caps.h"
#include "clock.h"
#include "operation.h"
#include "output.h"
#include "profile.h"
#include "scope_json.h"
#include "syscall_name.h"

static const char *const verdict_names[CAPWARD_VERDICTS] = {
	[CAPWARD_USED] = "used", [CAPWARD_DENIED] = "denied",	[CAPWARD_WOULD_DENY] = "would-deny",
	[CAPWARD_LENT] = "lent", [CAPWARD_SET_UP] = "set-up",	[CAPWARD_PROBED] = "probed",
	[CAPWARD_HELD] = "held", [CAPWARD_REFUSED] = "refused",
};

int event_decode(const void *bytes, size_t size, struct capward_event *out)
{
	struct capward_event event;

	if (size != sizeof(event))
		return -EBADMSG;
	memcpy(&event, bytes, sizeof(event));
	if (event.version != CAPWARD_ABI || event.type != CAPWARD_EVENT_VERDICT ||
	    event.size != sizeof(event) || event.verdict >= CAPWARD_VERDICTS ||
	    event.mode > CAPWARD_OFF || event.permission >= CAPWARD_MODE_SHIFT ||
	    event.policy >= CAPWARD_POLICIES)
		return -EBADMSG;
	*out = event;
	return 0;
}

const char *event_verdict_name(unsigned int verdict)
{
	return verdict < CAPWARD_VERDICTS ? verdict_names[verdict] : "?";
}

int event_verdict_parse(const char *name)
{
	for (int i = 0; i < CAPWARD_VERDICTS; i++)
		if (!strcmp(verdict_names[i], name))
			return i;
	return -EINVAL;
}

int event_print(const struct event_view *view, FILE *stream)
{
	const struct capward_event *event = &view->event;
	char comm[TEXT_ESCAPED(CAPWARD_COMM)], who[SCOPE_CALLED], cap[CAPS_LABEL];
	char profile[TEXT_ESCAPED(CAPWARD_NAME)], syscall[SYSCALL_NAME], clock[CLOCK_TEXT];
	const char *permission = permission_name(event->permission, cap);

	clock_format(view->time_ns, clock, sizeof(clock));
	syscall_name(event->syscall, syscall);
	text_escape(profile, sizeof(profile), view->profile, strlen(view->profile));
	text_escape(comm, sizeof(comm), event->comm, strnlen(event->comm, CAPWARD_COMM));
	fprintf(stream, "%.15s %-10s %-20s %s %s[%u]%s%s count=%llu profile=%s%s\n", clock + 11,
		event_verdict_name(event->verdict), permission,
		scope_called(view->cgroup, view->identity, who), comm, event->pid,
		syscall[0] ? " by " : "", syscall, (unsigned long long)event->count,
		profile[0] ? profile : "(gone)", event->audit ? "" : " noaudit");
	return ferror(stream) ? -EIO : 0;
}

json_t *event_json(const struct event_view *view)
{
	const struct capward_event *event = &view->event;
	const char *operation = operation_name(event->permission);
	char cap[CAPS_LABEL], syscall[SYSCALL_NAME], clock[CLOCK_TEXT];

	clock_format(view->time_ns, clock, sizeof(clock));
	syscall_name(event->syscall, syscall);
	return json_pack(
		"{s:s, s:o, s:i, s:i, s:o, s:o, s:s?, s:s?, s:s, s:o, s:b, s:i, s:o, s:s, "
		"s:I}",
		"time", clock, "scope", scope_json(event->scope, view->cgroup, view->identity),
		"pid", (int)event->pid, "tid", (int)event->tid, "comm",
		json_escaped(event->comm, strnlen(event->comm, CAPWARD_COMM)), "exe",
		json_text(view->exe), "cap", operation ? NULL : caps_label(event->permission, cap),
		"operation", operation, "verdict", event_verdict_name(event->verdict), "syscall",
		json_text(syscall), "audit", event->audit, "userns_level", (int)event->userns_level,
		"profile", json_text(view->profile), "mode", profile_mode_name(event->mode),
		"count", (json_int_t)event->count);
}

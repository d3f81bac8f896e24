// SPDX-License-Identifier: GPL-2.0-or-later
#include "remedy.h"

#include <stdio.h>
#include <string.h>

#include "caps.h"
#include "operation.h"

/* How who starts a container is asked for a capability, whose name without "CAP_" is between the two. */
struct grant {
	const char *runtime, *before, *after;
};

static const struct grant grants[] = {
	{"docker", "start it with --cap-add ", ""},
	{"podman", "start it with --cap-add ", ""},
	{"containerd", "start it with --cap-add CAP_", ""},
	{"systemd", "add CAP_",
	 " to CapabilityBoundingSet= of the unit, and to AmbientCapabilities= if its user is not "
	 "root"},
	{"nspawn", "start it with --capability=CAP_", ""},
	{"lxc", "take ", " out of lxc.cap.drop, or add it to lxc.cap.keep"},
	{"crun", "add CAP_", " to bounding, permitted and effective in its config.json"},
	{"runc", "add CAP_", " to bounding, permitted and effective in its config.json"},
};

static const struct grant pod_grant = {"", "add ",
				       " to securityContext.capabilities.add of the container"};
static const struct grant other_grant = {"", "have who starts it grant ", ""};

static const struct grant *grant_of(const struct remedy_case *about)
{
	if (about->pod)
		return &pod_grant;
	for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++)
		if (about->runtime && !strcmp(about->runtime, grants[i].runtime))
			return &grants[i];
	return &other_grant;
}

/* `capward run` has no profile of a file. */
static bool is_run(const char *profile)
{
	return profile && profile[0] == '(';
}

static bool is_known(const char *profile)
{
	return profile && profile[0];
}

static const char *name_of(const char *profile, char text[static CAPWARD_NAME + 8])
{
	if (!is_known(profile))
		return "its profile";
	snprintf(text, CAPWARD_NAME + 8, "profile %s", profile);
	return text;
}

/* What to change in the policy that refuses @permission. */
static void describe_policy(const struct remedy_case *about, char text[static REMEDY_TEXT])
{
	const char *operation = operation_name(about->permission);
	char label[CAPS_LABEL], name[CAPWARD_NAME + 8];

	if (about->permission == CAPWARD_OP_TAMPER)
		snprintf(text, REMEDY_TEXT,
			 "none: it would have changed capward itself, which no profile allows");
	else if (operation && is_run(about->profile))
		snprintf(text, REMEDY_TEXT, "run it without --deny %s", operation);
	else if (operation)
		snprintf(text, REMEDY_TEXT, "take %s out of `deny` of %s", operation,
			 name_of(about->profile, name));
	else if (is_run(about->profile))
		snprintf(text, REMEDY_TEXT, "run it with --cap-add %s",
			 permission_name(about->permission, label));
	else
		snprintf(text, REMEDY_TEXT, "add %s to `cap_add` of %s",
			 permission_name(about->permission, label), name_of(about->profile, name));
}

static void describe_refused(const struct remedy_case *about, char text[static REMEDY_TEXT])
{
	const struct grant *grant = grant_of(about);
	char label[CAPS_LABEL], name[CAPWARD_NAME + 8];
	const char *cap = permission_name(about->permission, label);

	if (about->not_its_own)
		snprintf(text, REMEDY_TEXT,
			 "none in the container: it runs in a user namespace of its own, and this "
			 "is the host's");
	else if (about->allowed)
		snprintf(text, REMEDY_TEXT, "%s%s%s", grant->before, cap, grant->after);
	else if (is_run(about->profile))
		snprintf(text, REMEDY_TEXT, "%s%s%s; and run it with --cap-add %s", grant->before,
			 cap, grant->after, cap);
	else
		snprintf(text, REMEDY_TEXT, "%s%s%s; and add it to `cap_add` of %s%s",
			 grant->before, cap, grant->after, name_of(about->profile, name),
			 is_known(about->profile) ? "" : ", if that lacks it");
}

const char *remedy_for(const struct remedy_case *about, char text[static REMEDY_TEXT])
{
	text[0] = '\0';
	if (about->verdict == CAPWARD_DENIED || about->verdict == CAPWARD_WOULD_DENY)
		describe_policy(about, text);
	else if (about->verdict == CAPWARD_REFUSED)
		describe_refused(about, text);
	return text;
}

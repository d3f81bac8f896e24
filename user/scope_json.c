// SPDX-License-Identifier: GPL-2.0-or-later
#include "scope_json.h"

#include <stdio.h>
#include <string.h>

#include "output.h"

#define ID_LENGTH 64 /* of a container's id, of which people see the first 12 */
#define ID_SHOWN  12

/* "NAMESPACE/POD", or "POD" where there are no namespaces. */
static json_t *pod_json(const struct identity *identity)
{
	char text[2 * IDENTITY_TEXT];

	if (!identity || !identity->pod)
		return json_null();
	if (!identity->pod_namespace)
		return json_text(identity->pod);
	snprintf(text, sizeof(text), "%s/%s", identity->pod_namespace, identity->pod);
	return json_text(text);
}

json_t *scope_json(__u64 id, const char *cgroup, const struct identity *identity)
{
	struct container container = identity ? identity->container : container_of_cgroup(cgroup);

	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "id", (json_int_t)id,
			 "cgroup", json_text(cgroup), "runtime", json_text(container.runtime),
			 "container", json_text(container.id), "name",
			 json_text(identity ? identity->name : NULL), "image",
			 json_text(identity ? identity->image : NULL), "pod", pod_json(identity),
			 "claimed", identity && identity->claimed, "incomplete",
			 identity && identity->incomplete);
}

const char *scope_named(const char *cgroup, const struct identity *identity,
			char text[static SCOPE_CALLED])
{
	struct container container = identity ? identity->container : container_of_cgroup(cgroup);
	const char *called = identity ? identity->name : NULL;

	if (strlen(container.id) == ID_LENGTH)
		container.id[ID_SHOWN] = '\0';
	if (!called || !called[0])
		called = container.id[0] ? container.id : cgroup;
	snprintf(text, SCOPE_CALLED, "%s", called[0] ? called : "(gone)");
	return text;
}

const char *scope_called(const char *cgroup, const struct identity *identity,
			 char text[static SCOPE_CALLED])
{
	char raw[SCOPE_CALLED];

	scope_named(cgroup, identity, raw);
	text_escape(text, SCOPE_CALLED, raw, strlen(raw));
	return text;
}

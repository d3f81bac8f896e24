// SPDX-License-Identifier: GPL-2.0-or-later
#include "scope_json.h"

#include <stdio.h>
#include <string.h>

#include "output.h"

#define ID_LENGTH 64 /* of a container's id, of which people see the first 12 */
#define ID_SHOWN  12

static json_t *text_or_null(const char *text)
{
	return text && text[0] ? json_escaped(text, strlen(text)) : json_null();
}

/* "NAMESPACE/POD", or "POD" where there are no namespaces. */
static json_t *pod_json(const struct identity *identity)
{
	char text[2 * IDENTITY_TEXT];

	if (!identity || !identity->pod)
		return json_null();
	if (!identity->pod_namespace)
		return text_or_null(identity->pod);
	snprintf(text, sizeof(text), "%s/%s", identity->pod_namespace, identity->pod);
	return text_or_null(text);
}

json_t *scope_json(__u64 id, const char *cgroup, const struct identity *identity)
{
	struct container container = identity ? identity->container : container_of_cgroup(cgroup);

	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "id", (json_int_t)id,
			 "cgroup", text_or_null(cgroup), "runtime", text_or_null(container.runtime),
			 "container", text_or_null(container.id), "name",
			 text_or_null(identity ? identity->name : NULL), "image",
			 text_or_null(identity ? identity->image : NULL), "pod", pod_json(identity),
			 "claimed", identity && identity->claimed, "incomplete",
			 identity && identity->incomplete);
}

const char *scope_called(const char *cgroup, const struct identity *identity,
			 char text[static SCOPE_CALLED])
{
	struct container container = identity ? identity->container : container_of_cgroup(cgroup);
	const char *called = identity ? identity->name : NULL;

	if (strlen(container.id) == ID_LENGTH)
		container.id[ID_SHOWN] = '\0';
	if (!called || !called[0])
		called = container.id[0] ? container.id : cgroup;
	text_escape(text, SCOPE_CALLED, called[0] ? called : "(gone)",
		    strlen(called[0] ? called : "(gone)"));
	return text;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci_state.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>

/* Annotations that have a container's name. A name that is too long is none. */
static const char *const name_keys[OCI_STATE_NAMES] = {
	"io.kubernetes.cri.container-name",  /* containerd, for Kubernetes */
	"io.kubernetes.container.name",	     /* CRI-O, from the kubelet */
	"io.kubernetes.cri-o.ContainerName", /* CRI-O: k8s_NAME_POD_NAMESPACE_UID_ATTEMPT */
	"nerdctl/name",
};

static int take_id(const json_t *state, struct oci_state *out, struct error *err)
{
	const char *id = json_string_value(json_object_get(state, "id"));

	if (!id || !id[0] || strlen(id) >= sizeof(out->id))
		return error_set(err, -EBADMSG, "id: is not a string of 1 to %zu bytes",
				 sizeof(out->id) - 1);
	memcpy(out->id, id, strlen(id) + 1);
	return 0;
}

static int take_pid(const json_t *state, struct oci_state *out, struct error *err)
{
	const json_t *pid = json_object_get(state, "pid");
	json_int_t value = json_integer_value(pid);

	if (!json_is_integer(pid) || value <= 0 || value > INT_MAX)
		return error_set(err, -EBADMSG, "pid: is not the number of a process");
	out->pid = (pid_t)value;
	return 0;
}

static int take_names(const json_t *state, struct oci_state *out, struct error *err)
{
	const json_t *annotations = json_object_get(state, "annotations");

	if (annotations && !json_is_object(annotations) && !json_is_null(annotations))
		return error_set(err, -EBADMSG, "annotations: is not an object");
	for (size_t i = 0; i < OCI_STATE_NAMES; i++) {
		const json_t *value = json_object_get(annotations, name_keys[i]);
		const char *name = json_string_value(value);

		if (value && !name)
			return error_set(err, -EBADMSG, "annotations: %s: is not a string",
					 name_keys[i]);
		if (name && strlen(name) < sizeof(out->names[i]))
			memcpy(out->names[i], name, strlen(name) + 1);
	}
	return 0;
}

int oci_state_parse(const char *text, size_t length, struct oci_state *out, struct error *err)
{
	struct oci_state state = {};
	json_error_t where;
	json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
	int code = 0;

	if (!json)
		return error_set(err, -EBADMSG, "line %d: %s", where.line, where.text);
	if (!json_is_object(json))
		code = error_set(err, -EBADMSG, "is not an object");
	if (!code)
		code = take_id(json, &state, err);
	if (!code)
		code = take_pid(json, &state, err);
	if (!code)
		code = take_names(json, &state, err);
	json_decref(json);
	if (!code)
		*out = state;
	return code;
}

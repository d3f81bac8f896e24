// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What CRI-O keeps of a container: the OCI configuration in its storage, with annotations that have
 * JSON in strings. Pod's labels are in the configuration of the pod's sandbox.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity_read.h"
#include "oci_config.h"
#include "state_file.h"
#include "state_json.h"

#define BASE "/var/lib/containers/storage/overlay-containers"
#define CRIO "io.kubernetes.cri-o."
#define POD  "io.kubernetes.pod."

/* The object that the annotation @key has in a string; NULL when there is none. The caller's. */
static json_t *inner_object(struct fields *fields, const json_t *annotations, const char *key)
{
	const json_t *text = json_object_get(annotations, key);
	struct error err;
	json_t *json;
	int error;

	if (!text)
		return NULL;
	if (!json_is_string(text)) {
		fields_fail(fields, -EINVAL, "%s is no text", key);
		return NULL;
	}
	error = state_json(json_string_value(text), json_string_length(text), JSON_OBJECT, &json,
			   &err);
	if (!error)
		return json;
	fields_fail(fields, error, "%s: %s", key, err.text);
	return NULL;
}

static void take_container(struct fields *fields, const json_t *annotations, struct identity *out)
{
	json_t *metadata = inner_object(fields, annotations, CRIO "Metadata");
	json_t *labels = inner_object(fields, annotations, CRIO "Labels");

	field_text(fields, json_object_get(metadata, "name"), "Metadata.name", &out->name);
	field_text(fields, json_object_get(annotations, CRIO "ImageName"), CRIO "ImageName",
		   &out->image);
	field_text(fields, json_object_get(labels, POD "name"), POD "name", &out->pod);
	field_text(fields, json_object_get(labels, POD "namespace"), POD "namespace",
		   &out->pod_namespace);
	field_text(fields, json_object_get(labels, POD "uid"), POD "uid", &out->pod_uid);
	field_labels(fields, labels, "Labels", NULL, &out->labels);
	json_decref(metadata);
	json_decref(labels);
}

/*
 * CRI-O lets the pod's own annotations replace those that it makes of the sandbox, not those of a
 * container: which pod it is, the container's labels tell, where kubelet made them.
 */
static void take_pod(struct fields *fields, const json_t *annotations, struct identity *out)
{
	json_t *metadata = inner_object(fields, annotations, CRIO "Metadata");
	json_t *labels = inner_object(fields, annotations, CRIO "Labels");

	if (!out->pod && !out->pod_namespace && !out->pod_uid) {
		field_text(fields, json_object_get(metadata, "name"), "Metadata.name", &out->pod);
		field_text(fields, json_object_get(metadata, "namespace"), "Metadata.namespace",
			   &out->pod_namespace);
		field_text(fields, json_object_get(metadata, "uid"), "Metadata.uid", &out->pod_uid);
	}
	field_labels(fields, labels, "Labels", NULL, &out->pod_labels);
	json_decref(metadata);
	json_decref(labels);
}

static bool is_sandbox(const json_t *annotations)
{
	const char *type = json_string_value(json_object_get(annotations, CRIO "ContainerType"));

	return type && !strcmp(type, "sandbox");
}

int identity_crio_parse(const char *bytes, size_t size, bool pod, struct identity *out,
			char sandbox[CONTAINER_NAME], struct error *err)
{
	struct fields fields = {.err = err};
	json_t *config, *annotations;
	const char *id;
	int error = state_json(bytes, size, JSON_OBJECT, &config, err);

	sandbox[0] = '\0';
	if (error)
		return error;
	annotations = oci_annotations(&fields, config);
	id = json_string_value(json_object_get(annotations, CRIO "SandboxID"));
	if (!id)
		fields_fail(&fields, -EINVAL, "of another version: no %sSandboxID", CRIO);
	else if (strlen(id) < CONTAINER_NAME)
		strcpy(sandbox, id);
	if (pod)
		take_pod(&fields, annotations, out);
	else if (!is_sandbox(annotations))
		take_container(&fields, annotations, out);
	json_decref(config);
	return fields.error;
}

static int read_config(const char *root, const char *id, bool pod, struct identity *out,
		       char sandbox[CONTAINER_NAME], struct error *err)
{
	char name[CONTAINER_NAME + 32], *bytes;
	size_t size;
	int error;

	sandbox[0] = '\0';
	snprintf(name, sizeof(name), "%s/userdata/config.json", id);
	error = state_read(root, BASE, name, &bytes, &size, &out->claimed, err);
	if (error)
		return error;
	error = identity_crio_parse(bytes, size, pod, out, sandbox, err);
	free(bytes);
	return state_wrap(err, error, BASE, name);
}

int identity_crio(const struct identity_source *source, struct identity *out, struct error *err)
{
	char sandbox[CONTAINER_NAME], unused[CONTAINER_NAME];
	struct error pod_err = {""};
	int error, pod;

	if (source->home)
		return 0; /* it runs as root only: the name is somebody's invention */
	if (!container_is_id(source->id))
		return -ENOENT;
	error = read_config(source->root, source->id, false, out, sandbox, err);
	if (!container_is_id(sandbox))
		return error;
	pod = read_config(source->root, sandbox, true, out, unused, &pod_err);
	if (error || !pod)
		return error;
	return error_set(err, pod, "%s", pod_err.text);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What containerd keeps of a container that runs: its bundle, BASE/NAMESPACE/ID. The CRI plugin
 * tells who it is in annotations, nerdctl its name; what else there is among the annotations are
 * those that `ctr` and `nerdctl` were given. Labels are in containerd's database only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity_read.h"
#include "state_file.h"
#include "state_json.h"
#include "oci_config.h"

#define CRI	"io.kubernetes.cri."
#define NERDCTL "nerdctl/"

/* Distributions of Kubernetes run a containerd of their own. */
static const char *const bases[] = {
	"/run/containerd/io.containerd.runtime.v2.task",
	"/run/k3s/containerd/io.containerd.runtime.v2.task",
	"/run/k0s/containerd/io.containerd.runtime.v2.task",
	"/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task",
};
#define BASES (sizeof(bases) / sizeof(bases[0]))

/* Namespaces are made by administrators, and do not grow with the containers. */
#define NAMESPACES 64

static bool is_not_label(const char *key)
{
	return !strncmp(key, CRI, strlen(CRI)) || !strncmp(key, NERDCTL, strlen(NERDCTL));
}

static void take_annotations(struct fields *fields, const json_t *annotations, struct identity *out)
{
	const struct {
		const char *key;
		char **out;
	} texts[] = {
		{NERDCTL "name", &out->name},
		{CRI "container-name", &out->name},
		{CRI "image-name", &out->image},
		{CRI "sandbox-name", &out->pod},
		{CRI "sandbox-namespace", &out->pod_namespace},
		{CRI "sandbox-uid", &out->pod_uid},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		field_text(fields, json_object_get(annotations, texts[i].key), texts[i].key,
			   texts[i].out);
	field_labels(fields, annotations, "annotations", is_not_label, &out->labels);
}

int identity_containerd_parse(const char *bytes, size_t size, struct identity *out,
			      struct error *err)
{
	return oci_config_read(bytes, size, take_annotations, out, err);
}

/* The bundle of container @id in the namespace @ns. */
static int read_bundle(const char *root, const char *ns, const char *id, struct identity *out,
		       struct error *err)
{
	char name[2 * CONTAINER_NAME + 32], *bytes;
	size_t size, i;
	int error = -ENOENT;

	snprintf(name, sizeof(name), "%s/%s/config.json", ns, id);
	for (i = 0; i < BASES && error == -ENOENT; i++)
		error = state_read(root, bases[i], name, &bytes, &size, &out->claimed, err);
	if (error)
		return error;
	error = identity_containerd_parse(bytes, size, out, err);
	free(bytes);
	return state_wrap(err, error, bases[i - 1], name);
}

struct search {
	const struct identity_source *source;
	struct identity *out;
	struct error *err;
};

static int try_namespace(void *context, const char *ns)
{
	struct search *search = context;
	int error =
		read_bundle(search->source->root, ns, search->source->id, search->out, search->err);

	if (error == -ENOENT)
		return 0;
	/* It is here: no other one is looked at. */
	return error ? error : 1;
}

/* Look for the bundle of @source->id in every namespace, the most likely first. */
static int search_namespaces(const struct identity_source *source, struct identity *out,
			     struct error *err)
{
	struct search search = {source, out, err};
	int found = try_namespace(&search, "k8s.io");

	if (!found)
		found = try_namespace(&search, "default");
	for (size_t i = 0; i < BASES && !found; i++) {
		found = state_list(source->root, bases[i], NAMESPACES, try_namespace, &search, err);
		if (found == -ENOENT)
			found = 0;
	}
	if (!found)
		return -ENOENT;
	return found > 0 ? 0 : found;
}

/* Split the first two components of @cgroup, as ctr names them; false: there are not two. */
static bool split(const char *cgroup, char ns[CONTAINER_NAME], char id[CONTAINER_NAME])
{
	return sscanf(cgroup, "/%255[^/]/%255[^/]", ns, id) == 2 && ns[0] != '.' && id[0] != '.';
}

int identity_containerd(const struct identity_source *source, struct identity *out,
			struct error *err)
{
	char ns[CONTAINER_NAME], id[CONTAINER_NAME];
	int error;

	if (source->home)
		return 0; /* such a containerd has its files in a mount namespace of its own */
	if (source->id[0])
		return container_is_id(source->id) ? search_namespaces(source, out, err) : -ENOENT;
	if (!split(source->cgroup, ns, id))
		return -ENOENT;
	error = read_bundle(source->root, ns, id, out, err);
	if (error == -ENOENT)
		return error;
	/* Also when it cannot be used: nothing else has a bundle there. */
	out->container.runtime = "containerd";
	snprintf(out->container.id, sizeof(out->container.id), "%s", id);
	return error;
}

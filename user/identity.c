// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "home.h"
#include "identity_read.h"
#include "text.h"

typedef int reader(const struct identity_source *source, struct identity *out, struct error *err);

/* Who has files about the containers of a runtime. The others' paths tell all there is. */
static const struct {
	const char *runtime;
	reader *read;
} readers[] = {
	{"docker", identity_docker},	     {"podman", identity_podman}, {"cri-o", identity_crio},
	{"containerd", identity_containerd}, {"runc", identity_oci},	  {"crun", identity_oci},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void free_labels(struct identity_labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		free(labels->list[i].key);
		free(labels->list[i].value);
	}
	free(labels->list);
}

void identity_free(struct identity *identity)
{
	free(identity->name);
	free(identity->image);
	free(identity->pod);
	free(identity->pod_namespace);
	free(identity->pod_uid);
	free_labels(&identity->labels);
	free_labels(&identity->pod_labels);
	*identity = (struct identity){.container.runtime = ""};
}

const char *identity_label(const struct identity_labels *labels, const char *key)
{
	for (size_t i = 0; i < labels->count; i++)
		if (!strcmp(labels->list[i].key, key))
			return labels->list[i].value;
	return NULL;
}

static reader *reader_of(const char *runtime)
{
	for (size_t i = 0; i < COUNT(readers); i++)
		if (!strcmp(readers[i].runtime, runtime))
			return readers[i].read;
	return NULL;
}

/*
 * A cgroup that has the bare id for its name, as several runtimes name theirs: whoever has the
 * container's files.
 */
static int read_bare(const struct identity_source *source, struct identity *out, struct error *err)
{
	int error = identity_docker(source, out, err);

	if (error != -ENOENT) {
		out->container.runtime = "docker";
		return error;
	}
	error = identity_containerd(source, out, err);
	if (error != -ENOENT) {
		out->container.runtime = "containerd";
		return error;
	}
	error = identity_oci(source, out, err);
	if (error != -ENOENT)
		return error;
	return identity_oci_by_cgroup(source, out, err);
}

/*
 * Whether the cgroup @path, which is in @unit ("" for none), may be one that a runtime was told to
 * make: systemd's own are not, and they are many, each of which would cost reading every state.
 */
static bool may_be_made(const char *path, const char *unit)
{
	size_t length = strlen(path);

	return strcmp(path, "/") && !text_ends_with(path, length, ".slice") &&
	       !(unit[0] && text_ends_with(path, length, unit));
}

/* A cgroup whose path tells no container: the files of some name theirs. No file is no failure. */
static int read_unnamed(const struct identity_source *source, struct identity *out,
			struct error *err)
{
	struct identity_source by_path = *source;
	int error = -ENOENT;

	by_path.id = "";
	if (!out->container.id[0])
		error = identity_containerd(&by_path, out, err);
	else
		error = identity_nspawn(source, out, err);
	if (error == -ENOENT && may_be_made(source->cgroup, source->id))
		error = identity_oci_by_cgroup(&by_path, out, err);
	return error == -ENOENT ? 0 : error;
}

/* Whether the container's id is the whole name of a cgroup in @path. */
static bool is_bare(const char *path, const char *id)
{
	const char *at = strstr(path, id);
	size_t n = strlen(id);

	return container_is_id(id) && at > path && at[-1] == '/' && (at[n] == '/' || !at[n]);
}

static int read_files(const struct identity_source *source, struct identity *out, struct error *err)
{
	const char *runtime = out->container.runtime;
	reader *read = reader_of(runtime);

	if (!runtime[0] || !strcmp(runtime, "systemd"))
		return source->home ? 0 : read_unnamed(source, out, err);
	if (!read)
		return 0;
	if (is_bare(source->cgroup, source->id) && !source->home)
		return read_bare(source, out, err);
	return read(source, out, err);
}

/* Fill *@out from what the container's runtime has on disk; as readers return. */
static int read_source(const char *root, const char *path, uid_t user, struct identity *out,
		       struct error *err)
{
	char id[CONTAINER_NAME], *home = NULL;
	struct identity_source source = {.root = root, .cgroup = path, .id = id};
	int error = 0;

	snprintf(id, sizeof(id), "%s", out->container.id);
	if (user && reader_of(out->container.runtime))
		error = home_of(root, user, &home, err);
	if (error)
		return error;
	source.home = home;
	if (!user || home)
		error = read_files(&source, out, err);
	free(home);
	return error;
}

/* A name that is not told otherwise: the id, where that was a person's choice. */
static int name_by_id(struct identity *out)
{
	const char *runtime = out->container.runtime;

	if (out->name || !out->container.id[0] || container_is_id(out->container.id) ||
	    !strcmp(runtime, "capward"))
		return 0;
	out->name = strdup(out->container.id);
	return out->name ? 0 : -ENOMEM;
}

static int pod_by_path(const char *path, struct identity *out)
{
	char **pod = !strcmp(out->container.runtime, "podman") ? &out->pod : &out->pod_uid;
	char name[CONTAINER_NAME];

	if (*pod || !container_pod(path, name))
		return 0;
	*pod = strdup(name);
	return *pod ? 0 : -ENOMEM;
}

int identity_of(const char *root, const char *path, struct identity *out, struct error *err)
{
	struct identity identity = {.container = container_of_cgroup(path)};
	uid_t user = container_user(path);
	bool inner = container_is_inner(path);
	struct error own = {""};
	int error = 0;

	identity.claimed = inner || user;
	if (!inner)
		error = read_source(root, path, user, &identity, &own);
	identity.incomplete = error;
	if (error != -ENOMEM && (name_by_id(&identity) || pod_by_path(path, &identity)))
		error = error_set(&own, -ENOMEM, "%s", strerror(ENOMEM));
	if (!error)
		own.text[0] = '\0';
	if (err)
		*err = own;
	if (error == -ENOMEM) {
		identity_free(&identity);
		*out = identity;
		return error;
	}
	*out = identity;
	return 0;
}

int identity_by_root(const char *path, struct identity *out, struct error *err)
{
	if (!container_user(path))
		return identity_of("", path, out, err);
	*out = (struct identity){.container = container_of_cgroup(path), .claimed = true};
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What runc and crun keep of a container themselves, in /run. Engines call them too: containers
 * whose cgroup's name is an engine's are that engine's, not plain.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity_read.h"
#include "oci_config.h"
#include "state_file.h"
#include "state_json.h"
#include "version.h"

#define CGROUP_MOUNT	    "/sys/fs/cgroup"
#define CGROUP_MOUNT_HYBRID CGROUP_MOUNT "/unified"

/* Containers of one runtime that are looked at. */
#define MOST 8192

/* Cgroups of theirs that are kept. */
#define KEPT 1024

/* crun takes XDG_RUNTIME_DIR where it is set, as it is in a session, for root as well. */
static const struct place {
	const char *runtime;
	const char *base;
	const char *state;
} places[] = {
	{"runc", "/run/runc", "state.json"},
	{"crun", "/run/crun", "status"},
	{"crun", "/run/user/0/crun", "status"},
};
#define PLACES (sizeof(places) / sizeof(places[0]))

/* --- config.json --------------------------------------------------------------------------------- */

static void take_annotations(struct fields *fields, const json_t *annotations, struct identity *out)
{
	field_labels(fields, annotations, "annotations", NULL, &out->labels);
}

int identity_oci_parse(const char *bytes, size_t size, struct identity *out, struct error *err)
{
	return oci_config_read(bytes, size, take_annotations, out, err);
}

/* --- state --------------------------------------------------------------------------------------- */

static void take_fixed(struct fields *fields, const json_t *value, const char *name, char *out,
		       size_t size)
{
	const char *text = json_string_value(value);

	if (!text || json_string_length(value) >= size)
		fields_fail(fields, -EINVAL, "of another version: %s is no text of less than %zu",
			    name, size);
	else
		strcpy(out, text);
}

/* "KEY=VALUE"; "bundle" is runc's own. */
static void take_runc_labels(struct fields *fields, const json_t *list,
			     struct identity_labels *labels)
{
	const json_t *entry;
	size_t i, out = 0;

	json_array_foreach (list, i, entry) {
		const char *text = json_string_value(entry);
		const char *equals = text ? strchr(text, '=') : NULL;

		if (equals && !strncmp(text, "bundle=", strlen("bundle=")))
			continue;
		if (!equals || !field_label(fields, labels, text, equals - text, equals + 1,
					    strlen(equals + 1)))
			out++;
	}
	if (out)
		fields_fail(fields, -E2BIG, "labels: %zu of %zu are left out", out,
			    json_array_size(list));
}

int identity_runc_parse(const char *bytes, size_t size, struct identity_plain *plain,
			struct identity_labels *labels, struct error *err)
{
	struct fields fields = {.err = err};
	char cgroup[sizeof(plain->cgroup) + sizeof(CGROUP_MOUNT_HYBRID)] = "";
	const char *path = cgroup;
	json_t *json, *config, *paths, *unified;
	int error = state_json(bytes, size, JSON_OBJECT, &json, err);

	if (error)
		return error;
	plain->runtime = "runc";
	plain->cgroup[0] = '\0';
	take_fixed(&fields, json_object_get(json, "id"), "id", plain->id, sizeof(plain->id));
	paths = field_object(&fields, json, "cgroup_paths");
	/* The one of cgroup v2 has no name. */
	unified = json_object_get(paths, "");
	if (unified)
		take_fixed(&fields, unified, "cgroup_paths", cgroup, sizeof(cgroup));
	if (!strncmp(path, CGROUP_MOUNT_HYBRID "/", strlen(CGROUP_MOUNT_HYBRID "/")))
		path += strlen(CGROUP_MOUNT_HYBRID);
	else if (!strncmp(path, CGROUP_MOUNT "/", strlen(CGROUP_MOUNT "/")))
		path += strlen(CGROUP_MOUNT);
	else if (path[0])
		fields_fail(&fields, -EINVAL, "cgroup_paths is not below %s", CGROUP_MOUNT);
	if (strlen(path) < sizeof(plain->cgroup))
		strcpy(plain->cgroup, path);
	config = field_object(&fields, json, "config");
	if (labels)
		take_runc_labels(&fields, json_object_get(config, "labels"), labels);
	json_decref(json);
	return fields.error;
}

int identity_crun_parse(const char *bytes, size_t size, struct identity_plain *plain,
			struct error *err)
{
	struct fields fields = {.err = err};
	char cgroup[sizeof(plain->cgroup) - 1] = "";
	json_t *json;
	int error = state_json(bytes, size, JSON_OBJECT, &json, err);

	if (error)
		return error;
	plain->runtime = "crun";
	take_fixed(&fields, json_object_get(json, "cgroup-path"), "cgroup-path", cgroup,
		   sizeof(cgroup));
	snprintf(plain->cgroup, sizeof(plain->cgroup), "%s%s",
		 cgroup[0] && cgroup[0] != '/' ? "/" : "", cgroup);
	json_decref(json);
	return fields.error;
}

static int parse_state(const struct place *place, const char *bytes, size_t size,
		       struct identity_plain *plain, struct identity_labels *labels,
		       struct error *err)
{
	if (!strcmp(place->runtime, "runc"))
		return identity_runc_parse(bytes, size, plain, labels, err);
	return identity_crun_parse(bytes, size, plain, err);
}

/* Read the state of the container @id that is kept in @place; -ENOENT: there is none. */
static int read_state(const char *root, const struct place *place, const char *id,
		      struct identity_plain *plain, struct identity_labels *labels, bool *claimed,
		      struct error *err)
{
	char name[CONTAINER_NAME + 32], *bytes;
	size_t size;
	int error;

	memset(plain, 0, sizeof(*plain));
	snprintf(name, sizeof(name), "%s/%s", id, place->state);
	error = state_read(root, place->base, name, &bytes, &size, claimed, err);
	if (error)
		return error;
	error = parse_state(place, bytes, size, plain, labels, err);
	free(bytes);
	snprintf(plain->id, sizeof(plain->id), "%s", id);
	return state_wrap(err, error, place->base, name);
}

/* crun keeps the configuration beside its status. */
static int read_crun_config(const char *root, const struct place *place, const char *id,
			    struct identity *out, struct error *err)
{
	char name[CONTAINER_NAME + 32], *bytes;
	size_t size;
	int error;

	snprintf(name, sizeof(name), "%s/config.json", id);
	error = state_read(root, place->base, name, &bytes, &size, &out->claimed, err);
	if (error)
		return error;
	error = identity_oci_parse(bytes, size, out, err);
	free(bytes);
	return state_wrap(err, error, place->base, name);
}

/* Read all about the container @id that is kept in @place. */
static int read_container(const char *root, const struct place *place, const char *id,
			  struct identity *out, struct error *err)
{
	struct identity_plain plain;
	int error = read_state(root, place, id, &plain, &out->labels, &out->claimed, err);

	if (error == -ENOENT || error == -ENOMEM)
		return error;
	if (!error && !strcmp(place->runtime, "crun"))
		error = read_crun_config(root, place, id, out, err);
	out->container.runtime = place->runtime;
	snprintf(out->container.id, sizeof(out->container.id), "%s", id);
	return error;
}

int identity_oci(const struct identity_source *source, struct identity *out, struct error *err)
{
	const char *runtime = out->container.runtime;
	bool any = strcmp(runtime, "runc") && strcmp(runtime, "crun");
	int error = -ENOENT;

	if (source->home)
		return 0; /* below the user's XDG_RUNTIME_DIR, wherever that was */
	for (size_t i = 0; i < PLACES && error == -ENOENT; i++)
		if (any || !strcmp(runtime, places[i].runtime))
			error = read_container(source->root, &places[i], source->id, out, err);
	return error;
}

/* --- all of them --------------------------------------------------------------------------------- */

/* Whether the cgroup's name is an engine's: then that one knows the container. */
static bool is_engines(const char *cgroup)
{
	struct container container = container_of_cgroup(cgroup);

	return !strcmp(container.runtime, "podman") || !strcmp(container.runtime, "cri-o");
}

/*
 * The cgroups that states named, kept: each scope whose path tells nothing goes through all of them. A
 * place is taken by the file's inode number, and two files of one place take turns.
 */
static struct kept {
	struct version version;
	char *cgroup;
} kept[KEPT];

static int read_cgroup(const struct place *place, const struct state_file *file,
		       struct identity_plain *plain, struct error *err)
{
	const struct version version = version_of(&file->stat);
	struct kept *known = &kept[version.ino % KEPT];
	char *bytes;
	size_t size;
	int error;

	if (known->cgroup && version_same(&known->version, &version)) {
		strcpy(plain->cgroup, known->cgroup); /* which came from there */
		return 0;
	}
	error = state_load(file, STATE_FILE_MOST, &bytes, &size, err);
	if (error)
		return error;
	error = parse_state(place, bytes, size, plain, NULL, err);
	free(bytes);
	if (error)
		return error_wrap(err, error, "%s", file->path);
	free(known->cgroup);
	*known = (struct kept){version, strdup(plain->cgroup)};
	return 0;
}

/* Which cgroup the state of the container @id names, which is kept in @place. */
static int find_cgroup(const char *root, const struct place *place, const char *id,
		       struct identity_plain *plain, bool *claimed, struct error *err)
{
	char name[CONTAINER_NAME + 32];
	struct state_file file;
	int error;

	memset(plain, 0, sizeof(*plain));
	snprintf(name, sizeof(name), "%s/%s", id, place->state);
	error = state_open(root, place->base, name, &file, err);
	if (error)
		return error;
	error = read_cgroup(place, &file, plain, err);
	*claimed = file.claimed;
	state_close(&file);
	plain->runtime = place->runtime;
	snprintf(plain->id, sizeof(plain->id), "%s", id);
	return error;
}

struct walk {
	const char *root;
	const struct place *place;
	int (*each)(void *context, const struct identity_plain *plain);
	void *context;
	struct error *err; /* of the first that could not be read */
	int answer;	   /* of each() */
};

/* Whether the payload of the container @id runs: runtimes take the FIFO away that it waits at. */
static bool is_started(const char *root, const struct place *place, const char *id)
{
	char name[CONTAINER_NAME + 32];

	snprintf(name, sizeof(name), "%s/exec.fifo", id);
	return state_exists(root, place->base, name) == -ENOENT;
}

static int visit(void *context, const char *id)
{
	struct walk *walk = context;
	struct identity_plain plain;
	struct error err = {""};
	bool claimed = false;
	int error = find_cgroup(walk->root, walk->place, id, &plain, &claimed, &err);

	/* Others could name any cgroup for theirs. */
	if (!error && claimed) {
		error = error_set(&err, -EPERM, "others than root can have written it");
		state_wrap(&err, error, walk->place->base, id);
	}
	if (error && error != -ENOENT && walk->err && !walk->err->text[0])
		*walk->err = err;
	if (error || !plain.cgroup[0] || is_engines(plain.cgroup))
		return 0;
	plain.started = is_started(walk->root, walk->place, id);
	walk->answer = walk->each(walk->context, &plain);
	return walk->answer ? 1 : 0;
}

int identity_each_plain(const char *root,
			int (*each)(void *context, const struct identity_plain *plain),
			void *context, struct error *err)
{
	if (err)
		err->text[0] = '\0';
	for (size_t i = 0; i < PLACES; i++) {
		struct walk walk = {root, &places[i], each, context, err, 0};
		struct error own = {""};

		state_list(root, places[i].base, MOST, visit, &walk, &own);
		if (walk.answer)
			return walk.answer;
		if (own.text[0] && err && !err->text[0])
			*err = own;
	}
	return 0;
}

/* --- by cgroup ----------------------------------------------------------------------------------- */

struct wanted {
	const char *cgroup;
	struct identity_plain found;
};

/* Whether a process in @path is in the container that has @cgroup. */
static bool is_in(const char *path, const char *cgroup)
{
	size_t n = strlen(cgroup);

	if (!strncmp(path, cgroup, n))
		return !path[n] || path[n] == '/';
	/* crun under systemd: the scope is the container's, and the payload in one of this name. */
	n = strlen(path);
	return !strncmp(cgroup, path, n) && !strcmp(cgroup + n, "/container");
}

static int find(void *context, const struct identity_plain *plain)
{
	struct wanted *wanted = context;

	if (!is_in(wanted->cgroup, plain->cgroup))
		return 0;
	wanted->found = *plain;
	return 1;
}

int identity_oci_by_cgroup(const struct identity_source *source, struct identity *out,
			   struct error *err)
{
	struct wanted wanted = {.cgroup = source->cgroup};
	struct identity_source found = *source;

	/* Of the others' states it is no matter which could be read. */
	if (!identity_each_plain(source->root, find, &wanted, NULL))
		return -ENOENT;
	found.id = wanted.found.id;
	out->container.runtime = wanted.found.runtime;
	return identity_oci(&found, out, err);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What docker keeps of a container: containers/ID/config.v2.json below its data root. Labels are
 * those of the image and of `docker run --label` together.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity_read.h"
#include "state_file.h"
#include "state_json.h"

#define DATA_ROOT "/var/lib/docker"
#define HOME_ROOT "/.local/share/docker"

#define PATH 4096

#define DIGITS "0123456789"

/* Entries of a data root that are looked at; dockerd makes about fifteen. */
#define ENTRIES 64

static void take_config(struct fields *fields, const json_t *json, struct identity *out)
{
	json_t *config = field_object(fields, json, "Config");

	if (!config)
		fields_fail(fields, -EINVAL, "of another version: no Config");
	field_text(fields, json_object_get(config, "Image"), "Config.Image", &out->image);
	field_labels(fields, field_object(fields, config, "Labels"), "Labels", NULL, &out->labels);
}

/* A name is "/web". */
static void take_name(struct fields *fields, const json_t *json, struct identity *out)
{
	field_text(fields, json_object_get(json, "Name"), "Name", &out->name);
	if (out->name && out->name[0] == '/' && out->name[1])
		memmove(out->name, out->name + 1, strlen(out->name));
	if (!out->name)
		fields_fail(fields, -EINVAL, "of another version: no Name");
}

int identity_docker_parse(const char *bytes, size_t size, const char *id, struct identity *out,
			  struct error *err)
{
	struct fields fields = {.err = err};
	const char *whose;
	json_t *json;
	int error = state_json(bytes, size, JSON_OBJECT, &json, err);

	if (error)
		return error;
	whose = json_string_value(json_object_get(json, "ID"));
	if (!whose || strcmp(whose, id)) {
		fields_fail(&fields, -EINVAL, "not about this container");
	} else {
		take_name(&fields, json, out);
		take_config(&fields, json, out);
	}
	json_decref(json);
	return fields.error;
}

int identity_docker_parse_daemon(const char *bytes, size_t size, char **data_root,
				 struct error *err)
{
	struct fields fields = {.err = err};
	json_t *json;
	int error = state_json(bytes, size, JSON_OBJECT, &json, err);

	*data_root = NULL;
	if (error)
		return error;
	field_text(&fields, json_object_get(json, "data-root"), "data-root", data_root);
	json_decref(json);
	return fields.error;
}

/* Where dockerd was told to keep its containers; what is not there or not root's tells nothing. */
static int data_root(const char *root, char **out, struct error *err)
{
	bool claimed = false;
	char *bytes;
	size_t size;
	int error = state_read(root, "/etc/docker", "daemon.json", &bytes, &size, &claimed, err);

	*out = NULL;
	if (error)
		return error == -ENOENT ? 0 : error;
	if (!claimed)
		error = identity_docker_parse_daemon(bytes, size, out, err);
	free(bytes);
	return state_wrap(err, error, "/etc/docker", "daemon.json");
}

/* Read the container from below the data root @data; -ENOENT: it is not there. */
static int read_below(const struct identity_source *source, const char *data, struct identity *out,
		      struct error *err)
{
	char base[PATH], name[CONTAINER_NAME + 32], *bytes;
	size_t size;
	int error;

	snprintf(base, sizeof(base), "%s/containers", data);
	snprintf(name, sizeof(name), "%s/config.v2.json", source->id);
	error = state_read(source->root, base, name, &bytes, &size, &out->claimed, err);
	if (error)
		return error;
	error = identity_docker_parse(bytes, size, source->id, out, err);
	free(bytes);
	return state_wrap(err, error, base, name);
}

struct search {
	const struct identity_source *source;
	const char *data;
	struct identity *out;
	struct error *err;
};

/* Look below @name, if it is the data root of a dockerd that maps user ids: UID.GID. */
static int try_mapped(void *context, const char *name)
{
	struct search *search = context;
	char data[PATH + CONTAINER_NAME];
	size_t uid = strspn(name, DIGITS);
	size_t gid = name[uid] == '.' ? strspn(name + uid + 1, DIGITS) : 0;
	int error;

	if (!uid || !gid || name[uid + 1 + gid])
		return 0;
	snprintf(data, sizeof(data), "%s/%s", search->data, name);
	error = read_below(search->source, data, search->out, search->err);
	if (error == -ENOENT)
		return 0;
	/* It is here: no other one is looked at. */
	return error ? error : 1;
}

/* Read the container from @data, or from a mapped root in it. */
static int search_data(const struct identity_source *source, const char *data, struct identity *out,
		       struct error *err)
{
	struct search search = {source, data, out, err};
	int error = read_below(source, data, out, err);

	if (error != -ENOENT)
		return error;
	error = state_list(source->root, data, ENTRIES, try_mapped, &search, err);
	if (!error)
		return -ENOENT;
	return error > 0 ? 0 : error;
}

int identity_docker(const struct identity_source *source, struct identity *out, struct error *err)
{
	char data[PATH], *told = NULL;
	struct error unread = {""};
	int error, configured;

	if (!container_is_id(source->id))
		return -ENOENT;
	if (source->home) {
		snprintf(data, sizeof(data), "%s%s", source->home, HOME_ROOT);
		return read_below(source, data, out, err);
	}
	configured = data_root(source->root, &told, &unread);
	if (configured == -ENOMEM)
		return error_set(err, configured, "%s", unread.text);
	snprintf(data, sizeof(data), "%s", told && told[0] == '/' ? told : DATA_ROOT);
	free(told);
	error = search_data(source, data, out, err);
	/* Then it may be where an unreadable daemon.json says. */
	if (error == -ENOENT && configured)
		return error_set(err, error, "%s", unread.text);
	return error;
}

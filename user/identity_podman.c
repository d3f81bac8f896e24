// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What podman keeps of a container in files: name and image in containers.json of its storage, one
 * file for all containers, and an OCI configuration for each. Labels and the names of pods are in
 * its database only; annotations are all that can be matched instead.
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

#define SYSTEM_STORAGE "/var/lib/containers/storage"
#define HOME_STORAGE   "/.local/share/containers/storage"

#define PATH 4096

/* Of all containers of one storage. A user's is not worth more than one of the system's containers. */
#define STORE_MOST	(16u << 20)
#define USER_STORE_MOST STATE_FILE_MOST

/* What storage drivers name the directory after, the usual first. */
static const char *const drivers[] = {"overlay", "vfs", "btrfs", "zfs"};

/* `podman run --rm` is in the second one with podman 4.4 and later. */
static const char *const lists[] = {"containers.json", "volatile-containers.json"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Lists that were read stay, so that one is not read again for each of its containers, until the
 * file has changed. The one that was used longest ago makes place for another. Not for threads.
 */
#define CACHED 8

static struct cached {
	char path[2 * PATH];
	struct version version;
	struct identity_store store;
	unsigned long used; /* 0: empty */
} cache[CACHED];

static unsigned long uses;

static void take_stored(struct fields *fields, const json_t *entry, struct identity_stored *out)
{
	const char *metadata = json_string_value(json_object_get(entry, "metadata"));
	json_t *json = NULL;
	struct error err;

	field_text(fields, json_array_get(json_object_get(entry, "names"), 0), "names", &out->name);
	/* An entry without it is not podman's: others share the storage. */
	if (!metadata || state_json(metadata, strlen(metadata), JSON_OBJECT, &json, &err))
		return;
	field_text(fields, json_object_get(json, "image-name"), "image-name", &out->image);
	json_decref(json);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct identity_stored *)a)->id,
		      ((const struct identity_stored *)b)->id);
}

void identity_store_free(struct identity_store *store)
{
	for (size_t i = 0; i < store->count; i++) {
		free(store->list[i].name);
		free(store->list[i].image);
	}
	free(store->list);
	*store = (struct identity_store){0};
}

/* One entry that cannot be used hides itself only. */
static int take_store(const json_t *json, struct identity_store *store)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (json, i, entry) {
		const char *id = json_string_value(json_object_get(entry, "id"));
		struct identity_stored *stored = &store->list[store->count];
		struct fields fields = {0};

		if (!id || !container_is_id(id))
			continue;
		strcpy(stored->id, id);
		store->count++;
		take_stored(&fields, entry, stored);
		if (fields.error == -ENOMEM)
			return -ENOMEM;
	}
	qsort(store->list, store->count, sizeof(*store->list), compare);
	return 0;
}

int identity_podman_parse(const char *bytes, size_t size, struct identity_store *out,
			  struct error *err)
{
	struct identity_store store = {0};
	json_t *json;
	int error = state_json(bytes, size, JSON_ARRAY, &json, err);

	if (error)
		return error;
	/* One more, because an array of none may be NULL. */
	store.list = calloc(json_array_size(json) + 1, sizeof(*store.list));
	error = store.list ? take_store(json, &store) : -ENOMEM;
	json_decref(json);
	if (error) {
		identity_store_free(&store);
		return error_set(err, error, "%s", strerror(-error));
	}
	*out = store;
	return 0;
}

/* Where the list at @path is, or is to be. */
static struct cached *place_of(const char *path)
{
	struct cached *oldest = &cache[0];

	for (size_t i = 0; i < CACHED; i++) {
		if (cache[i].used && !strcmp(cache[i].path, path))
			return &cache[i];
		if (cache[i].used < oldest->used)
			oldest = &cache[i];
	}
	return oldest;
}

/*
 * What is in @file, which is at @path, into *@out, valid until the next call. It is read unless
 * that was done already.
 */
static int list_in(const char *path, const struct state_file *file, size_t most,
		   const struct identity_store **out, struct error *err)
{
	const struct version version = version_of(&file->stat);
	struct cached *place = place_of(path);
	struct identity_store store;
	char *bytes;
	size_t size;
	int error;

	if (!place->used || strcmp(place->path, path) || !version_same(&place->version, &version)) {
		error = state_load(file, most, &bytes, &size, err);
		if (error)
			return error;
		error = identity_podman_parse(bytes, size, &store, err);
		free(bytes);
		if (error)
			return error_wrap(err, error, "%s", file->path);
		identity_store_free(&place->store);
		place->store = store;
		place->version = version;
		snprintf(place->path, sizeof(place->path), "%s", path);
	}
	place->used = ++uses;
	*out = &place->store;
	return 0;
}

/* Copy what @stored tells into @out. */
static int take(const struct identity_stored *stored, struct identity *out, struct error *err)
{
	char *name = stored->name ? strdup(stored->name) : NULL;
	char *image = stored->image ? strdup(stored->image) : NULL;

	if ((stored->name && !name) || (stored->image && !image)) {
		free(name);
		free(image);
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	}
	free(out->name);
	free(out->image);
	out->name = name;
	out->image = image;
	return 0;
}

/* Look for @source->id in the list @name. -ENOENT: no such list, or it is not in there. */
static int look_up(const struct identity_source *source, const char *base, const char *name,
		   struct identity *out, struct error *err)
{
	size_t most = source->home ? USER_STORE_MOST : STORE_MOST;
	const struct identity_store *store = NULL;
	const struct identity_stored *stored;
	struct identity_stored key = {0};
	char path[2 * PATH];
	struct state_file file;
	int error = state_open(source->root, base, name, &file, err);

	if (error)
		return error;
	snprintf(path, sizeof(path), "%s%s/%s", source->root, base, name);
	error = list_in(path, &file, most, &store, err);
	if (!error) {
		strcpy(key.id, source->id);
		stored = bsearch(&key, store->list, store->count, sizeof(key), compare);
		error = stored ? take(stored, out, err) : -ENOENT;
		out->claimed |= stored && file.claimed;
	}
	state_close(&file);
	return error;
}

/* Find which driver's directory has the container, and read its name and image; -ENOENT: none. */
static int read_lists(const struct identity_source *source, const char *base, const char **driver,
		      struct identity *out, struct error *err)
{
	for (size_t i = 0; i < COUNT(drivers); i++) {
		for (size_t j = 0; j < COUNT(lists); j++) {
			char name[64];
			int error;

			snprintf(name, sizeof(name), "%s-containers/%s", drivers[i], lists[j]);
			error = look_up(source, base, name, out, err);
			if (error == -ENOENT)
				continue;
			*driver = drivers[i];
			return error;
		}
	}
	return -ENOENT;
}

static bool is_podmans(const char *key)
{
	static const char *const prefixes[] = {
		"io.container.manager",
		"io.kubernetes.cri-o.",
		"io.podman.annotations.",
		"org.opencontainers.image.stopSignal",
	};

	for (size_t i = 0; i < COUNT(prefixes); i++)
		if (!strncmp(key, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static void take_annotations(struct fields *fields, const json_t *annotations, struct identity *out)
{
	field_labels(fields, annotations, "annotations", is_podmans, &out->labels);
}

int identity_podman_parse_config(const char *bytes, size_t size, struct identity *out,
				 struct error *err)
{
	return oci_config_read(bytes, size, take_annotations, out, err);
}

static int read_config(const struct identity_source *source, const char *base, const char *driver,
		       struct identity *out, struct error *err)
{
	char name[CONTAINER_NAME + 64], *bytes;
	size_t size;
	int error;

	snprintf(name, sizeof(name), "%s-containers/%s/userdata/config.json", driver, source->id);
	error = state_read(source->root, base, name, &bytes, &size, &out->claimed, err);
	if (error)
		return error;
	error = identity_podman_parse_config(bytes, size, out, err);
	free(bytes);
	return state_wrap(err, error, base, name);
}

int identity_podman(const struct identity_source *source, struct identity *out, struct error *err)
{
	const char *driver = NULL;
	struct error config_err = {""};
	char base[PATH];
	int error, config;

	if (!container_is_id(source->id))
		return -ENOENT;
	snprintf(base, sizeof(base), "%s%s", source->home ? source->home : "",
		 source->home ? HOME_STORAGE : SYSTEM_STORAGE);
	error = read_lists(source, base, &driver, out, err);
	if (!driver)
		return error;
	config = read_config(source, base, driver, out, &config_err);
	if (!config || (error && config != -ENOMEM))
		return error;
	return error_set(err, config, "%s", config_err.text);
}

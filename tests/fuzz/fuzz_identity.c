// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the readers of what runtimes wrote about containers, in which whoever made the container or
 * its image chose names, labels and annotations, and a user's runtime everything.
 *
 * Input: a letter for the reader, and the file.
 */
#include <errno.h>

#include "fuzz.h"
#include "identity_read.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void check_text(const char *text)
{
	require(!text || (text[0] && strlen(text) < IDENTITY_TEXT), "a text that is kept");
}

static void check_labels(const struct identity_labels *labels)
{
	require(labels->count <= IDENTITY_LABELS, "not too many labels");
	for (size_t i = 0; i < labels->count; i++) {
		check_text(labels->list[i].key);
		require(labels->list[i].key[0] && strlen(labels->list[i].value) < IDENTITY_TEXT,
			"a label is whole");
		require(identity_label(labels, labels->list[i].key) != NULL, "a label is found");
	}
}

static void check_identity(const struct identity *identity)
{
	check_text(identity->image);
	check_text(identity->pod);
	check_text(identity->pod_namespace);
	check_text(identity->pod_uid);
	check_text(identity->name);
	require(!identity->claimed && !identity->incomplete, "the bytes do not tell that");
	check_labels(&identity->labels);
	check_labels(&identity->pod_labels);
}

static void check_error(int error, const char *text)
{
	require(error <= 0 && error != -ENOENT, "a failure is an errno");
	require(!error == !text[0], "a failure has a text, and nothing else has");
	for (; *text; text++)
		require(isprint((unsigned char)*text), "the message is safe for a terminal");
}

static void check_plain(int error, const struct identity_plain *plain)
{
	require(memchr(plain->id, 0, sizeof(plain->id)) != NULL, "the id ends");
	require(memchr(plain->cgroup, 0, sizeof(plain->cgroup)) != NULL, "the cgroup ends");
	require(error || !plain->cgroup[0] || plain->cgroup[0] == '/', "a cgroup is absolute");
}

static int fuzz_plain(char kind, const char *bytes, size_t size, struct identity *out,
		      struct error *err)
{
	struct identity_plain *plain = calloc(1, sizeof(*plain));
	int error;

	require(plain != NULL, "there is memory");
	if (kind == 'r')
		error = identity_runc_parse(bytes, size, plain, &out->labels, err);
	else
		error = identity_crun_parse(bytes, size, plain, err);
	check_plain(error, plain);
	free(plain);
	return error;
}

static int fuzz_store(const char *bytes, size_t size, struct error *err)
{
	struct identity_store store = {0};
	int error = identity_podman_parse(bytes, size, &store, err);

	require(!error || !store.list, "nothing is written on failure");
	for (size_t i = 0; i < store.count; i++) {
		require(container_is_id(store.list[i].id), "an id");
		require(!i || strcmp(store.list[i - 1].id, store.list[i].id) <= 0, "sorted");
		check_text(store.list[i].name);
		check_text(store.list[i].image);
	}
	identity_store_free(&store);
	return error;
}

static int fuzz_crio(bool pod, const char *bytes, size_t size, struct identity *out,
		     struct error *err)
{
	char *sandbox = malloc(CONTAINER_NAME);
	int error;

	require(sandbox != NULL, "there is memory");
	error = identity_crio_parse(bytes, size, pod, out, sandbox, err);
	require(memchr(sandbox, 0, CONTAINER_NAME) != NULL, "the sandbox's id ends");
	require(pod ? !out->name && !out->labels.count : !out->pod_labels.count,
		"a container's or a pod's");
	free(sandbox);
	return error;
}

static int fuzz_daemon(const char *bytes, size_t size, struct error *err)
{
	char *data_root = NULL;
	int error = identity_docker_parse_daemon(bytes, size, &data_root, err);

	check_text(data_root);
	free(data_root);
	return error;
}

static int fuzz_one(char kind, const char *bytes, size_t size, struct identity *out,
		    struct error *err)
{
	switch (kind) {
	case 'd':
		return identity_docker_parse(bytes, size, ID, out, err);
	case 'D':
		return fuzz_daemon(bytes, size, err);
	case 'p':
		return fuzz_store(bytes, size, err);
	case 'P':
		return identity_podman_parse_config(bytes, size, out, err);
	case 'c':
		return identity_containerd_parse(bytes, size, out, err);
	case 'k':
	case 'K':
		return fuzz_crio(kind == 'K', bytes, size, out, err);
	case 'o':
		return identity_oci_parse(bytes, size, out, err);
	case 'r':
	case 'u':
		return fuzz_plain(kind, bytes, size, out, err);
	default:
		return 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identity identity = {0};
	struct error err = {""};

	if (!size)
		return 0;
	check_error(fuzz_one((char)data[0], (const char *)data + 1, size - 1, &identity, &err),
		    err.text);
	check_identity(&identity);
	identity_free(&identity);
	return 0;
}

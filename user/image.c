// SPDX-License-Identifier: GPL-2.0-or-later
#include "image.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pattern.h"

#define ID_LENGTH 64

static const char registry[] = "docker.io";

/* Copy @length bytes of @text with a NUL; false: they do not fit. */
static bool copy(char *out, size_t size, const char *text, size_t length)
{
	if (length >= size)
		return false;
	memcpy(out, text, length);
	out[length] = '\0';
	return true;
}

/* Whether @text is what runtimes write in place of a name for an image that is known by its id. */
static bool is_id(const char *text)
{
	static const char algorithm[] = "sha256:";
	size_t length;

	if (!strncmp(text, algorithm, strlen(algorithm)))
		text += strlen(algorithm);
	length = strspn(text, "0123456789abcdef");
	return length == ID_LENGTH && !text[length];
}

/* Whether the first component of a name, of @length bytes, is a registry. */
static bool is_registry(const char *name, size_t length)
{
	static const char local[] = "localhost";

	for (size_t i = 0; i < length; i++)
		if (name[i] == '.' || name[i] == ':' || isupper((unsigned char)name[i]))
			return true;
	return length == strlen(local) && !memcmp(name, local, length);
}

static const char *check_repository(const char *path)
{
	if (!*path || *path == '/' || strstr(path, "//") || path[strlen(path) - 1] == '/')
		return "it has an empty component";
	for (; *path; path++)
		if (isupper((unsigned char)*path))
			return "its repository has an upper-case letter";
	return NULL;
}

/* Write the name of @length bytes at @text whole to @out. Returns what is wrong, or NULL. */
static const char *set_name(struct image *out, const char *text, size_t length)
{
	char name[IMAGE_NAME];
	const char *host = registry, *path = name, *slash, *reason;
	size_t host_length = strlen(registry);

	if (!copy(name, sizeof(name), text, length))
		return "its name is longer than 255 bytes";
	slash = strchr(name, '/');
	if (slash && is_registry(name, slash - name)) {
		path = slash + 1;
		/* Docker's former address of the same registry. */
		if (strncmp(name, "index.docker.io/", strlen("index.docker.io/"))) {
			host = name;
			host_length = slash - name;
		}
	}
	reason = check_repository(path);
	if (reason)
		return reason;
	slash = strchr(path, '/');
	length = snprintf(out->name, sizeof(out->name), "%.*s/%s%s", (int)host_length, host,
			  !slash && host_length == strlen(registry) &&
					  !memcmp(host, registry, host_length)
				  ? "library/"
				  : "",
			  path);
	return length < sizeof(out->name) ? NULL : "its whole name is longer than 255 bytes";
}

/* Take @text apart. Returns what is wrong, or NULL. */
static const char *parse(const char *text, struct image *out)
{
	const char *at = strchr(text, '@'), *end = at ? at : text + strlen(text);
	const char *name = text, *colon = NULL;

	*out = (struct image){};
	if (is_id(text))
		return "it is the id of an image";
	if (at && !at[1])
		return "its digest is empty";
	if (at && !copy(out->digest, sizeof(out->digest), at + 1, strlen(at + 1)))
		return "its digest is too long";
	for (const char *c = end; c > name && c[-1] != '/'; c--)
		if (c[-1] == ':')
			colon = c - 1;
	if (!colon)
		return set_name(out, name, end - name);
	if (colon + 1 == end)
		return "its tag is empty";
	if (!copy(out->tag, sizeof(out->tag), colon + 1, end - colon - 1))
		return "its tag is longer than 128 bytes";
	return set_name(out, name, colon - name);
}

int image_parse(const char *text, struct image *out)
{
	if (parse(text, out))
		return -EINVAL;
	if (!out->tag[0] && !out->digest[0])
		strcpy(out->tag, "latest");
	return 0;
}

const char *image_parse_pattern(const char *text, struct image *out)
{
	const char *reason = parse(text, out);

	if (!strcmp(out->tag, "*"))
		out->tag[0] = '\0';
	if (!strcmp(out->digest, "*"))
		out->digest[0] = '\0';
	return reason;
}

bool image_matches(const struct image *pattern, const struct image *image)
{
	return pattern_matches(pattern->name, image->name) &&
	       (!pattern->tag[0] || pattern_matches(pattern->tag, image->tag)) &&
	       (!pattern->digest[0] || pattern_matches(pattern->digest, image->digest));
}

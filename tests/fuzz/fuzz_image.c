// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes how names of images are made whole (libFuzzer). A profile's author writes the pattern, a
 * container's the name.
 *
 * Input: a pattern and a name, each with its NUL.
 */
#include <stdbool.h>

#include "fuzz.h"
#include "image.h"

#define ROOM 4096

/* The parts of @image as one name. */
static void join(const struct image *image, char out[ROOM])
{
	snprintf(out, ROOM, "%s%s%s%s%s", image->name, image->tag[0] ? ":" : "", image->tag,
		 image->digest[0] ? "@" : "", image->digest);
}

static bool same(const struct image *a, const struct image *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->tag, b->tag) &&
	       !strcmp(a->digest, b->digest);
}

static void check_name(const struct image *image)
{
	char text[ROOM];
	struct image again;

	require(strchr(image->name, '/') != NULL, "a registry and a repository");
	require(strncmp(image->name, "docker.io/", 10) || strchr(image->name + 10, '/'),
		"a library or a user on docker.io");
	join(image, text);
	require(!image_parse(text, &again) && same(image, &again), "a whole name stays as it is");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = take_string(ROOM, &data, &size), *name = take_string(ROOM, &data, &size);
	struct image pattern, image;
	const char *reason = image_parse_pattern(text, &pattern);
	bool parsed = !image_parse(name, &image);

	if (parsed)
		check_name(&image);
	if (!reason && parsed)
		image_matches(&pattern, &image);
	/* A name is a pattern of itself, unless the kernel's wildcards make it another. */
	if (parsed && !strpbrk(name, "*?") && !image_parse_pattern(name, &pattern))
		require(image_matches(&pattern, &image), "a name matches itself");
	free(text);
	free(name);
	return 0;
}

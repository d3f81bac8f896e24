/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of container images, made whole as Docker does it, so that "httpd" in a profile and
 * "docker.io/library/httpd:latest" in a runtime's files are one image. Pure functions.
 *
 * The first component is a registry when it has a '.', a ':' or an upper-case letter, or is
 * "localhost"; else the registry is docker.io, where a name of one component is below library/.
 * Source: reference.ParseNormalizedNamed() of github.com/distribution/reference.
 */
#ifndef CAPWARD_IMAGE_H
#define CAPWARD_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#define IMAGE_NAME   256 /* registry and repository with the NUL: Docker's own limit */
#define IMAGE_TAG    129 /* Docker's own limit */
#define IMAGE_DIGEST 256

/* The parts of a name, or of a pattern. */
struct image {
	char name[IMAGE_NAME];	   /* "docker.io/library/httpd" */
	char tag[IMAGE_TAG];	   /* "2.4"; "" none is given */
	char digest[IMAGE_DIGEST]; /* "sha256:..."; "" none is given */
};

/*
 * Take the image name @text, as a runtime wrote it, apart into *@out. Without tag and digest the
 * tag is "latest". -EINVAL: it is no image name (an image's bare id is none), or too long.
 */
int image_parse(const char *text, struct image *out);

/*
 * The same of a pattern of images, whose parts may have wildcards. A pattern without a tag is for
 * every tag, and one without a digest for every digest: what is not given, or only "*", is "".
 * Returns NULL, or what is wrong, in words.
 */
const char *image_parse_pattern(const char *text, struct image *out);

/* Whether @image, of image_parse(), is one that @pattern, of image_parse_pattern(), means. */
bool image_matches(const struct image *pattern, const struct image *image);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the targets have in common. A target is a program of libFuzzer's: it is called with one
 * input after the other, and whatever ends it is a finding, abort() as much as a sanitizer's report.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

/*
 * Copy the string at @*data, up to its NUL or the end, into an array of @room bytes of its own, as
 * far as it fits, and step over it. On the heap, where a read beyond it is noticed; free() it.
 */
static inline char *take_string(size_t room, const uint8_t **data, size_t *size)
{
	size_t length = strnlen((const char *)*data, *size);
	char *out = calloc(1, room);

	require(out != NULL, "there is memory");
	memcpy(out, *data, length < room ? length : room - 1);
	length += length < *size;
	*data += length;
	*size -= length;
	return out;
}

#endif

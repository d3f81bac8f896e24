/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions about text that the C library has no function for.
 */
#ifndef CAPWARD_TEXT_H
#define CAPWARD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Whether @end ends the @length bytes at @text, which are more. */
static inline bool text_ends_with(const char *text, size_t length, const char *end)
{
	size_t n = strlen(end);

	return length > n && !memcmp(text + length - n, end, n);
}

#endif

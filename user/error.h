/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPWARD_ERROR_H
#define CAPWARD_ERROR_H

/*
 * What went wrong, in words. Functions that can fail return a negative errno and, when the caller
 * passes one, fill a struct error; only a command prints it, once. Text grows outwards, "outer:
 * inner", and names the object, the cause and the remedy.
 */
struct error {
	char text[1024];
};

/*
 * Replace the text of @err (may be NULL) with the formatted message and return @code, so that a
 * caller can write `return error_set(err, -EINVAL, ...)`.
 */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "formatted message: " before the text of @err (may be NULL); return @code. */
int error_wrap(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif

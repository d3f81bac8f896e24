/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking fields out of JSON that a runtime wrote, with values chosen by whoever made the container
 * or its image. One field that cannot be used never hides the others.
 */
#ifndef CAPWARD_STATE_JSON_H
#define CAPWARD_STATE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "identity.h"

/*
 * The JSON of @type (JSON_OBJECT, JSON_ARRAY) in the @size bytes at @bytes into *@out, which the
 * caller gives to json_decref(). No string has a NUL in it: U+FFFD stands in its place. Numbers
 * are real: an OCI configuration has larger ones than the library's integers hold, 2^64-1 for a
 * limit there is none of. -EINVAL with where and why in @err when it is not that.
 */
int state_json(const char *bytes, size_t size, json_type type, json_t **out, struct error *err);

/* The first failure among the fields that were taken: a negative errno, with its text in @err. */
struct fields {
	int error;
	struct error *err;
};

/* Note that @format is wrong with a field, unless something was before. -ENOMEM outdoes others. */
void fields_fail(struct fields *fields, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Copy the string @value, which is called @name in messages, into *@out, in place of what was
 * there. Nothing is done when @value is NULL or the empty string: the runtime does not tell. A
 * value that is no string or does not fit into IDENTITY_TEXT is a failure.
 */
void field_text(struct fields *fields, const json_t *value, const char *name, char **out);

/* The object @key of @object; NULL when there is none or it is null; anything else is a failure. */
json_t *field_object(struct fields *fields, const json_t *object, const char *key);

/*
 * Add the members of @object (may be NULL) to @labels, but for those that @skip (may be NULL) says
 * true of. Those of which a text is not as for field_text(), and more than IDENTITY_LABELS, are
 * left out, and that is a failure. An empty value is kept.
 */
void field_labels(struct fields *fields, const json_t *object, const char *name,
		  bool (*skip)(const char *key), struct identity_labels *labels);

/* Add one label; true, or false when it was left out. -ENOMEM is noted in @fields. */
bool field_label(struct fields *fields, struct identity_labels *labels, const char *key,
		 size_t key_length, const char *value, size_t value_length);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
#include "state_json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A copy of the JSON with \ufffd for each \u0000. The library refuses a file for one NUL in a key,
 * and an image's label, whose author may want to stay unknown, can have it.
 */
static char *without_nul(const char *bytes, size_t size)
{
	char *copy = malloc(size + 1);

	if (!copy)
		return NULL;
	memcpy(copy, bytes, size);
	copy[size] = '\0';
	for (size_t i = 0; i + 1 < size; i++) {
		if (copy[i] != '\\')
			continue;
		i++; /* what is escaped: not the beginning of another escape */
		if (size - i >= 5 && !memcmp(copy + i, "u0000", 5))
			memcpy(copy + i, "ufffd", 5);
	}
	return copy;
}

int state_json(const char *bytes, size_t size, json_type type, json_t **out, struct error *err)
{
	json_error_t where;
	char *copy = without_nul(bytes, size);
	json_t *json;

	if (!copy)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	json = json_loadb(copy, size, JSON_DECODE_INT_AS_REAL, &where);
	free(copy);
	if (!json && json_error_code(&where) == json_error_out_of_memory)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	/* The library's text would quote the file. */
	if (!json)
		return error_set(err, -EINVAL, "no JSON at line %d, column %d", where.line,
				 where.column);
	if (json_typeof(json) != type) {
		json_decref(json);
		return error_set(err, -EINVAL, "of another version: no %s",
				 type == JSON_ARRAY ? "array" : "object");
	}
	*out = json;
	return 0;
}

void fields_fail(struct fields *fields, int error, const char *format, ...)
{
	va_list args;

	if (fields->error && error != -ENOMEM)
		return;
	fields->error = error;
	if (!fields->err)
		return;
	va_start(args, format);
	vsnprintf(fields->err->text, sizeof(fields->err->text), format, args);
	va_end(args);
}

void field_text(struct fields *fields, const json_t *value, const char *name, char **out)
{
	size_t length;
	char *copy;

	if (!value || json_is_null(value))
		return;
	length = json_string_length(value); /* 0 of what is no string */
	if (!json_is_string(value) || length >= IDENTITY_TEXT) {
		fields_fail(fields, -EINVAL, "%s is no text of less than %d bytes", name,
			    IDENTITY_TEXT);
		return;
	}
	if (!length)
		return;
	copy = strdup(json_string_value(value));
	if (!copy) {
		fields_fail(fields, -ENOMEM, "%s", strerror(ENOMEM));
		return;
	}
	free(*out);
	*out = copy;
}

json_t *field_object(struct fields *fields, const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return NULL;
	if (json_is_object(value))
		return value;
	fields_fail(fields, -EINVAL, "of another version: %s is no object", key);
	return NULL;
}

bool field_label(struct fields *fields, struct identity_labels *labels, const char *key,
		 size_t key_length, const char *value, size_t value_length)
{
	struct identity_label *list, label;

	if (!key_length || key_length >= IDENTITY_LABEL || value_length >= IDENTITY_LABEL)
		return true;
	if (labels->count == IDENTITY_LABELS)
		return false;
	list = reallocarray(labels->list, labels->count + 1, sizeof(*list));
	if (list)
		labels->list = list;
	label.key = strndup(key, key_length);
	label.value = strndup(value, value_length);
	if (!list || !label.key || !label.value) {
		free(label.key);
		free(label.value);
		fields_fail(fields, -ENOMEM, "%s", strerror(ENOMEM));
		return false;
	}
	labels->list[labels->count++] = label;
	return true;
}

void field_labels(struct fields *fields, const json_t *object, const char *name,
		  bool (*skip)(const char *key), struct identity_labels *labels)
{
	size_t out = 0, all = 0;
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		if (skip && skip(key))
			continue;
		all++;
		if (!json_is_string(value) ||
		    !field_label(fields, labels, key, strlen(key), json_string_value(value),
				 json_string_length(value)))
			out++;
	}
	if (out)
		fields_fail(fields, -E2BIG, "%s: %zu of %zu are left out; %d are kept", name, out,
			    all, IDENTITY_LABELS);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "oci_config.h"

#include <errno.h>
#include <string.h>

json_t *oci_annotations(struct fields *fields, const json_t *config)
{
	const char *version = json_string_value(json_object_get(config, "ociVersion"));

	if (!version || strncmp(version, "1.", 2)) {
		fields_fail(fields, -EINVAL, "of another version: ociVersion is not 1.x");
		return NULL;
	}
	return field_object(fields, config, "annotations");
}

int oci_config_read(const char *bytes, size_t size,
		    void (*take)(struct fields *fields, const json_t *annotations,
				 struct identity *out),
		    struct identity *out, struct error *err)
{
	struct fields fields = {.err = err};
	json_t *config;
	int error = state_json(bytes, size, JSON_OBJECT, &config, err);

	if (error)
		return error;
	take(&fields, oci_annotations(&fields, config), out);
	json_decref(config);
	return fields.error;
}

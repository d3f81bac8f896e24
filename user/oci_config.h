/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration of a container as the OCI's runtime specification has it: config.json. */
#ifndef CAPWARD_OCI_CONFIG_H
#define CAPWARD_OCI_CONFIG_H

#include "state_json.h"

/*
 * The annotations of the configuration @config, or NULL when it has none. That it is no
 * configuration of version 1, the only one there is, is a failure.
 */
json_t *oci_annotations(struct fields *fields, const json_t *config);

struct identity;

/*
 * Have @take fill *@out from the annotations, NULL where there are none, of the configuration that is
 * the @size bytes at @bytes. Returns and writes as the readers of identity_read.h do.
 */
int oci_config_read(const char *bytes, size_t size,
		    void (*take)(struct fields *fields, const json_t *annotations,
				 struct identity *out),
		    struct identity *out, struct error *err);

#endif

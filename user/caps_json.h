/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPWARD_CAPS_JSON_H
#define CAPWARD_CAPS_JSON_H

#include <jansson.h>
#include <stdint.h>

/*
 * The capabilities in @mask, of those that capward knows, as a JSON list of names, "CAP_CHOWN", by number.
 * The caller owns the reference. NULL without memory.
 */
json_t *caps_json(uint64_t mask);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
#include "caps_json.h"

#include "caps.h"

json_t *caps_json(uint64_t mask)
{
	json_t *list = json_array();
	char label[CAPS_LABEL];

	for (unsigned int cap = 0; cap <= CAPS_LAST; cap++)
		if (mask & CAPS_BIT(cap))
			json_array_append_new(list, json_string(caps_label(cap, label)));
	return list;
}

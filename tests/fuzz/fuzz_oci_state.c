// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes what a runtime's hook reads on its standard input (user/oci_state.c): the id and the
 * annotations are the choice of who starts the container.
 *
 * Input: a container's state, JSON.
 */
#include "fuzz.h"
#include "oci_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct oci_state state;
	struct error err = {""};

	memset(&state, 0xa5, sizeof(state));
	if (oci_state_parse((const char *)data, size, &state, &err)) {
		for (size_t i = 0; i < sizeof(state); i++)
			require(((uint8_t *)&state)[i] == 0xa5, "nothing is written on failure");
		require(err.text[0] != '\0', "it says why");
		return 0;
	}
	require(state.pid > 0, "a process");
	require(state.id[0] && memchr(state.id, '\0', sizeof(state.id)), "an id");
	for (size_t i = 0; i < OCI_STATE_NAMES; i++)
		require(memchr(state.names[i], '\0', sizeof(state.names[i])) != NULL,
			"a name ends");
	return 0;
}

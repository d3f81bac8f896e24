// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the messages of the daemon's socket (user/relay_message.c), which both its clients and the
 * daemon read with the same function.
 *
 * Input: a packet.
 */
#include "fuzz.h"
#include "relay_message.h"

static void check_string(const char *string, size_t room)
{
	require(memchr(string, '\0', room) != NULL, "a string ends");
}

static void check_message(const struct relay_message *message)
{
	switch (message->type) {
	case RELAY_HELLO:
		require(message->hello.want == RELAY_WANT_EVENTS ||
				message->hello.want == RELAY_WANT_ANSWER,
			"something is wanted");
		return;
	case RELAY_HOOK:
		check_string(message->hook.id, sizeof(message->hook.id));
		check_string(message->hook.cgroup, sizeof(message->hook.cgroup));
		require(message->hook.cgroup[0] == '/', "a cgroup's path");
		require((int)message->hook.pid > 0, "a process");
		return;
	case RELAY_EVENT:
		require(message->event.size && message->event.size <= RELAY_RECORD, "a record");
		return;
	case RELAY_MISSED:
		require(message->missed != 0, "some were missed");
		return;
	case RELAY_ANSWER:
		check_string(message->answer.text, sizeof(message->answer.text));
		require(message->answer.outcome >= RELAY_ASSIGNED &&
				message->answer.outcome <= RELAY_ERROR,
			"an outcome");
		return;
	case RELAY_REFUSED:
		check_string(message->refused.text, sizeof(message->refused.text));
		require(message->refused.code > 0, "a code");
		return;
	}
	require(0, "a type");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct relay_message message;
	char packet[RELAY_PACKET];

	memset(&message, 0xa5, sizeof(message));
	if (relay_decode(data, size, &message)) {
		for (size_t i = 0; i < sizeof(message); i++)
			require(((uint8_t *)&message)[i] == 0xa5, "nothing is written on failure");
		return 0;
	}
	check_message(&message);
	require(size < RELAY_PACKET && relay_encode(&message, packet) == size &&
			!memcmp(packet, data, size),
		"there is one way to write a message");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes what is made of a record of the ring buffer (libFuzzer): its decoding, its line of text
 * and its JSON. The record comes from the kernel, but its command name is the task's choice, and so
 * are the paths that are shown with it.
 *
 * Input: a record, or the beginning of one, and after it three strings, each with its NUL: cgroup, program, profile.
 */

#include "event.h"
#include "fuzz.h"

static void check_text(const char *text, size_t length)
{
	require(length && text[length - 1] == '\n', "text is a line");
	for (size_t i = 0; i + 1 < length; i++)
		require(isprint((unsigned char)text[i]), "text is safe for a terminal");
}

static void check_printed(const struct event_view *view)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	require(stream && !event_print(view, stream) && !fclose(stream), "it prints");
	check_text(text, length);
	free(text);
}

/* Every string in @json, however deep. */
static void check_strings(json_t *json)
{
	const char *key;
	json_t *value;

	json_object_foreach (json, key, value)
		check_strings(value);
	for (const char *c = json_string_value(json); c && *c; c++)
		require(isprint((unsigned char)*c), "JSON is safe for a terminal");
}

static void check_json(const struct event_view *view)
{
	json_t *json = event_json(view), *again;
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	require(json && text, "it is JSON");
	check_strings(json);
	require(!strchr(text, '\n'), "JSON is one line");
	again = json_loads(text, 0, NULL);
	require(again && json_equal(json, again), "it reads as it was written");
	require(json_string_length(json_object_get(json, "verdict")) > 1, "a verdict");
	require(!strncmp(json_string_value(json_object_get(json, "cap")), "CAP_", 4), "a name");
	json_decref(again);
	json_decref(json);
	free(text);
}

/* Copy the next string of the input into a field of @room bytes. */
static void take_field(char *field, size_t room, const uint8_t **data, size_t *size)
{
	char *text = take_string(room, data, size);

	memcpy(field, text, room);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct capward_event untouched = {.type = 0xabcd};
	static struct event_view view;

	view.event = untouched;
	if (event_decode(data, size < sizeof(view.event) ? size : sizeof(view.event),
			 &view.event)) {
		require(!memcmp(&view.event, &untouched, sizeof(untouched)),
			"nothing is written on failure");
		return 0;
	}
	require(view.event.verdict < CAPWARD_VERDICTS && view.event.permission < 64, "in range");
	data += sizeof(view.event);
	size -= sizeof(view.event);
	take_field(view.cgroup, sizeof(view.cgroup), &data, &size);
	take_field(view.exe, sizeof(view.exe), &data, &size);
	take_field(view.profile, sizeof(view.profile), &data, &size);
	view.time_ns = (long long)(view.event.time & INT64_MAX);
	check_printed(&view);
	check_json(&view);
	return 0;
}

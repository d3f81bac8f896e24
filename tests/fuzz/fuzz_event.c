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

/* A capability or an operation, and its name. */
static void check_permission(const char *cap, const char *operation)
{
	require(!cap == !!operation, "one or the other");
	require(cap ? !strncmp(cap, "CAP_", 4) : operation[0] != '\0', "a name");
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
	check_permission(json_string_value(json_object_get(json, "cap")),
			 json_string_value(json_object_get(json, "operation")));
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

/* Decode the @size bytes at @data into @event; whether they are a record of this version. */
static int decode(const void *data, size_t size, struct capward_event *event)
{
	static const struct capward_event untouched = {.type = 0xabcd};

	*event = untouched;
	if (event_decode(data, size, event)) {
		require(!memcmp(event, &untouched, sizeof(untouched)),
			"nothing is written on failure");
		return 0;
	}
	require(event->verdict < CAPWARD_VERDICTS && event->permission < CAPWARD_MODE_SHIFT,
		"in range");
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct event_view view;
	struct capward_event record;

	if (size < sizeof(record)) {
		require(!decode(data, size, &view.event), "too short");
		return 0;
	}
	memcpy(&record, data, sizeof(record));
	decode(&record, sizeof(record), &view.event);
	/* As one of this version, so that what is kept of older ones goes on to mean something. */
	record.type = CAPWARD_EVENT_VERDICT;
	record.size = sizeof(record);
	record.version = CAPWARD_ABI;
	if (!decode(&record, sizeof(record), &view.event))
		return 0;
	data += sizeof(record);
	size -= sizeof(record);
	take_field(view.cgroup, sizeof(view.cgroup), &data, &size);
	take_field(view.exe, sizeof(view.exe), &data, &size);
	take_field(view.profile, sizeof(view.profile), &data, &size);
	view.time_ns = (long long)(view.event.time & INT64_MAX);
	check_printed(&view);
	check_json(&view);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "evidence_record.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "caps.h"
#include "clock.h"
#include "event.h"
#include "operation.h"
#include "output.h"
#include "syscall_name.h"

#define LEVELS 64 /* bits of capward_evidence.levels */

/* --- writing ------------------------------------------------------------------------------------ */

static json_t *permission_record(unsigned int permission)
{
	char label[CAPS_LABEL];
	const char *operation = operation_name(permission);

	return json_string(operation ? operation : caps_label(permission, label));
}

json_t *evidence_record_time(__u64 ns)
{
	return json_time(ns && (ns < 1000 || ns > LLONG_MAX) ? 1000 : ns);
}

/* A JSON integer has a sign. */
static json_t *count_record(__u64 count)
{
	return json_integer((json_int_t)(count > LLONG_MAX ? LLONG_MAX : count));
}

/* The bytes without the NULs at their end. */
static json_t *bytes_record(const char *bytes, size_t size)
{
	while (size && !bytes[size - 1])
		size--;
	return json_escaped(bytes, size);
}

static json_t *programs_record(const struct capward_evidence *known)
{
	json_t *list = json_array();

	for (__u32 i = 0; i < known->programs && i < CAPWARD_PROGRAMS; i++)
		json_array_append_new(
			list, json_pack("{s:o, s:o}", "comm",
					bytes_record(known->program[i].comm, CAPWARD_COMM), "exe",
					bytes_record(known->program[i].exe, CAPWARD_EXE)));
	return list;
}

static json_t *object_record(const struct capward_evidence *known)
{
	char name[SYSCALL_NAME];

	if (!known->object[0])
		return json_null();
	return json_pack("{s:s, s:o}", "syscall", syscall_name(known->object_syscall, name),
			 "bytes", bytes_record(known->object, CAPWARD_OBJECT));
}

static json_t *known_record(unsigned int permission, unsigned int verdict,
			    const struct capward_evidence *known)
{
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "permission", permission_record(permission), "verdict",
			 event_verdict_name(verdict), "count", count_record(known->count), "probes",
			 count_record(known->probes), "first", evidence_record_time(known->first),
			 "last", evidence_record_time(known->last), "syscalls",
			 evidence_syscalls(known), "other_syscalls",
			 count_record(known->other_syscalls), "programs", programs_record(known),
			 "other_programs", count_record(known->other_programs), "userns_levels",
			 evidence_levels(known), "object", object_record(known));
}

json_t *evidence_record(const struct evidence *evidence)
{
	json_t *list = json_array();

	for (unsigned int verdict = 0; list && verdict < CAPWARD_VERDICTS; verdict++)
		for (unsigned int permission = 0; permission < CAPWARD_OPS_END; permission++) {
			const struct capward_evidence *known = &evidence->of[verdict][permission];

			if (!known->count)
				continue;
			if (!json_array_append_new(list, known_record(permission, verdict, known)))
				continue;
			json_decref(list);
			return NULL;
		}
	return list;
}

/* --- reading ------------------------------------------------------------------------------------ */

/* One object of the list: what was wrong with it first. */
struct reading {
	const json_t *object;
	const char *wrong; /* the key */
};

static const json_t *get(struct reading *reading, const char *key, bool right)
{
	const json_t *value = json_object_get(reading->object, key);

	if ((!value || !right) && !reading->wrong)
		reading->wrong = key;
	return value;
}

static const json_t *get_type(struct reading *reading, const char *key, json_type type)
{
	const json_t *value = json_object_get(reading->object, key);

	return get(reading, key, value && json_typeof(value) == type);
}

static __u64 read_count(struct reading *reading, const char *key, __u64 most)
{
	json_int_t count = json_integer_value(get_type(reading, key, JSON_INTEGER));

	if (count < 0 || (__u64)count > most)
		get(reading, key, false);
	return (__u64)count;
}

static __u64 read_time(struct reading *reading, const char *key)
{
	const json_t *value = get(reading, key, true);
	long long ns = 0;

	if (!json_is_null(value) &&
	    (!json_is_string(value) || clock_parse(json_string_value(value), &ns) || ns <= 0))
		get(reading, key, false);
	return (__u64)ns;
}

/* The bytes of @value into the @size ones at @bytes; false: it has more, or is none. */
static bool read_bytes(const json_t *value, char *bytes, size_t size)
{
	return json_is_string(value) && text_unescape(bytes, size, json_string_value(value)) >= 0;
}

static void read_syscalls(struct reading *reading, struct capward_evidence *known)
{
	const json_t *list = get_type(reading, "syscalls", JSON_ARRAY), *value;
	size_t i;

	json_array_foreach (list, i, value) {
		int number = -1;

		if (!json_is_string(value))
			get(reading, "syscalls", false);
		else
			number = syscall_number(json_string_value(value));
		if (number >= 0 && number < CAPWARD_SYSCALLS)
			known->syscalls[number / 64] |= 1ULL << (number & 63);
		else
			known->other_syscalls++;
	}
}

static void read_programs(struct reading *reading, struct capward_evidence *known)
{
	const json_t *list = get_type(reading, "programs", JSON_ARRAY), *value;
	size_t i;

	json_array_foreach (list, i, value) {
		struct capward_program program = {};

		if (!read_bytes(json_object_get(value, "comm"), program.comm, CAPWARD_COMM - 1) ||
		    !read_bytes(json_object_get(value, "exe"), program.exe, CAPWARD_EXE - 1))
			get(reading, "programs", false);
		else if (known->programs < CAPWARD_PROGRAMS)
			known->program[known->programs++] = program;
		else
			known->other_programs++;
	}
}

static void read_levels(struct reading *reading, struct capward_evidence *known)
{
	const json_t *list = get_type(reading, "userns_levels", JSON_ARRAY), *value;
	size_t i;

	json_array_foreach (list, i, value) {
		json_int_t level = json_is_integer(value) ? json_integer_value(value) : -1;

		if (level < 0 || level >= LEVELS)
			get(reading, "userns_levels", false);
		else
			known->levels |= 1ULL << level;
	}
}

static void read_object(struct reading *reading, struct capward_evidence *known)
{
	const json_t *value = get(reading, "object", true), *name;

	if (json_is_null(value))
		return;
	name = json_object_get(value, "syscall");
	if (!json_is_string(name) ||
	    !read_bytes(json_object_get(value, "bytes"), known->object, CAPWARD_OBJECT) ||
	    !known->object[0])
		get(reading, "object", false);
	else
		known->object_syscall = syscall_number(json_string_value(name));
}

static int read_permission(struct reading *reading)
{
	const char *name = json_string_value(get_type(reading, "permission", JSON_STRING));
	char label[CAPS_LABEL];
	int permission = name ? caps_parse(name, strlen(name)) : -EINVAL;

	if (permission < 0 && name)
		permission = operation_find(name);
	/* What a kernel yet to come has no name for here. */
	for (unsigned int cap = 0; permission < 0 && name && cap < CAPWARD_CAPS; cap++)
		if (!strcmp(caps_label(cap, label), name))
			permission = (int)cap;
	if (permission < 0)
		get(reading, "permission", false);
	return permission;
}

static int read_verdict(struct reading *reading)
{
	const char *name = json_string_value(get_type(reading, "verdict", JSON_STRING));
	int verdict = name ? event_verdict_parse(name) : -EINVAL;

	if (verdict < 0)
		get(reading, "verdict", false);
	return verdict;
}

/* The key of what is wrong with @object; NULL: it is in @out. */
static const char *read_known(const json_t *object, struct evidence *out)
{
	struct reading reading = {.object = object};
	int permission = read_permission(&reading), verdict = read_verdict(&reading);
	struct capward_evidence known = {
		.count = read_count(&reading, "count", LLONG_MAX),
		.probes = read_count(&reading, "probes", LLONG_MAX),
		.first = read_time(&reading, "first"),
		.last = read_time(&reading, "last"),
		.other_syscalls = read_count(&reading, "other_syscalls", UINT_MAX),
		.other_programs = read_count(&reading, "other_programs", UINT_MAX),
	};

	read_syscalls(&reading, &known);
	read_programs(&reading, &known);
	read_levels(&reading, &known);
	read_object(&reading, &known);
	if (!known.count)
		get(&reading, "count", false);
	if (!reading.wrong && out->of[verdict][permission].count)
		return "permission, which is there twice";
	if (!reading.wrong)
		out->of[verdict][permission] = known;
	return reading.wrong;
}

int evidence_of_record(const json_t *record, struct evidence *out, struct error *err)
{
	const json_t *object;
	size_t i;

	if (!json_is_array(record))
		return error_set(err, -EINVAL, "evidence: no list");
	json_array_foreach (record, i, object) {
		const char *wrong = read_known(object, out);

		if (wrong)
			return error_set(err, -EINVAL, "evidence: item %zu: %s", i + 1, wrong);
	}
	return 0;
}

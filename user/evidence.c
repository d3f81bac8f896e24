// SPDX-License-Identifier: GPL-2.0-or-later
#include "evidence.h"

#include <stdio.h>
#include <string.h>

#include "output.h"
#include "syscall_name.h"
#include "syscall_object.h"

#define LEVELS 64 /* bits of capward_evidence.levels */

static void add_program(struct capward_evidence *into, const struct capward_program *program)
{
	for (__u32 i = 0; i < into->programs; i++)
		if (!memcmp(into->program[i].comm, program->comm, CAPWARD_COMM))
			return;
	if (into->programs < CAPWARD_PROGRAMS)
		into->program[into->programs++] = *program;
	else
		into->other_programs++;
}

void evidence_add(struct capward_evidence *into, const struct capward_evidence *from)
{
	__u32 programs = from->programs < CAPWARD_PROGRAMS ? from->programs : CAPWARD_PROGRAMS;

	if (!from->count)
		return;
	if (!into->count || from->first < into->first)
		into->first = from->first;
	if (from->object[0] && (!into->object[0] || from->last >= into->last)) {
		into->object_syscall = from->object_syscall;
		memcpy(into->object, from->object, CAPWARD_OBJECT);
	}
	if (from->last > into->last)
		into->last = from->last;
	into->count += from->count;
	into->probes += from->probes;
	for (size_t i = 0; i < CAPWARD_SYSCALLS / 64; i++)
		into->syscalls[i] |= from->syscalls[i];
	into->levels |= from->levels;
	into->other_syscalls += from->other_syscalls;
	into->other_programs += from->other_programs;
	for (__u32 i = 0; i < programs; i++)
		add_program(into, &from->program[i]);
}

bool evidence_is_empty(const struct evidence *evidence)
{
	for (__u32 verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		for (__u32 permission = 0; permission < CAPWARD_OPS_END; permission++)
			if (evidence->of[verdict][permission].count)
				return false;
	return true;
}

void evidence_merge(struct evidence *into, const struct evidence *from)
{
	for (__u32 verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		for (__u32 permission = 0; permission < CAPWARD_OPS_END; permission++)
			evidence_add(&into->of[verdict][permission],
				     &from->of[verdict][permission]);
}

__u64 evidence_audited(const struct evidence *evidence, unsigned int cap, __u32 verdict)
{
	const struct capward_evidence *known = &evidence->of[verdict][cap];

	return known->count - (known->probes < known->count ? known->probes : known->count);
}

void evidence_sum(const struct evidence *evidence, unsigned int cap, struct capward_evidence *out)
{
	*out = (struct capward_evidence){};
	for (__u32 verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		evidence_add(out, &evidence->of[verdict][cap]);
}

json_t *evidence_syscalls(const struct capward_evidence *known)
{
	json_t *list = json_array();
	char name[SYSCALL_NAME];

	for (int i = 0; i < CAPWARD_SYSCALLS; i++)
		if (known->syscalls[i / 64] >> (i & 63) & 1)
			json_array_append_new(list, json_string(syscall_name(i, name)));
	return list;
}

static json_t *programs_json(const struct capward_evidence *known)
{
	json_t *list = json_array();

	for (__u32 i = 0; i < known->programs && i < CAPWARD_PROGRAMS; i++) {
		const struct capward_program *program = &known->program[i];

		json_array_append_new(
			list,
			json_pack("{s:o, s:o}", "comm",
				  json_escaped(program->comm, strnlen(program->comm, CAPWARD_COMM)),
				  "exe",
				  program->exe[0] ? json_escaped(program->exe,
								 strnlen(program->exe, CAPWARD_EXE))
						  : json_null()));
	}
	return list;
}

json_t *evidence_levels(const struct capward_evidence *known)
{
	json_t *list = json_array();

	for (int i = 0; i < LEVELS; i++)
		if (known->levels >> i & 1)
			json_array_append_new(list, json_integer(i));
	return list;
}

json_t *evidence_json(const struct capward_evidence *known)
{
	char object[SYSCALL_OBJECT];

	syscall_object(known, object);
	return json_pack("{s:o, s:o, s:o, s:i, s:o, s:i, s:o, s:o}", "first",
			 json_time(known->first), "last", json_time(known->last), "syscalls",
			 evidence_syscalls(known), "other_syscalls", (int)known->other_syscalls,
			 "programs", programs_json(known), "other_programs",
			 (int)known->other_programs, "userns_levels", evidence_levels(known),
			 "object", object[0] ? json_string(object) : json_null());
}

const char *evidence_ways(const struct capward_evidence *known, char *text, size_t size)
{
	char name[SYSCALL_NAME], comm[TEXT_ESCAPED(CAPWARD_COMM)];
	size_t used = 0, length;

	text[0] = '\0';
	for (int i = 0; i < CAPWARD_SYSCALLS && used < size; i++)
		if (known->syscalls[i / 64] >> (i & 63) & 1)
			used += snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 syscall_name(i, name));
	for (__u32 i = 0; i < known->programs && i < CAPWARD_PROGRAMS && used < size; i++) {
		length = strnlen(known->program[i].comm, CAPWARD_COMM);
		text_escape(comm, sizeof(comm), known->program[i].comm, length);
		used += snprintf(text + used, size - used, "%s%s",
				 i	? ", "
				 : used ? " by "
					: "by ",
				 comm);
	}
	if (known->other_programs && used < size)
		snprintf(text + used, size - used, " and others");
	return text;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "evidence.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "output.h"
#include "syscall_name.h"

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

void evidence_add_scope(struct engine *engine, const struct scope_view *view,
			struct evidence *evidence)
{
	for (__u32 verdict = 0; verdict < CAPWARD_VERDICTS; verdict++)
		for (__u32 cap = 0; cap < CAPWARD_CAPS; cap++) {
			struct capward_evidence known;

			if (!view->counts[verdict][cap])
				continue;
			/* Without memory the kernel kept the count alone. */
			if (engine_evidence(engine, view->id, cap, verdict, &known))
				known = (struct capward_evidence){};
			known.count = view->counts[verdict][cap];
			evidence_add(&evidence->of[verdict][cap], &known);
		}
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

static json_t *syscalls_json(const struct capward_evidence *known)
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

static json_t *levels_json(const struct capward_evidence *known)
{
	json_t *list = json_array();

	for (int i = 0; i < LEVELS; i++)
		if (known->levels >> i & 1)
			json_array_append_new(list, json_integer(i));
	return list;
}

static json_t *time_json(__u64 boot_ns)
{
	char text[CLOCK_TEXT];

	if (!boot_ns)
		return json_null();
	clock_format(clock_of_day(boot_ns), text, sizeof(text));
	return json_string(text);
}

json_t *evidence_json(const struct capward_evidence *known)
{
	return json_pack("{s:o, s:o, s:o, s:i, s:o, s:i, s:o}", "first", time_json(known->first),
			 "last", time_json(known->last), "syscalls", syscalls_json(known),
			 "other_syscalls", (int)known->other_syscalls, "programs",
			 programs_json(known), "other_programs", (int)known->other_programs,
			 "userns_levels", levels_json(known));
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

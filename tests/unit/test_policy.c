// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

/* --- what the kernel has, in place of user/engine.c ----------------------------------------------- */

struct engine {
	struct capward_policy policies[CAPWARD_POLICIES];
	struct capward_scope scopes[4];
	size_t scope_count;
	struct capward_match matches[4];
	size_t match_count;
	struct capward_state state;
	unsigned int reads;
	__u32 broken; /* a slot that cannot be read; 0: none */
};

static struct engine engine;

int engine_policy(struct engine *e, __u32 slot, struct capward_policy *out)
{
	e->reads++;
	if (e->broken && e->broken == slot)
		return -EIO;
	*out = e->policies[slot];
	return 0;
}

int engine_set_policy(struct engine *e, __u32 slot, const struct capward_policy *policy,
		      struct error *err)
{
	(void)err;
	e->policies[slot] = *policy;
	return 0;
}

int engine_scopes(struct engine *e,
		  int (*each)(void *context, __u64 cgroup, const struct capward_scope *scope),
		  void *context)
{
	for (size_t i = 0; i < e->scope_count; i++)
		each(context, i + 1, &e->scopes[i]);
	return 0;
}

size_t engine_matches(struct engine *e, struct capward_match *out)
{
	memcpy(out, e->matches, sizeof(e->matches));
	return e->match_count;
}

volatile struct capward_state *engine_state(struct engine *e)
{
	return &e->state;
}

void engine_kernel_functions(const char *path, const char *const *names, size_t count, bool *has)
{
	(void)path, (void)names;
	memset(has, 0, count * sizeof(*has));
}

/* --- the tests ------------------------------------------------------------------------------------ */

static struct capward_policy named(const char *name, __u32 flags)
{
	struct capward_policy policy = {.flags = flags};

	strncpy(policy.profile, name, sizeof(policy.profile) - 1);
	return policy;
}

static int empty(void **state)
{
	(void)state;
	engine = (struct engine){};
	engine.policies[CAPWARD_POLICY_OBSERVE] = named("observe", 0);
	return 0;
}

static void fill(const char *name, __u32 flags)
{
	for (__u32 i = CAPWARD_POLICY_FIRST; i < CAPWARD_POLICIES; i++)
		engine.policies[i] = named(name, flags);
}

/* The slot for a policy of that @name; the negative errno where there is none. */
static int slot_for(struct policy_slots *slots, const char *name, __u32 flags)
{
	const struct capward_policy policy = named(name, flags);
	struct error err;
	__u32 slot;
	int code = policy_slot(slots, &policy, &slot, &err);

	return code ? code : (int)slot;
}

static void a_name_keeps_its_slot(void **state)
{
	struct policy_slots *slots = policy_slots_new(&engine);
	__u32 slot;

	(void)state;
	engine.policies[7] = named("web", 0);
	engine.policies[3] = named("web", CAPWARD_POLICY_RUN);
	assert_int_equal(slot_for(slots, "web", 0), 7);
	assert_int_equal(slot_for(slots, "db", 0), 2);
	assert_int_equal(slot_for(slots, "mail", 0), 4);
	/* A run's is its own, whatever it is called. */
	assert_int_equal(slot_for(slots, "db", CAPWARD_POLICY_RUN), 5);
	assert_int_equal(slot_for(slots, "observe", 0), CAPWARD_POLICY_OBSERVE);
	free(slots);
	assert_int_equal(policy_find(&engine, "web", &slot), 0);
	assert_int_equal(slot, 7);
	assert_int_equal(policy_find(&engine, "db", &slot), -ENOENT);
}

static void each_is_read_once(void **state)
{
	struct policy_slots *slots = policy_slots_new(&engine);
	char name[16];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "web-%d", i);
		assert_int_equal(slot_for(slots, name, 0), CAPWARD_POLICY_FIRST + i);
	}
	assert_int_equal(engine.reads, CAPWARD_POLICIES);
	free(slots);
	/* Of a run only as many as it takes to find a free one. */
	slots = policy_slots_new(&engine);
	engine.reads = 0;
	assert_int_equal(slot_for(slots, "run", CAPWARD_POLICY_RUN), CAPWARD_POLICY_FIRST);
	assert_int_equal(engine.reads, CAPWARD_POLICY_FIRST + 1);
	free(slots);
}

static void what_nothing_refers_to_is_reused(void **state)
{
	struct policy_slots *slots = policy_slots_new(&engine);

	(void)state;
	fill("old", CAPWARD_POLICY_RUN);
	engine.scopes[0].policy = 2;
	engine.scope_count = 1;
	engine.matches[0].policy = 3;
	engine.matches[1].policy = CAPWARD_MATCH_CONTAINER;
	engine.match_count = 2;
	engine.state.container_policy = 4;
	engine.state.service_policy = 5;
	engine.policies[6] = named("mail", 0);
	assert_int_equal(slot_for(slots, "web", 0), 6);
	/* That was given away. */
	assert_int_equal(slot_for(slots, "mail", 0), 7);
	free(slots);
}

static void all_are_in_use(void **state)
{
	struct policy_slots *slots = policy_slots_new(&engine);
	char name[16];

	(void)state;
	fill("old", CAPWARD_POLICY_RUN);
	for (__u32 i = CAPWARD_POLICY_FIRST; i < CAPWARD_POLICIES; i++) {
		snprintf(name, sizeof(name), "web-%u", i);
		assert_int_equal(slot_for(slots, name, CAPWARD_POLICY_RUN), i);
	}
	assert_int_equal(slot_for(slots, "more", CAPWARD_POLICY_RUN), -ENOSPC);
	free(slots);
}

static void what_cannot_be_read(void **state)
{
	struct policy_slots *slots = policy_slots_new(&engine);
	__u32 slot;

	(void)state;
	engine.broken = 9;
	assert_int_equal(slot_for(slots, "web", 0), -EIO);
	assert_int_equal(policy_find(&engine, "web", &slot), -EIO);
	/* It may be read the next time. */
	engine.broken = 0;
	assert_int_equal(slot_for(slots, "web", 0), CAPWARD_POLICY_FIRST);
	free(slots);
}

static void the_daemons_are_retired(void **state)
{
	const __u32 kept[] = {2};

	(void)state;
	for (__u32 i = 2; i < 5; i++)
		engine.policies[i] = named("web", CAPWARD_POLICY_DAEMON);
	engine.policies[5] = named("hand", 0);
	engine.scopes[0].policy = 3;
	engine.scope_count = 1;
	policy_retire(&engine, kept, 1);
	assert_string_equal(engine.policies[2].profile, "web");
	assert_string_equal(engine.policies[3].profile, "web");
	assert_string_equal(engine.policies[4].profile, "");
	assert_string_equal(engine.policies[5].profile, "hand");
}

#define TEST(function) cmocka_unit_test_setup(function, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_keeps_its_slot),
		TEST(each_is_read_once),
		TEST(what_nothing_refers_to_is_reused),
		TEST(all_are_in_use),
		TEST(what_cannot_be_read),
		TEST(the_daemons_are_retired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

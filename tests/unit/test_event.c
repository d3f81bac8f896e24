// SPDX-License-Identifier: GPL-2.0-or-later
/* Events: what is refused, and what is shown of hostile bytes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "event.h"

static const struct capward_event good = {
	.type = CAPWARD_EVENT_VERDICT,
	.size = sizeof(struct capward_event),
	.version = CAPWARD_ABI,
	.scope = 42,
	.cgroup = 43,
	.count = 7,
	.pid = 100,
	.tid = 101,
	.policy = 2,
	.syscall = 1000000, /* none has this number */
	.userns_level = 1,
	.permission = 21,
	.verdict = CAPWARD_DENIED,
	.mode = CAPWARD_ENFORCE,
	.audit = 1,
	.comm = "sh",
};

static int decodes(struct capward_event event)
{
	struct capward_event out;

	return event_decode(&event, sizeof(event), &out);
}

static void a_good_one(void **state)
{
	struct capward_event out;

	(void)state;
	assert_int_equal(event_decode(&good, sizeof(good), &out), 0);
	assert_memory_equal(&out, &good, sizeof(good));
}

static void bad_ones(void **state)
{
	struct capward_event event, out, two[2] = {good, good};

	(void)state;
	for (size_t size = 0; size <= sizeof(two); size++)
		assert_int_equal(event_decode(two, size, &out),
				 size == sizeof(good) ? 0 : -EBADMSG);
	assert_int_equal((two[0].size = sizeof(two), event_decode(two, sizeof(two), &out)),
			 -EBADMSG);
	assert_int_equal((event = good, event.type = 0, decodes(event)), -EBADMSG);
	assert_int_equal((event = good, event.type = 2, decodes(event)), -EBADMSG);
	assert_int_equal((event = good, event.size--, decodes(event)), -EBADMSG);
	assert_int_equal((event = good, event.version++, decodes(event)), -EBADMSG);
	assert_int_equal((event = good, event.verdict = CAPWARD_VERDICTS, decodes(event)),
			 -EBADMSG);
	assert_int_equal((event = good, event.mode = 4, decodes(event)), -EBADMSG);
	assert_int_equal((event = good, event.permission = 62, decodes(event)), -EBADMSG);
	assert_int_equal((event = good, event.policy = CAPWARD_POLICIES, decodes(event)), -EBADMSG);
}

static struct event_view view_of(const char comm[CAPWARD_COMM])
{
	struct event_view view = {.event = good, .cgroup = "/a\x1b[2Jb", .exe = "/bin/\xff"};

	memcpy(view.event.comm, comm, CAPWARD_COMM);
	strcpy(view.profile, "web");
	view.time_ns = 1000000000000000001LL;
	return view;
}

static void text_is_escaped(void **state)
{
	struct event_view view = view_of("\x1b]0;x\x07\n\xe2\x80\xae"
					 "abcdef");
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(event_print(&view, stream), 0);
	fclose(stream);
	for (size_t i = 0; i + 1 < size; i++)
		assert_in_range((unsigned char)text[i], 0x20, 0x7e);
	assert_int_equal(text[size - 1], '\n');
	assert_non_null(strstr(text, "\\x1b]0;x\\x07\\x0a\\xe2\\x80\\xaeabcdef[100]"));
	assert_non_null(strstr(text, "denied"));
	assert_non_null(strstr(text, "SYS_ADMIN"));
	free(text);
}

static void json_has_the_contract(void **state)
{
	/* All 16 bytes, no NUL. */
	struct event_view view = view_of("0123456789abcde\"");
	json_t *json = event_json(&view), *scope;

	(void)state;
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "time")),
			    "2001-09-09T01:46:40.000000Z");
	assert_string_equal(json_string_value(json_object_get(json, "cap")), "CAP_SYS_ADMIN");
	assert_string_equal(json_string_value(json_object_get(json, "verdict")), "denied");
	assert_string_equal(json_string_value(json_object_get(json, "comm")), "0123456789abcde\"");
	assert_string_equal(json_string_value(json_object_get(json, "exe")), "/bin/\\xff");
	assert_string_equal(json_string_value(json_object_get(json, "profile")), "web");
	assert_string_equal(json_string_value(json_object_get(json, "mode")), "enforce");
	assert_string_equal(json_string_value(json_object_get(json, "syscall")), "1000000");
	assert_int_equal(json_integer_value(json_object_get(json, "pid")), 100);
	assert_int_equal(json_integer_value(json_object_get(json, "tid")), 101);
	assert_int_equal(json_integer_value(json_object_get(json, "count")), 7);
	assert_int_equal(json_integer_value(json_object_get(json, "userns_level")), 1);
	assert_true(json_is_true(json_object_get(json, "audit")));
	scope = json_object_get(json, "scope");
	assert_int_equal(json_integer_value(json_object_get(scope, "id")), 42);
	assert_string_equal(json_string_value(json_object_get(scope, "cgroup")), "/a\\x1b[2Jb");
	assert_true(json_is_null(json_object_get(scope, "image")));
	json_decref(json);
}

static void verdict_names(void **state)
{
	(void)state;
	for (int i = 0; i < CAPWARD_VERDICTS; i++)
		assert_int_equal(event_verdict_parse(event_verdict_name(i)), i);
	assert_string_equal(event_verdict_name(CAPWARD_VERDICTS), "?");
	assert_int_equal(event_verdict_parse("nothing"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one),	   cmocka_unit_test(bad_ones),
		cmocka_unit_test(text_is_escaped), cmocka_unit_test(json_has_the_contract),
		cmocka_unit_test(verdict_names),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}

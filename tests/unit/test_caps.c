// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "caps.h"

static int parse(const char *name)
{
	return caps_parse(name, strlen(name));
}

static void test_parse_names(void **state)
{
	(void)state;
	assert_int_equal(parse("CAP_CHOWN"), 0);
	assert_int_equal(parse("chown"), 0);
	assert_int_equal(parse("Cap_Sys_Admin"), 21);
	assert_int_equal(parse("NET_BIND_SERVICE"), 10);
	assert_int_equal(parse("checkpoint_restore"), 40);
}

static void test_parse_uses_the_length(void **state)
{
	(void)state;
	assert_int_equal(caps_parse("NET_RAWX", 7), 13);
	assert_int_equal(caps_parse("NET_RAW\0X", 9), -EINVAL);
	assert_int_equal(caps_parse("NET_RAW", 6), -EINVAL);
}

static void test_parse_refuses_everything_else(void **state)
{
	static const char *const names[] = {
		"",
		"CAP_",
		"CAP",
		"ALL",
		"none",
		"0",
		"21",
		"cap_21",
		"0x15",
		"CHOWN ",
		" CHOWN",
		"CHOWN,KILL",
		"CAP_CHOWN=ep",
		"CHOWN+ep",
		"CAP_CAP_CHOWN",
		"SYS-ADMIN",
		"CH\xc3\x96WN",
		"CHOWN\n",
		"NET_BIND_SERVICE_AND_A_LOT_MORE_THAN_FITS",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(parse(names[i]), -EINVAL);
}

static void test_every_label_parses_back(void **state)
{
	char label[CAPS_LABEL];

	(void)state;
	for (unsigned int cap = 0; cap <= CAPS_LAST; cap++) {
		caps_label(cap, label);
		assert_memory_equal(label, "CAP_", 4);
		assert_int_equal(parse(label), cap);
		assert_int_equal(parse(label + 4), cap);
	}
}

static void test_label(void **state)
{
	char label[CAPS_LABEL];

	(void)state;
	assert_string_equal(caps_label(21, label), "CAP_SYS_ADMIN");
	assert_string_equal(caps_label(41, label), "CAP_41");
	assert_string_equal(caps_label(63, label), "CAP_63");
	assert_string_equal(caps_label(UINT32_MAX, label), "CAP_4294967295");
}

static void test_nearest(void **state)
{
	char near[CAPS_LABEL];

	(void)state;
	assert_string_equal(caps_nearest("SYSADMIN", near), "SYS_ADMIN");
	assert_string_equal(caps_nearest("cap_sys_admn", near), "SYS_ADMIN");
	assert_string_equal(caps_nearest("NET_BIND_SERVCE", near), "NET_BIND_SERVICE");
	assert_string_equal(caps_nearest("chwon", near), "CHOWN");
	assert_null(caps_nearest("", near));
	assert_null(caps_nearest("CAP_", near));
	assert_null(caps_nearest("21", near));
	assert_null(caps_nearest("something", near));
	assert_null(caps_nearest("NET_BIND_SERVICE_AND_A_LOT_MORE_THAN_FITS", near));
}

static void test_all(void **state)
{
	(void)state;
	assert_true(caps_all() == 0x1ffffffffffULL);
}

static void test_docker_default(void **state)
{
	char text[CAPS_TEXT];

	(void)state;
	assert_true(CAPS_DOCKER_DEFAULT == 0xa80425fbULL);
	assert_string_equal(caps_format(CAPS_DOCKER_DEFAULT, text),
			    "CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, "
			    "NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP");
}

static void test_format(void **state)
{
	char text[CAPS_TEXT];

	(void)state;
	assert_string_equal(caps_format(0, text), "none");
	assert_string_equal(caps_format(CAPS_BIT(CAP_CHOWN), text), "CHOWN");
	assert_string_equal(caps_format(caps_all(), text), "ALL");
	assert_string_equal(caps_format(UINT64_MAX, text), "ALL");
	assert_string_equal(caps_format(caps_all() & ~CAPS_BIT(CAP_MKNOD), text), "ALL but MKNOD");
	assert_string_equal(caps_format(CAPS_BIT(CAP_KILL) | CAPS_BIT(41), text), "KILL, CAP_41");
}

static void test_format_fits_any_mask(void **state)
{
	char text[CAPS_TEXT];

	(void)state;
	/* The longest: as many names as are still listed, and every unknown number. */
	caps_format(0xfffffULL | ~caps_all(), text);
	assert_non_null(strstr(text, ", CAP_63"));
	assert_true(strlen(text) < CAPS_TEXT - 1);
}

static struct caps_list list_of(const char *const *names)
{
	struct caps_list list = {0};

	for (; *names; names++)
		assert_int_equal(caps_list_add(&list, *names, strlen(*names)), 0);
	return list;
}

#define LIST(...) list_of((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void test_list_add(void **state)
{
	struct caps_list list = LIST("CHOWN", "all");
	const struct caps_list before = list;

	(void)state;
	assert_true(list.all);
	assert_true(list.mask == CAPS_BIT(CAP_CHOWN));
	assert_int_equal(caps_list_add(&list, "cap_chown", 9), -EEXIST);
	assert_int_equal(caps_list_add(&list, "ALL", 3), -EEXIST);
	assert_int_equal(caps_list_add(&list, "ALLE", 4), -EINVAL);
	assert_memory_equal(&list, &before, sizeof(list));
}

static void test_conflict(void **state)
{
	struct caps_list empty = {0}, all = LIST("ALL"), kill = LIST("KILL");
	struct caps_list both = LIST("ALL", "KILL");
	char name[CAPS_LABEL];

	(void)state;
	assert_null(caps_conflict(&empty, &empty, name));
	assert_null(caps_conflict(&all, &kill, name));
	assert_null(caps_conflict(&kill, &all, name));
	assert_string_equal(caps_conflict(&kill, &kill, name), "KILL");
	assert_string_equal(caps_conflict(&both, &kill, name), "KILL");
	assert_string_equal(caps_conflict(&all, &all, name), "ALL");
	assert_string_equal(caps_conflict(&all, &both, name), "ALL");
}

/* The cases of moby's TweakCapabilities. */
static void test_compile(void **state)
{
	const uint64_t base = CAPS_DOCKER_DEFAULT;
	const uint64_t kill = CAPS_BIT(CAP_KILL), admin = CAPS_BIT(CAP_SYS_ADMIN);
	struct caps_list empty = {0}, all = LIST("ALL"), one = LIST("KILL");
	struct caps_list new = LIST("SYS_ADMIN"), all_and_one = LIST("ALL", "KILL");

	(void)state;
	assert_true(caps_compile(base, &empty, &empty) == base);
	assert_true(caps_compile(base, &one, &empty) == (base & ~kill));
	assert_true(caps_compile(base, &new, &empty) == base);
	assert_true(caps_compile(base, &empty, &new) == (base | admin));
	assert_true(caps_compile(base, &one, &new) == ((base & ~kill) | admin));
	assert_true(caps_compile(base, &all, &empty) == 0);
	assert_true(caps_compile(base, &all, &new) == admin);
	assert_true(caps_compile(base, &all_and_one, &new) == admin);
	assert_true(caps_compile(base, &empty, &all) == caps_all());
	assert_true(caps_compile(base, &one, &all) == (caps_all() & ~kill));
	assert_true(caps_compile(base, &empty, &all_and_one) == caps_all());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_names),
		cmocka_unit_test(test_parse_uses_the_length),
		cmocka_unit_test(test_parse_refuses_everything_else),
		cmocka_unit_test(test_every_label_parses_back),
		cmocka_unit_test(test_label),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_docker_default),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_fits_any_mask),
		cmocka_unit_test(test_list_add),
		cmocka_unit_test(test_conflict),
		cmocka_unit_test(test_compile),
	};

	return cmocka_run_group_tests_name("caps", tests, NULL, NULL);
}

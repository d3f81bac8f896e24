// SPDX-License-Identifier: GPL-2.0-or-later
/* The directory of profiles: what is taken, what stays in force, what is told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "profile_dir.h"

static char top[] = "/tmp/capward-dir.XXXXXX";
static char told[4096];
static const char *refused; /* the profile that must not be in force */

static void say(void *context, const char *text)
{
	(void)context;
	strncat(told, text, sizeof(told) - strlen(told) - 2);
	strcat(told, "\n");
}

static int accept(void *context, struct profile *const *profiles, size_t count, struct error *err)
{
	(void)context;
	for (size_t i = 0; i < count; i++)
		if (refused && !strcmp(profiles[i]->name, refused))
			return error_set(err, -ENOTUNIQ, "two profiles tie");
	return 0;
}

static const struct profile_dir_user user = {.accept = accept, .teller.say = say};

static void put(const char *name, const char *text)
{
	char path[128], new[128];
	FILE *file;

	snprintf(new, sizeof(new), "%s/.new", top);
	snprintf(path, sizeof(path), "%s/%s", top, name);
	file = fopen(new, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(new, path), 0);
}

static void take_away(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	assert_int_equal(unlink(path), 0);
}

/* The names of the profiles in force, with blanks. */
static const char *in_force(const struct profile_dir *dir)
{
	static char names[1024];
	size_t count;
	struct profile *const *profiles = profile_dir_profiles(dir, &count);

	names[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		strcat(names, profiles[i]->name);
		strcat(names, profiles[i]->mode == CAPWARD_AUDIT ? "! " : " ");
	}
	return names;
}

static int begin(void **state)
{
	struct error err;
	struct profile_dir *dir;

	strcpy(strrchr(top, '.'), ".XXXXXX");
	if (!mkdtemp(top) || profile_dir_open(top, &user, &dir, &err))
		return -1;
	told[0] = '\0';
	refused = NULL;
	*state = dir;
	return 0;
}

static int end(void **state)
{
	char command[160];

	profile_dir_close(*state);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static void files_come_and_change(void **state)
{
	struct profile_dir *dir = *state;

	assert_int_equal(profile_dir_read(dir, false, NULL), 0);
	assert_string_equal(in_force(dir), "");
	put("b.yaml", "profile: b\n");
	put("a.yaml", "profile: a\n");
	put("a.txt", "nonsense");
	put(".c.yaml", "nonsense");
	assert_int_equal(profile_dir_read(dir, false, NULL), 1);
	assert_string_equal(in_force(dir), "a b ");
	assert_int_equal(profile_dir_read(dir, false, NULL), 0);
	put("b.yaml", "profile: b\nmode: audit\n");
	assert_int_equal(profile_dir_read(dir, false, NULL), 1);
	assert_string_equal(in_force(dir), "a b! ");
	assert_string_equal(told, "");
	assert_int_equal(profile_dir_bad(dir), 0);
}

static void a_bad_file_leaves_what_was(void **state)
{
	struct profile_dir *dir = *state;

	put("a.yaml", "profile: a\nmode: audit\n");
	assert_int_equal(profile_dir_read(dir, true, NULL), 1);
	put("a.yaml", "profile: a\nnonsense: 1\n");
	put("b.yaml", "mode: enforce\n");
	assert_int_equal(profile_dir_read(dir, false, NULL), 0);
	assert_string_equal(in_force(dir), "a! ");
	assert_non_null(strstr(told, "a.yaml:2:1: "));
	assert_non_null(strstr(told, "what it said before stays in force\n"));
	assert_non_null(strstr(told, "b.yaml:1:1: "));
	assert_non_null(strstr(told, "; it is left out\n"));
	assert_int_equal(profile_dir_bad(dir), 2);

	/* Once. */
	told[0] = '\0';
	assert_int_equal(profile_dir_read(dir, false, NULL), 0);
	assert_string_equal(told, "");

	put("a.yaml", "profile: a\n");
	assert_int_equal(profile_dir_read(dir, false, NULL), 1);
	assert_string_equal(in_force(dir), "a ");
	assert_int_equal(profile_dir_bad(dir), 1);
}

static void two_of_one_name(void **state)
{
	struct profile_dir *dir = *state;

	put("a.yaml", "profile: x\n");
	put("b.yaml", "profile: x\n");
	assert_int_equal(profile_dir_read(dir, true, NULL), 1);
	assert_string_equal(in_force(dir), "x ");
	assert_non_null(strstr(told, "b.yaml: the profile x is in "));
	assert_int_equal(profile_dir_bad(dir), 1);

	/* What keeps the one out goes with the other, in one step and in either order. */
	put("a.yaml", "profile: y\n");
	put("b.yaml", "profile: x\nmode: audit\n");
	assert_int_equal(profile_dir_read(dir, false, NULL), 1);
	assert_string_equal(in_force(dir), "y x! ");
	put("b.yaml", "profile: y\n");
	put("a.yaml", "profile: z\n");
	assert_int_equal(profile_dir_read(dir, false, NULL), 1);
	assert_string_equal(in_force(dir), "z y ");
	assert_int_equal(profile_dir_bad(dir), 0);
}

static void what_is_not_accepted(void **state)
{
	struct profile_dir *dir = *state;

	put("a.yaml", "profile: a\n");
	assert_int_equal(profile_dir_read(dir, true, NULL), 1);
	refused = "b";
	put("a.yaml", "profile: b\n");
	put("c.yaml", "profile: c\n");
	assert_int_equal(profile_dir_read(dir, false, NULL), 1);
	assert_string_equal(in_force(dir), "a c ");
	assert_string_equal(told, "a.yaml: two profiles tie; what it said before stays in force\n");
	/* A reload tries again. */
	refused = NULL;
	assert_int_equal(profile_dir_read(dir, false, NULL), 0);
	assert_int_equal(profile_dir_read(dir, true, NULL), 1);
	assert_string_equal(in_force(dir), "b c ");
}

static void a_file_that_goes_stays_until_a_reload(void **state)
{
	struct profile_dir *dir = *state;

	put("a.yaml", "profile: a\n");
	put("b.yaml", "profile: b\n");
	assert_int_equal(profile_dir_read(dir, true, NULL), 1);
	take_away("a.yaml");
	assert_int_equal(profile_dir_read(dir, false, NULL), 0);
	assert_int_equal(profile_dir_read(dir, false, NULL), 0);
	assert_string_equal(in_force(dir), "a b ");
	assert_string_equal(told, "a.yaml: gone; the profile a stays in force until a reload\n");

	/* An editor that removes and writes. */
	put("a.yaml", "profile: a\nmode: audit\n");
	assert_int_equal(profile_dir_read(dir, false, NULL), 1);
	assert_string_equal(in_force(dir), "a! b ");

	told[0] = '\0';
	take_away("a.yaml");
	assert_int_equal(profile_dir_read(dir, true, NULL), 1);
	assert_string_equal(in_force(dir), "b ");
	assert_string_equal(told, "a.yaml: gone, and the profile a with it\n");
}

static void the_directory_goes(void **state)
{
	struct profile_dir *dir = *state;
	struct error err;

	put("a.yaml", "profile: a\n");
	assert_int_equal(profile_dir_read(dir, true, NULL), 1);
	take_away("a.yaml");
	assert_int_equal(rmdir(top), 0);
	assert_int_equal(profile_dir_read(dir, false, &err), -ENOENT);
	assert_string_equal(in_force(dir), "a ");
	assert_int_equal(mkdir(top, 0700), 0);
	put("a.yaml", "profile: a\nmode: audit\n");
	assert_int_equal(profile_dir_read(dir, false, NULL), 1);
	assert_string_equal(in_force(dir), "a! ");
}

static void hostile_files(void **state)
{
	struct profile_dir *dir = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/fifo.yaml", top);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/dir.yaml", top);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/nowhere.yaml", top);
	assert_int_equal(symlink("/nonexistent", path), 0);
	put("good.yaml", "profile: good\n");
	assert_int_equal(profile_dir_read(dir, true, NULL), 1);
	assert_string_equal(in_force(dir), "good ");
	assert_int_equal(profile_dir_bad(dir), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_come_and_change, begin, end),
		cmocka_unit_test_setup_teardown(a_bad_file_leaves_what_was, begin, end),
		cmocka_unit_test_setup_teardown(two_of_one_name, begin, end),
		cmocka_unit_test_setup_teardown(what_is_not_accepted, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_goes_stays_until_a_reload, begin, end),
		cmocka_unit_test_setup_teardown(the_directory_goes, begin, end),
		cmocka_unit_test_setup_teardown(hostile_files, begin, end),
	};

	return cmocka_run_group_tests_name("profile_dir", tests, NULL, NULL);
}

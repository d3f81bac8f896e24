// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output.h"

static const char *escape(const char *bytes, size_t length)
{
	static char out[TEXT_ESCAPED(256)];

	text_escape(out, sizeof(out), bytes, length);
	return out;
}

static void test_escape(void **state)
{
	(void)state;
	assert_string_equal(escape("nginx: worker", 13), "nginx: worker");
	assert_string_equal(escape("", 0), "");
	assert_string_equal(escape("a\0b", 3), "a\\x00b");
	assert_string_equal(escape("\x1b[2J", 4), "\\x1b[2J");
	assert_string_equal(escape("a\\x41\n", 6), "a\\x5cx41\\x0a");
	assert_string_equal(escape("\x7f\xff", 2), "\\x7f\\xff");
	/* Valid UTF-8: right-to-left override. */
	assert_string_equal(escape("\xe2\x80\xae", 3), "\\xe2\\x80\\xae");
}

/* Undo the escaping, to show that it loses nothing. */
static size_t unescape(const char *text, char *out)
{
	size_t used = 0;

	for (; *text; text++) {
		if (*text == '\\') {
			char digits[3] = {text[2], text[3], '\0'};

			out[used++] = (char)strtoul(digits, NULL, 16);
			text += 3;
		} else {
			out[used++] = *text;
		}
	}
	return used;
}

static void test_escape_is_plain_and_reversible(void **state)
{
	char bytes[256], back[256];
	const char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	text = escape(bytes, sizeof(bytes));
	for (const char *c = text; *c; c++)
		assert_in_range(*c, ' ', '~');
	assert_int_equal(unescape(text, back), sizeof(bytes));
	assert_memory_equal(back, bytes, sizeof(bytes));
}

static void test_escape_cuts(void **state)
{
	/* By the size of the array. */
	static const char *const expected[] = {
		NULL, "", ".", "..", "...", "a...", "a...", "a\\x0ab", "a\\x0ab",
	};

	(void)state;
	for (size_t size = 1; size < sizeof(expected) / sizeof(expected[0]); size++) {
		char *out = test_malloc(size);

		text_escape(out, size, "a\nb", 3);
		assert_string_equal(out, expected[size]);
		test_free(out);
	}
}

static void test_escape_into_nothing(void **state)
{
	char out = '?';

	(void)state;
	text_escape(&out, 0, "a", 1);
	assert_int_equal(out, '?');
}

static void test_json(void **state)
{
	json_t *string = json_escaped("a\0\xff\\\"", 5);
	char *text;

	(void)state;
	assert_non_null(string);
	assert_string_equal(json_string_value(string), "a\\x00\\xff\\x5c\"");
	text = json_dumps(string, JSON_ENCODE_ANY);
	assert_string_equal(text, "\"a\\\\x00\\\\xff\\\\x5c\\\"\"");
	free(text);
	json_decref(string);
}

static void test_json_text(void **state)
{
	json_t *string = json_text("a\xff");

	(void)state;
	assert_string_equal(json_string_value(string), "a\\xff");
	json_decref(string);
	assert_true(json_is_null(json_text("")));
	assert_true(json_is_null(json_text(NULL)));
}

static const struct table_column columns[] = {
	{.title = "NAME"},
	{.title = "USED", .right = true},
	{.title = "CAPABILITIES"},
};

/* Print @table at @width and compare. */
static void check_print(const struct table *table, unsigned int width, const char *expected)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	assert_int_equal(table_print(table, stream, width), 0);
	fclose(stream);
	assert_string_equal(text, expected);
	free(text);
}

static struct table *new_table(void)
{
	struct table *table = NULL;

	assert_int_equal(table_new(columns, 3, &table), 0);
	return table;
}

static void add(struct table *table, const char *a, const char *b, const char *c)
{
	const char *const cells[] = {a, b, c};

	assert_int_equal(table_add(table, cells), 0);
}

static void test_table_aligns(void **state)
{
	struct table *table = new_table();

	(void)state;
	check_print(table, 80, "NAME  USED  CAPABILITIES\n");
	add(table, "web", "7", "CHOWN, KILL");
	add(table, "database", "12345", NULL);
	add(table, "x", NULL, "");
	add(table, "", "", "");
	check_print(table, 80,
		    "NAME       USED  CAPABILITIES\n"
		    "web           7  CHOWN, KILL\n"
		    "database  12345\n"
		    "x\n"
		    "\n");
	table_free(table);
}

static void test_table_wraps_the_last_column(void **state)
{
	struct table *table = new_table();

	(void)state;
	add(table, "web", "7", "CHOWN, DAC_OVERRIDE, FOWNER, KILL");
	add(table, "one", "1", "a-word-that-is-longer-than-the-room   it has");
	check_print(table, 36,
		    "NAME  USED  CAPABILITIES\n"
		    "web      7  CHOWN, DAC_OVERRIDE,\n"
		    "            FOWNER, KILL\n"
		    "one      1  a-word-that-is-longer-than-the-room\n"
		    "            it has\n");
	check_print(table, 45,
		    "NAME  USED  CAPABILITIES\n"
		    "web      7  CHOWN, DAC_OVERRIDE, FOWNER, KILL\n"
		    "one      1  a-word-that-is-longer-than-the-room\n"
		    "            it has\n");
	table_free(table);
}

static void test_table_does_not_wrap(void **state)
{
	static const char whole[] = "NAME  USED  CAPABILITIES\n"
				    "web      7  CHOWN, DAC_OVERRIDE, FOWNER, KILL\n";
	struct table *table = new_table();

	(void)state;
	add(table, "web", "7", "CHOWN, DAC_OVERRIDE, FOWNER, KILL");
	check_print(table, 0, whole);
	check_print(table, 20, whole);
	check_print(table, 31, whole);
	table_free(table);
}

static void test_table_escapes(void **state)
{
	struct table *table = new_table();

	(void)state;
	add(table, "\x1b[2J", "1", "a\nb");
	check_print(table, 80,
		    "NAME     USED  CAPABILITIES\n"
		    "\\x1b[2J     1  a\\x0ab\n");
	table_free(table);
}

static void test_table_has_no_blank_at_the_end_of_a_line(void **state)
{
	struct table *table = new_table();

	(void)state;
	add(table, "a ", "  ", "");
	add(table, "b", "2", "   ");
	add(table, " c", "3", "  a-word-that-is-longer-than-the-room ");
	check_print(table, 36,
		    "NAME  USED  CAPABILITIES\n"
		    "a\n"
		    "b        2\n"
		    " c       3    a-word-that-is-longer-than-the-room\n");
	table_free(table);
}

static void test_table_of_many_rows(void **state)
{
	struct table *table = new_table();
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	(void)state;
	for (int i = 0; i < 1000; i++)
		add(table, "n", "1", "c");
	assert_int_equal(table_print(table, stream, 80), 0);
	fclose(stream);
	assert_int_equal(length,
			 strlen("NAME  USED  CAPABILITIES\n") + 1000 * strlen("n        1  c\n"));
	free(text);
	table_free(table);
}

static void test_table_of_one_right_column(void **state)
{
	static const struct table_column one = {.title = "COUNT", .right = true};
	const char *cell = "1";
	struct table *table = NULL;

	(void)state;
	assert_int_equal(table_new(&one, 1, &table), 0);
	assert_int_equal(table_add(table, &cell), 0);
	check_print(table, 80, "COUNT\n    1\n");
	table_free(table);
	table_free(NULL);
}

static void test_table_reports_a_failed_stream(void **state)
{
	struct table *table = new_table();
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(table_print(table, full, 80), -EIO);
	fclose(full);
	table_free(table);
}

static void test_width_of_no_terminal(void **state)
{
	FILE *stream = fopen("/dev/null", "w");

	(void)state;
	assert_non_null(stream);
	assert_int_equal(table_width(stream), 0);
	fclose(stream);
}

static void test_width_of_a_terminal(void **state)
{
	struct winsize size = {.ws_row = 24, .ws_col = 132};
	int master, terminal;
	FILE *stream;

	(void)state;
	assert_int_equal(openpty(&master, &terminal, NULL, NULL, &size), 0);
	stream = fdopen(terminal, "w");
	assert_non_null(stream);
	assert_int_equal(table_width(stream), 132);
	size.ws_col = 0;
	assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
	assert_int_equal(table_width(stream), 80);
	fclose(stream);
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_escape_is_plain_and_reversible),
		cmocka_unit_test(test_escape_cuts),
		cmocka_unit_test(test_escape_into_nothing),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_text),
		cmocka_unit_test(test_table_aligns),
		cmocka_unit_test(test_table_wraps_the_last_column),
		cmocka_unit_test(test_table_does_not_wrap),
		cmocka_unit_test(test_table_escapes),
		cmocka_unit_test(test_table_has_no_blank_at_the_end_of_a_line),
		cmocka_unit_test(test_table_of_many_rows),
		cmocka_unit_test(test_table_of_one_right_column),
		cmocka_unit_test(test_table_reports_a_failed_stream),
		cmocka_unit_test(test_width_of_no_terminal),
		cmocka_unit_test(test_width_of_a_terminal),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes what stands between a name that a task chose and a terminal: escaping into arrays of any
 * size, JSON strings, and tables of any width (user/output.c).
 *
 * Input: the size of the array, the width of the table, and the bytes; for the table, cells of
 * which each ends with a NUL.
 */
#include "fuzz.h"
#include "output.h"

#define COLUMNS	    3
#define BYTES	    4096
#define LONGEST_OUT 256

static void check_plain(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		require(text[i] >= ' ' && text[i] <= '~', "printable ASCII only");
}

static int hex_digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* Undo the escaping of @length characters at @text, and compare with the beginning of @bytes. */
static size_t check_unescaped(const char *text, size_t length, const char *bytes, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		int byte = text[i];

		if (byte == '\\') {
			require(i + 3 < length && text[i + 1] == 'x', "an escape is whole");
			byte = hex_digit(text[i + 2]) << 4 | hex_digit(text[i + 3]);
			i += 3;
		}
		require(used < size && (char)byte == bytes[used], "escaping loses nothing");
		used++;
	}
	return used;
}

static void check_escape(size_t room, const char *bytes, size_t size)
{
	char *out = malloc(room);
	size_t length;

	require(!room || out, "there is memory");
	text_escape(out, room, bytes, size);
	if (!room) {
		free(out);
		return;
	}
	length = strnlen(out, room);
	require(length < room, "it ends with a NUL");
	check_plain(out, length);
	if (room > TEXT_ESCAPED(size) - 1) {
		require(check_unescaped(out, length, bytes, size) == size, "it is whole");
	} else if (room > strlen("...") && length >= strlen("...")) {
		/* Whole by chance, or cut; the bytes themselves may end in dots. */
		if (!strcmp(out + length - 3, "..."))
			length -= 3;
		check_unescaped(out, length, bytes, size);
	}
	free(out);
}

static void check_json(const char *bytes, size_t size)
{
	json_t *string = json_escaped(bytes, size);
	const char *text = json_string_value(string);

	require(text != NULL, "a JSON string");
	check_plain(text, strlen(text));
	require(check_unescaped(text, strlen(text), bytes, size) == size, "JSON is whole");
	json_decref(string);
}

static char *print(const struct table *table, unsigned int width)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	require(stream && !table_print(table, stream, width) && !fclose(stream), "it prints");
	require(strlen(text) == length, "no NUL is printed");
	return text;
}

/* Check the lines of @text, and leave of it what is not blank; how many lines there were. */
static size_t strip(char *text)
{
	size_t lines = 0;
	char *out = text, last = '\n';

	for (const char *c = text; *c; last = *c++) {
		require(*c == '\n' || (*c >= ' ' && *c <= '~'), "printable ASCII only");
		require(*c != '\n' || last != ' ', "no blank at the end of a line");
		lines += *c == '\n';
		if (*c != '\n' && *c != ' ')
			*out++ = *c;
	}
	require(last == '\n', "the last line ends");
	*out = '\0';
	return lines;
}

/* However wide it is printed, the text is the same but for blanks and lines. */
static void check_table(unsigned int width, const uint8_t *data, size_t size)
{
	static const struct table_column columns[COLUMNS] = {
		{.title = "NAME"}, {.title = "USED", .right = true}, {.title = "CAPABILITIES"}};
	struct table *table = NULL;
	char *whole, *broken;
	size_t rows = 1;

	require(!table_new(columns, COLUMNS, &table), "a table");
	for (; size && rows < 16; rows++) {
		char *cells[COLUMNS];

		for (size_t i = 0; i < COLUMNS; i++)
			cells[i] = take_string(LONGEST_OUT, &data, &size);
		require(!table_add(table, (const char *const *)cells), "a row");
		for (size_t i = 0; i < COLUMNS; i++)
			free(cells[i]);
	}
	whole = print(table, 0);
	broken = print(table, width);
	require(strip(whole) == rows, "a row is a line where no width is given");
	require(strip(broken) >= rows, "a row is a line or more");
	require(!strcmp(whole, broken), "breaking lines loses nothing");
	free(whole);
	free(broken);
	table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room, width;

	if (size < 2 || size > BYTES)
		return 0;
	room = data[0];
	width = data[1];
	data += 2;
	size -= 2;
	check_escape(room, (const char *)data, size);
	check_escape(TEXT_ESCAPED(size), (const char *)data, size);
	check_json((const char *)data, size);
	check_table(width, data, size);
	return 0;
}

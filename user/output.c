// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"

#define ELLIPSIS "..."

/* Blanks between two columns. */
#define GAP 2

/* A last column narrower than this is not broken: it would be a tower of single words. */
#define LEAST_WRAP 20

#define DEFAULT_WIDTH 80

static bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '\\';
}

/* Write @byte as text to @out, which has room for four bytes; return how many were written. */
static size_t escape_byte(char *out, char byte)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char value = (unsigned char)byte;

	if (is_plain(byte)) {
		out[0] = byte;
		return 1;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex[value >> 4];
	out[3] = hex[value & 15];
	return 4;
}

static size_t escaped_length(const char *bytes, size_t length)
{
	size_t total = 0;

	for (size_t i = 0; i < length; i++)
		total += is_plain(bytes[i]) ? 1 : 4;
	return total;
}

/* How many of the bytes fit into @room characters when they are escaped. */
static size_t fitting(const char *bytes, size_t length, size_t room)
{
	size_t used = 0, i;

	for (i = 0; i < length; i++) {
		used += is_plain(bytes[i]) ? 1 : 4;
		if (used > room)
			break;
	}
	return i;
}

void text_escape(char *out, size_t size, const char *bytes, size_t length)
{
	size_t used = 0, dots = 0, keep;

	if (!size)
		return;
	keep = fitting(bytes, length, size - 1);
	if (keep < length) {
		dots = size - 1 < sizeof(ELLIPSIS) - 1 ? size - 1 : sizeof(ELLIPSIS) - 1;
		keep = fitting(bytes, length, size - 1 - dots);
	}
	for (size_t i = 0; i < keep; i++)
		used += escape_byte(out + used, bytes[i]);
	memcpy(out + used, ELLIPSIS, dots);
	out[used + dots] = '\0';
}

/* The bytes escaped, whole, in memory of their own; NULL when there is none. */
static char *escaped_copy(const char *bytes, size_t length)
{
	size_t size = escaped_length(bytes, length) + 1;
	char *copy = malloc(size);

	if (copy)
		text_escape(copy, size, bytes, length);
	return copy;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Read the byte that escape_byte() writes at @text into *@byte; its length there, 0: it is none. */
static size_t unescape_byte(const char *text, char *byte)
{
	int high, low;

	*byte = text[0];
	if (is_plain(text[0]))
		return 1;
	if (text[0] != '\\' || text[1] != 'x')
		return 0;
	high = hex_digit(text[2]);
	low = high < 0 ? -1 : hex_digit(text[3]);
	if (low < 0)
		return 0;
	*byte = (char)(high << 4 | low);
	return 4;
}

int text_unescape(char *out, size_t size, const char *text)
{
	size_t used = 0, length;

	while (*text) {
		if (used == size)
			return -EINVAL;
		length = unescape_byte(text, &out[used]);
		if (!length)
			return -EINVAL;
		used++;
		text += length;
	}
	memset(out + used, 0, size - used);
	return (int)used;
}

json_t *json_escaped(const char *bytes, size_t length)
{
	char *text = escaped_copy(bytes, length);
	json_t *string = text ? json_string_nocheck(text) : NULL;

	free(text);
	return string;
}

json_t *json_text(const char *text)
{
	return text && text[0] ? json_escaped(text, strlen(text)) : json_null();
}

json_t *json_time(__u64 ns)
{
	char text[CLOCK_TEXT];

	if (!ns)
		return json_null();
	clock_format((long long)ns, text, sizeof(text));
	return json_string(text);
}

struct table {
	const struct table_column *columns;
	size_t count;
	size_t *widths; /* of each column's widest cell */
	char **cells;	/* row by row; the first row is the titles */
	size_t rows;
	size_t room; /* rows there is memory for */
};

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->rows * table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table->widths);
	free(table);
}

static int make_room(struct table *table)
{
	size_t room = table->room ? 2 * table->room : 16;
	char **cells;

	if (table->rows < table->room)
		return 0;
	cells = reallocarray(table->cells, room, table->count * sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	table->cells = cells;
	table->room = room;
	return 0;
}

static void add_row(struct table *table)
{
	char *const *row = table->cells + table->rows * table->count;

	for (size_t i = 0; i < table->count; i++) {
		size_t length = strlen(row[i]);

		if (length > table->widths[i])
			table->widths[i] = length;
	}
	table->rows++;
}

int table_add(struct table *table, const char *const *cells)
{
	char **row;

	if (make_room(table))
		return -ENOMEM;
	row = table->cells + table->rows * table->count;
	for (size_t i = 0; i < table->count; i++) {
		const char *cell = cells[i] ? cells[i] : "";

		row[i] = escaped_copy(cell, strlen(cell));
		if (row[i])
			continue;
		while (i)
			free(row[--i]);
		return -ENOMEM;
	}
	add_row(table);
	return 0;
}

/* The titles are the first row, so that they are measured and printed as any other. */
static int add_titles(struct table *table)
{
	const char **titles = calloc(table->count, sizeof(*titles));
	int r;

	if (!titles)
		return -ENOMEM;
	for (size_t i = 0; i < table->count; i++)
		titles[i] = table->columns[i].title;
	r = table_add(table, titles);
	free(titles);
	return r;
}

int table_new(const struct table_column *columns, size_t count, struct table **out)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->columns = columns;
	table->count = count;
	table->widths = calloc(count, sizeof(*table->widths));
	if (!table->widths || add_titles(table)) {
		table_free(table);
		return -ENOMEM;
	}
	*out = table;
	return 0;
}

/* Where the last column begins: the widths of all before it, with their gaps. */
static size_t last_indent(const struct table *table)
{
	size_t indent = 0;

	for (size_t i = 0; i + 1 < table->count; i++)
		indent += table->widths[i] + GAP;
	return indent;
}

static void print_blanks(FILE *stream, size_t count)
{
	while (count--)
		fputc(' ', stream);
}

static size_t without_trailing_blanks(const char *text, size_t length)
{
	while (length && text[length - 1] == ' ')
		length--;
	return length;
}

/* How much of @text goes on a line of @room characters: whole words, and at least one. */
static size_t line_length(const char *text, size_t room)
{
	size_t best = 0;

	for (size_t end = strspn(text, " ");; end++) {
		if (text[end] && text[end] != ' ')
			continue;
		if (best && end > room)
			return best;
		best = end;
		if (!text[end])
			return best;
	}
}

/* Print @text in lines of @room characters, all but the first behind @indent blanks. */
static void print_wrapped(FILE *stream, const char *text, size_t indent, size_t room)
{
	for (;;) {
		size_t length = line_length(text, room);

		fwrite(text, 1, without_trailing_blanks(text, length), stream);
		text += length;
		text += strspn(text, " ");
		if (!*text)
			return;
		fputc('\n', stream);
		print_blanks(stream, indent);
	}
}

/*
 * Print one line of cells. Blanks are held back until something follows them, so that no line ends
 * in one.
 */
static void print_row(const struct table *table, FILE *stream, char *const *cells, size_t room)
{
	size_t last = table->count - 1, owed = 0;

	for (size_t i = 0; i <= last; i++) {
		size_t length = strlen(cells[i]);
		size_t shown = without_trailing_blanks(cells[i], length);
		size_t padding = table->widths[i] - length;
		bool right = table->columns[i].right;

		if (right)
			owed += padding;
		if (shown) {
			print_blanks(stream, owed);
			owed = 0;
		}
		if (i < last)
			fwrite(cells[i], 1, shown, stream);
		else if (shown)
			print_wrapped(stream, cells[i], last_indent(table), room);
		owed += length - shown + GAP + (right ? 0 : padding);
	}
	fputc('\n', stream);
}

/* The characters the last column may have on a line; SIZE_MAX: it is not broken. */
static size_t last_room(const struct table *table, unsigned int width)
{
	size_t indent = last_indent(table);

	if (!width || table->columns[table->count - 1].right || indent + LEAST_WRAP > width)
		return SIZE_MAX;
	return width - indent;
}

int table_print(const struct table *table, FILE *stream, unsigned int width)
{
	size_t room = last_room(table, width);

	for (size_t row = 0; row < table->rows; row++)
		print_row(table, stream, table->cells + row * table->count, room);
	return ferror(stream) ? -EIO : 0;
}

unsigned int table_width(FILE *stream)
{
	int fd = fileno(stream);
	struct winsize size;

	if (fd < 0 || !isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col)
		return DEFAULT_WIDTH;
	return size.ws_col;
}

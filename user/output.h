/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that is safe to show. Names of tasks, cgroups and containers are chosen by those they name:
 * whatever came from outside goes through one of these on its way to a terminal, a log or JSON.
 */
#ifndef CAPWARD_OUTPUT_H
#define CAPWARD_OUTPUT_H

#include <jansson.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Room for @length bytes when every one of them is escaped, and the NUL. */
#define TEXT_ESCAPED(length) (4 * (length) + 1)

/*
 * Write the @length bytes at @bytes to @out, an array of @size bytes: printable ASCII as it is, any
 * other byte and the backslash as \xNN. Not even printable UTF-8 passes, because it can reorder or
 * imitate the text around it. Always ends with a NUL unless @size is 0. What does not fit is left
 * out, never in the middle of an escape, and "..." says so.
 */
void text_escape(char *out, size_t size, const char *bytes, size_t length);

/*
 * The opposite: the bytes that @text is of into @out, @size of them at most, and NULs after them. Returns
 * how many there are. -EINVAL: they are more, or @text is not what text_escape() writes.
 */
int text_unescape(char *out, size_t size, const char *text);

/*
 * A JSON string of the @length bytes at @bytes with the escaping of text_escape(), whole. The
 * caller owns the reference. Returns NULL when there is no memory.
 */
json_t *json_escaped(const char *bytes, size_t length);

/* The same of @text, whole; null where it is empty or NULL, for what is not known. */
json_t *json_text(const char *text);

/* A JSON string of the time @ns since 1970, as clock_format() has it; null of 0, for what is not known. */
json_t *json_time(__u64 ns);

struct table_column {
	const char *title; /* escaped like a cell */
	bool right;	   /* align to the right, for numbers */
};

/* Rows of text cells under titles. */
struct table;

/*
 * Make an empty table of @count columns (1 or more); @columns is used until table_free(). Writes
 * *@out, which the caller frees with table_free(), on success only. Returns 0 or -ENOMEM.
 */
int table_new(const struct table_column *columns, size_t count, struct table **out);

/*
 * Add a row: @cells has one string for each column; NULL is an empty cell. The strings are copied,
 * escaped as by text_escape(). Returns 0, or -ENOMEM with the table unchanged.
 */
int table_add(struct table *table, const char *const *cells);

/*
 * Print the titles and all rows to @stream: each column as wide as its widest cell, two blanks
 * between columns, none at the end of a line. Lines longer than @width are broken at blanks in the
 * last column, and go on under its beginning; a word is never broken, and nothing is where the last
 * column has too little room to be readable. A @width of 0 breaks no line. Returns 0, or -EIO when
 * the stream has failed.
 */
int table_print(const struct table *table, FILE *stream, unsigned int width);

/* Free @table (may be NULL). */
void table_free(struct table *table);

/*
 * The width for table_print() to @stream: the terminal's columns; 80 for a terminal that does not
 * know; 0 for anything else, where a program reads one row a line.
 */
unsigned int table_width(FILE *stream);

#endif

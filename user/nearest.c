// SPDX-License-Identifier: GPL-2.0-or-later
#include "nearest.h"

#include <string.h>

/* Not toupper(): what is near must not change with the locale. */
static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* The Levenshtein distance of two strings, each shorter than NEAREST_WORD, whatever their case. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NEAREST_WORD];
	size_t columns = strlen(b);

	for (size_t j = 0; j <= columns; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= columns; j++) {
			size_t above = row[j];
			size_t change = upper(a[i - 1]) != upper(b[j - 1]);

			row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + change);
			diagonal = above;
		}
	}
	return row[columns];
}

struct nearest nearest_to(const char *word)
{
	return (struct nearest){.word = word, .steps = NEAREST_WORD};
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
	size_t length = strlen(candidate), steps;

	if (strlen(nearest->word) >= NEAREST_WORD || length >= NEAREST_WORD)
		return;
	steps = distance(nearest->word, candidate);
	if (steps >= nearest->steps)
		return;
	nearest->steps = steps;
	memcpy(nearest->found, candidate, length + 1);
}

const char *nearest_found(const struct nearest *nearest)
{
	/* Further than a third of what was written it is another word, not a slip. */
	return nearest->found[0] && nearest->steps <= (strlen(nearest->word) + 1) / 3
		       ? nearest->found
		       : NULL;
}

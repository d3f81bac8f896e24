/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean": the known word that is nearest to one that is not. */
#ifndef CAPWARD_NEAREST_H
#define CAPWARD_NEAREST_H

#include <stddef.h>

#define NEAREST_WORD 32 /* room for the longest known word, with its NUL */

struct nearest {
	const char *word; /* what was written */
	size_t steps;	  /* edit distance of what was found */
	char found[NEAREST_WORD];
};

/* Begin to look for what is nearest to @word, whatever its case. */
struct nearest nearest_to(const char *word);

/* Offer a known word. */
void nearest_offer(struct nearest *nearest, const char *candidate);

/* The nearest word offered, valid as long as @nearest; NULL when none is near. */
const char *nearest_found(const struct nearest *nearest);

#endif

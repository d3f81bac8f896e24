// SPDX-License-Identifier: GPL-2.0-or-later
#include "caps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>

#include "capward/abi.h"
#include "nearest.h"

_Static_assert(CAPS_LAST < CAPWARD_CAPS, "every known capability has a counter");
_Static_assert(CAPS_LAST < CAPWARD_MODE_SHIFT, "every known capability has a bit in a policy");

#define PREFIX	      "cap_"
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)

/* Not tolower(): a name must not change its meaning with the locale. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

static bool has_prefix(const char *name, size_t length)
{
	return length >= PREFIX_LENGTH && !strncasecmp(name, PREFIX, PREFIX_LENGTH);
}

/* Copy @name with the prefix, in lower case. False when it cannot be a name. */
static bool normalize(const char *name, size_t length, char out[static CAPS_LABEL])
{
	size_t used = PREFIX_LENGTH;

	if (has_prefix(name, length)) {
		name += PREFIX_LENGTH;
		length -= PREFIX_LENGTH;
	}
	if (!length || length >= CAPS_LABEL - PREFIX_LENGTH)
		return false;
	memcpy(out, PREFIX, PREFIX_LENGTH);
	for (size_t i = 0; i < length; i++) {
		char c = lower(name[i]);

		/* libcap reads a leading number, and stops at the first odd byte. */
		if (c != '_' && (c < 'a' || c > 'z'))
			return false;
		out[used++] = c;
	}
	out[used] = '\0';
	return true;
}

int caps_parse(const char *name, size_t length)
{
	char full[CAPS_LABEL];
	cap_value_t value;

	if (!normalize(name, length, full))
		return -EINVAL;
	if (cap_from_name(full, &value) || value < 0 || value > CAPS_LAST)
		return -EINVAL;
	return value;
}

const char *caps_label(unsigned int cap, char buf[static CAPS_LABEL])
{
	char *name = cap <= CAPS_LAST ? cap_to_name((cap_value_t)cap) : NULL;

	/* For a number it does not know, libcap returns the number. */
	if (name && has_prefix(name, strlen(name))) {
		snprintf(buf, CAPS_LABEL, "%s", name);
		for (char *c = buf; *c; c++)
			*c = upper(*c);
	} else {
		snprintf(buf, CAPS_LABEL, "CAP_%u", cap);
	}
	cap_free(name);
	return buf;
}

/* The label without its prefix, where that leaves a name and not a bare number. */
static const char *short_label(unsigned int cap, char buf[static CAPS_LABEL])
{
	caps_label(cap, buf);
	if (buf[PREFIX_LENGTH] >= '0' && buf[PREFIX_LENGTH] <= '9')
		return buf;
	return buf + PREFIX_LENGTH;
}

const char *caps_nearest(const char *name, char buf[static CAPS_LABEL])
{
	size_t length = strlen(name);
	struct nearest nearest;
	char label[CAPS_LABEL];
	const char *found;

	if (has_prefix(name, length)) {
		name += PREFIX_LENGTH;
	}
	nearest = nearest_to(name);
	for (unsigned int cap = 0; cap <= CAPS_LAST; cap++)
		nearest_offer(&nearest, short_label(cap, label));
	found = nearest_found(&nearest);
	return found ? memcpy(buf, found, strlen(found) + 1) : NULL;
}

uint64_t caps_all(void)
{
	return CAPS_BIT(CAPS_LAST + 1) - 1;
}

/* Append "A, B, C" to the string in @buf. */
static void append_names(uint64_t mask, char buf[static CAPS_TEXT])
{
	size_t used = strlen(buf);
	const char *comma = "";
	char label[CAPS_LABEL];

	for (unsigned int cap = 0; cap < 64; cap++) {
		if (!(mask & CAPS_BIT(cap)))
			continue;
		used += (size_t)snprintf(buf + used, CAPS_TEXT - used, "%s%s", comma,
					 short_label(cap, label));
		comma = ", ";
	}
}

const char *caps_format(uint64_t mask, char buf[static CAPS_TEXT])
{
	uint64_t missing = caps_all() & ~mask;

	if (!mask) {
		snprintf(buf, CAPS_TEXT, "none");
	} else if (!missing) {
		snprintf(buf, CAPS_TEXT, "ALL");
	} else if (__builtin_popcountll(missing) < __builtin_popcountll(mask & caps_all())) {
		snprintf(buf, CAPS_TEXT, "ALL but ");
		append_names(missing, buf);
	} else {
		buf[0] = '\0';
		append_names(mask, buf);
	}
	return buf;
}

static bool is_all(const char *name, size_t length)
{
	return length == 3 && !strncasecmp(name, "all", 3);
}

int caps_list_add(struct caps_list *list, const char *name, size_t length)
{
	int cap;

	if (is_all(name, length)) {
		if (list->all)
			return -EEXIST;
		list->all = true;
		return 0;
	}
	cap = caps_parse(name, length);
	if (cap < 0)
		return cap;
	if (list->mask & CAPS_BIT(cap))
		return -EEXIST;
	list->mask |= CAPS_BIT(cap);
	return 0;
}

const char *caps_conflict(const struct caps_list *drop, const struct caps_list *add,
			  char buf[static CAPS_LABEL])
{
	uint64_t both = drop->mask & add->mask;
	const char *name = "ALL";

	if (both)
		name = short_label((unsigned int)__builtin_ctzll(both), buf);
	else if (!drop->all || !add->all)
		return NULL;
	memmove(buf, name, strlen(name) + 1);
	return buf;
}

uint64_t caps_compile(uint64_t base, const struct caps_list *drop, const struct caps_list *add)
{
	if (add->all)
		return caps_all() & ~drop->mask;
	if (drop->all)
		return add->mask;
	return (base & ~drop->mask) | add->mask;
}

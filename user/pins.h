/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is pinned and under which name, and which programs are attached, in which order.
 */
#ifndef CAPWARD_PINS_H
#define CAPWARD_PINS_H

#include <stdbool.h>
#include <stddef.h>

#include "capward/abi.h"

#define PINS_BPFFS "/sys/fs/bpf"
#define PINS_DIR   PINS_BPFFS "/capward"
#define PINS_NEW   PINS_BPFFS "/capward-new" /* what is being loaded, or was just replaced */
#define PINS_PATH  128			     /* room for the path of any pin, with its NUL */

#define PINS_LINK    "link_"
/* In place of the link of a program that is not attached: for its name, whatever is pinned. */
#define PINS_WITHOUT "without_"

/* The maps, and after them the programs that are run or attached on request. */
enum pin {
	PIN_SCOPES,
	PIN_PLACES,
	PIN_HINTS,
	PIN_POLICIES,
	PIN_MATCHES,
	PIN_EVIDENCE,
	PIN_EVENTS,
	PIN_CHANGES,
	PIN_STATE,
	PIN_WORDS,
	PIN_OWNED_CREDS,
	PIN_SET_UP_TASKS,
	PIN_BOUND_TASKS,
	PIN_MOVING,
	PIN_OWN_OBJECTS,
	PIN_OWN_TASKS,
	PIN_GENERATION,
	PIN_GOVERN,
	PIN_SET_POLICY,
	PIN_FORGET,
	PIN_BEGIN_ANEW,
	PIN_CAP_REFUSED,
	PIN_SEED_TASKS,
	PIN_SEED_RINGS,
	PIN_MARK,
	PINS,
};

#define PINS_FIRST_PROGRAM PIN_GOVERN

/* What a program that is attached belongs to, and with it what becomes of it where it cannot be. */
enum pins_part {
	PART_NEEDED,	/* nothing is loaded */
	PART_OPERATION, /* left out where the kernel has no such hook */
	PART_GUARD,	/* left out as well, and that guard is missing */
	PART_OBSERVE,	/* left out as well, and some evidence is missing */
	PART_REQUEST,	/* attached while it is asked for: engine_watch_refusals() */
};

struct pins_program {
	const char *name;
	enum pins_part part;
	enum capward_guard guard; /* of PART_GUARD */
};

/* The programs that are attached, in their order; *@count says how many. */
const struct pins_program *pins_programs(size_t *count);

/* The name of @pin: of a map, or of a program that is run. */
const char *pins_name(enum pin pin);

/*
 * Write to @name under which name the map @map, as libbpf names it, is pinned. False: the map is one
 * that the programs have to themselves, and is not pinned.
 */
bool pins_name_of_map(const char *map, char name[static PINS_PATH]);

/* Write the path of the pin @prefix@name in the directory @dir to @path. Returns @path. */
const char *pins_path(const char *dir, const char *prefix, const char *name,
		      char path[static PINS_PATH]);

/*
 * Remove the directory @dir of pins with what is in it, one level deep, and nothing else. Returns 0
 * or a negative errno; -ENOENT: there is none.
 */
int pins_remove(const char *dir);

/* Which directory PINS_DIR is now, by its inode; 0: there is none. */
unsigned long pins_place(void);

/* What to do about @code where pins are read or written; "" when the code says it all. */
const char *pins_remedy(int code);

#endif

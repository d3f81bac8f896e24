/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile is the YAML document in which a person says what capabilities some containers may use.
 * One document a file, read whole or not at all.
 */
#ifndef CAPWARD_PROFILE_H
#define CAPWARD_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capward/abi.h"
#include "caps.h"
#include "error.h"

#define PROFILE_SIZE  65536 /* of the largest file that is read */
#define PROFILE_VALUE 256   /* room for any string of a profile, with its NUL */

/* What a match item is about; the most specific first (rules.h says why). */
enum profile_match_kind {
	PROFILE_UNIT,
	PROFILE_CGROUP,
	PROFILE_NAME,
	PROFILE_POD,
	PROFILE_LABEL,
	PROFILE_IMAGE,
	PROFILE_DEFAULT,
};

/* What a profile is the default of. */
enum profile_default {
	PROFILE_CONTAINERS,
	PROFILE_SERVICES,
};

struct profile_label {
	char *key;
	char *value;
};

/*
 * One item of the match list. It matches when everything it gives does. Strings other than labels
 * are patterns as in capward/glob.h.
 */
struct profile_match {
	enum profile_match_kind kind;
	unsigned int line, column;    /* of the item in the file, from 1 */
	char *pattern;		      /* PROFILE_UNIT, _CGROUP, _NAME, _IMAGE; as given */
	enum profile_default all;     /* PROFILE_DEFAULT */
	char *pod_namespace;	      /* PROFILE_POD: or NULL */
	char *pod_name;		      /* PROFILE_POD: or NULL */
	struct profile_label *labels; /* PROFILE_LABEL, _POD */
	size_t label_count;
};

struct profile {
	char name[CAPWARD_NAME];
	char *file; /* as given to the reader */
	enum capward_mode mode;
	bool privileged;
	struct caps_list cap_drop, cap_add; /* as given */
	uint64_t mask;	 /* the capabilities it allows: those lists, applied to the start set */
	uint64_t denied; /* the operations it refuses, bits by enum capward_operation */
	struct profile_match *matches; /* any one of them suffices; at most CAPWARD_MATCHES */
	size_t match_count;
};

/*
 * Read the profile in the file @path, a regular file of at most PROFILE_SIZE bytes; any other kind
 * of file is refused without waiting for it. On success writes *@out, which the caller frees with
 * profile_free(), and returns 0. Otherwise returns a negative errno and fills @err (may be NULL):
 * -EINVAL for what is in the file, with text "file:line:column: reason; what was expected" counted
 * from 1 in characters; the cause for what keeps it from being read, with text "file: reason".
 */
int profile_read(const char *path, struct profile **out, struct error *err);

/*
 * The same of the @length bytes at @text, which need no NUL; @file is the name for messages.
 * Returns 0, -EINVAL or -ENOMEM.
 */
int profile_parse(const char *file, const char *text, size_t length, struct profile **out,
		  struct error *err);

/* Free @profile (may be NULL) and all it holds. */
void profile_free(struct profile *profile);

/*
 * Call @emit with @ctx and one line of text, without newline, for each allowed capability that
 * makes the mask pointless: because the kernel accepts it in place of masked ones, or because who
 * has it has the host. Returns the number of lines.
 */
int profile_warnings(const struct profile *profile, void (*emit)(void *ctx, const char *text),
		     void *ctx);

/*
 * Whether a profile may be called @name: a letter or digit, then letters, digits, '.', '_', '-', all in lower
 * case, below CAPWARD_NAME bytes.
 */
bool profile_is_name(const char *name);

/*
 * The first item of the match list that the kernel cannot decide by a cgroup's path and name alone;
 * NULL when there is none.
 */
const struct profile_match *profile_first_beyond_kernel(const struct profile *profile);

/* The word of a profile for @kind, "image"; never NULL for a value of the enum. */
const char *profile_kind_name(enum profile_match_kind kind);

/* The word of a profile for @all, "containers"; never NULL for a value of the enum. */
const char *profile_default_name(enum profile_default all);

/* The word of a profile for @mode, "enforce"; "?" for a value outside the enum. */
const char *profile_mode_name(enum capward_mode mode);

/* Set *@mode by its word of @length bytes. Returns 0, or -EINVAL with *@mode unchanged. */
int profile_mode_parse(const char *word, size_t length, enum capward_mode *mode);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPWARD_CAPS_H
#define CAPWARD_CAPS_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The highest capability capward knows: CAP_CHECKPOINT_RESTORE, since Linux 5.9. Fixed here rather
 * than taken from the building machine's headers, so that a profile means the same everywhere.
 */
#define CAPS_LAST 40

#define CAPS_LABEL 32	/* room for any caps_label() or caps_nearest(), with its NUL */
#define CAPS_TEXT  1024 /* room for any caps_format(), with its NUL */

#define CAPS_BIT(cap) ((uint64_t)1 << (cap))

/* What Docker grants by default: moby, daemon/pkg/oci/caps/defaults.go. */
#define CAPS_DOCKER_DEFAULT                                                                        \
	(CAPS_BIT(CAP_AUDIT_WRITE) | CAPS_BIT(CAP_CHOWN) | CAPS_BIT(CAP_DAC_OVERRIDE) |            \
	 CAPS_BIT(CAP_FOWNER) | CAPS_BIT(CAP_FSETID) | CAPS_BIT(CAP_KILL) | CAPS_BIT(CAP_MKNOD) |  \
	 CAPS_BIT(CAP_NET_BIND_SERVICE) | CAPS_BIT(CAP_NET_RAW) | CAPS_BIT(CAP_SETFCAP) |          \
	 CAPS_BIT(CAP_SETGID) | CAPS_BIT(CAP_SETPCAP) | CAPS_BIT(CAP_SETUID) |                     \
	 CAPS_BIT(CAP_SYS_CHROOT))

/* A cap_drop or cap_add list as it was given. All zero is the empty list. */
struct caps_list {
	uint64_t mask; /* the capabilities given by name */
	bool all;      /* whether ALL was given */
};

/*
 * The number of the capability whose name is the @length bytes at @name, which need no NUL: with or
 * without "CAP_", in any case. Returns 0..CAPS_LAST, or -EINVAL for anything else; a number is not
 * a name, nor is ALL.
 */
int caps_parse(const char *name, size_t length);

/*
 * The known capability whose name is nearest to @name by edit distance, for "did you mean". Writes
 * its name without "CAP_" to @buf and returns @buf; returns NULL when none is near.
 */
const char *caps_nearest(const char *name, char buf[static CAPS_LABEL]);

/*
 * Write the name of capability @cap to @buf, "CAP_SYS_ADMIN", or "CAP_63" for a number libcap does
 * not know. Any value of @cap is valid. Returns @buf.
 */
const char *caps_label(unsigned int cap, char buf[static CAPS_LABEL]);

/* The mask of every capability capward knows, 0..CAPS_LAST. */
uint64_t caps_all(void);

/*
 * Write @mask to @buf for a person: "CHOWN, NET_RAW" by number and without "CAP_", "none", "ALL",
 * or "ALL but MKNOD" where that is the shorter list. Bits above CAPS_LAST, which no profile sets,
 * are written as "CAP_41" in a list and are not asked for by ALL. Returns @buf.
 */
const char *caps_format(uint64_t mask, char buf[static CAPS_TEXT]);

/*
 * Add a name, or ALL in any case, to @list: the @length bytes at @name. Returns 0; -EINVAL for an
 * unknown name; -EEXIST when the list has it already. @list changes on success only.
 */
int caps_list_add(struct caps_list *list, const char *name, size_t length);

/*
 * What @drop and @add contradict each other on: a name that both give, or "ALL" when both say ALL.
 * Writes it to @buf and returns @buf; returns NULL when they agree.
 */
const char *caps_conflict(const struct caps_list *drop, const struct caps_list *add,
			  char buf[static CAPS_LABEL]);

/*
 * The mask that Docker makes of @base and two lists without conflict (moby, TweakCapabilities in
 * daemon/pkg/oci/caps/utils.go): with ALL in @add, all but @drop; else with ALL in @drop, only
 * @add; else @base minus @drop plus @add.
 */
uint64_t caps_compile(uint64_t base, const struct caps_list *drop, const struct caps_list *add);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which profile a scope gets. The match items of a set of profiles are the rules; they are ordered
 * once, the most specific first, and the first that matches a scope wins.
 *
 * What is more specific:
 *
 *   1. The kind: unit, cgroup, name, pod, label, image, default. Unit and cgroup go first because
 *      they are where the host has put the scope: the kernel knows them, from the first task on, and
 *      nobody in a container chooses them. The others are what a runtime's files say, chosen by
 *      whoever starts the container: they decide where no place does. Of those, a name is for one
 *      container and an image for many.
 *   2. More bytes before the first wildcard (of a pod: of its namespace and its name together).
 *   3. More labels.
 *   4. More bytes in all.
 *   5. Of cgroup patterns, the first in the order of bytes: so it is in the kernel.
 *
 * An image counts as it is when it is made whole (image.h). Two rules of different profiles that are
 * equal in all this and match the same scope are a tie: then no rule decides, and the scope stays as
 * the kernel has it.
 */
#ifndef CAPWARD_RULES_H
#define CAPWARD_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "identity.h"
#include "profile.h"

/* One item of one profile's match list, with what its rank is made of. */
struct rule {
	const struct profile *profile;
	const struct profile_match *match;
	size_t literal, labels, length;
};

struct rules;

/* What a scope is, for the rules that are for every container or every service. */
enum rules_class {
	RULES_OTHER,
	RULES_CONTAINER,
	RULES_SERVICE,
};

/* Who a scope is. What is not known of it matches no rule about it. */
struct rules_subject {
	const char *path; /* of its cgroup */
	const struct identity *identity;
	enum rules_class class;
};

enum rules_outcome {
	RULES_NONE, /* no rule matches */
	RULES_ONE,  /* @rule decides */
	RULES_TIE,  /* @rule and @other are of different profiles, and equally specific */
};

struct rules_answer {
	enum rules_outcome outcome;
	const struct rule *rule, *other; /* NULL where there is none */
	char why[1024];			 /* of NONE and TIE a sentence, of ONE "FILE:LINE: RULE";
					    without a full stop, safe to show */
};

#define RULE_TEXT 512 /* of rule_format(), with the NUL; what is longer ends in "..." */

/*
 * Make the rules of the @count @profiles, which stay the caller's and must outlive *@out. The
 * caller frees *@out with rules_free(). -ENOTUNIQ: two profiles have the same rule; the text names
 * both, "FILE:LINE" each.
 */
int rules_make(struct profile *const *profiles, size_t count, struct rules **out,
	       struct error *err);

/* Free @rules (may be NULL). */
void rules_free(struct rules *rules);

/*
 * The scope at cgroup @path, of whom @identity is known (both are kept), as the rules see it. It is
 * a service when it is the cgroup of a unit *.service of the host's own systemd, a container when
 * its runtime is one of containers, and neither when it is a monitor, a `capward run` or anything
 * else.
 */
struct rules_subject rules_subject(const char *path, const struct identity *identity);

/*
 * Find the rule for @subject. Of a claimed identity only the cgroup's path counts: for its unit,
 * cgroup and default rules. A runtime's monitor matches none. Allocates nothing, never fails.
 */
void rules_resolve(const struct rules *rules, const struct rules_subject *subject,
		   struct rules_answer *out);

/* Call @each for every rule that matches @subject, the most specific first. */
void rules_matching(const struct rules *rules, const struct rules_subject *subject,
		    void (*each)(void *context, const struct rule *rule), void *context);

/* Why @loser comes after @winner, in words such as "image comes after cgroup". */
void rules_why(const struct rule *winner, const struct rule *loser, char *out, size_t size);

/*
 * 1 if one of the @count @matches is the same rule as @match, as rules_make() has it: an image counts as it is
 * when it is made whole, and labels in any order; 0 if none is. -ENOMEM.
 */
int rules_have(const struct profile_match *matches, size_t count,
	       const struct profile_match *match);

/*
 * What @rule matches, as in "image docker.io/library/httpd:*" or "label {app: web}", without its
 * kind when @bare; escaped. Returns @out.
 */
const char *rule_format(const struct rule *rule, bool bare, char out[RULE_TEXT]);

#endif

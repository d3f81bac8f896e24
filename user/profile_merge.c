// SPDX-License-Identifier: GPL-2.0-or-later
#include "profile_merge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

/* The less strict of two modes. To the kernel audit and learn are one; learn says that more is to come. */
static enum capward_mode less_strict(enum capward_mode a, enum capward_mode b)
{
	static const enum capward_mode order[] = {CAPWARD_OFF, CAPWARD_LEARN, CAPWARD_AUDIT};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return CAPWARD_ENFORCE;
}

/* Add those of @profile's matches that @out does not have. */
static int add_matches(const struct profile *profile, struct profile *out, struct error *err)
{
	for (size_t i = 0; i < profile->match_count; i++) {
		int has = rules_have(out->matches, out->match_count, &profile->matches[i]);

		if (has < 0)
			return error_set(err, has, "%s", strerror(-has));
		if (has)
			continue;
		if (out->match_count == CAPWARD_MATCHES)
			return error_set(err, -E2BIG,
					 "together they match more than the %d items that a "
					 "profile can have",
					 CAPWARD_MATCHES);
		out->matches[out->match_count++] = profile->matches[i];
	}
	return 0;
}

int profile_merge(struct profile *const *profiles, size_t count, const char *name,
		  struct profile *out, struct error *err)
{
	struct profile merged = {.mode = CAPWARD_ENFORCE, .denied = CAPWARD_OPS_MASK};
	int code = 0;

	snprintf(merged.name, sizeof(merged.name), "%s", name);
	merged.matches = calloc(CAPWARD_MATCHES, sizeof(*merged.matches));
	if (!merged.matches)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	for (size_t i = 0; !code && i < count; i++) {
		merged.mask |= profiles[i]->mask;
		merged.denied &= profiles[i]->denied;
		merged.mode = less_strict(merged.mode, profiles[i]->mode);
		code = add_matches(profiles[i], &merged, err);
	}
	if (code)
		free(merged.matches);
	else
		*out = merged;
	return code;
}

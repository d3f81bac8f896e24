// SPDX-License-Identifier: GPL-2.0-or-later
#include "profile_diff.h"

#include "rules.h"

static uint64_t allowed(const struct profile *profile)
{
	return profile->mask | (CAPWARD_OPS_MASK & ~profile->denied);
}

/* Fill @out with what @profile has and @other has not. */
static int only_of(const struct profile *profile, const struct profile *other,
		   struct profile_only *out)
{
	*out = (struct profile_only){.profile = profile,
				     .allowed = allowed(profile) & ~allowed(other)};
	for (size_t i = 0; i < profile->match_count; i++) {
		int same = rules_have(other->matches, other->match_count, &profile->matches[i]);

		if (same < 0)
			return same;
		if (!same)
			out->matches[out->match_count++] = &profile->matches[i];
	}
	return 0;
}

int profile_diff(const struct profile *first, const struct profile *second,
		 struct profile_diff *out)
{
	int code = only_of(first, second, &out->first);

	if (!code)
		code = only_of(second, first, &out->second);
	out->differ = first->mode != second->mode || out->first.allowed || out->second.allowed ||
		      out->first.match_count || out->second.match_count;
	return code;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a profile allows and matches that another one does not: pure.
 */
#ifndef CAPWARD_PROFILE_DIFF_H
#define CAPWARD_PROFILE_DIFF_H

#include "profile.h"

/* What only one of two profiles has; it points into that profile. */
struct profile_only {
	const struct profile *profile;
	uint64_t allowed; /* capabilities, and operations that it does not refuse, by their bits */
	const struct profile_match *matches[CAPWARD_MATCHES];
	size_t match_count;
};

struct profile_diff {
	struct profile_only first, second;
	bool differ; /* also where only their modes do */
};

/* Compare @first and @second into *@out; their names do not count. -ENOMEM. */
int profile_diff(const struct profile *first, const struct profile *second,
		 struct profile_diff *out);

#endif

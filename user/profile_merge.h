/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One profile that allows and matches whatever any of several does: pure.
 */
#ifndef CAPWARD_PROFILE_MERGE_H
#define CAPWARD_PROFILE_MERGE_H

#include "profile.h"

/*
 * Make @out of the @count @profiles, 1 or more: what any of them allows is allowed, what any of them matches is
 * matched, and its mode is the least strict of theirs. Its name is @name, which profile_is_name(). Its matches
 * are the only thing to free, by free(): what they point to stays that of @profiles. -E2BIG: there are more than
 * CAPWARD_MATCHES of them; -ENOMEM.
 */
int profile_merge(struct profile *const *profiles, size_t count, const char *name,
		  struct profile *out, struct error *err);

#endif

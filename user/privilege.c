// SPDX-License-Identifier: GPL-2.0-or-later
#include "privilege.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>

static bool is_kept(const cap_value_t *keep, int count, cap_value_t cap)
{
	for (int i = 0; i < count; i++)
		if (keep[i] == cap)
			return true;
	return false;
}

/* Narrow the bounding set, for which SETPCAP is needed; without it nothing is executed anyway. */
static void narrow_bounds(const cap_value_t *keep, int count)
{
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++)
		if (!is_kept(keep, count, cap))
			cap_drop_bound(cap);
}

int privilege_keep(const cap_value_t *keep, int count, struct error *err)
{
	cap_t have = cap_get_proc(), want = cap_init();
	cap_flag_value_t has;
	int code = have && want ? 0 : -ENOMEM;

	narrow_bounds(keep, count);
	for (int i = 0; !code && i < count; i++) {
		if (cap_get_flag(have, keep[i], CAP_PERMITTED, &has) || has != CAP_SET)
			continue;
		if (cap_set_flag(want, CAP_PERMITTED, 1, &keep[i], CAP_SET) ||
		    cap_set_flag(want, CAP_EFFECTIVE, 1, &keep[i], CAP_SET))
			code = -errno;
	}
	if (!code && (cap_set_proc(want) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)))
		code = -errno;
	cap_free(have);
	cap_free(want);
	return code ? error_set(err, code, "give up capabilities: %s", strerror(-code)) : 0;
}

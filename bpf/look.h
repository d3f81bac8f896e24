/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When to look at what is else only counted: state.look goes up about once a second.
 */
#ifndef CAPWARD_LOOK_H
#define CAPWARD_LOOK_H

#include "kernel.h"
#include "maps.h"

/* Make it time to look again, where it is. */
static __always_inline void look_again(void)
{
	__u32 now = bpf_jiffies64();

	if (now - state.looked_at < CAPWARD_LOOK_JIFFIES)
		return;
	state.looked_at = now;
	__sync_fetch_and_add(&state.look, 1);
}

#endif

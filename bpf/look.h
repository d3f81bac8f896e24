/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When to look at what is else only counted: state.look is the time, about in seconds, as far as somebody
 * has asked for it.
 */
#ifndef CAPWARD_LOOK_H
#define CAPWARD_LOOK_H

#include "kernel.h"
#include "maps.h"

/* Make it time to look again, where it is. */
static __always_inline void look_again(void)
{
	__u32 now = bpf_ktime_get_ns() >> CAPWARD_LOOK_SHIFT;

	/* Not back, where it was kept from its processor in between. */
	if ((__s32)(now - state.look) > 0)
		state.look = now;
}

#endif

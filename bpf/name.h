/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a name begins: of a cgroup, a file, an attribute, a sysctl. A pure function, compiled into the
 * kernel programs and into the unit tests.
 */
#ifndef CAPWARD_NAME_H
#define CAPWARD_NAME_H

#ifdef __bpf__
#include "vmlinux.h"
#else
#include <stdbool.h>
#endif

#define NAME_STARTS(name, prefix) name_starts(name, prefix, sizeof(prefix) - 1)

static inline __attribute__((always_inline)) bool name_starts(const char *name, const char *prefix,
							      unsigned int length)
{
	for (unsigned int i = 0; i < length; i++)
		if (name[i] != prefix[i])
			return false;
	return true;
}

#endif

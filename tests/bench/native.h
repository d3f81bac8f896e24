/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What native.c and native.bpf.c share.
 */
#ifndef NATIVE_H
#define NATIVE_H

#define NATIVE_CPUS 256

/* Each processor's own, a cache line or more. */
struct native {
	/* in */
	__u64 cap;
	__u64 count; /* decisions to make */
	/* out */
	__u64 ns;      /* they took */
	__u64 refused; /* how many of them were refused */
	__u64 cgroup;  /* id of the caller's */
	__u64 pad[3];
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Can this host enforce? Each condition is looked up where the kernel shows it, with the remedy for
 * when it does not hold.
 */
#ifndef CAPWARD_HOST_H
#define CAPWARD_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct host_fact {
	const char *name; /* "bpf in lsm=" */
	bool holds;
	char found[256];  /* what was found */
	char remedy[256]; /* what to do when it does not hold */
	bool privilege;	  /* about the caller, not the host */
	bool observe;	  /* without it a host can still observe */
};

#define HOST_FACTS 10

/*
 * Look at the host whose file system is under @root ("" for this one; tests pass a directory) and
 * fill @facts, HOST_FACTS of them, in the order a person should mend them. Returns whether all
 * hold.
 */
bool host_check(const char *root, struct host_fact facts[HOST_FACTS]);

/* 0, or -EPERM when the caller lacks the privilege to look into the kernel at all. */
int host_permit(struct error *err);

/*
 * 0 when the caller may and this host can at least observe; -EPERM: the caller lacks privilege;
 * -EOPNOTSUPP: the host cannot, and the text has every reason with its remedy.
 */
int host_require(struct error *err);

/* The same for a host that can enforce. */
int host_require_enforcing(struct error *err);

/* Whether kernel.ftrace_enabled is 1, without which no BPF LSM program runs. */
bool host_ftrace_on(void);

#endif

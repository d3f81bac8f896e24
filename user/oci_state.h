/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a container as its runtime gives it to a hook: runtime.md of the OCI runtime
 * specification, JSON.
 */
#ifndef CAPWARD_OCI_STATE_H
#define CAPWARD_OCI_STATE_H

#include <stddef.h>
#include <sys/types.h>

#include "error.h"

#define OCI_STATE_BYTES (1 << 20) /* the longest; Kubernetes lets annotations have 256 KiB */
#define OCI_STATE_NAME	256	  /* of an id or a name, with its NUL */
#define OCI_STATE_NAMES 4

struct oci_state {
	pid_t pid;		 /* of the container's first process, as the runtime numbers it */
	char id[OCI_STATE_NAME]; /* hostile: escape it */
	/* The names that annotations give it, which who starts it may choose; "" where there is none. */
	char names[OCI_STATE_NAMES][OCI_STATE_NAME];
};

/*
 * Read the @length bytes at @text into *@out, on success only. -EBADMSG: it is no JSON, or not the
 * state of a container that has a process; @err says what of it.
 */
int oci_state_parse(const char *text, size_t length, struct oci_state *out, struct error *err);

#endif

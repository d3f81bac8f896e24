/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a scope is: from its cgroup's path, and from what its runtime wrote on disk. No runtime is
 * asked anything. What the files say is a claim: the cgroup alone is certain.
 */
#ifndef CAPWARD_IDENTITY_H
#define CAPWARD_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "container.h"
#include "error.h"

/* Labels that are kept of one container or pod; more, or longer ones, are left out and told. */
#define IDENTITY_LABELS 128
#define IDENTITY_TEXT	4096 /* of the longest string that is kept, with its NUL */

struct identity_label {
	char *key;
	char *value;
};

struct identity_labels {
	struct identity_label *list;
	size_t count;
};

/*
 * Strings are raw: they are escaped when shown. NULL: not known, or there is none.
 */
struct identity {
	struct container container; /* runtime and id, from the path, or from the runtime's state */
	char *name;	     /* as its runtime calls it: docker's and podman's name, ctr's id, the
				       name of a Kubernetes container, of a machine; a unit is its own */
	char *image;	     /* as its runtime writes it */
	char *pod;	     /* name of the Kubernetes or podman pod */
	char *pod_namespace; /* of a Kubernetes pod */
	char *pod_uid;	     /* of a Kubernetes pod, with dashes */
	struct identity_labels labels;
	struct identity_labels pod_labels;
	/*
	 * The files belong to somebody else than root (rootless podman): whoever runs the container
	 * can write anything into them. Shown, and matched by no rule.
	 */
	bool claimed;
	/* Its runtime keeps more about it in files, and they were not there (yet), or not readable. */
	bool incomplete;
};

/*
 * Read who the cgroup @path is into *@out, which the caller frees with identity_free(); files are
 * read below @root ("" for this host; tests pass a directory). Returns 0, also when nothing but the
 * path is known. A file that is there and cannot be used (truncated, too large, a link that leads out
 * of its directory, of an unknown version) is no failure: what it would tell stays NULL, @out->incomplete
 * is set, and @err (may be NULL) has "FILE: reason" of the first such file, empty if there is none.
 * -ENOMEM: *@out is empty.
 */
int identity_of(const char *root, const char *path, struct identity *out, struct error *err);

void identity_free(struct identity *identity);

/* The value of label @key in @labels, or NULL. */
const char *identity_label(const struct identity_labels *labels, const char *key);

/*
 * A container of plain runc or crun, whose cgroup may have any path. */
struct identity_plain {
	const char *runtime; /* "runc" or "crun" */
	char id[CONTAINER_NAME];
	char cgroup[4096];
	bool started; /* its payload was executed; before, a runtime is still setting it up */
};

/*
 * Call @each for every container that plain runc and crun have state of below @root (/run/runc,
 * /run/crun); stops when @each returns non-zero and returns that. A state that cannot be read is
 * passed over; @err is as for identity_of().
 */
int identity_each_plain(const char *root,
			int (*each)(void *context, const struct identity_plain *plain),
			void *context, struct error *err);

#endif

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

/*
 * Labels that are kept of one container or pod; with more of them it is incomplete. Longer ones are
 * passed over: no profile can ask for them.
 */
#define IDENTITY_LABELS 8192
#define IDENTITY_LABEL	256 /* of a label's key or value, with its NUL; PROFILE_VALUE is the same */
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
 * Strings are raw: they are escaped when shown. NULL: not known, or there is none; none is empty,
 * but for a label's value.
 */
struct identity {
	struct container container; /* runtime and id, from the path, or from the runtime's state */
	/*
	 * As its runtime calls it: docker's, podman's and nerdctl's name, the name of a Kubernetes
	 * container, which a pod's sandbox has none of, or of a machine; otherwise the id that a
	 * person gave it, as to ctr, runc, crun and LXC, and a unit's.
	 */
	char *name;
	char *image; /* as its runtime writes it; ctr, runc and crun write none */
	char *pod;   /* name of the Kubernetes pod; id of the podman pod: no file has its name */
	char *pod_namespace; /* of a Kubernetes pod */
	char *pod_uid;	     /* of a Kubernetes pod, with dashes */
	/*
	 * Labels where the runtime has them in a file: docker and CRI-O. Where it has not, they are the
	 * annotations of the container's OCI configuration (podman, containerd, runc, crun), without
	 * those that runtimes add themselves.
	 */
	struct identity_labels labels;
	struct identity_labels pod_labels; /* of CRI-O's pods only */
	/*
	 * Somebody else than root chose what is told here, the name of the cgroup or what is in the
	 * files: the files or a directory above them are not root's or others may write them; or the
	 * cgroup is below a user's service manager, or within another container. Shown, and matched
	 * by no rule.
	 */
	bool claimed;
	/*
	 * Its runtime keeps more about it in files, and they were not there (yet), or not usable. Only
	 * time, or the runtime, changes that. Not set for a container within another one, whose files
	 * are in the outer one's file system, and for a user's one whose files are in places that only
	 * the user knows.
	 */
	bool incomplete;
};

/*
 * Read who the cgroup @path is into *@out, which the caller frees with identity_free(); files are
 * read below @root ("" for this host; tests pass a directory). Returns 0, also when nothing but the
 * path is known. A file that is there and cannot be used (truncated, too large, a link that leads out
 * of its directory, of an unknown version) is no failure: what it would tell stays NULL,
 * @out->incomplete is set, and @err (may be NULL) has "FILE: reason" of the first such file, empty if
 * there is none. -ENOMEM: *@out is empty. Not for several threads at once: podman's list and the
 * cgroups of plain runc's and crun's containers are kept.
 *
 * It reads the files of this container only, but for podman's list, and where a path tells nothing: then
 * the states of plain runc and crun are gone through. Both are read again where they have changed.
 */
int identity_of(const char *root, const char *path, struct identity *out, struct error *err);

/*
 * The same on this host without the files of users' own runtimes: no rule and no workload's name goes by what
 * they say, and they may be where opening waits for ever.
 */
int identity_by_root(const char *path, struct identity *out, struct error *err);

/* Free what is in @identity, and leave it empty. */
void identity_free(struct identity *identity);

/* The value of label @key in @labels, or NULL. */
const char *identity_label(const struct identity_labels *labels, const char *key);

/* A container of plain runc or crun, whose cgroup may have any path. */
struct identity_plain {
	const char *runtime; /* "runc" or "crun" */
	char id[CONTAINER_NAME];
	char cgroup[4096]; /* crun has the payload in it; under systemd it is the scope's child */
	/*
	 * Its payload was executed; before, a runtime is still setting it up. `crun run` does not tell
	 * of its set-up: it makes no FIFO, and the state before the payload is executed.
	 */
	bool started;
};

/*
 * Call @each for every container in a cgroup that plain runc and crun have state of below @root
 * (/run/runc, /run/crun, and /run/user/0/crun of a crun that root's session started); stops when
 * @each returns non-zero and returns that. Containers of podman and CRI-O, which call runc and crun
 * too, are told by their cgroup's name and passed over. So is a state that cannot be read or that
 * somebody else than root could have written; @err is as for identity_of().
 */
int identity_each_plain(const char *root,
			int (*each)(void *context, const struct identity_plain *plain),
			void *context, struct error *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The readers that user/identity.c chooses from: one for each way in which runtimes keep what they
 * know of a container.
 *
 * A reader fills what it finds into *@out, and sets @out->claimed. It returns 0, also when its
 * runtime keeps nothing where it could be read; -ENOENT if its files are not there; -ENOMEM; or any
 * other negative errno with "FILE: reason" in @err, and what could be used nevertheless in *@out.
 */
#ifndef CAPWARD_IDENTITY_READ_H
#define CAPWARD_IDENTITY_READ_H

#include <jansson.h>

#include "identity.h"

struct identity_source {
	const char *root;   /* files are read below it */
	const char *cgroup; /* path of the container's cgroup, or of one below */
	const char *id;	    /* the container's */
	const char *home;   /* of the user whose container it is; NULL: the system's */
};

int identity_docker(const struct identity_source *source, struct identity *out, struct error *err);
int identity_podman(const struct identity_source *source, struct identity *out, struct error *err);
int identity_crio(const struct identity_source *source, struct identity *out, struct error *err);

/*
 * A bundle of containerd's. @source->id may be "": then @source->cgroup is /NAMESPACE/ID, and
 * @out->container is filled.
 */
int identity_containerd(const struct identity_source *source, struct identity *out,
			struct error *err);

/* Of plain runc and crun by @source->id and @out->container.runtime; "": whichever has it. */
int identity_oci(const struct identity_source *source, struct identity *out, struct error *err);

/* Of plain runc and crun by @source->cgroup; @out->container is filled. */
int identity_oci_by_cgroup(const struct identity_source *source, struct identity *out,
			   struct error *err);

/* The machine that systemd-nspawn runs in the unit @source->id; @out->container is filled. */
int identity_nspawn(const struct identity_source *source, struct identity *out, struct error *err);

/*
 * What the readers make of a file's bytes; texts in @err have no FILE. They write as readers do.
 */

/* A config.v2.json of the container @id. */
int identity_docker_parse(const char *bytes, size_t size, const char *id, struct identity *out,
			  struct error *err);

/* /etc/docker/daemon.json: where its containers are into *@data_root (NULL: not told). */
int identity_docker_parse_daemon(const char *bytes, size_t size, char **data_root,
				 struct error *err);

/* What podman's containers.json tells of one container. */
struct identity_stored {
	char id[65];
	char *name;  /* NULL: not told */
	char *image; /* likewise */
};

struct identity_store {
	struct identity_stored *list; /* sorted by id */
	size_t count;
};

/* A containers.json into *@out, on success only; the caller gives it to identity_store_free(). */
int identity_podman_parse(const char *bytes, size_t size, struct identity_store *out,
			  struct error *err);
/* A config.json of podman's: annotations that podman did not make itself are the labels. */
int identity_podman_parse_config(const char *bytes, size_t size, struct identity *out,
				 struct error *err);

void identity_store_free(struct identity_store *store);

/* A config.json of a bundle of containerd's. */
int identity_containerd_parse(const char *bytes, size_t size, struct identity *out,
			      struct error *err);

/*
 * A config.json of CRI-O's, of a container or, if @pod, of its pod's sandbox. @sandbox gets the id
 * of the sandbox, "" when it is not told. Of a pod that *@out knows already, labels are added only.
 */
int identity_crio_parse(const char *bytes, size_t size, bool pod, struct identity *out,
			char sandbox[CONTAINER_NAME], struct error *err);

/* A config.json of any OCI runtime: its annotations are the labels. */
int identity_oci_parse(const char *bytes, size_t size, struct identity *out, struct error *err);

/*
 * A state.json of runc's; @labels (may be NULL) gets the labels. @plain->cgroup is "" of one that
 * has none; @plain->started is not touched.
 */
int identity_runc_parse(const char *bytes, size_t size, struct identity_plain *plain,
			struct identity_labels *labels, struct error *err);

/* A status of crun's, as above; it does not tell @plain->id. */
int identity_crun_parse(const char *bytes, size_t size, struct identity_plain *plain,
			struct error *err);

#endif

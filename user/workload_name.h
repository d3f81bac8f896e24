/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which workload a scope is a run of: what stays the same when it is started again, or elsewhere.
 */
#ifndef CAPWARD_WORKLOAD_NAME_H
#define CAPWARD_WORKLOAD_NAME_H

#include "identity.h"

#define WORKLOAD_NAME 512 /* room for any, with its NUL */

/*
 * Write the name of the workload that the scope of the cgroup @path, which is @identity, belongs to into
 * @name, raw; the first of these that is known:
 *
 *   pod NAMESPACE/TEMPLATE/CONTAINER  of Kubernetes; TEMPLATE is the pod's name without what its
 *                                     controller put at the end
 *   image REGISTRY/REPOSITORY:TAG     as image.h has it; of another form as the runtime has it
 *   unit UNIT                         of systemd: instances of a template are one, and so are transient
 *                                     units with numbers for names
 *   RUNTIME NAME                      a machine, or a container that a person named
 *   RUNTIME                           a container of which nothing else is known
 *   cgroup PATH
 *
 * with "claimed " before it where somebody else than root had a say (identity.h), so that nobody adds to
 * what is known of another's workload. False: it is a run of `capward run`, and no workload.
 */
bool workload_name(const char *path, const struct identity *identity,
		   char name[static WORKLOAD_NAME]);

/* Whether @name, as workload_name() writes them, is one that somebody else than root had a say in. */
bool workload_is_claimed(const char *name);

#endif

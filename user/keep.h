/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeping what is seen of scopes on disk (store.h), so that a workload is known by all its runs: who a
 * scope is as soon as that is known, what was seen in it now and then, and all of it when it has ended.
 * What cannot be written stays in the kernel, which keeps it of CAPWARD_GONE scopes, and is tried again.
 */
#ifndef CAPWARD_KEEP_H
#define CAPWARD_KEEP_H

#include <systemd/sd-event.h>

#include "engine.h"
#include "identity.h"
#include "teller.h"

struct keep;

/*
 * Begin to keep in the store @dir, in the loop @event; @dir must live as long, @teller is copied. What ended
 * while nobody kept it is added first. *@out is the caller's, for keep_free(). A store that cannot be
 * written is told, and is no failure.
 */
int keep_new(struct engine *engine, const char *dir, sd_event *event, const struct teller *teller,
	     struct keep **out, struct error *err);

/* Write what was seen until now, and end. @keep may be NULL. */
void keep_free(struct keep *keep);

/* The scope @id of the cgroup @path is @identity; again when more of that is known. */
void keep_scope(struct keep *keep, __u64 id, const char *path, const struct identity *identity);

/* The scope @id is gone; what the kernel has of one that is no workload's is dropped. */
void keep_gone(struct keep *keep, __u64 id);

#endif

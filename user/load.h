/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs and maps as they get into the kernel and out of it.
 */
#ifndef CAPWARD_LOAD_H
#define CAPWARD_LOAD_H

#include "engine.h"
#include "error.h"

/*
 * Load the programs, attach them and pin everything, then open it. All or nothing: a failure leaves
 * no pin and no program behind. The verifier's words go to a file that the message names. The caller
 * holds engine_lock().
 *
 * -EEXIST: already loaded. -EPERM: not permitted. -EOPNOTSUPP: this kernel refuses the programs.
 */
int engine_load(struct engine **out, struct error *err);

/*
 * Replace what is loaded, of another build with the same ABI, by this build's programs, without a
 * moment in which nothing judges: the new are attached before the old are detached, and go on with
 * their maps. *@engine is what was opened, and on success what is then. On failure it stays as it is,
 * and so does what is in force. The caller holds engine_lock().
 */
int engine_upgrade(struct engine **engine, struct error *err);

/*
 * Remove what a load or an upgrade that was killed left beside what is in force. The caller holds
 * engine_lock().
 */
int engine_tidy(struct error *err);

/* Which build this is: what its programs have in struct capward_generation. */
__u64 load_build(void);

/*
 * Take everything out of the kernel: remove the pins, and with them the last references. Removes
 * also an incomplete set or one of another version. Returns 0, or -ENOENT when there was nothing.
 * The caller holds engine_lock().
 */
int engine_unload(struct error *err);

#endif

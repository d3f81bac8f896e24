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
 * Take everything out of the kernel: remove the pins, and with them the last references. Removes
 * also an incomplete set or one of another version. Returns 0, or -ENOENT when there was nothing.
 * The caller holds engine_lock().
 */
int engine_unload(struct error *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPWARD_SELFTEST_H
#define CAPWARD_SELFTEST_H

#include "engine.h"

/*
 * Prove that the hook fires: put a child into a cgroup of its own, see a use of CAP_SYS_ADMIN
 * succeed, give the cgroup the policy that denies everything, see the same use fail and counted.
 * Attaching says nothing: without bpf in lsm=, or with ftrace off, programs attach and never run.
 * The caller holds engine_lock(). Returns 0; -EOPNOTSUPP: nothing was denied; another negative errno: the test could not be made.
 */
int selftest(struct engine *engine, struct error *err);

#endif

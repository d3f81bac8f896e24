/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate: capward enforces only where that was proved. Until then, what would be denied is only
 * recorded.
 */
#ifndef CAPWARD_GATE_H
#define CAPWARD_GATE_H

#include "engine.h"
#include "error.h"

/*
 * Look whether what is loaded enforces: the host's facts, the guard of ftrace, the order in which the
 * programs were attached, and the self-test. 0: it does, and the gate is open. Else a negative errno
 * and why: an open gate stays open then, since what kept the programs from running may end by itself,
 * and a closed one stays closed. The caller holds engine_lock().
 */
int gate_open(struct engine *engine, struct error *err);

/* 0 when the gate is open; else opens it as gate_open() does. For who is about to rely on it. */
int gate_require(struct engine *engine, struct error *err);

/* What of the above may change while something runs, and is looked at without a self-test. */
enum gate_sight {
	GATE_ENFORCES,
	GATE_FTRACE_OFF, /* nothing runs */
	GATE_DETACHED,	 /* the pins are gone: unloaded, or taken out */
	GATE_CLOSED,	 /* observes */
};

enum gate_sight gate_look(struct engine *engine);

/* What to tell a person of @sight. */
const char *gate_sight_text(enum gate_sight sight);

/* The names of the guards that are not attached, with commas, into @text; "": all are. */
#define GATE_GUARDS 128
const char *gate_unguarded(__u32 unguarded, char text[GATE_GUARDS]);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
#include "gate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "pins.h"
#include "selftest.h"

int gate_open(struct engine *engine, struct error *err)
{
	int code = host_require_enforcing(err);

	if (!code && engine_unguarded(engine) >> CAPWARD_GUARD_FTRACE & 1)
		code = error_set(
			err, -EOPNOTSUPP,
			"nothing keeps a container from writing kernel.ftrace_enabled, "
			"which stops capward: the guard could not be attached to the root "
			"of the host's cgroups; `capward unload`, and load it from outside "
			"of any cgroup namespace");
	if (!code)
		code = engine_provenance(err);
	if (!code)
		code = selftest(engine, err);
	if (!code)
		__atomic_store_n(&engine_state(engine)->enforcing, 1, __ATOMIC_SEQ_CST);
	return code;
}

int gate_require(struct engine *engine, struct error *err)
{
	return engine_state(engine)->enforcing ? 0 : gate_open(engine, err);
}

enum gate_sight gate_look(struct engine *engine)
{
	if (!host_ftrace_on())
		return GATE_FTRACE_OFF;
	if (access(PINS_DIR "/" PINS_LINK "capable", F_OK))
		return GATE_DETACHED;
	return engine_state(engine)->enforcing ? GATE_ENFORCES : GATE_CLOSED;
}

const char *gate_sight_text(enum gate_sight sight)
{
	switch (sight) {
	case GATE_ENFORCES:
		return "enforcing";
	case GATE_FTRACE_OFF:
		return "nothing is enforced: kernel.ftrace_enabled is not 1; sysctl "
		       "kernel.ftrace_enabled=1";
	case GATE_DETACHED:
		return "nothing is enforced: what was loaded is gone; `capward apply` loads it";
	case GATE_CLOSED:
		return "only observing, nothing is denied; `capward status` says why";
	}
	return "";
}

const char *gate_unguarded(__u32 unguarded, char text[GATE_GUARDS])
{
	static const char *const names[CAPWARD_GUARDS] = {
		[CAPWARD_GUARD_OBJECTS] = "maps and programs",
		[CAPWARD_GUARD_PINS] = "pins",
		[CAPWARD_GUARD_PROCESSES] = "processes",
		[CAPWARD_GUARD_FTRACE] = "ftrace",
	};
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < CAPWARD_GUARDS; i++)
		if (unguarded >> i & 1)
			used += (size_t)snprintf(text + used, GATE_GUARDS - used, "%s%s",
						 used ? ", " : "", names[i]);
	return text;
}

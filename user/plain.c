// SPDX-License-Identifier: GPL-2.0-or-later
#include "plain.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "assign.h"
#include "cgroup.h"
#include "clock.h"
#include "identity.h"

/* How often a container that is not started yet is looked at. */
#define FIRST_NS 10000000ULL
#define LAST_NS	 1000000000ULL
/* How long after a cgroup was made its runtime may take to write the state. */
#define STATE_NS 5000000000ULL

struct look {
	const struct plain *plain;
	bool again; /* one of them is still being set up, or policies are being changed */
};

/* Make a scope of the container that @state is of, if it is none yet. */
static int look_at(void *context, const struct identity_plain *state)
{
	struct look *look = context;
	struct engine *engine = look->plain->engine;
	struct capward_scope here;
	struct error err;
	size_t changed;
	int lock, code;
	__u64 id;

	/* The whole host is no container, whatever a state says. */
	if (!strcmp(state->cgroup, "/") || cgroup_id(state->cgroup, &id, NULL))
		return 0;
	if (!engine_scope(engine, id, &here) && here.root == id)
		return 0;
	/* Before, what its runtime does in there would be taken for the payload's. */
	lock = state->started ? engine_try_lock(&err) : -EAGAIN;
	if (lock < 0) {
		look->again = true;
		return 0;
	}
	code = assign_scope(engine, state->cgroup, engine_state(engine)->container_policy,
			    CAPWARD_SCOPE_CONTAINER, &changed, &err);
	close(lock);
	if (code)
		tell(look->plain->teller, "%s: %s", state->id, err.text);
	else
		look->plain->found(look->plain->context, id);
	return 0;
}

void plain_look(struct plain *plain)
{
	struct look look = {.plain = plain};
	__u64 retry = plain->retry;

	plain->due = 0;
	identity_each_plain("", look_at, &look, NULL);
	if (!look.again && clock_boot_ns() >= plain->until)
		return;
	plain->due = clock_boot_ns() + retry;
	plain->retry = retry * 2 < LAST_NS ? retry * 2 : LAST_NS;
}

void plain_anew(struct plain *plain)
{
	plain->retry = FIRST_NS;
}

void plain_expect(struct plain *plain)
{
	__u64 now = clock_boot_ns();

	plain_anew(plain);
	plain->until = now + STATE_NS;
	if (!plain->due || plain->due > now + FIRST_NS)
		plain->due = now + FIRST_NS;
}

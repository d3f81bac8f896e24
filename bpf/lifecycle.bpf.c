// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scopes as cgroups come and go.
 *
 * tp_btf/cgroup_mkdir         a new cgroup gets its parent's policy, or that of the profile whose
 *                             pattern it matches, or the default for cgroups that runtimes name, or
 *                             the one for services.
 *                             No task can be inside yet.
 * tp_btf/cgroup_rmdir         its entry goes; a scope keeps what was used in the cgroups below it.
 *
 * A tracing program is left out while the CPU is inside it already (__bpf_trace_run(), and
 * bpf_prog_check_recur() in the trampoline), which two tasks bring about where it can be preempted,
 * as in 7.x. So tracing serves only what cannot meet itself, the cgroup hooks under cgroup_mutex,
 * or what may be missed. LSM programs are never left out.
 */
#include "change.h"
#include "past.h"
#include "places.h"
#include "scope.h"
#include "capward/glob.h"
#include "runtime_name.h"

struct capward_state state SEC(".data.state");

/*
 * From how many entries on a cgroup gets none of its own when it can do without: one that only
 * inherits is found through its parents, and one that is only observed need not be. The rest is for
 * the scopes that someone asked for, so that nobody takes their place by making cgroups.
 */
#define SCOPES_RESERVED_FROM (CAPWARD_SCOPES / 4 * 3)

/*
 * What cgroup_mkdir works on: too large for the stack, and under cgroup_mutex there is but one. The
 * place of the match under way is here too, because the verifier follows what a callback keeps on
 * the stack from call to call, and takes what is read from memory as unknown.
 */
static struct {
	struct capward_scope scope;
	char name[RUNTIME_NAME];
	char parent_name[RUNTIME_NAME];
	char pattern[CAPWARD_PATTERN];
	char path[GLOB_PATH];
	struct glob glob;
	int result;
	__u32 list;    /* of matches */
	__u32 policy;  /* of the one that matched */
	__u32 name_at; /* where in the path the cgroup's name begins */
	bool is_unit; /* all that is above it are slices, so that the name is systemd's own choice */
} making;

static long match_step(__u32 index, void *context)
{
	making.result = glob_step(&making.glob, making.pattern, making.path);
	return making.result != GLOB_MORE;
}

static long match_one(__u32 rank, void *context)
{
	__u32 index = making.list * CAPWARD_MATCHES + rank;
	struct capward_match *match = bpf_map_lookup_elem(&matches, &index);

	if (!match || !match->length)
		return 1;
	__builtin_memcpy(making.pattern, match->pattern, CAPWARD_PATTERN);
	__builtin_memset(&making.glob, 0, sizeof(making.glob));
	if (match->flags & CAPWARD_MATCH_NAME) {
		if (!making.is_unit)
			return 0;
		making.glob.in = making.name_at;
	}
	making.result = GLOB_MORE;
	bpf_loop(GLOB_STEPS, match_step, NULL, 0);
	if (making.result != GLOB_YES)
		return 0;
	making.policy = match->policy;
	return 1;
}

/* The byte @back before the place @at in the path. */
static __always_inline char path_before(__u32 at, __u32 back)
{
	return making.path[(at - back) & (GLOB_PATH - 1)];
}

/* Whether what ends before the slash at @at in the path is a slice, or nothing. */
static __always_inline bool ends_slice(__u32 at)
{
	return !at || (path_before(at, 6) == '.' && path_before(at, 5) == 's' &&
		       path_before(at, 4) == 'l' && path_before(at, 3) == 'i' &&
		       path_before(at, 2) == 'c' && path_before(at, 1) == 'e');
}

static long find_name(__u32 at, void *context)
{
	char byte = making.path[at & (GLOB_PATH - 1)];

	if (byte == '/') {
		making.name_at = at + 1;
		making.is_unit &= ends_slice(at);
	}
	return !byte;
}

/* The slot of the profile whose pattern @path matches, or CAPWARD_MATCH_CONTAINER; 0: none does. */
static __always_inline __u32 matching_policy(const char *path)
{
	long length = bpf_probe_read_kernel_str(making.path, GLOB_PATH, path);

	if (length <= 0 || length >= GLOB_PATH)
		return 0;
	making.is_unit = true;
	making.name_at = 0;
	bpf_loop(GLOB_PATH, find_name, NULL, 0);
	making.policy = 0;
	making.list = state.match_list & 1; /* once: `apply` may switch to the other meanwhile */
	bpf_loop(CAPWARD_MATCHES, match_one, NULL, 0);
	return making.policy;
}

static __always_inline void read_names(struct cgroup *cgroup)
{
	bpf_probe_read_kernel_str(making.name, RUNTIME_NAME, BPF_CORE_READ(cgroup, kn, name));
	bpf_probe_read_kernel_str(making.parent_name, RUNTIME_NAME,
				  BPF_CORE_READ(cgroup, self.parent, cgroup, kn, name));
}

/* What the names tell (runtime_name.h), each global so that the verifier goes through it once. */
__noinline int is_container(void)
{
	return runtime_names_container(making.name, making.parent_name);
}

__noinline int is_exempt(void)
{
	return runtime_names_exempt(making.name);
}

__noinline int is_service(void)
{
	return runtime_names_service(making.name);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	struct capward_scope *new = &making.scope, *parent;
	__u64 id, parent_id;
	__u32 policy = 0;
	bool container;
	int error;

	if (!cgroup_is_v2(cgroup))
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	parent_id = BPF_CORE_READ(cgroup, self.parent, cgroup, kn, id);
	parent = find_scope(parent_id);
	if (!parent && state.ever & CAPWARD_EVER_FULL)
		parent = scope_above(cgroup);

	read_names(cgroup);
	container = is_container();
	making.is_unit = false;
	/* A governed task must not choose its policy by choosing a name. */
	if (!is_exempt() && (!parent || !current_scope_root()))
		policy = matching_policy(path);
	if (policy == CAPWARD_MATCH_CONTAINER) {
		container = true;
		policy = 0;
	}
	if (!policy && !parent && container)
		policy = state.container_policy;
	if (!policy && !parent && state.service_policy && making.is_unit && is_service())
		policy = state.service_policy;

	__builtin_memset(new, 0, sizeof(*new));
	if (policy) {
		new->root = id;
		new->outer = parent ? parent->root : 0;
		new->policy = policy;
		new->flags = container ? CAPWARD_SCOPE_CONTAINER : 0;
	} else if (parent) {
		new->root = parent->root;
		new->root_place = parent->root_place;
		new->outer = parent->outer;
		new->policy = parent->policy;
		new->flags = parent->flags;
	} else {
		tell(CAPWARD_CHANGE_MADE, id, NULL);
		return 0;
	}
	error = state.scopes >= SCOPES_RESERVED_FROM &&
				(new->root != id || new->policy == CAPWARD_POLICY_OBSERVE)
			? -ENOMEM
			: add_scope(id, new);
	if (error == -EEXIST)
		return 0; /* another build's program has made it: one is replacing the other */
	if (error) {
		__sync_fetch_and_or(&state.ever, CAPWARD_EVER_FULL);
		__sync_fetch_and_add(&state.scopes_full, 1);
		tell(CAPWARD_CHANGE_MADE, id, NULL);
		return 0;
	}
	/*
	 * User space replaces the policy of a scope from the top down. Where it changed the parent
	 * after it was read above, and passed here before this entry was there, follow it.
	 */
	if (parent && !policy) {
		struct capward_scope *made = find_scope(id);

		if (made) {
			made->root = parent->root;
			made->root_place = parent->root_place;
			made->outer = parent->outer;
			made->policy = parent->policy;
		}
	}
	/* What is within a scope is not told, lest a workload floods the buffer. */
	if (new->root == id)
		tell(CAPWARD_CHANGE_MADE, id, new);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	struct capward_scope *scope, *root;
	__u64 id;

	if (!cgroup_is_v2(cgroup))
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	scope = find_scope(id);
	if (!scope)
		return 0;
	if (scope->root == id) {
		end_evidence(id, scope, keeps_evidence(scope));
		tell(CAPWARD_CHANGE_GONE, id, scope);
	} else {
		root = root_of(scope);
		for (__u32 cap = 0; root && cap < CAPWARD_CAPS; cap++)
			if (scope->used[cap])
				__sync_fetch_and_add(&root->used[cap], scope->used[cap]);
	}
	remove_scope(id);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

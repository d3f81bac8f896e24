// SPDX-License-Identifier: GPL-2.0-only
/*
 * What user space asks of the maps that the programs write as well. Run with BPF_PROG_TEST_RUN;
 * each answers 0 or a negative errno. They exist because a map update from user space replaces a
 * whole element, and with it the counts that another CPU is just adding to.
 *
 * syscall/place        learns which build this is and where its pins are: the caller's working
 *                      directory.
 * syscall/init         learns the host's mount namespace and root directory, and begins the state;
 *                      the caller runs in the host's pid namespace.
 * syscall/govern       makes a cgroup (part of) a scope, or gives its scope another policy.
 * syscall/begin_anew   ends what was seen in a scope, which goes on; of a cgroup below, what it counted.
 * syscall/forget       removes the entry of a cgroup that was gone before it was made.
 * syscall/set_policy   writes a policy slot, its word with one store.
 */
#include "judge.h"
#include "past.h"
#include "places.h"

__u64 policy_words[CAPWARD_POLICIES] SEC(".data.words");
struct capward_generation generation SEC(".data.generation");
struct capward_hint hints[CAPWARD_HINTS] SEC(".data.hints");

SEC("syscall")
int place(__u64 *build)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct vfsmount *mount = BPF_CORE_READ(task, fs, pwd.mnt);

	generation.build = *build;
	generation.pins.mount = (__u64)mount - bpf_core_field_offset(struct mount, mnt);
	generation.pins.root = (__u64)BPF_CORE_READ(mount, mnt_root);
	generation.pins.sb = (__u64)BPF_CORE_READ(mount, mnt_sb);
	generation.pins.dir = (__u64)BPF_CORE_READ(task, fs, pwd.dentry);
	return 0;
}

SEC("syscall")
int init(void *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *reaper;

	reaper = BPF_CORE_READ(task, nsproxy, pid_ns_for_children, child_reaper);
	state.mount_ns = (__u64)BPF_CORE_READ(reaper, nsproxy, mnt_ns);
	state.root = (__u64)BPF_CORE_READ(reaper, fs, root.dentry);
	state.container_policy = CAPWARD_POLICY_OBSERVE;
	state.loaded_at = bpf_ktime_get_boot_ns();
	state.size = sizeof(state);
	state.abi = CAPWARD_ABI;
	return state.mount_ns && state.root ? 0 : -EINVAL;
}

/* Too large for the stack; user space governs one at a time, under engine_lock(). */
static struct capward_scope governing;

SEC("syscall")
int govern(struct capward_govern *request)
{
	struct capward_scope *scope, *new = &governing;
	__u64 id = request->cgroup;

	if (request->policy >= CAPWARD_POLICIES)
		return -EINVAL;
	scope = find_scope(id);
	if (scope) {
		scope->root = request->root;
		scope->root_place = find_place(request->root);
		*(volatile __u64 *)&scope->outer = request->outer;
		__sync_fetch_and_and(&scope->fast, 0);
		if (request->root != id)
			keep_denials(scope, 0); /* they are counted in a scope's own entry */
		scope->policy = request->policy;
		__sync_fetch_and_and(&scope->flags, ~CAPWARD_SCOPE_ASSIGNED);
		__sync_fetch_and_or(&scope->flags, request->flags);
		return 0;
	}
	__builtin_memset(new, 0, sizeof(*new));
	new->root = request->root;
	new->root_place = find_place(request->root);
	new->outer = request->outer;
	new->policy = request->policy;
	new->flags = request->flags;
	return add_scope(id, new);
}

SEC("syscall")
int begin_anew(__u64 *cgroup)
{
	__u64 id = *cgroup;
	struct capward_scope *scope = find_scope(id);

	if (!scope)
		return -ENOENT;
	/* Nothing takes the short way, on which nothing is looked at. */
	__sync_fetch_and_and(&scope->fast, 0);
	end_evidence(id, scope, false);
	return 0;
}

SEC("syscall")
int forget(__u64 *cgroup)
{
	return remove_scope(*cgroup);
}

SEC("syscall")
int set_policy(struct capward_set_policy *request)
{
	struct capward_policy *policy;
	__u64 word = request->policy.word, slot = request->slot;
	__u32 key = slot;

	policy = bpf_map_lookup_elem(&policies, &key);
	if (!policy)
		return -EINVAL;
	__builtin_memcpy(policy->profile, request->policy.profile, sizeof(policy->profile));
	policy->flags = request->policy.flags;
	policy->word = request->policy.word;
	barrier_var(slot);
	if (slot >= CAPWARD_POLICIES)
		return -EINVAL;
	/* Off counts nothing: no capability takes the short way. */
	if (policy_mode(word) == CAPWARD_OFF)
		word = policy_word(CAPWARD_OFF, 0);
	*(volatile __u64 *)&policy_words[slot] = word;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lsm/capable is not asked about: which capabilities a workload holds on to without a check, where
 * a runtime that does not grant them makes it fail all the same, and which the kernel refused. For
 * telling people; nothing is denied here.
 *
 * lsm/capset                     a program names the set that it keeps. When it was not given all of it, the
 *                                call fails; what then becomes of the program is its own affair.
 * fexit/get_vfs_caps_from_disk   the file of an exec has capabilities that are to be effective: the
 *                                exec fails without them (bprm_caps_from_vfs_caps()).
 * lsm/bprm_committed_creds       an exec kept ambient ones, which somebody raised.
 * fexit/cap_capable              commoncap refused: the credential has not got it. Attached only while
 *                                somebody wants to know, because every check of the host pays for it.
 *
 * A tracing program may be left out while its processor is inside it already (lifecycle.bpf.c).
 */
#include "judge.h"

/* include/uapi/linux/capability.h */
#define VFS_CAP_FLAGS_EFFECTIVE 1

/*
 * Record @use by the current task, whose verdict is in it, in the scope that the task is in. Global and
 * weak as judge() is, so that the verifier goes through it once.
 */
__weak __noinline int observe(struct use *use)
{
	struct capward_scope *scope = current_scope();

	if (!use) /* for the verifier */
		return 0;
	use->cgroup = bpf_get_current_cgroup_id();
	if (scope && policy_mode(scope_word(scope)) != CAPWARD_OFF)
		record(use, scope);
	return 0;
}

static __always_inline void hold_all(__u64 caps, __u32 opts)
{
	struct use use = {
		.verdict = CAPWARD_HELD,
		.opts = opts,
		.level = BPF_CORE_READ(bpf_get_current_task_btf(), real_cred, user_ns, level),
	};

	for (__u32 cap = 0; cap < CAPWARD_CAPS; cap++) {
		use.permission = cap;
		if (caps >> cap & 1)
			observe(&use);
	}
}

/* Whether the current task is one that a runtime sets a scope up with. */
static __always_inline bool sets_up(struct capward_scope *scope)
{
	return state.setup_tasks &&
	       process_set_up(bpf_get_current_task_btf()->group_leader, scope->root);
}

static __always_inline __u64 caps_at(const kernel_cap_t *at)
{
	__u64 caps = 0;

	bpf_probe_read_kernel(&caps, sizeof(caps), at);
	return caps;
}

SEC("lsm/capset")
int BPF_PROG(capset, struct cred *new, const struct cred *old, const kernel_cap_t *effective,
	     const kernel_cap_t *inheritable, const kernel_cap_t *permitted, int ret)
{
	struct capward_scope *scope;

	if (ret)
		return ret;
	scope = current_scope();
	/* Who keeps all that it has names nothing. */
	if (scope && !sets_up(scope) && caps_at(permitted) != caps_at(&old->cap_permitted))
		hold_all(caps_at(permitted), OPT_MOOT);
	return 0;
}

SEC("fexit/get_vfs_caps_from_disk")
int BPF_PROG(file_caps, void *idmap, const struct dentry *dentry, struct cpu_vfs_cap_data *caps,
	     int result)
{
	struct capward_scope *scope;

	if (result)
		return 0;
	scope = current_scope();
	/* The payload's own exec ends set-up; those before it in a container are of the host's files. */
	if (!scope || (scope->flags & CAPWARD_SCOPE_CONTAINER && sets_up(scope) &&
		       task_in_host_mounts(bpf_get_current_task_btf(), state.mount_ns)))
		return 0;
	if (BPF_CORE_READ(caps, magic_etc) & VFS_CAP_FLAGS_EFFECTIVE)
		hold_all(caps_at(&caps->permitted), 0);
	return 0;
}

SEC("lsm/bprm_committed_creds")
int BPF_PROG(ambient_caps, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct capward_scope *scope;
	__u64 ambient = caps_at(&task->cred->cap_ambient);

	if (!ambient)
		return 0;
	scope = current_scope();
	if (scope && !sets_up(scope))
		hold_all(ambient, 0);
	return 0;
}

SEC("fexit/cap_capable")
int BPF_PROG(cap_refused, const struct cred *cred, struct user_namespace *ns, int cap,
	     unsigned int opts, int result)
{
	struct capward_scope *scope;
	__u64 number = (__u32)cap;

	if (!result)
		return 0;
	scope = current_scope();
	if (!scope || sets_up(scope))
		return 0;

	struct use use = {
		.verdict = CAPWARD_REFUSED,
		.permission = number < CAPWARD_CAPS ? number : CAPWARD_BEYOND,
		.level = ns->level,
		.opts = opts,
	};
	observe(&use);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

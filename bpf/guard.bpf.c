// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a governed task may not do to capward, whatever capabilities its policy allows: each try is
 * judged as the operation `tamper`, which no policy that enforces allows.
 *
 * lsm/bpf_map               open one of capward's maps, by id or by pin.
 * lsm/bpf_prog              the same for its programs.
 * lsm/bpf                   open one of its links by id, detach or update one by descriptor; load a
 *                           program that answers in place of a security hook (fmod_ret).
 * fentry/bpf_link_new_fd    open a link by pin, which no security hook sees: the task is killed
 *                           before it has the descriptor in hand.
 * cgroup/sysctl             write kernel.ftrace_enabled: 0 stops every BPF LSM program.
 * lsm/task_kill             signal one of capward's processes.
 * lsm/file_send_sigiotask   have a descriptor signal it (fcntl F_SETOWN, F_SETSIG).
 * lsm/task_setrlimit        limit it (prlimit RLIMIT_CPU).
 * syscall/mark              the caller, which has opened the pins, is one of capward's processes.
 *
 * The pins themselves are in guard_pins.bpf.c. What is capward's is known by id: `own_objects` is
 * filled before anything is attached.
 */
#include "guard.h"
#include "name.h"

/* include/uapi/linux/bpf.h */
#define BPF_PROG_LOAD	      5
#define BPF_LINK_UPDATE	      29
#define BPF_LINK_GET_FD_BY_ID 30
#define BPF_LINK_DETACH	      34
#define BPF_MODIFY_RETURN     26

/* Of union bpf_attr: the first field of the three link commands, and two of BPF_PROG_LOAD. */
struct attr_prog_load {
	__u32 prog_type;
	__u32 others[16];
	__u32 expected_attach_type;
};

_Static_assert(__builtin_offsetof(struct attr_prog_load, expected_attach_type) == 68,
	       "as in union bpf_attr");

SEC("lsm/bpf_map")
int BPF_PROG(guard_bpf_map, struct bpf_map *map, fmode_t mode)
{
	return is_own_object(CAPWARD_OBJECT_MAP, map->id) ? tamper() : 0;
}

SEC("lsm/bpf_prog")
int BPF_PROG(guard_bpf_prog, struct bpf_prog *prog)
{
	return is_own_object(CAPWARD_OBJECT_PROGRAM, prog->aux->id) ? tamper() : 0;
}

/* The id of the link that the current task has as @fd; of anything else some number. */
static __always_inline __u32 link_of_fd(__u32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **slots = BPF_CORE_READ(table, fd), *file = NULL;
	struct bpf_link *link;

	if (fd >= BPF_CORE_READ(table, max_fds) ||
	    bpf_probe_read_kernel(&file, sizeof(file), slots + fd) || !file)
		return 0;
	link = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(link, id);
}

/* From 6.15 the hook has a fourth argument. */
SEC("lsm/bpf")
int BPF_PROG(guard_bpf, int cmd, union bpf_attr *attr, unsigned int size)
{
	struct attr_prog_load load = {};
	__u32 id = 0;

	switch (cmd) {
	case BPF_LINK_GET_FD_BY_ID:
		bpf_probe_read_kernel(&id, sizeof(id), attr);
		break;
	case BPF_LINK_DETACH:
	case BPF_LINK_UPDATE:
		bpf_probe_read_kernel(&id, sizeof(id), attr);
		id = link_of_fd(id);
		break;
	case BPF_PROG_LOAD:
		/*
		 * Attached to security_bpf_map(), such a program answers a positive number, which
		 * ends the hook before it asks anyone and is no error to who called it.
		 */
		bpf_probe_read_kernel(&load, sizeof(load), attr);
		return load.expected_attach_type == BPF_MODIFY_RETURN ? tamper() : 0;
	default:
		return 0;
	}
	return is_own_object(CAPWARD_OBJECT_LINK, id) ? tamper() : 0;
}

SEC("fentry/bpf_link_new_fd")
int BPF_PROG(guard_link_new_fd, struct bpf_link *link)
{
	if (is_own_object(CAPWARD_OBJECT_LINK, link->id) && tamper())
		bpf_send_signal(SIGKILL);
	return 0;
}

/*
 * The verdict of permit(), for a program that has no task storage (a cgroup program, before 6.16):
 * a task that sets up a container has no business here, and is judged as workload; who left a scope
 * is told by its credential (stay_bound()).
 */
static __always_inline bool may_write_sysctl(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct use use = {
		.cgroup = bpf_get_current_cgroup_id(),
		.permission = CAPWARD_OP_TAMPER,
		.phase = PHASE_WORKLOAD,
		.credential = CREDENTIAL_OWN,
	};
	struct capward_scope *scope = scope_at(use.cgroup, task);
	__u64 cred = (__u64)BPF_CORE_READ(task, real_cred), *owner;

	if (!scope) {
		owner = state.unlisted ? bpf_map_lookup_elem(&owned_creds, &cred) : NULL;
		if (!owner)
			return true;
		scope = find_scope(*owner);
		if (!scope)
			return !state.enforcing;
	}
	return !judge_in(&use, scope, 0, NULL);
}

SEC("cgroup/sysctl")
int guard_sysctl(struct bpf_sysctl *context)
{
	char name[sizeof("kernel/ftrace_enabled") + 1] = {};

	/* One that is longer is cut, and then differs in its length. */
	if (!context->write ||
	    bpf_sysctl_get_name(context, name, sizeof(name), 0) != sizeof(name) - 2 ||
	    !NAME_STARTS(name, "kernel/ftrace_enabled"))
		return 1;
	return may_write_sysctl();
}

SEC("lsm/task_kill")
int BPF_PROG(guard_kill, struct task_struct *task, struct kernel_siginfo *info, int signal)
{
	return signal && is_capwards(task) ? tamper() : 0;
}

/*
 * Sent from wherever data arrives, by whoever is current there, so it is nobody's try. capward asks
 * for no such signal.
 */
SEC("lsm/file_send_sigiotask")
int BPF_PROG(guard_sigio, struct task_struct *task, struct fown_struct *owner, int signal)
{
	return is_capwards(task) ? -EPERM : 0;
}

SEC("lsm/task_setrlimit")
int BPF_PROG(guard_rlimit, struct task_struct *task, unsigned int resource, struct rlimit *limit)
{
	return is_capwards(task) ? tamper() : 0;
}

/* capward's processes have one thread. */
SEC("syscall")
int mark(void *context)
{
	return make_entry(&own_tasks, bpf_get_current_task_btf(), NULL) ? 0 : -ENOMEM;
}

char LICENSE[] SEC("license") = "GPL";

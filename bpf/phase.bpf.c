// SPDX-License-Identifier: GPL-2.0-only
/*
 * The phase of tasks as they enter scopes, leave them, fork, exec and exit.
 *
 * fentry/cgroup_attach_task   a task that an outsider moves into a scope becomes a set-up task, and
 *                             one that workload moves out of its scope stays bound by it: before the
 *                             move, because the task runs on while it is moved.
 * fexit/cgroup_attach_task    it has arrived, and what it was is over; or it could not be moved.
 * lsm/task_alloc              a task that is forked into a scope (CLONE_INTO_CGROUP, which fires no
 *                             attach) is a set-up task as if it had been moved there, and one that
 *                             may have been forked out of its scope is bound by it; a child of a
 *                             set-up or bound task is one too.
 * lsm/bprm_check_security     an exec by another thread than the first: what binds the process is
 *                             handed to the thread that becomes its first.
 * lsm/bprm_committed_creds    an exec ends set-up, unless it is the runtime's own or a hook's.
 * tp_btf/sched_process_exit   the last thread of a set-up or bound task is gone.
 * lsm/task_free               so is one whose exit was missed, or whose fork failed.
 *
 * What a tracing program may be used for: lifecycle.bpf.c.
 */
#include "change.h"
#include "look.h"
#include "scope.h"
#include "name.h"

/*
 * How long a task may set up its scope. A container that is created and only later started is past
 * it, which its last step does not mind: the exec needs no capability. A set-up task that was
 * hijacked, or restored from a checkpoint and never execs, is judged from then on.
 */
#define SET_UP_NS 30000000000ULL

/*
 * The last move, noted on entry to cgroup_attach_task() and read when it returns, both under
 * cgroup_mutex.
 */
struct {
	__u64 task;   /* struct task_struct * */
	__u64 from;   /* cgroup id of the scope it was in; 0: none */
	bool within;  /* one scope: nothing changes */
	bool set_up;  /* it sets up where it goes */
	bool by_host; /* what bound it is over */
} moving SEC(".data.moving");

/* Make the process that @leader leads the set-up task that @as says. */
static __always_inline void begin_set_up(struct task_struct *leader, const struct set_up *as)
{
	struct set_up *set_up = make_entry(&set_up_tasks, leader, NULL);

	if (!set_up)
		return; /* no memory: workload */
	set_up->scope = as->scope;
	set_up->elsewhere = as->elsewhere;
	set_up->deadline = as->deadline;
	/* Counted first, so that the number is at no moment less than there are. */
	__sync_fetch_and_add(&state.setup_tasks, 1);
	if (__sync_lock_test_and_set(&set_up->live, 1))
		__sync_fetch_and_add(&state.setup_tasks, -1);
}

static __always_inline void end_set_up(struct task_struct *leader)
{
	struct set_up *set_up;

	set_up = bpf_task_storage_get(&set_up_tasks, leader, NULL, 0);
	if (set_up)
		stop_set_up(set_up);
}

static __always_inline void unbind(struct task_struct *leader)
{
	struct bound *bound;

	if (!state.bound_tasks)
		return;
	bound = bpf_task_storage_get(&bound_tasks, leader, NULL, 0);
	if (bound)
		stop_bound(bound);
}

/*
 * The host moved the process that @leader leads, out of the scope @from unless that is 0: nothing
 * binds it now, wherever its credential was made. It is there already and may be in bind_by_birth():
 * whoever makes the entry, it is not live in the end.
 */
static __always_inline void release(struct task_struct *leader, __u64 from)
{
	struct bound *bound = from ? make_entry(&bound_tasks, leader, NULL)
				   : bpf_task_storage_get(&bound_tasks, leader, NULL, 0);

	if (bound)
		stop_bound(bound);
}

/*
 * Whether a policy that denies anything binds the current process, which @leader leads, in its scope or from
 * one it left.
 */
static __always_inline bool current_binds(struct task_struct *leader)
{
	struct bound *bound;

	if (scope_binds(current_scope()))
		return true;
	bound = process_bound(leader);
	return bound && bound->anywhere;
}

/*
 * Whether the current process, which @leader leads, is the workload of a scope, one that it is in or one that
 * it left.
 */
static __always_inline bool current_is_workload(struct task_struct *leader)
{
	struct capward_scope *scope = current_scope();

	if (scope && process_phase(leader, scope->root) == PHASE_WORKLOAD)
		return true;
	return process_bound(leader);
}

/* What binds who leaves the scope @from and is bound already as the process that @leader leads is. */
static __always_inline struct bound bound_after(struct task_struct *leader,
						struct capward_scope *from)
{
	struct bound *bound = process_bound(leader);
	struct bound as = {
		.scope = from->root,
		.word = scope_words(from->root),
		.others = policy_word(CAPWARD_LEARN, CAPWARD_MASK),
		.anywhere = scope_binds(from),
	};

	if (bound && bound->anywhere) {
		as.others = bound->others;
		if (bound->scope != as.scope)
			as.others = both_words(as.others, as.word);
		as.scope = bound->scope;
		as.word = bound->word;
		as.anywhere = 1;
	}
	return as;
}

/*
 * Keep @task, of the process that @leader leads, which workload moves out of the scope @from into @to, if that
 * is one, bound by it.
 */
static __always_inline void stay_bound(struct task_struct *task, struct task_struct *leader,
				       struct capward_scope *from, struct capward_scope *to)
{
	struct bound as;

	if (!from || (to && !scope_binds(from)))
		return;
	__sync_fetch_and_or(&state.ever, CAPWARD_EVER_LEFT);
	as = bound_after(leader, from);
	adopt_cred(BPF_CORE_READ(task, real_cred), from->root);
	/* It must not go free for want of memory. The mover is the workload's, if not the task. */
	if (!bind(leader, &as))
		bpf_send_signal(SIGKILL);
}

SEC("fentry/cgroup_attach_task")
int BPF_PROG(cgroup_attach_begins, struct cgroup *cgroup, struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	struct task_struct *mover = bpf_get_current_task_btf()->group_leader;
	struct capward_scope *from, *to;
	bool by_workload;

	if (!cgroup_is_v2(cgroup))
		return 0;
	from = task_scope(task);
	to = cgroup_scope(cgroup);
	moving.task = (__u64)task;
	moving.from = from ? from->root : 0;
	moving.within = from && to && from->root == to->root;
	if (moving.within)
		return 0;
	by_workload = current_is_workload(mover);
	moving.by_host = !by_workload;
	if (by_workload)
		stay_bound(task, leader, from, to);
	moving.set_up = to && !scope_binds(from) && !current_binds(mover) &&
			!(by_workload && process_bound(leader));
	if (moving.set_up) {
		struct set_up as = {
			.scope = to->root,
			.deadline = bpf_ktime_get_ns() + SET_UP_NS,
		};

		begin_set_up(leader, &as);
	}
	return 0;
}

SEC("fexit/cgroup_attach_task")
int BPF_PROG(cgroup_attach_ends, struct cgroup *cgroup, struct task_struct *task, bool threadgroup,
	     int result)
{
	bool known = moving.task == (__u64)task;

	if (!cgroup_is_v2(cgroup) || (known && moving.within))
		return 0;
	if (known && moving.by_host && !result)
		release(task->group_leader, moving.from);
	if (!known || !moving.set_up || result)
		end_set_up(task->group_leader);
	return 0;
}

/* Hand what binds the process that @leader leads on to @child. False: there is no memory. */
static __always_inline bool inherit_bound(struct task_struct *leader, struct task_struct *child)
{
	struct bound *bound = process_bound(leader);

	return !bound || bind(child, bound);
}

SEC("lsm/task_alloc")
int BPF_PROG(task_alloc, struct task_struct *child, unsigned long clone_flags, int ret)
{
	struct task_struct *parent = bpf_get_current_task_btf()->group_leader;
	bool into = clone_flags & CLONE_INTO_CGROUP;
	struct capward_scope *from;
	struct set_up *set_up = NULL;

	if (ret || clone_flags & CLONE_THREAD) /* a thread has its process's phase */
		return ret;
	look_again(); /* here, because somebody forks before long, and nobody waits for the time */
	if (!into && !state.setup_tasks && !state.unlisted)
		return 0;
	from = current_scope();
	if (from && state.setup_tasks)
		set_up = process_set_up(parent, from->root);
	if (set_up) {
		begin_set_up(child, set_up);
		return 0;
	}
	if (!into)
		return inherit_bound(parent, child) ? 0 : -ENOMEM;
	/* The child is not there yet, so it is noted where it comes from. */
	if (from) {
		struct bound as = bound_after(parent, from);

		if (!bind(child, &as))
			return -ENOMEM;
	} else if (!inherit_bound(parent, child)) {
		return -ENOMEM;
	}
	if (process_bound(parent))
		return 0;
	if (!scope_binds(from)) {
		struct set_up as = {
			.scope = from ? from->root : 0,
			.elsewhere = 1,
			.deadline = bpf_ktime_get_ns() + SET_UP_NS,
		};

		begin_set_up(child, &as);
	}
	return 0;
}

/*
 * Whether the file of this exec was named by a descriptor: what fexecve() and /proc/self/fd give.
 * runc 1.1 executes a protected copy of itself that way, systemd from 254 its executor.
 */
static __always_inline bool exec_by_descriptor(struct linux_binprm *bprm)
{
	char name[16] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), bprm->filename);
	return NAME_STARTS(name, "/dev/fd/") || NAME_STARTS(name, "/proc/self/fd/");
}

/*
 * Whether set-up goes on after the exec that @task has just committed.
 *
 * In the host's mount namespace a container is not a container yet, and elsewhere than in a
 * container's cgroup the exec is that of a service or a command, unless the runtime executes a part
 * of itself. In another mount namespace it is the payload, but for an OCI createContainer hook: the
 * host's program, run by a child of the set-up task before pivot_root. The runtime's own last exec
 * is never by such a child, because its parent is outside the scope.
 */
static __always_inline bool set_up_goes_on(struct task_struct *task, struct linux_binprm *bprm,
					   struct capward_scope *scope)
{
	if (task_in_host_mounts(task, state.mount_ns))
		return scope->flags & CAPWARD_SCOPE_CONTAINER || exec_by_descriptor(bprm);
	return task_at_host_root(task, state.root) &&
	       process_set_up(task->real_parent->group_leader, scope->root);
}

SEC("lsm/bprm_check_security")
int BPF_PROG(bprm_check_security, struct linux_binprm *bprm, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf(), *leader = task->group_leader;

	if (ret || task == leader || !state.unlisted)
		return ret;
	return inherit_bound(leader, task) ? 0 : -ENOMEM;
}

/*
 * The current process, which @leader leads, was perhaps forked into a cgroup and is there now: it is bound only
 * if that left the scope.
 */
static __always_inline void settle(struct task_struct *leader)
{
	struct bound *bound = process_bound(leader);
	struct capward_scope *scope;

	if (!bound)
		return;
	scope = current_scope();
	if (scope && policy_mode(bound->others) != CAPWARD_ENFORCE &&
	    (!bound->anywhere || scope->root == bound->scope))
		unbind(leader);
}

/* Whether who @leader leads is to set up a scope that it is just being moved into: cgroup_attach_begins(). */
static __always_inline bool is_awaited(struct task_struct *leader)
{
	struct set_up *set_up;

	set_up = bpf_task_storage_get(&set_up_tasks, leader, NULL, 0);
	return set_up && set_up->live && !set_up->elsewhere;
}

/* The payload of the scope @root runs; tell the first time. */
static __always_inline void tell_started(__u64 root)
{
	struct capward_scope *scope = find_scope(root);

	if (scope &&
	    !(__sync_fetch_and_or(&scope->flags, CAPWARD_SCOPE_STARTED) & CAPWARD_SCOPE_STARTED))
		tell(CAPWARD_CHANGE_STARTED, root, scope);
}

SEC("lsm/bprm_committed_creds")
int BPF_PROG(bprm_committed_creds, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf(), *leader = task->group_leader;
	struct capward_scope *scope;

	settle(leader);
	if (!state.setup_tasks)
		return 0;
	scope = current_scope();
	if (scope) {
		if (!process_set_up(leader, scope->root) || set_up_goes_on(task, bprm, scope))
			return 0;
		/* From here on it is the workload's, which may keep it and use it after another. */
		own_cred(task->real_cred, scope->root);
		tell_started(scope->root);
	} else if (is_awaited(leader)) {
		return 0;
	}
	end_set_up(leader);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	struct signal_struct *signal = task->signal;

	/* The leader also ends when another thread execs in its place (de_thread()). */
	if (!state.setup_tasks && !state.bound_tasks)
		return 0;
	if (signal->live.counter && (task->pid != task->tgid || !signal->group_exec_task))
		return 0;
	end_set_up(task->group_leader);
	unbind(task->group_leader);
	return 0;
}

SEC("lsm/task_free")
int BPF_PROG(task_free, struct task_struct *task)
{
	if (state.setup_tasks)
		end_set_up(task);
	unbind(task);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scopes as cgroups come and go, and the phase of tasks as they enter, fork, exec and exit.
 *
 * tp_btf/cgroup_mkdir         a new cgroup gets its parent's policy, or that of the profile whose
 *                             pattern it matches, or the default for cgroups that runtimes name, or
 *                             the one for services.
 *                             No task can be inside yet.
 * tp_btf/cgroup_rmdir         its entry goes; a scope keeps what was used in the cgroups below it.
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
 * A tracing program is left out while the CPU is inside it already (__bpf_trace_run(), and
 * bpf_prog_check_recur() in the trampoline), which two tasks bring about where it can be preempted,
 * as in 7.x. So tracing serves only what cannot meet itself, the cgroup hooks under cgroup_mutex,
 * or what may be missed. LSM programs are never left out.
 */
#include "look.h"
#include "past.h"
#include "places.h"
#include "scope.h"
#include "capward/glob.h"
#include "runtime_name.h"

/*
 * How long a task may set up its scope. A container that is created and only later started is past
 * it, which its last step does not mind: the exec needs no capability. A set-up task that was
 * hijacked, or restored from a checkpoint and never execs, is judged from then on.
 */
#define SET_UP_NS 30000000000ULL

struct capward_state state SEC(".data.state");

/* Tell the daemon of the cgroup @id, part of @scope unless that is NULL. */
static __always_inline void tell(enum capward_change_type type, __u64 id,
				 const struct capward_scope *scope)
{
	struct capward_change *change = bpf_ringbuf_reserve(&changes, sizeof(*change), 0);

	if (!change) {
		__sync_fetch_and_add(&state.changes_lost, 1);
		return;
	}
	change->type = type;
	change->version = CAPWARD_ABI;
	change->time = bpf_ktime_get_boot_ns();
	change->cgroup = id;
	change->root = scope ? scope->root : 0;
	change->policy = scope ? scope->policy : 0;
	change->flags = scope ? scope->flags : 0;
	bpf_ringbuf_submit(change, 0);
}

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

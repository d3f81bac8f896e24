/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs and maps in the kernel: adopting what is pinned, reading and writing. Only this unit
 * and load.c, which gets them there, touch libbpf.
 */
#ifndef CAPWARD_ENGINE_H
#define CAPWARD_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "capward/abi.h"
#include "error.h"

/* The function of a kernel that asks cgroup programs about sysctls (CONFIG_CGROUP_BPF). */
#define ENGINE_SYSCTL_HOOK "__cgroup_bpf_run_filter_sysctl"

struct engine;

/*
 * Open what is pinned under PINS_DIR. On success *@out is the caller's, for engine_close().
 *
 * -ENOENT: nothing is loaded. -EPERM or -EACCES: not permitted. -EPROTO: pinned by another version,
 * or incomplete; nothing was changed.
 */
int engine_open(struct engine **out, struct error *err);

/*
 * Have no governed task signal or trace this process from here on. engine_open() did; a child that it forks
 * is to do so itself.
 */
int engine_mark(struct engine *engine, struct error *err);

void engine_close(struct engine *engine);

/* The BTF of the running kernel. */
#define ENGINE_BTF "/sys/kernel/btf/vmlinux"

/* Whether the kernel described by the BTF file @path has each of the @count functions @names. */
void engine_kernel_functions(const char *path, const char *const *names, size_t count, bool *has);

/*
 * Hold the lock under which the pins, the policies and the matches are changed; waits. Returns a
 * file descriptor to close, or a negative errno.
 */
int engine_lock(struct error *err);

/* The same without waiting; -EAGAIN: somebody else holds it. */
int engine_try_lock(struct error *err);

/*
 * 0 when what knows whose a credential is is attached, and was before what judges by it; else a
 * negative errno and why.
 */
int engine_provenance(struct error *err);

/* The live state; valid until engine_close(). */
volatile struct capward_state *engine_state(struct engine *engine);

/* When what is loaded was, in ns since boot; an upgrade does not change it. 0: @engine is NULL. */
__u64 engine_loaded_at(const struct engine *engine);

/*
 * Whether what is loaded is of the build that this program is. Another one of the same ABI is read and
 * written as it is; engine_upgrade() replaces it.
 */
bool engine_same_build(const struct engine *engine);

/*
 * Whether what the kernel refuses is watched: the verdict CAPWARD_REFUSED.
 */
bool engine_watches_refusals(void);

/*
 * Watch what the kernel refuses from now on, or no more; under engine_lock(). Every check of a capability
 * on the host then costs more (docs/performance.md), so it is not on by itself. It stays when capward is
 * upgraded.
 */
int engine_watch_refusals(struct engine *engine, bool watch, struct error *err);

/* A bit for each enum capward_guard that is not attached, or not as a whole. */
__u32 engine_unguarded(const struct engine *engine);

/* Run the syscall program @fd on @context; its own answer, or a negative errno. */
int engine_run(int fd, void *context, size_t size);

/* Read scope entry @cgroup (an id) into *@out. -ENOENT: the cgroup is ungoverned. */
int engine_scope(struct engine *engine, __u64 cgroup, struct capward_scope *out);

/*
 * Call @each for every entry of the scopes map; stops when it returns non-zero and returns that.
 * An entry made or removed meanwhile may or may not be seen.
 */
int engine_scopes(struct engine *engine,
		  int (*each)(void *context, __u64 cgroup, const struct capward_scope *scope),
		  void *context);

/*
 * Make the cgroup of @request (part of) a scope, or give its entry another policy, keeping what was
 * counted. -E2BIG: the scopes map is full; nothing was changed.
 */
int engine_govern(struct engine *engine, const struct capward_govern *request, struct error *err);

/* Remove the entry of @cgroup, an id, whose cgroup is gone. -ENOENT: there is none. */
int engine_forget(struct engine *engine, __u64 cgroup);

/* Read policy slot @slot (below CAPWARD_POLICIES) into *@out. */
int engine_policy(struct engine *engine, __u32 slot, struct capward_policy *out);

/*
 * Note the credentials of the tasks that run in scopes, and of their io_urings, as the scopes' own.
 * To be called when cgroups with tasks in them have been governed.
 */
int engine_seed(struct engine *engine, struct error *err);

/* Write policy slot @slot; its mask and mode change at once, together. */
int engine_set_policy(struct engine *engine, __u32 slot, const struct capward_policy *policy,
		      struct error *err);

/*
 * Read what is known of @verdict on @permission in the scope @root into *@out; -ENOENT: there was none.
 */
int engine_evidence(struct engine *engine, __u64 root, __u32 permission, __u32 verdict,
		    struct capward_evidence *out);

/*
 * End what was seen in the scope entry @cgroup (an id), which goes on: its evidence is removed and its
 * counts begin at zero; the totals of the host keep them. -ENOENT: the cgroup is ungoverned.
 */
int engine_begin_anew(struct engine *engine, __u64 cgroup);

/*
 * Remove the evidence of the scope @root, which is gone and was kept for the caller (state.keep).
 */
void engine_drop_gone(struct engine *engine, __u64 root);

/*
 * Call @each for every scope that has evidence, gone or not, with its id; more than once for one. Stops
 * when it returns non-zero and returns that.
 */
int engine_each_evidence(struct engine *engine, int (*each)(void *context, __u64 root),
			 void *context);

/* Read the matches in force into @out, CAPWARD_MATCHES of them; returns how many. */
size_t engine_matches(struct engine *engine, struct capward_match *out);

/* Put @count matches (at most CAPWARD_MATCHES), the most specific first, in force at once. */
int engine_set_matches(struct engine *engine, const struct capward_match *list, size_t count,
		       struct error *err);

/*
 * Become the one who reads the events. A file descriptor to close, or a negative errno; -EAGAIN:
 * another does.
 */
int engine_reader_lock(struct error *err);

/*
 * Call @each for every event, waiting up to @timeout_ms for the first. @each returns non-zero to
 * stop. Returns the number of events, 0 after a timeout, -EINTR after a signal, or what @each
 * returned. -EBUSY: another process reads the events.
 */
int engine_events(struct engine *engine, int timeout_ms,
		  int (*each)(void *context, const void *bytes, size_t size), void *context,
		  struct error *err);

/* The buffers that the kernel programs write into. */
enum engine_buffer {
	ENGINE_EVENTS,	/* struct capward_event */
	ENGINE_CHANGES, /* struct capward_change */
	ENGINE_BUFFERS,
};

/*
 * A file descriptor that is readable while @buffer has records; it is @engine's. Negative errno: it
 * cannot be opened.
 */
int engine_buffer_fd(struct engine *engine, enum engine_buffer buffer, struct error *err);

/*
 * Call @each for every record that is in @buffer now, without waiting; as engine_events().
 */
int engine_buffer_read(struct engine *engine, enum engine_buffer buffer,
		       int (*each)(void *context, const void *bytes, size_t size), void *context,
		       struct error *err);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "load.h"
#include "pins.h"

/* Not on bpffs, which others may be able to open. */
#define LOCK	    "/run/capward.lock"
#define READER_LOCK "/run/capward-trace.lock"

/* Reads of what is just being moved. */
#define READ_TRIES 8

/* A buffer that is read, and the call that reads it now. */
struct ring {
	struct ring_buffer *buffer;
	int (*each)(void *context, const void *bytes, size_t size);
	void *context;
	int result;
};

struct engine {
	int fd[PINS];
	bool same_build;
	__u32 unguarded; /* a bit for each enum capward_guard that is not whole */
	struct capward_state *state;
	const volatile struct capward_scope *scopes; /* CAPWARD_SCOPES */
	struct ring rings[ENGINE_BUFFERS];
};

void engine_kernel_functions(const char *path, const char *const *names, size_t count, bool *has)
{
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	struct btf *btf = btf__parse_raw(path);

	for (size_t i = 0; i < count; i++)
		has[i] = btf && btf__find_by_name_kind(btf, names[i], BTF_KIND_FUNC) > 0;
	btf__free(btf);
	libbpf_set_print(print);
}

static int lock(const char *path, int operation, struct error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600), code;

	if (fd < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	do
		code = flock(fd, operation) ? -errno : 0;
	while (code == -EINTR);
	if (code) {
		close(fd);
		return error_set(err, code, "%s: %s", path, strerror(-code));
	}
	return fd;
}

int engine_lock(struct error *err)
{
	return lock(LOCK, LOCK_EX, err);
}

int engine_try_lock(struct error *err)
{
	return lock(LOCK, LOCK_EX | LOCK_NB, err);
}

int engine_reader_lock(struct error *err)
{
	return lock(READER_LOCK, LOCK_EX | LOCK_NB, err);
}

void engine_close(struct engine *engine)
{
	if (!engine)
		return;
	for (int i = 0; i < ENGINE_BUFFERS; i++)
		ring_buffer__free(engine->rings[i].buffer);
	if (engine->state)
		munmap(engine->state, sizeof(*engine->state));
	if (engine->scopes)
		munmap((void *)engine->scopes, CAPWARD_SCOPES * sizeof(*engine->scopes));
	for (int i = 0; i < PINS; i++)
		if (engine->fd[i] >= 0)
			close(engine->fd[i]);
	free(engine);
}

static int fail_open(struct error *err, int code, const char *path)
{
	if (code == -ENOENT)
		return error_set(err, -EPROTO,
				 "%s: missing, so what is loaded is of another version or "
				 "incomplete; `capward unload` removes it",
				 path);
	return error_set(err, code, "%s: %s%s", path, strerror(-code), pins_remedy(code));
}

static int open_pins(struct engine *engine, struct error *err)
{
	char path[PINS_PATH];

	for (int i = 0; i < PINS; i++) {
		engine->fd[i] = bpf_obj_get(pins_path(PINS_DIR, "", pins_name((enum pin)i), path));
		if (engine->fd[i] < 0)
			return fail_open(err, -errno, path);
	}
	return 0;
}

static int read_generation(struct engine *engine, struct error *err)
{
	struct capward_generation generation;
	const __u32 zero = 0;

	if (bpf_map_lookup_elem(engine->fd[PIN_GENERATION], &zero, &generation))
		return error_set(err, -errno, PINS_DIR "/generation: %s", strerror(errno));
	engine->same_build = generation.build == load_build();
	return 0;
}

/*
 * A program whose link is gone does not run, and nothing else tells that it does not. Another build
 * may have others.
 */
static int look_for_links(struct engine *engine, struct error *err)
{
	size_t count;
	const struct pins_program *programs = pins_programs(&count);
	char path[PINS_PATH], without[PINS_PATH];

	for (size_t i = 0; i < count; i++) {
		if (!access(pins_path(PINS_DIR, PINS_LINK, programs[i].name, path), F_OK))
			continue;
		if (access(pins_path(PINS_DIR, PINS_WITHOUT, programs[i].name, without), F_OK) &&
		    engine->same_build)
			return fail_open(err, -errno, path);
		if (programs[i].part == PART_GUARD)
			engine->unguarded |= 1U << programs[i].guard;
	}
	return 0;
}

static int map_state(struct engine *engine, struct error *err)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	void *memory;

	if (bpf_obj_get_info_by_fd(engine->fd[PIN_STATE], &info, &size))
		return error_set(err, -errno, PINS_DIR "/state: %s", strerror(errno));
	if (info.value_size < sizeof(__u32) * 2)
		return error_set(err, -EPROTO,
				 PINS_DIR "/state: not capward's; `capward unload` removes it");
	memory = mmap(NULL, sizeof(*engine->state), PROT_READ | PROT_WRITE, MAP_SHARED,
		      engine->fd[PIN_STATE], 0);
	if (memory == MAP_FAILED)
		return error_set(err, -errno, PINS_DIR "/state: map: %s", strerror(errno));
	engine->state = memory;
	if (engine->state->abi != CAPWARD_ABI || engine->state->size != sizeof(*engine->state))
		return error_set(
			err, -EPROTO,
			"what is loaded has ABI %u, this program has %u; it stays in force "
			"until `capward unload`",
			engine->state->abi, CAPWARD_ABI);
	return 0;
}

/* Read in place: a walk by key is two system calls an entry, and starts again where one is removed. */
static int map_scopes(struct engine *engine, struct error *err)
{
	void *memory = mmap(NULL, CAPWARD_SCOPES * sizeof(*engine->scopes), PROT_READ, MAP_SHARED,
			    engine->fd[PIN_SCOPES], 0);

	if (memory == MAP_FAILED)
		return error_set(err, -errno, PINS_DIR "/scopes: map: %s", strerror(errno));
	engine->scopes = memory;
	return 0;
}

int engine_run(int fd, void *context, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = context, .ctx_size_in = size);

	if (bpf_prog_test_run_opts(fd, &opts))
		return -errno;
	return (int)opts.retval;
}

int engine_mark(struct engine *engine, struct error *err)
{
	int code = engine_run(engine->fd[PIN_MARK], NULL, 0);

	return code ? error_set(err, code, PINS_DIR "/mark: %s", strerror(-code)) : 0;
}

int engine_open(struct engine **out, struct error *err)
{
	struct engine *engine;
	int code;

	if (access(PINS_DIR, F_OK)) {
		code = -errno;
		if (code == -ENOENT)
			return error_set(err, code,
					 "capward is not loaded; `capward apply` loads it");
		return error_set(err, code, PINS_DIR ": %s", strerror(-code));
	}
	engine = calloc(1, sizeof(*engine));
	if (!engine)
		return error_set(err, -ENOMEM, "out of memory");
	memset(engine->fd, -1, sizeof(engine->fd));
	code = open_pins(engine, err);
	if (!code)
		code = map_state(engine, err);
	if (!code)
		code = map_scopes(engine, err);
	if (!code)
		code = read_generation(engine, err);
	if (!code)
		code = look_for_links(engine, err);
	if (!code)
		code = engine_mark(engine, err);
	if (code) {
		engine_close(engine);
		return code;
	}
	*out = engine;
	return 0;
}

static int link_id(const char *name, __u32 *id)
{
	char path[PINS_PATH];
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	int fd, code;

	fd = bpf_obj_get(pins_path(PINS_DIR, PINS_LINK, name, path));
	if (fd < 0)
		return -errno;
	code = bpf_obj_get_info_by_fd(fd, &info, &size) ? -errno : 0;
	close(fd);
	*id = info.id;
	return code;
}

int engine_provenance(struct error *err)
{
	static const char *const before[] = {"cred_free", "cred_transfer", "cred_prepare"};
	__u32 judge, id;
	int code = link_id("capable", &judge);

	if (code)
		return error_set(err, code, "link_capable: %s", strerror(-code));
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		code = link_id(before[i], &id);
		if (code)
			return error_set(err, code, "link_%s: %s", before[i], strerror(-code));
		/* Numbers of links ascend (idr_alloc_cyclic()). */
		if (id > judge)
			return error_set(err, -EOPNOTSUPP,
					 "%s was attached after capable, so that credentials were "
					 "missed; `capward unload` and load again",
					 before[i]);
	}
	return 0;
}

#define REFUSALS "cap_refused"

bool engine_watches_refusals(void)
{
	char path[PINS_PATH];

	return !access(pins_path(PINS_DIR, PINS_LINK, REFUSALS, path), F_OK);
}

/* Attach the program of refusals for as long as its link is pinned at @path. */
static int pin_refusals(struct engine *engine, const char *path)
{
	struct capward_object object = {.kind = CAPWARD_OBJECT_LINK};
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	const __u32 one = 1;
	int code = 0, link = bpf_link_create(engine->fd[PIN_CAP_REFUSED], 0, BPF_TRACE_FEXIT, NULL);

	if (link < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(link, &info, &size))
		code = -errno;
	object.id = info.id;
	if (!code && bpf_map_update_elem(engine->fd[PIN_OWN_OBJECTS], &object, &one, BPF_ANY))
		code = -errno;
	if (!code && bpf_obj_pin(link, path))
		code = -errno;
	close(link);
	return code;
}

int engine_watch_refusals(struct engine *engine, bool watch, struct error *err)
{
	char path[PINS_PATH], without[PINS_PATH];
	int code = 0;

	pins_path(PINS_DIR, PINS_LINK, REFUSALS, path);
	if (watch == engine_watches_refusals())
		return 0;
	/* The place of the link has one of the two names at any time. */
	if (!watch &&
	    bpf_obj_pin(engine->fd[PIN_STATE],
			pins_path(PINS_DIR, PINS_WITHOUT, REFUSALS, without)) &&
	    errno != EEXIST)
		code = -errno;
	if (!code)
		code = watch ? pin_refusals(engine, path) : unlink(path) ? -errno : 0;
	if (!code && watch)
		unlink(pins_path(PINS_DIR, PINS_WITHOUT, REFUSALS, without));
	return code ? error_set(err, code, "%s: %s%s", path, strerror(-code), pins_remedy(code))
		    : 0;
}

volatile struct capward_state *engine_state(struct engine *engine)
{
	return engine->state;
}

__u64 engine_loaded_at(const struct engine *engine)
{
	return engine ? engine->state->loaded_at : 0;
}

bool engine_same_build(const struct engine *engine)
{
	return engine->same_build;
}

__u32 engine_unguarded(const struct engine *engine)
{
	return engine->unguarded;
}

int engine_scope(struct engine *engine, __u64 cgroup, struct capward_scope *out)
{
	__u32 place;

	if (bpf_map_lookup_elem(engine->fd[PIN_PLACES], &cgroup, &place))
		return -errno;
	if (place >= CAPWARD_SCOPES)
		return -ENOENT;
	*out = engine->scopes[place];
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	/* Twice: another may have taken the place while it was read. */
	return out->id == cgroup && engine->scopes[place].id == cgroup ? 0 : -ENOENT;
}

int engine_scopes(struct engine *engine,
		  int (*each)(void *context, __u64 cgroup, const struct capward_scope *scope),
		  void *context)
{
	struct capward_scope scope;
	int result;

	for (__u32 i = 0; i < CAPWARD_SCOPES && i < engine->state->places; i++) {
		scope = engine->scopes[i];
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!scope.id || engine->scopes[i].id != scope.id)
			continue; /* free, or another's while it was read */
		result = each(context, scope.id, &scope);
		if (result)
			return result;
	}
	return 0;
}

int engine_govern(struct engine *engine, const struct capward_govern *request, struct error *err)
{
	struct capward_govern copy = *request;
	int code = engine_run(engine->fd[PIN_GOVERN], &copy, sizeof(copy));

	if (code == -E2BIG)
		return error_set(
			err, code,
			"no place for another scope: all %u are in use; remove cgroups that "
			"are no longer needed",
			CAPWARD_SCOPES);
	if (code)
		return error_set(err, code, "govern cgroup %llu: %s",
				 (unsigned long long)request->cgroup, strerror(-code));
	return 0;
}

int engine_forget(struct engine *engine, __u64 cgroup)
{
	return engine_run(engine->fd[PIN_FORGET], &cgroup, sizeof(cgroup));
}

/* Run the iterator program @prog to its end. */
static int iterate(int prog)
{
	int code = 0, fd = -1, link = bpf_link_create(prog, 0, BPF_TRACE_ITER, NULL);
	char output[64];
	ssize_t length = -1;

	if (link >= 0)
		fd = bpf_iter_create(link);
	while (fd >= 0) {
		length = read(fd, output, sizeof(output));
		if (!length || (length < 0 && errno != EINTR && errno != EAGAIN))
			break;
	}
	if (length)
		code = -errno;
	if (fd >= 0)
		close(fd);
	if (link >= 0)
		close(link);
	return code;
}

int engine_seed(struct engine *engine, struct error *err)
{
	int code = iterate(engine->fd[PIN_SEED_TASKS]);

	if (!code)
		code = iterate(engine->fd[PIN_SEED_RINGS]);
	return code ? error_set(err, code, "note the credentials of running tasks: %s",
				strerror(-code))
		    : 0;
}

int engine_policy(struct engine *engine, __u32 slot, struct capward_policy *out)
{
	if (bpf_map_lookup_elem(engine->fd[PIN_POLICIES], &slot, out))
		return -errno;
	out->profile[sizeof(out->profile) - 1] = '\0';
	return 0;
}

int engine_set_policy(struct engine *engine, __u32 slot, const struct capward_policy *policy,
		      struct error *err)
{
	struct capward_set_policy request = {.slot = slot, .policy = *policy};
	int code = engine_run(engine->fd[PIN_SET_POLICY], &request, sizeof(request));

	if (code)
		return error_set(err, code, "write policy %u: %s", slot, strerror(-code));
	return 0;
}

/* How many denials of @permission took the short way in the scope @root and are not in evidence yet. */
static __u64 short_denials(struct engine *engine, __u64 root, __u32 permission)
{
	struct capward_scope scope = {};

	if (engine_scope(engine, root, &scope) ||
	    scope.denials >> CAPWARD_DENIALS_SHIFT != permission + 1)
		return 0;
	return CAPWARD_DENIALS_COUNT(scope.denials);
}

/*
 * Read @key's evidence with those denials. Where they moved there meanwhile it is read again; in the moment
 * in which they are taken from the one and not yet in the other they are missing.
 */
static int read_counted(struct engine *engine, const struct capward_evidence_key *key,
			struct capward_evidence *out)
{
	__u64 before = 0, after = 0;

	for (int i = 0; i < READ_TRIES; i++) {
		if (key->verdict == CAPWARD_DENIED)
			before = short_denials(engine, key->scope, key->permission);
		if (bpf_map_lookup_elem(engine->fd[PIN_EVIDENCE], key, out))
			return -errno;
		if (key->verdict == CAPWARD_DENIED)
			after = short_denials(engine, key->scope, key->permission);
		if (after >= before)
			break;
	}
	out->count += before;
	return 0;
}

int engine_evidence(struct engine *engine, __u64 root, __u32 permission, __u32 verdict,
		    struct capward_evidence *out)
{
	struct capward_evidence_key key = {
		.scope = root, .permission = permission, .verdict = verdict};

	int code = read_counted(engine, &key, out);

	if (code)
		return code;
	for (size_t i = 0; i < CAPWARD_PROGRAMS; i++) {
		out->program[i].comm[CAPWARD_COMM - 1] = '\0';
		out->program[i].exe[CAPWARD_EXE - 1] = '\0';
	}
	return 0;
}

int engine_begin_anew(struct engine *engine, __u64 cgroup)
{
	return engine_run(engine->fd[PIN_BEGIN_ANEW], &cgroup, sizeof(cgroup));
}

void engine_drop_gone(struct engine *engine, __u64 root)
{
	struct capward_evidence_key key = {.scope = root};
	bool any = false;

	for (key.verdict = 0; key.verdict < CAPWARD_VERDICTS; key.verdict++)
		for (key.permission = 0; key.permission < CAPWARD_PERMISSIONS; key.permission++)
			any |= !bpf_map_delete_elem(engine->fd[PIN_EVIDENCE], &key);
	if (any)
		__atomic_fetch_sub(&engine->state->gone, 1, __ATOMIC_SEQ_CST);
}

int engine_each_evidence(struct engine *engine, int (*each)(void *context, __u64 root),
			 void *context)
{
	struct capward_evidence_key key, next, *previous = NULL;
	__u64 last = 0;
	int result = 0;

	while (!result && !bpf_map_get_next_key(engine->fd[PIN_EVIDENCE], previous, &next)) {
		key = next;
		previous = &key;
		if (key.scope != last)
			result = each(context, key.scope);
		last = key.scope;
	}
	return result;
}

size_t engine_matches(struct engine *engine, struct capward_match *out)
{
	__u32 first = (engine->state->match_list & 1) * CAPWARD_MATCHES;
	size_t count = 0;

	for (__u32 i = 0; i < CAPWARD_MATCHES; i++) {
		__u32 index = first + i;

		if (bpf_map_lookup_elem(engine->fd[PIN_MATCHES], &index, &out[count]) ||
		    !out[count].length)
			break;
		count++;
	}
	return count;
}

int engine_set_matches(struct engine *engine, const struct capward_match *list, size_t count,
		       struct error *err)
{
	__u32 other = !(engine->state->match_list & 1);
	static const struct capward_match none;

	for (__u32 i = 0; i < CAPWARD_MATCHES; i++) {
		__u32 index = other * CAPWARD_MATCHES + i;

		if (bpf_map_update_elem(engine->fd[PIN_MATCHES], &index,
					i < count ? &list[i] : &none, BPF_ANY))
			return error_set(err, -errno, "write match %u: %s", i, strerror(errno));
	}
	__atomic_store_n(&engine->state->match_list, other, __ATOMIC_SEQ_CST);
	return 0;
}

static int on_record(void *context, void *bytes, size_t size)
{
	struct ring *ring = context;

	ring->result = ring->each(ring->context, bytes, size);
	/* libbpf stops at a negative answer, after it has consumed the record. */
	return ring->result ? -ECANCELED : 0;
}

static int open_ring(struct engine *engine, enum engine_buffer buffer, struct error *err)
{
	static const enum pin pins[ENGINE_BUFFERS] = {
		[ENGINE_EVENTS] = PIN_EVENTS, [ENGINE_CHANGES] = PIN_CHANGES};
	struct ring *ring = &engine->rings[buffer];

	if (ring->buffer)
		return 0;
	ring->buffer = ring_buffer__new(engine->fd[pins[buffer]], on_record, ring, NULL);
	if (!ring->buffer)
		return error_set(err, -errno, "open the buffer of %s: %s", pins_name(pins[buffer]),
				 strerror(errno));
	return 0;
}

/* What reading of @ring came to, that libbpf answered with @code. */
static int read_result(const struct ring *ring, int code, struct error *err)
{
	if (ring->result)
		return ring->result;
	if (code < 0 && code != -EINTR)
		return error_set(err, code, "read events: %s", strerror(-code));
	return code;
}

static struct ring *begin_read(struct engine *engine, enum engine_buffer buffer,
			       int (*each)(void *context, const void *bytes, size_t size),
			       void *context)
{
	struct ring *ring = &engine->rings[buffer];

	ring->each = each;
	ring->context = context;
	ring->result = 0;
	return ring;
}

int engine_events(struct engine *engine, int timeout_ms,
		  int (*each)(void *context, const void *bytes, size_t size), void *context,
		  struct error *err)
{
	int code = open_ring(engine, ENGINE_EVENTS, err);
	struct ring *ring;

	if (code)
		return code;
	ring = begin_read(engine, ENGINE_EVENTS, each, context);
	return read_result(ring, ring_buffer__poll(ring->buffer, timeout_ms), err);
}

int engine_buffer_fd(struct engine *engine, enum engine_buffer buffer, struct error *err)
{
	int code = open_ring(engine, buffer, err);

	return code ? code : ring_buffer__epoll_fd(engine->rings[buffer].buffer);
}

int engine_buffer_read(struct engine *engine, enum engine_buffer buffer,
		       int (*each)(void *context, const void *bytes, size_t size), void *context,
		       struct error *err)
{
	int code = open_ring(engine, buffer, err);
	struct ring *ring;

	if (code)
		return code;
	ring = begin_read(engine, buffer, each, context);
	return read_result(ring, ring_buffer__consume(ring->buffer), err);
}

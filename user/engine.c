// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capward.skel.h"
#include "operation.h"

#define BPFFS	       "/sys/fs/bpf"
#define NEW_PINS       BPFFS "/capward-new"
#define LOAD_LOG       "/run/capward-load.log"
#define LOAD_MEMORY    "about 100 MB" /* most of it are the scopes; 64 do not do, 96 do (6.12) */
#define LOAD_FILES     128	      /* a program and a map are one each */
#define LINK_PREFIX    "link_"
/* In place of the link of a program that was left out: for its name, whatever is pinned. */
#define WITHOUT_PREFIX "without_"
#define LOCK	       "/run/capward.lock" /* not on bpffs, which others may be able to open */

enum pin {
	PIN_SCOPES,
	PIN_POLICIES,
	PIN_MATCHES,
	PIN_COUNTS,
	PIN_EVENTS,
	PIN_STATE,
	PIN_OWNED_CREDS,
	PIN_SET_UP_TASKS,
	PIN_BOUND_TASKS,
	PIN_GOVERN,
	PIN_SET_POLICY,
	PIN_FORGET,
	PIN_SEED_TASKS,
	PIN_SEED_RINGS,
	PINS,
};

static const char *const pin_names[PINS] = {
	[PIN_SCOPES] = "scopes",	   [PIN_POLICIES] = "policies",
	[PIN_MATCHES] = "matches",	   [PIN_COUNTS] = "counts",
	[PIN_EVENTS] = "events",	   [PIN_STATE] = "state",
	[PIN_OWNED_CREDS] = "owned_creds", [PIN_SET_UP_TASKS] = "set_up_tasks",
	[PIN_BOUND_TASKS] = "bound_tasks", [PIN_GOVERN] = "govern",
	[PIN_SET_POLICY] = "set_policy",   [PIN_FORGET] = "forget",
	[PIN_SEED_TASKS] = "seed_tasks",   [PIN_SEED_RINGS] = "seed_rings",
};

/*
 * What is attached, in this order: what knows credentials and tasks before what judges them, so
 * that no credential made under governance is missed. The link of each is pinned as link_NAME.
 */
static const char *const attached[] = {
	/* credentials */
	"cred_free",
	"cred_transfer",
	"cred_prepare",
	"uring_personality",
	/* tasks: how set-up ends before how it begins */
	"task_free",
	"process_exit",
	"bprm_committed_creds",
	"bprm_check_security",
	"task_alloc",
	"cgroup_attach_begins",
	"cgroup_attach_ends",
	/* scopes */
	"cgroup_rmdir",
	"cgroup_mkdir",
	/* what a mask alone does not stop */
	"ptrace_access_check",
	"ptrace_traceme",
	/* operations */
	"sb_mount",
	"sb_umount",
	"sb_remount",
	"sb_kern_mount",
	"move_mount",
	"sb_pivotroot",
	"kernel_load_data",
	"kernel_read_file",
	"kernel_module_request",
	"inode_mknod",
	"socket_create",
	"path_chmod",
	"path_chown",
	"inode_setxattr",
	"inode_removexattr",
	"inode_set_acl",
	"bpf_call",
	"userns_create",
	"inode_init_security_anon",
	"uring_override_creds",
	"uring_sqpoll",
	/* the decision */
	"capable",
};

#define ATTACHED (sizeof(attached) / sizeof(attached[0]))

struct engine {
	int fd[PINS];
	struct capward_state *state;
	struct ring_buffer *ring;
	int (*each)(void *context, const void *bytes, size_t size);
	void *each_context;
	int each_result;
};

/* What libbpf said while loading: the verifier's log is in it. */
static struct {
	FILE *stream;
	char *text;
	size_t size;
} load_log;

__attribute__((format(printf, 2, 0))) static int keep_log(enum libbpf_print_level level,
							  const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG || !load_log.stream)
		return 0;
	return vfprintf(load_log.stream, format, args);
}

static void close_log(void)
{
	if (load_log.stream)
		fclose(load_log.stream);
	free(load_log.text);
	memset(&load_log, 0, sizeof(load_log));
}

/* Save what libbpf said. Returns whether the file is there for the reader. */
static bool save_log(void)
{
	bool saved;
	int fd;

	if (!load_log.stream || fflush(load_log.stream) || !load_log.size)
		return false;
	unlink(LOAD_LOG);
	fd = open(LOAD_LOG, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	saved = write(fd, load_log.text, load_log.size) == (ssize_t)load_log.size;
	close(fd);
	return saved;
}

/*
 * A kernel that refuses the programs cannot enforce, whatever errno it says it with. What the
 * caller lacks is another matter.
 */
static int fail_load(struct error *err, int code, const char *what)
{
	bool saved;

	if (code == -ENOMEM)
		return error_set(err, code,
				 "%s: %s; it takes " LOAD_MEMORY
				 " of memory, charged to the cgroup of the caller: raise its "
				 "memory.max",
				 what, strerror(-code));
	if (code == -EMFILE || code == -ENFILE)
		return error_set(err, code, "%s: %s; raise the limit (ulimit -n)", what,
				 strerror(-code));
	saved = save_log();
	error_set(err, code, "%s: %s%s%s", what, strerror(-code),
		  saved ? "; the kernel's reasons are in " : "", saved ? LOAD_LOG : "");
	return code == -EPERM ? code : -EOPNOTSUPP;
}

/* Remove the directory @path of pins with what is in it, one level deep, and nothing else. */
static int remove_pins(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int result = 0;

	if (!dir)
		return -errno;
	/* What judges first, so that nothing is judged without what it goes by. */
	unlinkat(dirfd(dir), LINK_PREFIX "capable", 0);
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0))
			result = -errno;
	}
	closedir(dir);
	if (rmdir(path) && !result)
		result = -errno;
	return result;
}

void engine_kernel_functions(const char *path, const char *const *names, size_t count, bool *has)
{
	struct btf *btf;

	libbpf_set_print(keep_log);
	btf = btf__parse_raw(path);
	for (size_t i = 0; i < count; i++)
		has[i] = btf && btf__find_by_name_kind(btf, names[i], BTF_KIND_FUNC) > 0;
	btf__free(btf);
}

bool engine_kernel_has(const char *path, const char *name)
{
	bool has;

	engine_kernel_functions(path, &name, 1, &has);
	return has;
}

int engine_lock(struct error *err)
{
	int fd = open(LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_set(err, -errno, LOCK ": %s", strerror(errno));
	if (flock(fd, LOCK_EX)) {
		int code = -errno;

		close(fd);
		return error_set(err, code, LOCK ": %s", strerror(-code));
	}
	return fd;
}

void engine_close(struct engine *engine)
{
	if (!engine)
		return;
	ring_buffer__free(engine->ring);
	if (engine->state)
		munmap(engine->state, sizeof(*engine->state));
	for (int i = 0; i < PINS; i++)
		if (engine->fd[i] >= 0)
			close(engine->fd[i]);
	free(engine);
}

/* What to do about @code where pins are read or written; "" when the code says it all. */
static const char *pins_remedy(int code)
{
	return code == -EROFS ? "; mount -o remount,rw " BPFFS : "";
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
	char path[sizeof(ENGINE_PINS) + 64], without[sizeof(ENGINE_PINS) + 64];

	for (int i = 0; i < PINS; i++) {
		snprintf(path, sizeof(path), ENGINE_PINS "/%s", pin_names[i]);
		engine->fd[i] = bpf_obj_get(path);
		if (engine->fd[i] < 0)
			return fail_open(err, -errno, path);
	}
	/* A program whose link is gone does not run, and nothing else tells that it does not. */
	for (size_t i = 0; i < ATTACHED; i++) {
		snprintf(path, sizeof(path), ENGINE_PINS "/" LINK_PREFIX "%s", attached[i]);
		if (!access(path, F_OK))
			continue;
		snprintf(without, sizeof(without), ENGINE_PINS "/" WITHOUT_PREFIX "%s",
			 attached[i]);
		if (access(without, F_OK))
			return fail_open(err, -errno, path);
	}
	return 0;
}

static int map_state(struct engine *engine, struct error *err)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	void *memory;

	if (bpf_obj_get_info_by_fd(engine->fd[PIN_STATE], &info, &size))
		return error_set(err, -errno, ENGINE_PINS "/state: %s", strerror(errno));
	if (info.value_size < sizeof(__u32) * 2)
		return error_set(err, -EPROTO,
				 ENGINE_PINS "/state: not capward's; `capward unload` removes it");
	memory = mmap(NULL, sizeof(*engine->state), PROT_READ | PROT_WRITE, MAP_SHARED,
		      engine->fd[PIN_STATE], 0);
	if (memory == MAP_FAILED)
		return error_set(err, -errno, ENGINE_PINS "/state: map: %s", strerror(errno));
	engine->state = memory;
	if (engine->state->abi != CAPWARD_ABI || engine->state->size != sizeof(*engine->state))
		return error_set(
			err, -EPROTO,
			"what is loaded has ABI %u, this program has %u; it stays in force "
			"until `capward unload`",
			engine->state->abi, CAPWARD_ABI);
	return 0;
}

int engine_open(struct engine **out, struct error *err)
{
	struct engine *engine;
	int code;

	if (access(ENGINE_PINS, F_OK)) {
		code = -errno;
		if (code == -ENOENT)
			return error_set(err, code,
					 "capward is not loaded; `capward apply` loads it");
		return error_set(err, code, ENGINE_PINS ": %s", strerror(-code));
	}
	engine = calloc(1, sizeof(*engine));
	if (!engine)
		return error_set(err, -ENOMEM, "out of memory");
	memset(engine->fd, -1, sizeof(engine->fd));
	code = open_pins(engine, err);
	if (!code)
		code = map_state(engine, err);
	if (code) {
		engine_close(engine);
		return code;
	}
	*out = engine;
	return 0;
}

/* Run a syscall program on @context; its own answer, or a negative errno. */
static int run_program(int fd, void *context, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = context, .ctx_size_in = size);

	if (bpf_prog_test_run_opts(fd, &opts))
		return -errno;
	return (int)opts.retval;
}

static int pin_one(int fd, const char *name, struct error *err)
{
	char path[sizeof(NEW_PINS) + 64];

	snprintf(path, sizeof(path), NEW_PINS "/%s", name);
	if (bpf_obj_pin(fd, path))
		return error_set(err, -errno, "%s: pin: %s", path, strerror(errno));
	return 0;
}

static int pin_objects(struct capward *skel, struct error *err)
{
	const int fds[PINS] = {
		[PIN_SCOPES] = bpf_map__fd(skel->maps.scopes),
		[PIN_POLICIES] = bpf_map__fd(skel->maps.policies),
		[PIN_MATCHES] = bpf_map__fd(skel->maps.matches),
		[PIN_COUNTS] = bpf_map__fd(skel->maps.counts),
		[PIN_EVENTS] = bpf_map__fd(skel->maps.events),
		[PIN_STATE] = bpf_map__fd(skel->maps.data_state),
		[PIN_OWNED_CREDS] = bpf_map__fd(skel->maps.owned_creds),
		[PIN_SET_UP_TASKS] = bpf_map__fd(skel->maps.set_up_tasks),
		[PIN_BOUND_TASKS] = bpf_map__fd(skel->maps.bound_tasks),
		[PIN_GOVERN] = bpf_program__fd(skel->progs.govern),
		[PIN_SET_POLICY] = bpf_program__fd(skel->progs.set_policy),
		[PIN_FORGET] = bpf_program__fd(skel->progs.forget),
		[PIN_SEED_TASKS] = bpf_program__fd(skel->progs.seed_tasks),
		[PIN_SEED_RINGS] = bpf_program__fd(skel->progs.seed_rings),
	};

	for (int i = 0; i < PINS; i++) {
		int code = pin_one(fds[i], pin_names[i], err);

		if (code)
			return code;
	}
	return 0;
}

static int attach_all(struct capward *skel, struct error *err)
{
	char name[64];

	for (size_t i = 0; i < ATTACHED; i++) {
		struct bpf_program *program =
			bpf_object__find_program_by_name(skel->obj, attached[i]);
		struct bpf_link *link;
		int code;

		if (program && !bpf_program__autoload(program)) {
			/* leave_out_unknown() */
			snprintf(name, sizeof(name), WITHOUT_PREFIX "%s", attached[i]);
			code = pin_one(bpf_map__fd(skel->maps.data_state), name, err);
			if (code)
				return code;
			continue;
		}
		link = program ? bpf_program__attach(program) : NULL;
		if (!link) {
			snprintf(name, sizeof(name), "attach %s", attached[i]);
			return fail_load(err, -errno, name);
		}
		snprintf(name, sizeof(name), LINK_PREFIX "%s", attached[i]);
		code = pin_one(bpf_link__fd(link), name, err);
		bpf_link__destroy(link); /* the pin holds it now */
		if (code)
			return code;
	}
	return 0;
}

/* Do not load the programs of operations whose hook this kernel has not. */
static void leave_out_unknown(struct capward *skel)
{
	const char *const *hooks = operation_hooks();
	struct bpf_program *program;
	bool has[OPERATION_HOOKS];
	char section[64];

	engine_kernel_functions(ENGINE_BTF, hooks, OPERATION_HOOKS, has);
	for (size_t i = 0; i < OPERATION_HOOKS; i++) {
		snprintf(section, sizeof(section), "lsm/%s", hooks[i] + strlen("bpf_lsm_"));
		bpf_object__for_each_program(
			program,
			skel->obj) if (!has[i] &&
				       !strcmp(bpf_program__section_name(program), section))
			bpf_program__set_autoload(program, false);
	}
}

static int load_into_new_pins(struct capward *skel, struct error *err)
{
	struct capward_set_policy observe = {
		.slot = CAPWARD_POLICY_OBSERVE,
		.policy = {.word = (__u64)CAPWARD_LEARN << CAPWARD_MODE_SHIFT |
				   (CAPWARD_MASK & ~(1ULL << CAPWARD_OP_TAMPER)),
			   .profile = "(observe)"},
	};
	int code;

	code = run_program(bpf_program__fd(skel->progs.init), NULL, 0);
	if (code)
		return fail_load(err, code, "learn the host's mount namespace");
	code = run_program(bpf_program__fd(skel->progs.set_policy), &observe, sizeof(observe));
	if (code)
		return fail_load(err, code, "write the first policy");
	code = pin_objects(skel, err);
	return code ? code : attach_all(skel, err);
}

int engine_load(struct engine **out, struct error *err)
{
	struct capward *skel = NULL;
	struct rlimit files;
	int code;

	if (!access(ENGINE_PINS, F_OK))
		return error_set(err, -EEXIST, "already loaded");
	/* Asked beforehand: libbpf tells a lack of files as whatever it then could not do. */
	if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur < LOAD_FILES)
		return error_set(err, -EMFILE,
				 "it takes %d open files, and the limit is %llu; raise the limit "
				 "(ulimit -n)",
				 LOAD_FILES, (unsigned long long)files.rlim_cur);
	code = remove_pins(NEW_PINS); /* of a load that was killed */
	if (code && code != -ENOENT)
		return error_set(err, code,
				 NEW_PINS ", left by a load that was killed: %s%s; remove it",
				 strerror(-code), pins_remedy(code));
	if (mkdir(NEW_PINS, 0700)) {
		code = -errno;
		return error_set(err, code, NEW_PINS ": %s%s", strerror(-code), pins_remedy(code));
	}

	load_log.stream = open_memstream(&load_log.text, &load_log.size);
	libbpf_set_print(keep_log);
	skel = capward__open();
	if (skel)
		leave_out_unknown(skel);
	if (!skel)
		code = fail_load(err, -errno, "read the programs");
	else if (capward__load(skel))
		code = fail_load(err, -errno, "load the programs");
	else
		code = load_into_new_pins(skel, err);
	if (!code && rename(NEW_PINS, ENGINE_PINS))
		code = error_set(err, -errno, ENGINE_PINS ": %s", strerror(errno));
	close_log();
	if (code)
		remove_pins(NEW_PINS);
	capward__destroy(skel);
	return code ? code : engine_open(out, err);
}

int engine_unload(struct error *err)
{
	int code = remove_pins(ENGINE_PINS);

	remove_pins(NEW_PINS);
	if (code == -ENOENT)
		return error_set(err, code, "capward is not loaded");
	if (code)
		return error_set(err, code, ENGINE_PINS ": %s%s", strerror(-code),
				 pins_remedy(code));
	return 0;
}

volatile struct capward_state *engine_state(struct engine *engine)
{
	return engine->state;
}

int engine_scope(struct engine *engine, __u64 cgroup, struct capward_scope *out)
{
	return bpf_map_lookup_elem(engine->fd[PIN_SCOPES], &cgroup, out) ? -errno : 0;
}

int engine_scopes(struct engine *engine,
		  int (*each)(void *context, __u64 cgroup, const struct capward_scope *scope),
		  void *context)
{
	__u64 key, next, *previous = NULL;
	struct capward_scope scope;
	int result;

	while (!bpf_map_get_next_key(engine->fd[PIN_SCOPES], previous, &next)) {
		key = next;
		previous = &key;
		if (bpf_map_lookup_elem(engine->fd[PIN_SCOPES], &key, &scope))
			continue;
		result = each(context, key, &scope);
		if (result)
			return result;
	}
	return errno == ENOENT ? 0 : -errno;
}

int engine_govern(struct engine *engine, const struct capward_govern *request, struct error *err)
{
	struct capward_govern copy = *request;
	int code = run_program(engine->fd[PIN_GOVERN], &copy, sizeof(copy));

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
	return run_program(engine->fd[PIN_FORGET], &cgroup, sizeof(cgroup));
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
	int code = run_program(engine->fd[PIN_SET_POLICY], &request, sizeof(request));

	if (code)
		return error_set(err, code, "write policy %u: %s", slot, strerror(-code));
	return 0;
}

__u64 engine_count(struct engine *engine, __u64 root, __u32 permission, __u32 verdict)
{
	struct capward_count_key key = {
		.scope = root, .permission = permission, .verdict = verdict};
	__u64 count;

	return bpf_map_lookup_elem(engine->fd[PIN_COUNTS], &key, &count) ? 0 : count;
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
	struct engine *engine = context;

	engine->each_result = engine->each(engine->each_context, bytes, size);
	/* libbpf stops at a negative answer, after it has consumed the record. */
	return engine->each_result ? -ECANCELED : 0;
}

static int open_ring(struct engine *engine, struct error *err)
{
	if (engine->ring)
		return 0;
	engine->ring = ring_buffer__new(engine->fd[PIN_EVENTS], on_record, engine, NULL);
	if (!engine->ring)
		return error_set(err, -errno, "open the event buffer: %s", strerror(errno));
	return 0;
}

int engine_events(struct engine *engine, int timeout_ms,
		  int (*each)(void *context, const void *bytes, size_t size), void *context,
		  struct error *err)
{
	int code = open_ring(engine, err);

	if (code)
		return code;
	engine->each = each;
	engine->each_context = context;
	engine->each_result = 0;
	code = ring_buffer__poll(engine->ring, timeout_ms);
	if (engine->each_result)
		return engine->each_result;
	if (code < 0 && code != -EINTR)
		return error_set(err, code, "read events: %s", strerror(-code));
	return code;
}

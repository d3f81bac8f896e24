// SPDX-License-Identifier: GPL-2.0-or-later
#include "load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "capward.skel.h"
#include "cgroup.h"
#include "pins.h"
#include "syscall_object.h"

#define LOAD_LOG    "/run/capward-load.log"
#define LOAD_MEMORY "about 100 MB" /* most of it are the scopes; 64 do not do, 96 do (6.12) */
#define LOAD_FILES  160		   /* a program and a map are one each */

#define GONE_POLLS 500 /* of 10 ms: the kernel waits for grace periods */

#define PROGRAMS_MOST 96 /* that are attached, at most */

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

static void open_log(void)
{
	load_log.stream = open_memstream(&load_log.text, &load_log.size);
	libbpf_set_print(keep_log);
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

/* --- what is loaded ----------------------------------------------------------------------------- */

/* The function of the kernel whose absence means that it has not the hook @section. */
static void hook_function(const char *section, char function[static 64])
{
	const char *hook = strchr(section, '/');

	if (!strcmp(section, "cgroup/sysctl"))
		snprintf(function, 64, ENGINE_SYSCTL_HOOK);
	else
		snprintf(function, 64, "%s%s", strncmp(section, "lsm/", 4) ? "" : "bpf_lsm_",
			 hook ? hook + 1 : section);
}

/* Do not load the programs of operations and guards whose hook this kernel has not. */
static void leave_out_unknown(struct capward *skel)
{
	struct bpf_program *optional[PROGRAMS_MOST];
	char functions[PROGRAMS_MOST][64];
	const char *names[PROGRAMS_MOST];
	bool has[PROGRAMS_MOST];
	size_t count, options = 0;
	const struct pins_program *programs = pins_programs(&count);

	for (size_t i = 0; i < count && options < PROGRAMS_MOST; i++) {
		struct bpf_program *program =
			bpf_object__find_program_by_name(skel->obj, programs[i].name);

		if (programs[i].part == PART_NEEDED || !program)
			continue;
		hook_function(bpf_program__section_name(program), functions[options]);
		names[options] = functions[options];
		optional[options++] = program;
	}
	engine_kernel_functions(ENGINE_BTF, names, options, has);
	for (size_t i = 0; i < options; i++)
		if (!has[i])
			bpf_program__set_autoload(optional[i], false);
}

/* The programs of this build, with what they are told before they are loaded; NULL: errno has why. */
static struct capward *open_programs(void)
{
	struct capward *skel = capward__open();

	if (skel) {
		syscall_object_forms((__u8 *)skel->rodata->syscall_objects);
		syscall_chmod_modes((__u8 *)skel->rodata->chmod_modes);
		leave_out_unknown(skel);
	}
	return skel;
}

/* --- what is pinned ----------------------------------------------------------------------------- */

static int pin_one(int fd, const char *prefix, const char *name, struct error *err)
{
	char path[PINS_PATH];

	if (bpf_obj_pin(fd, pins_path(PINS_NEW, prefix, name, path)))
		return error_set(err, -errno, "%s: pin: %s", path, strerror(errno));
	return 0;
}

static int pin_objects(struct capward *skel, struct error *err)
{
	struct bpf_program *program;
	char name[PINS_PATH];
	struct bpf_map *map;
	int code = 0;

	bpf_object__for_each_map(map, skel->obj)
	{
		if (!code && pins_name_of_map(bpf_map__name(map), name))
			code = pin_one(bpf_map__fd(map), "", name, err);
	}
	for (int i = PINS_FIRST_PROGRAM; !code && i < PINS; i++) {
		program = bpf_object__find_program_by_name(skel->obj, pins_name((enum pin)i));
		code = pin_one(bpf_program__fd(program), "", pins_name((enum pin)i), err);
	}
	return code;
}

static int own_object(struct capward *skel, enum capward_object_kind kind, __u32 id,
		      struct error *err)
{
	const struct capward_object key = {.kind = kind, .id = id};
	const __u32 one = 1;

	if (bpf_map_update_elem(bpf_map__fd(skel->maps.own_objects), &key, &one, BPF_ANY))
		return error_set(err, -errno, "note what is capward's: %s", strerror(errno));
	return 0;
}

/* Tell the guards which maps and programs are capward's. */
static int own_objects(struct capward *skel, struct error *err)
{
	struct bpf_program *program;
	struct bpf_map *map;
	int code = 0;

	bpf_object__for_each_map(map, skel->obj)
	{
		struct bpf_map_info info = {};
		__u32 size = sizeof(info);

		if (bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &size))
			return error_set(err, -errno, "map %s: %s", bpf_map__name(map),
					 strerror(errno));
		code = code ? code : own_object(skel, CAPWARD_OBJECT_MAP, info.id, err);
	}
	bpf_object__for_each_program(program, skel->obj)
	{
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);

		if (bpf_program__fd(program) < 0)
			continue;
		if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			return error_set(err, -errno, "program %s: %s", bpf_program__name(program),
					 strerror(errno));
		code = code ? code : own_object(skel, CAPWARD_OBJECT_PROGRAM, info.id, err);
	}
	return code;
}

/* --- what is attached --------------------------------------------------------------------------- */

static struct bpf_link *attach_to_root_cgroup(struct bpf_program *program)
{
	const char *mount = cgroup_mount();
	int fd = mount ? open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	struct bpf_link *link;
	struct stat st;

	if (fd < 0)
		return NULL;
	/* The host's root; in a cgroup namespace another cgroup would be there. */
	link = !fstat(fd, &st) && st.st_ino == 1 ? bpf_program__attach_cgroup(program, fd) : NULL;
	close(fd);
	return link;
}

static struct bpf_link *attach(struct bpf_program *program)
{
	if (bpf_program__fd(program) < 0)
		return NULL; /* left out */
	return bpf_program__type(program) == BPF_PROG_TYPE_CGROUP_SYSCTL
		       ? attach_to_root_cgroup(program)
		       : bpf_program__attach(program);
}

static int pin_link(struct capward *skel, const char *name, struct bpf_link *link,
		    struct error *err)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	int code;

	code = bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size) ? -errno : 0;
	if (code)
		return error_set(err, code, "link of %s: %s", name, strerror(-code));
	code = own_object(skel, CAPWARD_OBJECT_LINK, info.id, err);
	return code ? code : pin_one(bpf_link__fd(link), PINS_LINK, name, err);
}

/* Whether what is in force now, if anything is, has the program @name attached. */
static bool is_asked_for(const char *name)
{
	char path[PINS_PATH];

	return !access(pins_path(PINS_DIR, PINS_LINK, name, path), F_OK);
}

static int attach_one(struct capward *skel, const struct pins_program *entry, struct error *err)
{
	struct bpf_program *program = bpf_object__find_program_by_name(skel->obj, entry->name);
	struct bpf_link *link;
	char what[64];
	int code;

	if (!program)
		return error_set(err, -ENOENT, "attach %s: no such program", entry->name);
	if (entry->part == PART_REQUEST && !is_asked_for(entry->name))
		return pin_one(bpf_map__fd(skel->maps.data_state), PINS_WITHOUT, entry->name, err);
	link = attach(program);
	if (!link && (entry->part == PART_GUARD || entry->part == PART_OBSERVE ||
		      (entry->part == PART_OPERATION && !bpf_program__autoload(program))))
		return pin_one(bpf_map__fd(skel->maps.data_state), PINS_WITHOUT, entry->name, err);
	if (!link) {
		snprintf(what, sizeof(what), "attach %s", entry->name);
		return fail_load(err, -errno, what);
	}
	code = pin_link(skel, entry->name, link, err);
	bpf_link__destroy(link); /* the pin holds it now */
	return code;
}

static int attach_all(struct capward *skel, struct error *err)
{
	size_t count;
	const struct pins_program *programs = pins_programs(&count);
	int code = 0;

	for (size_t i = 0; !code && i < count; i++)
		code = attach_one(skel, &programs[i], err);
	return code;
}

/*
 * Until the guards were attached, a governed task could have removed a pin. Those who did not attach
 * them are still in force then.
 */
static int look_for_pins(struct error *err)
{
	size_t count;
	const struct pins_program *programs = pins_programs(&count);
	char path[PINS_PATH], without[PINS_PATH];

	for (size_t i = 0; i < count; i++)
		if (access(pins_path(PINS_NEW, PINS_LINK, programs[i].name, path), F_OK) &&
		    access(pins_path(PINS_NEW, PINS_WITHOUT, programs[i].name, without), F_OK))
			return error_set(err, -EPROTO, "%s: was removed by another", path);
	return 0;
}

/* --- from nothing to everything ----------------------------------------------------------------- */

__u64 load_build(void)
{
	static __u64 hash;
	const unsigned char *bytes;
	size_t size;

	if (hash)
		return hash;
	/* FNV-1a */
	bytes = capward__elf_bytes(&size);
	hash = 0xcbf29ce484222325;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

/* Run the place program from the directory of the pins, which it takes note of. */
static int run_place(struct capward *skel)
{
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), code;
	__u64 build = load_build();

	if (here < 0)
		return -errno;
	code = chdir(PINS_NEW)
		       ? -errno
		       : engine_run(bpf_program__fd(skel->progs.place), &build, sizeof(build));
	if (fchdir(here) && !code)
		code = -errno;
	close(here);
	return code;
}

/* Pin the programs and maps that are loaded, and attach the programs. */
static int put_in_place(struct capward *skel, struct error *err)
{
	int code = run_place(skel);

	if (code)
		return fail_load(err, code, "learn where the pins are");
	code = pin_objects(skel, err);
	if (!code)
		code = own_objects(skel, err);
	if (!code)
		code = attach_all(skel, err);
	return code ? code : look_for_pins(err);
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

	code = engine_run(bpf_program__fd(skel->progs.init), NULL, 0);
	if (code)
		return fail_load(err, code, "learn the host's mount namespace");
	code = engine_run(bpf_program__fd(skel->progs.set_policy), &observe, sizeof(observe));
	if (code)
		return fail_load(err, code, "write the first policy");
	return put_in_place(skel, err);
}

/* Wait until the program @id, which nothing holds any more, is gone: the kernel takes its time. */
static void wait_until_gone(__u32 id)
{
	const struct timespec pause = {.tv_nsec = 10000000};

	for (int i = 0; i < GONE_POLLS; i++) {
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			return;
		close(fd);
		nanosleep(&pause, NULL);
	}
}

/* Remove the link that is pinned at @path, and wait until its program runs no more. */
static void detach(const char *path)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		info.prog_id = 0;
	close(fd);
	if (!unlink(path) && info.prog_id)
		wait_until_gone(info.prog_id);
}

/*
 * Remove the programs pinned in PINS_NEW, while others are in force. What is unpinned is detached
 * later, side by side, so `capable` is waited for, lest it answers the self-test in place of the one
 * that is to be proved.
 */
static int retire(struct error *err)
{
	char path[PINS_PATH];
	int code;

	detach(pins_path(PINS_NEW, PINS_LINK, "capable", path));
	code = pins_remove(PINS_NEW);
	if (code && code != -ENOENT)
		return error_set(err, code,
				 PINS_NEW ", left by a load that was killed: %s%s; remove it",
				 strerror(-code), pins_remedy(code));
	return 0;
}

int engine_tidy(struct error *err)
{
	return access(PINS_NEW, F_OK) ? 0 : retire(err);
}

/* An empty directory for the pins of what is about to be loaded. */
static int make_new_pins(struct error *err)
{
	int code = engine_tidy(err);

	if (code)
		return code;
	if (mkdir(PINS_NEW, 0700)) {
		code = -errno;
		return error_set(err, code, PINS_NEW ": %s%s", strerror(-code), pins_remedy(code));
	}
	return 0;
}

/* Asked beforehand: libbpf tells a lack of files as whatever it then could not do. */
static int require_files(struct error *err)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= LOAD_FILES)
		return 0;
	return error_set(err, -EMFILE,
			 "it takes %d open files, and the limit is %llu; raise the limit "
			 "(ulimit -n)",
			 LOAD_FILES, (unsigned long long)files.rlim_cur);
}

int engine_load(struct engine **out, struct error *err)
{
	struct capward *skel = NULL;
	int code;

	if (!access(PINS_DIR, F_OK))
		return error_set(err, -EEXIST, "already loaded");
	code = require_files(err);
	if (!code)
		code = make_new_pins(err);
	if (code)
		return code;
	open_log();
	skel = open_programs();
	if (!skel)
		code = fail_load(err, -errno, "read the programs");
	else if (capward__load(skel))
		code = fail_load(err, -errno, "load the programs");
	else
		code = load_into_new_pins(skel, err);
	if (!code && rename(PINS_NEW, PINS_DIR))
		code = error_set(err, -errno, PINS_DIR ": %s", strerror(errno));
	close_log();
	capward__destroy(skel);
	if (code)
		pins_remove(PINS_NEW);
	return code ? code : engine_open(out, err);
}

/* --- from one build to another ------------------------------------------------------------------ */

/* Have @map of the new programs be the one that is pinned at @path. */
static int reuse_map(struct bpf_map *map, const char *path, struct error *err)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	int fd = bpf_obj_get(path), code = 0;

	/* What every build has was looked for in engine_open(); this map is new with this one. */
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		code = error_set(err, -errno, "%s: %s", path, strerror(errno));
	else if (info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map) ||
		 info.value_size != bpf_map__value_size(map) ||
		 info.max_entries != bpf_map__max_entries(map))
		code = error_set(err, -EPROTO,
				 "%s: of another form than this build's, which cannot go on with "
				 "it; `capward unload`, and load again",
				 path);
	else if (bpf_map__reuse_fd(map, fd))
		code = error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return code;
}

static int reuse_maps(struct capward *skel, struct error *err)
{
	char name[PINS_PATH], path[PINS_PATH];
	struct bpf_map *map;
	int code = 0;

	bpf_object__for_each_map(map, skel->obj)
	{
		if (!code && map != skel->maps.data_generation &&
		    pins_name_of_map(bpf_map__name(map), name))
			code = reuse_map(map, pins_path(PINS_DIR, "", name, path), err);
	}
	return code;
}

static bool object_exists(const struct capward_object *object)
{
	int fd = object->kind == CAPWARD_OBJECT_MAP	  ? bpf_map_get_fd_by_id(object->id)
		 : object->kind == CAPWARD_OBJECT_PROGRAM ? bpf_prog_get_fd_by_id(object->id)
							  : bpf_link_get_fd_by_id(object->id);

	if (fd < 0)
		return errno != ENOENT;
	close(fd);
	return true;
}

/* Strike what earlier builds had, and is gone, off the list of what is capward's. */
static void forget_gone_objects(struct capward *skel)
{
	int map = bpf_map__fd(skel->maps.own_objects);
	__u32 most = bpf_map__max_entries(skel->maps.own_objects), count = 0;
	struct capward_object *all = calloc(most, sizeof(*all)), *previous = NULL;

	if (!all)
		return;
	while (count < most && !bpf_map_get_next_key(map, previous, &all[count]))
		previous = &all[count++];
	for (__u32 i = 0; i < count; i++)
		if (!object_exists(&all[i]))
			bpf_map_delete_elem(map, &all[i]);
	free(all);
}

static int upgrade_into_new_pins(struct capward *skel, struct error *err)
{
	int code = reuse_maps(skel, err);

	if (code)
		return code;
	if (capward__load(skel))
		return fail_load(err, -errno, "load the programs");
	forget_gone_objects(skel);
	return put_in_place(skel, err);
}

int engine_upgrade(struct engine **engine, struct error *err)
{
	struct engine *upgraded = NULL;
	struct capward *skel;
	int code = require_files(err);

	if (!code)
		code = make_new_pins(err);
	if (code)
		return error_wrap(err, code, "upgrade");
	open_log();
	skel = open_programs();
	code = skel ? upgrade_into_new_pins(skel, err)
		    : fail_load(err, -errno, "read the programs");
	/* Both have their pins under one name or the other at any time, whatever happens now. */
	if (!code && renameat2(AT_FDCWD, PINS_NEW, AT_FDCWD, PINS_DIR, RENAME_EXCHANGE))
		code = error_set(err, -errno, PINS_DIR ": exchange: %s", strerror(errno));
	close_log();
	capward__destroy(skel);
	if (code) {
		retire(NULL);
		return error_wrap(err, code, "upgrade, and what was in force stays");
	}
	code = retire(err);
	if (!code)
		code = engine_open(&upgraded, err);
	if (code)
		return error_wrap(err, code, "upgrade");
	engine_close(*engine);
	*engine = upgraded;
	return 0;
}

/* --- and to nothing ----------------------------------------------------------------------------- */

int engine_unload(struct error *err)
{
	int code = pins_remove(PINS_DIR);

	pins_remove(PINS_NEW);
	if (code == -ENOENT)
		return error_set(err, code, "capward is not loaded");
	if (code)
		return error_set(err, code, PINS_DIR ": %s%s", strerror(-code), pins_remedy(code));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "evidence_record.h"
#include "output.h"
#include "state_file.h"
#include "text.h"
#include "workload_name.h"

#define VERSION 1 /* of the form of the files; any other change of it than a new key raises it */
#define SUFFIX	".json"
#define ASIDE	".damaged"

#define FILE_ROOM 256	/* NAME_MAX, and a NUL */
#define ENTRIES	  65536 /* of a directory that are looked at */

/* The directories below that of the store. */
#define WORKLOADS "workloads"
#define RUNNING	  "running"
#define ENDED	  "ended"

/* --- names of files ----------------------------------------------------------------------------- */

static void join(char path[static PATH_MAX], const char *dir, const char *below)
{
	snprintf(path, PATH_MAX, "%s/%s", dir, below);
}

/*
 * The name of the file of workload @name: what is no letter, digit or one of "._:@-" as %XX. A long one
 * ends in a hash of it; the file says whose it is.
 */
static void workload_file(const char *name, char file[static FILE_ROOM])
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_:@-";
	const size_t most = FILE_ROOM - sizeof(SUFFIX) - sizeof(ASIDE "-9") - 20;
	unsigned long long hash = 0xcbf29ce484222325; /* FNV-1a */
	size_t used = 0;

	for (const char *at = name; *at; at++) {
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3;
		if (used > most)
			continue;
		if (strchr(plain, *at) || (*at == '.' && used))
			file[used++] = *at;
		else
			used += (size_t)snprintf(file + used, 4, "%%%02X", (unsigned char)*at);
	}
	snprintf(file + used, FILE_ROOM - used, used > most ? "#%016llx" SUFFIX : SUFFIX, hash);
}

static void run_file(__u64 scope, char file[static FILE_ROOM])
{
	snprintf(file, FILE_ROOM, "%llu" SUFFIX, (unsigned long long)scope);
}

/* --- what is read and written ------------------------------------------------------------------- */

void stored_run_free(struct stored_run *run)
{
	if (!run)
		return;
	free(run->workload);
	free(run->cgroup);
	free(run->runtime);
	free(run->container);
	free(run->name);
	free(run->image);
	free(run->pod);
	free(run->evidence);
	free(run);
}

void stored_workload_free(struct stored_workload *workload)
{
	if (!workload)
		return;
	for (size_t i = 0; i < workload->added_count; i++)
		free(workload->added[i]);
	free(workload->added);
	free(workload->name);
	free(workload);
}

/* A copy of @text; NULL of none, and then, or without memory, *@failed. */
static char *copy(const char *text, bool *failed)
{
	char *made = text && text[0] ? strdup(text) : NULL;

	*failed |= text && text[0] && !made;
	return made;
}

int store_boot(__u64 loaded_at, char boot[static STORE_BOOT])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	char id[40];
	int code = file && fgets(id, sizeof(id), file) ? 0 : -EIO;

	if (file)
		fclose(file);
	if (!code)
		snprintf(boot, STORE_BOOT, "%.*s.%llu", (int)strcspn(id, "\n"), id,
			 (unsigned long long)loaded_at);
	return code;
}

int stored_run_new(const char *workload, const char *boot, __u64 scope, const char *cgroup,
		   const struct identity *identity, struct stored_run **out)
{
	struct stored_run *run = calloc(1, sizeof(*run));
	char pod[2 * IDENTITY_TEXT];
	bool failed = false;

	if (!run)
		return -ENOMEM;
	snprintf(pod, sizeof(pod), "%s%s%s", identity->pod_namespace ? identity->pod_namespace : "",
		 identity->pod_namespace ? "/" : "", identity->pod ? identity->pod : "");
	snprintf(run->boot, sizeof(run->boot), "%s", boot);
	run->scope = scope;
	run->begun = clock_ns(CLOCK_REALTIME);
	run->workload = copy(workload, &failed);
	run->cgroup = copy(cgroup, &failed);
	run->runtime = copy(identity->container.runtime, &failed);
	run->container = copy(identity->container.id, &failed);
	run->name = copy(identity->name, &failed);
	run->image = copy(identity->image, &failed);
	run->pod = copy(identity->pod ? pod : NULL, &failed);
	if (failed) {
		stored_run_free(run);
		return -ENOMEM;
	}
	*out = run;
	return 0;
}

static json_t *run_record(const struct stored_run *run)
{
	return json_pack("{s:i, s:o, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "capward_evidence", VERSION, "workload", json_text(run->workload), "boot",
			 run->boot, "id", (json_int_t)run->scope, "cgroup", json_text(run->cgroup),
			 "runtime", json_text(run->runtime), "container", json_text(run->container),
			 "name", json_text(run->name), "image", json_text(run->image), "pod",
			 json_text(run->pod), "begun", evidence_record_time(run->begun), "ended",
			 evidence_record_time(run->ended), "evidence",
			 run->evidence ? evidence_record(run->evidence) : json_array());
}

static json_t *workload_record(const struct stored_workload *workload)
{
	json_t *added = json_array();

	for (size_t i = 0; i < workload->added_count; i++)
		json_array_append_new(added, json_string(workload->added[i]));
	return json_pack("{s:i, s:o, s:b, s:I, s:o, s:o}", "capward_evidence", VERSION, "workload",
			 json_text(workload->name), "learning", workload->learning, "runs",
			 (json_int_t)workload->runs, "added", added, "evidence",
			 evidence_record(&workload->evidence));
}

/* The raw string of @key in @object into *@out, unless it is null. */
static int read_text(const json_t *object, const char *key, char **out, struct error *err)
{
	const json_t *value = json_object_get(object, key);
	size_t size = json_string_length(value) + 1; /* what is escaped is longer */
	char *text;

	if (json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return error_set(err, -EINVAL, "%s: no text", key);
	text = malloc(size);
	if (!text)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	if (text_unescape(text, size, json_string_value(value)) < 0) {
		free(text);
		return error_set(err, -EINVAL, "%s: not as it was written", key);
	}
	*out = text;
	return 0;
}

static int read_integer(const json_t *object, const char *key, __u64 *out, struct error *err)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return error_set(err, -EINVAL, "%s: no count", key);
	*out = (__u64)json_integer_value(value);
	return 0;
}

static int read_time(const json_t *object, const char *key, __u64 *out, struct error *err)
{
	const json_t *value = json_object_get(object, key);
	long long ns = 0;

	if (!json_is_null(value) &&
	    (!json_is_string(value) || clock_parse(json_string_value(value), &ns) || ns < 0))
		return error_set(err, -EINVAL, "%s: no time", key);
	*out = (__u64)ns;
	return 0;
}

static int run_of(const json_t *object, struct stored_run *run, struct error *err)
{
	const struct {
		const char *key;
		char **to;
	} texts[] = {{"workload", &run->workload},
		     {"cgroup", &run->cgroup},
		     {"runtime", &run->runtime},
		     {"container", &run->container},
		     {"name", &run->name},
		     {"image", &run->image},
		     {"pod", &run->pod}};
	const char *boot = json_string_value(json_object_get(object, "boot"));
	int code = 0;

	for (size_t i = 0; !code && i < sizeof(texts) / sizeof(texts[0]); i++)
		code = read_text(object, texts[i].key, texts[i].to, err);
	if (!code && (!boot || strlen(boot) >= STORE_BOOT || !run->workload))
		code = error_set(err, -EINVAL, "%s: missing", run->workload ? "boot" : "workload");
	if (!code)
		code = read_integer(object, "id", &run->scope, err);
	if (!code)
		code = read_time(object, "begun", &run->begun, err);
	if (!code)
		code = read_time(object, "ended", &run->ended, err);
	if (code)
		return code;
	snprintf(run->boot, sizeof(run->boot), "%s", boot);
	run->evidence = calloc(1, sizeof(*run->evidence));
	if (!run->evidence)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	return evidence_of_record(json_object_get(object, "evidence"), run->evidence, err);
}

static int read_added(const json_t *object, struct stored_workload *workload, struct error *err)
{
	const json_t *list = json_object_get(object, "added"), *value;
	bool failed = false;
	size_t i;

	if (!json_is_array(list))
		return error_set(err, -EINVAL, "added: no list");
	workload->added = calloc(json_array_size(list) + 1, sizeof(*workload->added));
	if (!workload->added)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	json_array_foreach (list, i, value) {
		char *made = copy(json_string_value(value), &failed);

		if (!made)
			return failed ? error_set(err, -ENOMEM, "%s", strerror(ENOMEM))
				      : error_set(err, -EINVAL, "added: item %zu: no text", i + 1);
		workload->added[workload->added_count++] = made;
	}
	return 0;
}

static int workload_of_record(const json_t *object, struct stored_workload *workload,
			      struct error *err)
{
	const json_t *learning = json_object_get(object, "learning");
	int code = read_text(object, "workload", &workload->name, err);

	if (!code && !workload->name)
		code = error_set(err, -EINVAL, "workload: missing");
	if (!code && !json_is_boolean(learning))
		code = error_set(err, -EINVAL, "learning: neither true nor false");
	if (!code)
		code = read_integer(object, "runs", &workload->runs, err);
	if (!code)
		code = read_added(object, workload, err);
	if (code)
		return code;
	workload->learning = json_is_true(learning);
	return evidence_of_record(json_object_get(object, "evidence"), &workload->evidence, err);
}

/* --- files -------------------------------------------------------------------------------------- */

/* The JSON object in the file @file of @dir/@below, of this version. */
static int read_file(const char *dir, const char *below, const char *file, json_t **out,
		     struct error *err)
{
	char path[PATH_MAX], *data;
	bool claimed = false;
	json_error_t where;
	json_int_t version;
	size_t size;
	json_t *json;
	int code;

	join(path, dir, below);
	code = state_read("", path, file, &data, &size, &claimed, err);
	if (code)
		return code == -EFBIG ? -EINVAL : code; /* none that was written is so large */
	json = json_loadb(data, size, JSON_REJECT_DUPLICATES, &where);
	free(data);
	if (claimed)
		code = error_set(err, -EPERM, "%s/%s: others than root may write it", path, file);
	else if (!json_is_object(json))
		code = error_set(err, -EINVAL, "%s/%s: no JSON object; it is damaged", path, file);
	version = json_integer_value(json_object_get(json, "capward_evidence"));
	if (!code && version != VERSION)
		code = error_set(err, version ? -EPROTO : -EINVAL,
				 "%s/%s: of version %lld, this program has %d", path, file,
				 (long long)version, VERSION);
	if (code)
		json_decref(json);
	else
		*out = json;
	return code;
}

/* "FILE: " before what was wrong in it. */
static int wrap(struct error *err, int code, const char *dir, const char *below, const char *file)
{
	return code ? error_wrap(err, code, "%s/%s/%s", dir, below, file) : 0;
}

static int read_run(const char *dir, const char *below, const char *file, struct stored_run **out,
		    struct error *err)
{
	struct stored_run *run;
	json_t *json;
	int code = read_file(dir, below, file, &json, err);

	if (code)
		return code;
	run = calloc(1, sizeof(*run));
	code = run ? run_of(json, run, err) : error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	json_decref(json);
	if (code)
		stored_run_free(run);
	else
		*out = run;
	return wrap(err, code, dir, below, file);
}

static int read_workload(const char *dir, const char *file, struct stored_workload **out,
			 struct error *err)
{
	struct stored_workload *workload;
	json_t *json;
	int code = read_file(dir, WORKLOADS, file, &json, err);

	if (code)
		return code;
	workload = calloc(1, sizeof(*workload));
	code = workload ? workload_of_record(json, workload, err)
			: error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	json_decref(json);
	if (code)
		stored_workload_free(workload);
	else
		*out = workload;
	return wrap(err, code, dir, WORKLOADS, file);
}

static int open_dir(const char *dir, const char *below, struct error *err)
{
	char path[PATH_MAX];
	int fd;

	join(path, dir, below);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	return fd;
}

/* Give the file @file of the directory @at another name, under which nobody looks for it. */
static int set_aside(int at, const char *file)
{
	char aside[FILE_ROOM];

	snprintf(aside, sizeof(aside), "%.*s" ASIDE, (int)(sizeof(aside) - sizeof(ASIDE "-9")),
		 file);
	for (char n = '2'; renameat2(at, file, at, aside, RENAME_NOREPLACE); n++) {
		size_t length = strlen(aside);

		if (errno != EEXIST || n > '9')
			return errno == EEXIST ? -E2BIG : -errno;
		snprintf(aside + length - (n > '2' ? 2 : 0),
			 sizeof(aside) - length + (n > '2' ? 2 : 0), "-%c", n);
	}
	return 0;
}

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t done = write(fd, text, size);

		if (done < 0 && errno != EINTR)
			return -errno;
		text += done > 0 ? done : 0;
		size -= done > 0 ? (size_t)done : 0;
	}
	return 0;
}

/*
 * Write @text as the file @file of the directory @at, in place of what is there, at once; with @sync it is
 * on the disk then.
 */
static int replace(int at, const char *file, const char *text, size_t size, bool sync)
{
	static const char fresh[] = ".new";
	int fd, code;

	unlinkat(at, fresh, 0); /* of one who was killed; under the lock there is no other */
	fd = openat(at, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	code = write_all(fd, text, size);
	if (!code && sync && fdatasync(fd))
		code = -errno;
	if (close(fd) && !code)
		code = -errno;
	if (!code && renameat(at, fresh, at, file))
		code = -errno;
	if (code)
		unlinkat(at, fresh, 0);
	return code;
}

/* The same of @json, which it takes over and which may be NULL, into a directory of the store. */
static int write_file(const char *dir, const char *below, const char *file, json_t *json,
		      struct error *err)
{
	char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	int code = 0, at = open_dir(dir, below, err);

	json_decref(json);
	if (at >= 0) {
		if (!text)
			code = -ENOMEM;
		else if (strlen(text) > STATE_FILE_MOST)
			code = -EFBIG;
		else /* What a run has is soon written again, or added to its workload. */
			code = replace(at, file, text, strlen(text), !strcmp(below, WORKLOADS));
		close(at);
		if (code)
			error_set(err, code, "%s/%s/%s: %s", dir, below, file, strerror(-code));
	}
	free(text);
	return at < 0 ? at : code;
}

static int remove_file(const char *dir, const char *below, const char *file)
{
	int code, at = open_dir(dir, below, NULL);

	if (at < 0)
		return at;
	code = unlinkat(at, file, 0) ? -errno : 0;
	close(at);
	return code;
}

/* The names of the files of a directory, by name. */
struct names {
	char (*list)[FILE_ROOM];
	size_t count, room;
};

static int keep_name(void *context, const char *name)
{
	struct names *names = context;

	if (!text_ends_with(name, strlen(name), SUFFIX) || strlen(name) >= FILE_ROOM)
		return 0;
	if (names->count == names->room) {
		size_t room = names->room ? 2 * names->room : 64;
		void *grown = realloc(names->list, room * sizeof(*names->list));

		if (!grown)
			return -ENOMEM;
		names->list = grown;
		names->room = room;
	}
	snprintf(names->list[names->count++], FILE_ROOM, "%s", name);
	return 0;
}

static int by_name(const void *left, const void *right)
{
	return strcmp(left, right);
}

static int list_files(const char *dir, const char *below, struct names *names, struct error *err)
{
	char path[PATH_MAX];
	int code;

	join(path, dir, below);
	code = state_list("", path, ENTRIES, keep_name, names, err);
	if (names->count)
		qsort(names->list, names->count, sizeof(*names->list), by_name);
	return code == -ENOENT ? 0 : code;
}

static int make_directory(const char *dir, const char *below, struct error *err)
{
	char path[PATH_MAX];

	join(path, dir, below);
	if (mkdir(path, 0700) && errno != EEXIST)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

int store_lock(const char *dir, bool wait, struct error *err)
{
	static const char *const below[] = {"", WORKLOADS, RUNNING, ENDED};
	int fd, code = 0;

	for (size_t i = 0; !code && i < sizeof(below) / sizeof(below[0]); i++)
		code = make_directory(dir, below[i], err);
	fd = code ? code : open_dir(dir, "", err);
	if (fd < 0)
		return fd;
	if (flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB)) {
		code = error_set(err, -errno, "%s: lock: %s", dir, strerror(errno));
		close(fd);
		return code;
	}
	return fd;
}

/* Keep what is in the way of a file aside. */
static int clear_way(const char *dir, const char *below, const char *file, struct error *err)
{
	int at = open_dir(dir, below, err), code;

	if (at < 0)
		return at;
	code = set_aside(at, file);
	close(at);
	return code ? error_wrap(err, code, "keep it aside: %s",
				 code == -E2BIG ? "there are nine already" : strerror(-code))
		    : 0;
}

/* --- workloads ---------------------------------------------------------------------------------- */

int store_read_workload(const char *dir, const char *name, struct stored_workload **out,
			struct error *err)
{
	struct stored_workload *workload;
	char file[FILE_ROOM];
	int code;

	workload_file(name, file);
	code = read_workload(dir, file, &workload, err);
	if (!code && strcmp(workload->name, name)) {
		stored_workload_free(workload);
		return error_set(err, -EINVAL, "%s/" WORKLOADS "/%s: is of another workload", dir,
				 file);
	}
	if (!code)
		*out = workload;
	return code;
}

static void forget_ended(const char *dir, const char *workload)
{
	struct names names = {};
	struct stored_run *run;

	list_files(dir, ENDED, &names, NULL);
	for (size_t i = 0; i < names.count; i++) {
		if (read_run(dir, ENDED, names.list[i], &run, NULL))
			continue;
		if (!strcmp(run->workload, workload))
			remove_file(dir, ENDED, names.list[i]);
		stored_run_free(run);
	}
	free(names.list);
}

int store_remove_workload(const char *dir, const char *name, struct error *err)
{
	char file[FILE_ROOM];
	int code;

	workload_file(name, file);
	forget_ended(dir, name);
	code = remove_file(dir, WORKLOADS, file);
	if (code && code != -ENOENT)
		error_set(err, code, "%s/" WORKLOADS "/%s: %s", dir, file, strerror(-code));
	return code;
}

/* --- runs --------------------------------------------------------------------------------------- */

int store_read_run(const char *dir, __u64 scope, struct stored_run **out, struct error *err)
{
	char file[FILE_ROOM];

	run_file(scope, file);
	return read_run(dir, RUNNING, file, out, err);
}

int store_write_run(const char *dir, const struct stored_run *run, struct error *err)
{
	struct stored_run *before = NULL;
	char file[FILE_ROOM];
	int code = store_read_run(dir, run->scope, &before, err);

	stored_run_free(before);
	run_file(run->scope, file);
	if (code == -EINVAL || code == -EPROTO)
		code = clear_way(dir, RUNNING, file, err);
	if (code && code != -ENOENT)
		return code;
	return write_file(dir, RUNNING, file, run_record(run), err);
}

bool store_has_run(const char *dir, __u64 scope)
{
	char file[FILE_ROOM];
	bool has;
	int at = open_dir(dir, RUNNING, NULL);

	if (at < 0)
		return at != -ENOENT;
	run_file(scope, file);
	has = !faccessat(at, file, F_OK, AT_SYMLINK_NOFOLLOW) || errno != ENOENT;
	close(at);
	return has;
}

int store_remove_run(const char *dir, __u64 scope)
{
	char file[FILE_ROOM];

	run_file(scope, file);
	return remove_file(dir, RUNNING, file);
}

/* --- all of them -------------------------------------------------------------------------------- */

static void say(const struct teller *teller, const struct error *err)
{
	if (teller)
		tell(teller, "%s", err->text);
}

int store_each_workload(const char *dir,
			int (*each)(void *context, const struct stored_workload *workload),
			void *context, const struct teller *teller)
{
	struct stored_workload *workload;
	struct names names = {};
	struct error err;
	int code = list_files(dir, WORKLOADS, &names, &err);

	if (code)
		say(teller, &err);
	for (size_t i = 0; !code && i < names.count; i++) {
		int wrong = read_workload(dir, names.list[i], &workload, &err);

		if (wrong == -ENOENT)
			continue;
		if (wrong) {
			say(teller, &err);
			continue;
		}
		code = each(context, workload);
		stored_workload_free(workload);
	}
	free(names.list);
	return code;
}

static int each_run(const char *dir, const char *below, bool last_first,
		    int (*each)(void *context, const struct stored_run *run), void *context,
		    const struct teller *teller)
{
	struct names names = {};
	struct stored_run *run;
	struct error err;
	int code = list_files(dir, below, &names, &err);

	if (code)
		say(teller, &err);
	for (size_t i = 0; !code && i < names.count; i++) {
		size_t at = last_first ? names.count - 1 - i : i;
		int wrong = read_run(dir, below, names.list[at], &run, &err);

		if (wrong == -ENOENT)
			continue;
		if (wrong) {
			say(teller, &err);
			continue;
		}
		code = each(context, run);
		stored_run_free(run);
	}
	free(names.list);
	return code;
}

int store_each_run(const char *dir, int (*each)(void *context, const struct stored_run *run),
		   void *context, const struct teller *teller)
{
	return each_run(dir, RUNNING, false, each, context, teller);
}

int store_each_ended(const char *dir, int (*each)(void *context, const struct stored_run *run),
		     void *context, const struct teller *teller)
{
	return each_run(dir, ENDED, true, each, context, teller);
}

/* The name of a file that comes last of @names, wherever the clock was set: @run is the last that ended. */
static void last_ended(const struct names *names, const struct stored_run *run,
		       char file[static FILE_ROOM])
{
	unsigned long long after =
		names->count ? strtoull(names->list[names->count - 1], NULL, 10) + 1 : 0;

	snprintf(file, FILE_ROOM, "%020llu-%llu" SUFFIX, after > run->ended ? after : run->ended,
		 (unsigned long long)run->scope);
}

/* Whether @run is among @names already, written before a crash, and its name. */
static bool find_ended(const char *dir, const struct names *names, const struct stored_run *run,
		       char file[static FILE_ROOM])
{
	bool found = false;

	for (size_t i = 0; !found && i < names->count; i++) {
		const char *dash = strchr(names->list[i], '-');
		struct stored_run *other;

		if (!dash || strtoull(dash + 1, NULL, 10) != run->scope ||
		    read_run(dir, ENDED, names->list[i], &other, NULL))
			continue;
		found = !strcmp(other->boot, run->boot);
		stored_run_free(other);
		snprintf(file, FILE_ROOM, "%s", names->list[i]);
	}
	return found;
}

int store_write_ended(const char *dir, const struct stored_run *run, struct error *err)
{
	struct names names = {};
	char file[FILE_ROOM];
	int code = list_files(dir, ENDED, &names, err);

	if (!code && !find_ended(dir, &names, run, file)) {
		last_ended(&names, run, file);
		for (size_t i = 0; i + STORE_ENDED <= names.count; i++)
			remove_file(dir, ENDED, names.list[i]);
	}
	free(names.list);
	return code ? code : write_file(dir, ENDED, file, run_record(run), err);
}

/* Whether there is room for one more workload, called @name. */
static int require_room(const char *dir, const char *name, struct error *err)
{
	bool claimed = workload_is_claimed(name);
	const char *prefix = claimed ? "claimed%20" : "";
	struct names names = {};
	size_t count = 0, most = claimed ? STORE_CLAIMED : STORE_WORKLOADS;
	int code = list_files(dir, WORKLOADS, &names, err);

	for (size_t i = 0; i < names.count; i++)
		count += !strncmp(names.list[i], prefix, strlen(prefix));
	free(names.list);
	if (!code && count >= most)
		code = error_set(err, -E2BIG,
				 "%s/" WORKLOADS
				 ": %zu %sworkloads are kept, and that is the most; "
				 "`capward learn reset` those that are no longer needed",
				 dir, count, claimed ? "users' " : "");
	return code;
}

int store_write_workload(const char *dir, const struct stored_workload *workload, struct error *err)
{
	struct stored_workload *before = NULL;
	char file[FILE_ROOM];
	int code = store_read_workload(dir, workload->name, &before, err);

	stored_workload_free(before);
	workload_file(workload->name, file);
	if (code == -EINVAL || code == -EPROTO)
		code = clear_way(dir, WORKLOADS, file, err);
	else if (code == -ENOENT)
		code = require_room(dir, workload->name, err);
	return code ? code : write_file(dir, WORKLOADS, file, workload_record(workload), err);
}

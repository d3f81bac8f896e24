// SPDX-License-Identifier: GPL-2.0-or-later
#include "event_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "journal.h"

#define OUT_OF_MEMORY "out of memory"

struct event_log {
	enum event_log_kind kind;
	char *path; /* of the file, or of the journal's socket */
	int fd;
	bool socket;
	void (*say)(void *context, const char *text);
	void *context;
	unsigned long long unwritten;
	unsigned long long before; /* unwritten when writing last worked */
	bool failing;		   /* and it was said */
	/* What is left of a line that was written in part. */
	char *rest;
	size_t rest_length;
	bool broken; /* the file ends in the middle of a line of somebody before */
};

/* Whether the file @fd ends in the middle of a line: its writer was killed. */
static bool ends_broken(int fd)
{
	char link[64], last = '\n';
	struct stat st;
	int again;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	again = open(link, O_RDONLY | O_CLOEXEC);
	if (again < 0)
		return false;
	if (pread(again, &last, 1, st.st_size - 1) != 1)
		last = '\n';
	close(again);
	return last != '\n';
}

static int open_file(const char *path, struct error *err)
{
	int fd =
		open(path,
		     O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		     0600);

	if (fd >= 0)
		return fd;
	return error_set(err, -errno, "%s: %s", path,
			 errno == ELOOP ? "is a symbolic link" : strerror(errno));
}

/*
 * Standard output, not blocking. Others have the same open file and rely on its flags, so it is opened
 * once more where that is possible: a pipe, a file, a terminal. A socket is not.
 */
static int open_stdout(struct error *err)
{
	int fd = open("/proc/self/fd/1", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return error_set(err, -errno, "standard output: %s", strerror(errno));
	return fd;
}

static int open_log(const struct event_log *log, struct error *err)
{
	switch (log->kind) {
	case EVENT_LOG_FILE:
		return open_file(log->path, err);
	case EVENT_LOG_STDOUT:
		return open_stdout(err);
	case EVENT_LOG_JOURNAL:
		return journal_open(err);
	}
	return error_set(err, -EINVAL, "no such kind of log");
}

static const char *name_of(enum event_log_kind kind, const char *path)
{
	if (kind == EVENT_LOG_STDOUT)
		return "standard output";
	return path ? path : JOURNAL_SOCKET;
}

int event_log_open(enum event_log_kind kind, const char *path,
		   void (*say)(void *context, const char *text), void *context,
		   struct event_log **out, struct error *err)
{
	struct event_log *log = calloc(1, sizeof(*log));
	struct stat st;
	int code;

	if (log)
		log->path = strdup(name_of(kind, path));
	if (!log || !log->path) {
		free(log);
		return error_set(err, -ENOMEM, OUT_OF_MEMORY);
	}
	log->kind = kind;
	log->say = say;
	log->context = context;
	log->fd = open_log(log, err);
	if (log->fd < 0) {
		code = log->fd;
		free(log->path);
		free(log);
		return code;
	}
	log->socket = !fstat(log->fd, &st) && S_ISSOCK(st.st_mode);
	log->broken = ends_broken(log->fd);
	*out = log;
	return 0;
}

static const char *reason(int code)
{
	return code == -EAGAIN ? "its reader is too slow" : strerror(-code);
}

static void say(const struct event_log *log, const char *text)
{
	if (log->say)
		log->say(log->context, text);
}

/* @code of a write: 0, or the negative errno for which a line is not there. */
static int note(struct event_log *log, int code)
{
	char text[PATH_MAX + 256];

	if (code) {
		log->unwritten++;
		if (!log->failing) {
			snprintf(text, sizeof(text),
				 "cannot write events to %s: %s; they are counted until it works",
				 log->path, reason(code));
			say(log, text);
		}
		log->failing = true;
		return code;
	}
	if (log->failing) {
		snprintf(text, sizeof(text),
			 "events are written to %s again; %llu were not written", log->path,
			 log->unwritten - log->before);
		say(log, text);
	}
	log->failing = false;
	log->before = log->unwritten;
	return 0;
}

/*
 * Write what can be written now of the @length bytes at @bytes; how many those were, or a negative
 * errno for none.
 */
static ssize_t write_now(const struct event_log *log, const char *bytes, size_t length)
{
	struct pollfd ready = {.fd = log->fd, .events = POLLOUT};
	ssize_t written;

	if (log->socket) {
		written = send(log->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		/* It does not block, but for a standard output that could not be opened again. */
		if (poll(&ready, 1, 0) <= 0)
			return -EAGAIN;
		written = write(log->fd, bytes, length);
	}
	return written < 0 ? -errno : written;
}

/* Write the rest of the last line. 0 when there is none any more, or a negative errno. */
static int write_rest(struct event_log *log)
{
	ssize_t written;

	if (!log->rest)
		return 0;
	written = write_now(log, log->rest, log->rest_length);
	if (written < 0)
		return (int)written;
	log->rest_length -= (size_t)written;
	memmove(log->rest, log->rest + written, log->rest_length);
	if (log->rest_length)
		return -EAGAIN;
	free(log->rest);
	log->rest = NULL;
	return 0;
}

/* Give up the line that was written in part: it will never be whole. */
static void give_up_rest(struct event_log *log)
{
	log->unwritten += log->rest != NULL;
	free(log->rest);
	log->rest = NULL;
	log->rest_length = 0;
}

/* Begin a new line where somebody was killed within one. */
static int mend(struct event_log *log)
{
	ssize_t written = log->broken ? write_now(log, "\n", 1) : 1;

	if (written < 0)
		return (int)written;
	log->broken = written != 1;
	return log->broken ? -EAGAIN : 0;
}

/* Write the line @text, which is this function's, with its newline. */
static int write_line(struct event_log *log, char *text, size_t length)
{
	int code = write_rest(log);
	ssize_t written;

	if (!code)
		code = mend(log);
	written = code ? code : write_now(log, text, length);
	if (written <= 0 || (size_t)written == length) {
		free(text);
		return written < 0 ? (int)written : written ? 0 : -EIO;
	}
	/* The rest comes before the next line. It is seldom needed, and a line is not long. */
	log->rest_length = length - (size_t)written;
	memmove(text, text + written, log->rest_length);
	log->rest = text;
	return 0;
}

static int write_json(struct event_log *log, const json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT), *line;
	size_t length = text ? strlen(text) : 0;

	line = text ? realloc(text, length + 2) : NULL;
	if (!line) {
		free(text);
		return -ENOMEM;
	}
	line[length] = '\n';
	line[length + 1] = '\0';
	return write_line(log, line, length + 1);
}

/* The value of @key in @object when it is a string, else "". */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void put_field(FILE *stream, const char *name, const char *value)
{
	if (value[0])
		fprintf(stream, "%s=%s\n", name, value);
}

/*
 * Print @view as an entry of the journal's protocol: a field a line. No value has a newline in it:
 * all of them are escaped.
 */
static int print_entry(FILE *stream, const struct event_view *view, const json_t *object)
{
	bool refused =
		view->event.verdict == CAPWARD_DENIED || view->event.verdict == CAPWARD_WOULD_DENY;
	const json_t *scope = json_object_get(object, "scope");
	char *json = json_dumps(object, JSON_COMPACT);

	fprintf(stream, "SYSLOG_IDENTIFIER=capward\nPRIORITY=%d\n",
		refused ? LOG_NOTICE : LOG_INFO);
	fprintf(stream, "CAPWARD_VERDICT=%s\n", event_verdict_name(view->event.verdict));
	put_field(stream, "CAPWARD_CAP", text_of(object, "cap"));
	put_field(stream, "CAPWARD_OPERATION", text_of(object, "operation"));
	put_field(stream, "CAPWARD_SCOPE", text_of(scope, "cgroup"));
	put_field(stream, "CAPWARD_CONTAINER", text_of(scope, "container"));
	put_field(stream, "CAPWARD_PROFILE", text_of(object, "profile"));
	put_field(stream, "CAPWARD_EVENT", json ? json : "");
	fprintf(stream, "MESSAGE=");
	event_print(view, stream); /* ends the line */
	free(json);
	return json && !ferror(stream) ? 0 : -ENOMEM;
}

static int write_entry(struct event_log *log, const struct event_view *view, const json_t *object)
{
	char *entry = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&entry, &length);
	int code = stream ? print_entry(stream, view, object) : -ENOMEM;

	if (stream && fclose(stream))
		code = -ENOMEM;
	if (!code)
		code = journal_send(log->fd, log->path, entry, length);
	free(entry);
	return code;
}

int event_log_write(struct event_log *log, const struct event_view *view)
{
	json_t *object = event_json(view);
	int code;

	if (!object)
		code = -ENOMEM;
	else if (log->kind == EVENT_LOG_JOURNAL)
		code = write_entry(log, view, object);
	else
		code = write_json(log, object);
	json_decref(object);
	return note(log, code);
}

int event_log_reopen(struct event_log *log, struct error *err)
{
	int fd;

	if (log->kind != EVENT_LOG_FILE)
		return 0;
	fd = open_file(log->path, err);
	if (fd < 0)
		return fd;
	/* The last line of the old file is whole, if that can be had. */
	write_rest(log);
	give_up_rest(log);
	close(log->fd);
	log->fd = fd;
	log->broken = ends_broken(fd);
	return 0;
}

unsigned long long event_log_unwritten(const struct event_log *log)
{
	return log->unwritten;
}

void event_log_free(struct event_log *log)
{
	if (!log)
		return;
	write_rest(log);
	free(log->rest);
	close(log->fd);
	free(log->path);
	free(log);
}

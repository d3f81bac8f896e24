// SPDX-License-Identifier: GPL-2.0-or-later
/* The event log: whole lines or none, full disks, slow readers, and a journal that comes and goes. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "event_log.h"
#include "journal.h"

struct fixture {
	char dir[64], path[96];
	unsigned int said;
	char last[8192]; /* said */
	struct event_view view;
};

static void on_say(void *context, const char *text)
{
	struct fixture *f = context;

	f->said++;
	snprintf(f->last, sizeof(f->last), "%s", text);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/capward-log-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/events.json", f->dir);
	f->view.event = (struct capward_event){.type = CAPWARD_EVENT_VERDICT,
					       .size = sizeof(f->view.event),
					       .version = CAPWARD_ABI,
					       .scope = 42,
					       .pid = 100,
					       .syscall = -1,
					       .permission = 21,
					       .verdict = CAPWARD_DENIED,
					       .comm = "a\nb"};
	strcpy(f->view.cgroup, "/a.slice/x\ny.service");
	strcpy(f->view.profile, "web");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static struct event_log *open_log(struct fixture *f, enum event_log_kind kind, const char *path)
{
	struct event_log *log = NULL;
	struct error err;

	if (event_log_open(kind, path, on_say, f, &log, &err))
		fail_msg("%s", err.text);
	return log;
}

/* Write an event with the number @pid. */
static int put(struct fixture *f, struct event_log *log, unsigned int pid)
{
	f->view.event.pid = pid;
	return event_log_write(log, &f->view);
}

/*
 * The numbers of the events in the file @path, "1 2 3"; a line that is none is "?", and what stands
 * behind the last newline "...".
 */
static const char *numbers(const char *path)
{
	static char text[4096], line[1 << 16];
	FILE *stream = fopen(path, "r");
	size_t used = 0;

	assert_non_null(stream);
	text[0] = '\0';
	while (fgets(line, sizeof(line), stream)) {
		json_t *object = strchr(line, '\n') ? json_loads(line, 0, NULL) : NULL;
		json_t *pid = json_object_get(object, "pid");

		used += (size_t)snprintf(text + used, sizeof(text) - used, used ? " " : "");
		if (pid)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%d",
						 (int)json_integer_value(pid));
		else
			used += (size_t)snprintf(text + used, sizeof(text) - used,
						 strchr(line, '\n') ? "?" : "...");
		json_decref(object);
	}
	fclose(stream);
	return text;
}

static void a_file(void **state)
{
	struct fixture *f = *state;
	struct event_log *log = open_log(f, EVENT_LOG_FILE, f->path);
	struct stat st;

	assert_int_equal(put(f, log, 1), 0);
	assert_int_equal(put(f, log, 2), 0);
	assert_string_equal(numbers(f->path), "1 2");
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	event_log_free(log);
	/* Appended to. */
	log = open_log(f, EVENT_LOG_FILE, f->path);
	assert_int_equal(put(f, log, 3), 0);
	assert_string_equal(numbers(f->path), "1 2 3");
	assert_int_equal(event_log_unwritten(log), 0);
	assert_int_equal(f->said, 0);
	event_log_free(log);
}

static void files_that_are_refused(void **state)
{
	struct fixture *f = *state;
	struct event_log *log = NULL;
	struct error err;

	assert_int_equal(symlink("/etc/passwd", f->path), 0);
	assert_int_equal(event_log_open(EVENT_LOG_FILE, f->path, NULL, NULL, &log, &err), -ELOOP);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_int_equal(event_log_open(EVENT_LOG_FILE, f->dir, NULL, NULL, &log, &err), -EISDIR);
	assert_int_equal(event_log_open(EVENT_LOG_FILE, "/nowhere/x", NULL, NULL, &log, &err),
			 -ENOENT);
	assert_null(log);
}

static void renamed_and_opened_again(void **state)
{
	struct fixture *f = *state;
	struct event_log *log = open_log(f, EVENT_LOG_FILE, f->path);
	char old[128];

	snprintf(old, sizeof(old), "%s.1", f->path);
	assert_int_equal(put(f, log, 1), 0);
	assert_int_equal(rename(f->path, old), 0);
	assert_int_equal(put(f, log, 2), 0);
	assert_int_equal(event_log_reopen(log, NULL), 0);
	assert_int_equal(put(f, log, 3), 0);
	assert_string_equal(numbers(old), "1 2");
	assert_string_equal(numbers(f->path), "3");
	/* When that fails the old one goes on. */
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(event_log_reopen(log, NULL), -EISDIR);
	assert_int_equal(put(f, log, 4), 0);
	event_log_free(log);
}

static void a_full_disk(void **state)
{
	struct fixture *f = *state;
	struct event_log *log = open_log(f, EVENT_LOG_FILE, "/dev/full");

	for (unsigned int i = 1; i <= 5; i++)
		assert_int_equal(put(f, log, i), -ENOSPC);
	assert_int_equal(event_log_unwritten(log), 5);
	assert_int_equal(f->said, 1);
	assert_string_equal(f->last, "cannot write events to /dev/full: No space left on device; "
				     "they are counted until it works");
	event_log_free(log);
}

/* Let files of this process have @more bytes than @path has now; 0: any number. */
static void limit(const char *path, rlim_t more)
{
	struct rlimit size = {RLIM_INFINITY, RLIM_INFINITY};
	struct stat st = {};

	if (more && !stat(path, &st))
		size.rlim_cur = (rlim_t)st.st_size + more;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &size), 0);
}

static void a_line_is_whole_in_the_end(void **state)
{
	struct fixture *f = *state;
	struct event_log *log = open_log(f, EVENT_LOG_FILE, f->path);

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(put(f, log, 1), 0);
	limit(f->path, 10);
	assert_int_equal(put(f, log, 2), 0); /* ten bytes of it */
	assert_string_equal(numbers(f->path), "1 ...");
	assert_int_equal(put(f, log, 3), -EFBIG);
	assert_int_equal(put(f, log, 4), -EFBIG);
	assert_int_equal(f->said, 1);
	/* Ten bytes more: the rest is still not through. */
	limit(f->path, 10);
	assert_int_equal(put(f, log, 5), -EAGAIN);
	assert_int_equal(event_log_unwritten(log), 3);
	limit(f->path, 0);
	assert_int_equal(put(f, log, 6), 0);
	assert_string_equal(numbers(f->path), "1 2 6");
	assert_int_equal(f->said, 2);
	assert_non_null(strstr(f->last, "again; 3 were not written"));
	/* And the next time it is told anew. */
	limit(f->path, 1);
	assert_int_equal(put(f, log, 7), 0);
	assert_int_equal(put(f, log, 8), -EFBIG);
	assert_int_equal(f->said, 3);
	/* What is never whole was not written. */
	assert_int_equal(event_log_reopen(log, NULL), 0);
	assert_int_equal(event_log_unwritten(log), 5);
	limit(f->path, 0);
	assert_int_equal(put(f, log, 9), 0);
	assert_string_equal(numbers(f->path), "1 2 6 ? 9");
	assert_int_equal(f->said, 4);
	event_log_free(log);
}

static void a_writer_that_was_killed(void **state)
{
	struct fixture *f = *state;
	struct event_log *log;
	FILE *stream = fopen(f->path, "w");

	fputs("{\"pid\": 1", stream);
	fclose(stream);
	log = open_log(f, EVENT_LOG_FILE, f->path);
	assert_int_equal(put(f, log, 2), 0);
	assert_int_equal(put(f, log, 3), 0);
	assert_string_equal(numbers(f->path), "? 2 3");
	event_log_free(log);
}

static void a_slow_reader(void **state)
{
	struct fixture *f = *state;
	struct event_log *log = NULL;
	unsigned int written = 0;
	char copy[128], *bytes;
	ssize_t size, all = 0;
	int reader, fd;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	assert_int_equal(event_log_open(EVENT_LOG_FILE, f->path, NULL, NULL, &log, NULL), -ENXIO);
	reader = open(f->path, O_RDONLY | O_NONBLOCK);
	log = open_log(f, EVENT_LOG_FILE, f->path);
	/* Longer than what a pipe takes as a whole. */
	memset(f->view.exe, '\1', 3000);
	while (!put(f, log, written + 1))
		written++;
	assert_int_equal(f->said, 1);
	assert_non_null(strstr(f->last, "its reader is too slow"));
	assert_int_equal(event_log_unwritten(log), 1);
	bytes = malloc(1 << 20);
	while ((size = read(reader, bytes + all, (1 << 20) - (size_t)all)) > 0)
		all += size;
	assert_int_equal(put(f, log, written + 1), 0);
	size = read(reader, bytes + all, (1 << 20) - (size_t)all);
	all += size;
	snprintf(copy, sizeof(copy), "%s/copy", f->dir);
	fd = open(copy, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(fd, bytes, (size_t)all), all);
	close(fd);
	free(bytes);
	for (unsigned int i = 1; i <= written + 1; i++) {
		char number[16];

		snprintf(number, sizeof(number), "%u", i);
		assert_non_null(strstr(numbers(copy), number));
	}
	assert_null(strstr(numbers(copy), "?"));
	assert_null(strstr(numbers(copy), "..."));
	/* And one that goes away. */
	close(reader);
	assert_int_equal(put(f, log, 1), -EPIPE);
	assert_int_equal(event_log_unwritten(log), 2);
	event_log_free(log);
}

/* Standard output in a process of its own, which writes two events to the file descriptor @out. */
static int to_stdout(struct fixture *f, int out)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct event_log *log = NULL;

		dup2(out, STDOUT_FILENO);
		if (event_log_open(EVENT_LOG_STDOUT, NULL, on_say, f, &log, NULL) ||
		    put(f, log, 1) || event_log_reopen(log, NULL) || put(f, log, 2))
			_exit(1);
		/* Whoever else has it is not made not to block. */
		_exit(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void standard_output(void **state)
{
	struct fixture *f = *state;
	char bytes[8192];
	int fds[2], fd;

	fd = open(f->path, O_CREAT | O_RDWR, 0600);
	assert_int_equal(to_stdout(f, fd), 0);
	assert_string_equal(numbers(f->path), "1 2");
	close(fd);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(to_stdout(f, fds[1]), 0);
	assert_in_range(read(fds[0], bytes, sizeof(bytes)), 100, 2000);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(to_stdout(f, fds[1]), 0);
	assert_in_range(read(fds[0], bytes, sizeof(bytes)), 100, 2000);
	close(fds[0]);
	close(fds[1]);
}

static int fake_journal(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void a_journal(void **state)
{
	struct fixture *f = *state;
	struct event_log *log = open_log(f, EVENT_LOG_JOURNAL, f->path);
	static const char *const wanted[] = {"SYSLOG_IDENTIFIER=capward\n",
					     "\nPRIORITY=5\n",
					     "\nCAPWARD_VERDICT=denied\n",
					     "\nCAPWARD_CAP=CAP_SYS_ADMIN\n",
					     "\nCAPWARD_PROFILE=web\n",
					     "\nCAPWARD_SCOPE=/a.slice/x\\x0ay.service\n",
					     "\nCAPWARD_CONTAINER=x\\x0ay.service\n",
					     "\nCAPWARD_EVENT={\"",
					     "\nMESSAGE="};
	char entry[1 << 16];
	ssize_t size;
	int journal;

	/* Not there yet. */
	assert_int_equal(put(f, log, 1), -ENOENT);
	assert_int_equal(put(f, log, 1), -ENOENT);
	assert_int_equal(f->said, 1);
	journal = fake_journal(f->path);
	assert_int_equal(put(f, log, 100), 0);
	assert_int_equal(f->said, 2);
	size = recv(journal, entry, sizeof(entry) - 1, 0);
	assert_true(size > 0);
	entry[size] = '\0';
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strstr(entry, wanted[i]))
			fail_msg("no %s in %s", wanted[i], entry);
	assert_null(strstr(entry, "CAPWARD_OPERATION"));
	assert_int_equal(entry[size - 1], '\n');
	for (const char *line = entry; *line; line = strchr(line, '\n') + 1)
		assert_in_range(strcspn(line, "="), 1, strcspn(line, "\n") - 1);
	f->view.event.verdict = CAPWARD_USED;
	f->view.event.permission = CAPWARD_OP_MOUNT;
	assert_int_equal(put(f, log, 100), 0);
	size = recv(journal, entry, sizeof(entry) - 1, 0);
	entry[size] = '\0';
	assert_non_null(strstr(entry, "\nPRIORITY=6\n"));
	assert_non_null(strstr(entry, "\nCAPWARD_OPERATION=mount\n"));
	assert_null(strstr(entry, "CAPWARD_CAP="));
	event_log_free(log);
	close(journal);
}

static void a_journal_that_hangs_and_is_restarted(void **state)
{
	struct fixture *f = *state;
	struct event_log *log = open_log(f, EVENT_LOG_JOURNAL, f->path);
	int journal = fake_journal(f->path), code;
	unsigned int written = 0;

	/* The longest there is. */
	memset(f->view.cgroup, '\1', sizeof(f->view.cgroup) - 1);
	f->view.cgroup[0] = '/';
	memset(f->view.exe, '\1', sizeof(f->view.exe) - 1);
	while (!(code = put(f, log, 1)) && written < 10000)
		written++;
	assert_int_equal(code, -EAGAIN);
	assert_true(written > 0);
	assert_int_equal(f->said, 1);
	close(journal);
	assert_int_equal(put(f, log, 1), -ECONNREFUSED);
	assert_int_equal(unlink(f->path), 0);
	journal = fake_journal(f->path);
	assert_int_equal(put(f, log, 1), 0);
	assert_int_equal(event_log_unwritten(log), 2);
	assert_int_equal(f->said, 2);
	event_log_free(log);
	close(journal);
}

static void who_started_it(void **state)
{
	char stream[64];
	struct stat st;

	(void)state;
	unsetenv("JOURNAL_STREAM");
	assert_false(journal_has_output());
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	assert_true(journal_has_output());
	strcat(stream, "0");
	setenv("JOURNAL_STREAM", stream, 1);
	assert_false(journal_has_output());
	for (size_t i = 0; i < 4; i++) {
		setenv("JOURNAL_STREAM", (const char *const[]){"", ":", "1", "1:2:3"}[i], 1);
		assert_false(journal_has_output());
	}
	unsetenv("JOURNAL_STREAM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_that_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(renamed_and_opened_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_line_is_whole_in_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_writer_that_was_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_slow_reader, set_up, tear_down),
		cmocka_unit_test_setup_teardown(standard_output, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_journal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_journal_that_hangs_and_is_restarted, set_up,
						tear_down),
		cmocka_unit_test(who_started_it),
	};

	return cmocka_run_group_tests_name("event_log", tests, NULL, NULL);
}

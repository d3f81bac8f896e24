// SPDX-License-Identifier: GPL-2.0-or-later
/* The metrics over HTTP: what is answered, to whom, and what clients cannot do to the daemon. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "http.h"
#include "socket.h"

#define GET "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"

struct fixture {
	char dir[64], path[96], where[112];
	sd_event *event;
	struct http *http;
	unsigned int rendered;
	size_t size; /* of what is rendered */
	int code;
};

static int render(void *context, FILE *stream)
{
	struct fixture *f = context;

	f->rendered++;
	for (size_t i = 0; i < f->size; i++)
		fputc('x', stream);
	fprintf(stream, "\nrendered %u\n", f->rendered);
	return f->code;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/capward-http-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/metrics.sock", f->dir);
	snprintf(f->where, sizeof(f->where), "unix:%s", f->path);
	assert_int_equal(sd_event_new(&f->event), 0);
	assert_int_equal(http_new(f->event, f->where, false, render, f, &f->http, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	http_free(f->http);
	sd_event_unref(f->event);
	assert_int_equal(access(f->path, F_OK), -1);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

/* Let the server do what there is to do now. */
static void serve(struct fixture *f)
{
	while (sd_event_run(f->event, 20000) > 0)
		;
}

static int client(const struct fixture *f)
{
	int fd = socket_connect(f->path, SOCK_STREAM, NULL);

	assert_true(fd >= 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* All that comes at @fd until its end, which must come; closes it. */
static const char *answer(struct fixture *f, int fd)
{
	static char text[1 << 16];
	size_t used = 0;
	ssize_t size;

	for (int round = 0; round < 1000; round++) {
		size = recv(fd, text + used, sizeof(text) - 1 - used, MSG_DONTWAIT);
		if (size > 0)
			used += (size_t)size;
		else if (!size || errno != EAGAIN)
			break;
		else
			sd_event_run(f->event, 1000);
		assert_int_not_equal(round, 999);
	}
	close(fd);
	text[used] = '\0';
	return text;
}

static const char *ask(struct fixture *f, const char *request)
{
	int fd = client(f);

	say(fd, request);
	return answer(f, fd);
}

static void assert_begins(const char *text, const char *begin)
{
	if (strncmp(text, begin, strlen(begin)))
		fail_msg("wanted %s, got %s", begin, text);
}

static void a_page(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	const char *text = ask(f, GET);

	assert_begins(text, "HTTP/1.1 200 OK\r\n");
	assert_non_null(strstr(text, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	assert_non_null(strstr(text, "Connection: close\r\n"));
	assert_non_null(strstr(text, "\r\n\r\n\nrendered 1\n"));
	text = ask(f, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_begins(text, "HTTP/1.1 200 OK\r\n");
	assert_non_null(strstr(text, "Content-Length: 12\r\n"));
	assert_null(strstr(text, "rendered"));
	assert_begins(ask(f, "GET /metrics?x=y HTTP/1.0\r\n\r\n"), "HTTP/1.");
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0660);
}

static void nothing_else(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *request, *begin;
	} tries[] = {
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404"},
		{"GET /metrics/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404"},
		{"GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404"},
		{"GET //metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404"},
		{"DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405"},
		{"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
		 "HTTP/1.1 405"},
		{"PUT /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		 "HTTP/1.1 405"},
		{"get /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405"},
	};

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		assert_begins(ask(f, tries[i].request), tries[i].begin);
	assert_non_null(strstr(ask(f, "POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
			       "Allow: GET, HEAD\r\n"));
	assert_int_equal(f->rendered, 0);
}

static void rendered_once_a_second(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 50; i++)
		ask(f, GET);
	assert_in_range(f->rendered, 1, 2);
	nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100000000}, NULL);
	f->rendered = 7;
	assert_non_null(strstr(ask(f, GET), "rendered 8\n"));
}

static void what_cannot_be_rendered(void **state)
{
	struct fixture *f = *state;

	f->code = -EIO;
	assert_begins(ask(f, GET), "HTTP/1.1 503");
	f->code = 0;
	assert_begins(ask(f, GET), "HTTP/1.1 200");
}

static void in_pieces(void **state)
{
	struct fixture *f = *state;
	int fd = client(f);

	for (const char *c = GET; *c; c++) {
		say(fd, (const char[]){*c, '\0'});
		serve(f);
	}
	assert_begins(answer(f, fd), "HTTP/1.1 200");
}

static void garbage(void **state)
{
	struct fixture *f = *state;
	char bytes[2048];
	int fd;

	for (unsigned int seed = 0; seed < 200; seed++) {
		srandom(seed);
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)(seed % 2 ? random() : " \r\n:/HTTP1.GET"[random() % 15]);
		fd = client(f);
		send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
		answer(f, fd);
	}
	/* A head that never ends. */
	fd = client(f);
	say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n");
	memset(bytes, 'a', sizeof(bytes));
	for (int i = 0; i < 100 && send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0; i++)
		serve(f);
	assert_begins(answer(f, fd), "HTTP/1.1 4");
	assert_begins(ask(f, GET), "HTTP/1.1 200");
}

/* Who does not read what it asked for is not waited for. */
static void who_does_not_read(void **state)
{
	struct fixture *f = *state;
	int fds[HTTP_CLIENTS - 1];
	struct rusage before, after;

	f->size = 8 << 20;
	for (size_t i = 0; i < HTTP_CLIENTS - 1; i++) {
		fds[i] = client(f);
		say(fds[i], GET);
	}
	serve(f);
	getrusage(RUSAGE_SELF, &before);
	f->size = 0;
	assert_begins(ask(f, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 200");
	/* And while nothing moves the loop is at rest. */
	assert_int_equal(sd_event_run(f->event, 300000), 0);
	getrusage(RUSAGE_SELF, &after);
	assert_in_range(f->rendered, 1, 2);
	/* In KiB: they share one answer. */
	assert_in_range(after.ru_maxrss, 0, before.ru_maxrss + 16384);
	for (size_t i = 0; i < HTTP_CLIENTS - 1; i++)
		close(fds[i]);
	serve(f);
	assert_begins(ask(f, GET), "HTTP/1.1 200");
}

/* As many as there may be, who send a byte now and then; the one behind them has its turn. */
static void the_slow(void **state)
{
	struct fixture *f = *state;
	struct timespec begin, end;
	int fds[HTTP_CLIENTS], good;
	struct pollfd wait;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (size_t i = 0; i < HTTP_CLIENTS; i++) {
		fds[i] = client(f);
		serve(f);
	}
	good = client(f);
	say(good, GET);
	wait = (struct pollfd){.fd = good, .events = POLLIN};
	while (!poll(&wait, 1, 0)) {
		for (size_t i = 0; i < HTTP_CLIENTS; i++)
			send(fds[i], "G", 1, MSG_NOSIGNAL);
		for (int i = 0; i < 2; i++) {
			nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
			serve(f);
		}
		clock_gettime(CLOCK_MONOTONIC, &end);
		assert_in_range(end.tv_sec - begin.tv_sec, 0, 3 * HTTP_SECONDS);
	}
	assert_in_range(end.tv_sec - begin.tv_sec, HTTP_SECONDS - 2, 3 * HTTP_SECONDS);
	assert_begins(answer(f, good), "HTTP/1.1 200");
	for (size_t i = 0; i < HTTP_CLIENTS; i++)
		close(fds[i]);
}

static void no_descriptors(void **state)
{
	struct fixture *f = *state;
	struct rlimit limit, none;
	int fd = client(f), spare;

	say(fd, GET);
	getrlimit(RLIMIT_NOFILE, &limit);
	spare = dup(fd);
	none = (struct rlimit){(rlim_t)spare, limit.rlim_max};
	close(spare);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	serve(f);
	/* It pauses instead of running in circles. */
	assert_int_equal(sd_event_run(f->event, 300000), 0);
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < 5; i++)
		sd_event_run(f->event, 300000);
	assert_begins(answer(f, fd), "HTTP/1.1 200");
}

/* A port of 127.0.0.1 that nobody has. */
static int free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static int listen_at(struct fixture *f, bool anywhere, const char *where)
{
	struct http *http = NULL;
	struct error err = {""};
	int code = http_new(f->event, where, anywhere, render, f, &http, &err);

	if (code && strncmp(where, "unix:", 5))
		assert_non_null(strstr(err.text, where));
	http_free(http);
	return code;
}

static int listen_on(struct fixture *f, bool anywhere, const char *host, int port)
{
	char where[64];

	snprintf(where, sizeof(where), "%s:%d", host, port);
	return listen_at(f, anywhere, where);
}

static void addresses(void **state)
{
	static const char *const bad[] = {"",
					  "127.0.0.1",
					  "127.0.0.1:",
					  "127.0.0.1:0",
					  "127.0.0.1:65536",
					  "127.0.0.1:-1",
					  "127.0.0.1: 1",
					  "127.0.0.1:1x",
					  ":9888",
					  "localhost:9888",
					  "::1:9888",
					  "[::1]",
					  "[::1",
					  "[]:9888",
					  "/run/x",
					  "127.0.0.1:99999999999999",
					  "[::1%lo]:9888",
					  "127.1:9888"};
	struct fixture *f = *state;
	int port = free_port();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (listen_at(f, true, bad[i]) != -EINVAL)
			fail_msg("%s", bad[i]);
	assert_int_equal(listen_on(f, false, "127.0.0.1", port), 0);
	assert_int_equal(listen_on(f, false, "127.8.9.10", port), 0);
	assert_int_equal(listen_on(f, false, "0.0.0.0", port), -EPERM);
	assert_int_equal(listen_on(f, true, "0.0.0.0", port), 0);
	assert_int_equal(listen_on(f, false, "128.0.0.1", port), -EPERM);
	assert_int_equal(listen_on(f, false, "[::]", port), -EPERM);
	assert_int_equal(listen_on(f, false, "[::ffff:10.0.0.1]", port), -EPERM);
	if (!access("/proc/sys/net/ipv6/conf/lo", F_OK))
		assert_true(listen_on(f, false, "[::1]", port) != -EPERM);
	assert_int_equal(listen_at(f, false, f->where), -EADDRINUSE);
	assert_int_equal(listen_at(f, false, "unix:"), -EINVAL);
}

static void over_tcp(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)free_port()),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct http *http;
	char where[64];

	snprintf(where, sizeof(where), "127.0.0.1:%d", ntohs(address.sin_port));
	assert_int_equal(http_new(f->event, where, false, render, f, &http, NULL), 0);
	assert_int_equal(listen_at(f, false, where), -EADDRINUSE);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	say(fd, GET);
	assert_begins(answer(f, fd), "HTTP/1.1 200");
	http_free(http);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_page, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rendered_once_a_second, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_rendered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(in_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(garbage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_does_not_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_slow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_descriptors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(addresses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(over_tcp, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}

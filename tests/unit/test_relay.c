// SPDX-License-Identifier: GPL-2.0-or-later
/* The daemon's socket: messages, the server with real clients, and what hostile ones get. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "relay.h"
#include "relay_client.h"
#include "socket.h"

/* --- messages ------------------------------------------------------------------------------------ */

static struct relay_message hook_message(void)
{
	return (struct relay_message){
		.type = RELAY_HOOK,
		.hook = {.pid = 42, .id = "0123abcd", .cgroup = "/machine.slice/libpod-1.scope"}};
}

/* Encode and decode; the decoded message is in static memory. */
static const struct relay_message *through(const struct relay_message *message)
{
	static struct relay_message out;
	char packet[RELAY_PACKET];
	size_t size = relay_encode(message, packet);

	assert_in_range(size, 8, RELAY_PACKET - 1);
	for (size_t less = 0; less < size; less++)
		if (message->type != RELAY_EVENT && message->type != RELAY_ANSWER &&
		    message->type != RELAY_REFUSED)
			assert_int_equal(relay_decode(packet, less, &out), -EBADMSG);
	assert_int_equal(relay_decode(packet, size, &out), 0);
	assert_int_equal(out.type, message->type);
	return &out;
}

static void messages_come_through(void **state)
{
	struct relay_message message = {.type = RELAY_HELLO, .hello = {RELAY_WANT_EVENTS, 7}};

	(void)state;
	assert_int_equal(through(&message)->hello.want, RELAY_WANT_EVENTS);
	assert_int_equal(through(&message)->hello.abi, 7);
	message = hook_message();
	assert_int_equal(through(&message)->hook.pid, 42);
	assert_string_equal(through(&message)->hook.id, "0123abcd");
	assert_string_equal(through(&message)->hook.cgroup, "/machine.slice/libpod-1.scope");
	memset(message.hook.id, 'i', RELAY_ID - 1);
	message.hook.id[RELAY_ID - 1] = '\0';
	memset(message.hook.cgroup, '/', RELAY_CGROUP - 1);
	message.hook.cgroup[RELAY_CGROUP - 1] = '\0';
	assert_string_equal(through(&message)->hook.cgroup, message.hook.cgroup);
	message = (struct relay_message){.type = RELAY_EVENT, .event.size = RELAY_RECORD};
	memset(message.event.bytes, 'e', RELAY_RECORD);
	assert_int_equal(through(&message)->event.size, RELAY_RECORD);
	message = (struct relay_message){.type = RELAY_MISSED, .missed = UINT64_MAX};
	assert_true(through(&message)->missed == UINT64_MAX);
	message = (struct relay_message){.type = RELAY_ANSWER, .answer = {RELAY_DEFAULT, ""}};
	assert_string_equal(through(&message)->answer.text, "");
	message = (struct relay_message){.type = RELAY_REFUSED, .refused = {EPERM, "no"}};
	assert_int_equal(through(&message)->refused.code, EPERM);
	assert_string_equal(through(&message)->refused.text, "no");
}

/* What relay_decode() says of @message once the byte at @at is @byte. */
static int changed(const struct relay_message *message, size_t at, char byte)
{
	static struct relay_message out;
	char packet[RELAY_PACKET];
	size_t size = relay_encode(message, packet);

	packet[at] = byte;
	return relay_decode(packet, size, &out);
}

static void bad_messages(void **state)
{
	struct relay_message message = hook_message(), out = {.type = RELAY_MISSED};
	char packet[RELAY_PACKET];
	size_t size;

	(void)state;
	assert_int_equal(changed(&message, 0, 0), -EBADMSG);
	assert_int_equal(changed(&message, 4, RELAY_VERSION + 1), -EPROTONOSUPPORT);
	assert_int_equal(changed(&message, 6, 0), -EBADMSG);
	assert_int_equal(changed(&message, 6, RELAY_REFUSED + 1), -EBADMSG);
	assert_int_equal(changed(&message, 8, 0), -EBADMSG);	       /* pid 0 */
	assert_int_equal(changed(&message, 11, (char)0x80), -EBADMSG); /* pid < 0 */
	assert_int_equal(changed(&message, 12, 7), -EBADMSG);	       /* id's length */
	assert_int_equal(changed(&message, 13, 1), -EBADMSG);	       /* 256 more */
	assert_int_equal(changed(&message, 15, 16), -EBADMSG);	       /* cgroup's */
	assert_int_equal(changed(&message, 17, '\0'), -EBADMSG);       /* a NUL */
	assert_int_equal(changed(&message, 16 + strlen("0123abcd"), 'x'), -EBADMSG); /* no "/" */
	size = relay_encode(&message, packet);
	assert_int_equal(relay_decode(packet, size + 1, &out), -EBADMSG);
	message = (struct relay_message){.type = RELAY_HELLO, .hello = {RELAY_WANT_ANSWER, 2}};
	assert_int_equal(changed(&message, 8, 3), -EBADMSG);
	message = (struct relay_message){.type = RELAY_MISSED, .missed = 1};
	assert_int_equal(changed(&message, 8, 0), -EBADMSG);
	message = (struct relay_message){.type = RELAY_ANSWER, .answer = {RELAY_ERROR, "x"}};
	assert_int_equal(changed(&message, 8, 4), -EBADMSG);
	assert_int_equal(changed(&message, 8, 0), -EBADMSG);
	message = (struct relay_message){.type = RELAY_REFUSED, .refused = {EPERM, "x"}};
	assert_int_equal(changed(&message, 8, 0), -EBADMSG);
	assert_int_equal(changed(&message, 10, 1), -EBADMSG);
	message = (struct relay_message){.type = RELAY_EVENT, .event.size = 1};
	size = relay_encode(&message, packet);
	assert_int_equal(relay_decode(packet, size - 1, &out), -EBADMSG);
	assert_int_equal(relay_decode(packet, 8 + RELAY_RECORD + 1, &out), -EBADMSG);
	assert_int_equal(out.type, RELAY_MISSED); /* never written */
}

/* --- the server ---------------------------------------------------------------------------------- */

struct fixture {
	char dir[64], path[96];
	sd_event *event;
	struct relay *relay;
	/* The hook that was asked last. */
	struct relay_hook hook;
	pid_t peer;
	relay_token token;
	unsigned int asked;
	enum relay_outcome at_once; /* 0: the answer comes later */
};

static void on_hook(void *context, const struct relay_hook *hook, pid_t peer, relay_token token)
{
	struct fixture *f = context;

	f->hook = *hook;
	f->peer = peer;
	f->token = token;
	f->asked++;
	if (f->at_once)
		assert_int_equal(relay_answer(f->relay, token, f->at_once, "at once"), 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/capward-relay-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/daemon.sock", f->dir);
	assert_int_equal(sd_event_new(&f->event), 0);
	assert_int_equal(relay_new(f->event, f->path, on_hook, f, &f->relay, NULL), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	relay_free(f->relay);
	sd_event_unref(f->event);
	assert_int_equal(access(f->path, F_OK), -1); /* removed with the relay */
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

/* Let the server do what there is to do. */
static void serve(struct fixture *f)
{
	while (sd_event_run(f->event, 20000) > 0)
		;
}

/* Run @client in a process of its own, and the server until it ends; its exit status. */
static int beside(struct fixture *f, int (*client)(const struct fixture *f))
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(client(f));
	while (!waitpid(pid, &status, WNOHANG))
		sd_event_run(f->event, 10000);
	serve(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int raw_client(const struct fixture *f)
{
	int fd = socket_connect(f->path, SOCK_SEQPACKET, NULL);

	assert_true(fd >= 0);
	return fd;
}

static void raw_send(int fd, const struct relay_message *message)
{
	char packet[RELAY_PACKET];
	size_t size = relay_encode(message, packet);

	assert_int_equal(send(fd, packet, size, 0), size);
}

static void raw_hello(int fd, enum relay_want want)
{
	raw_send(fd, &(struct relay_message){.type = RELAY_HELLO, .hello = {want, CAPWARD_ABI}});
}

/* The next message at @fd, or NULL at the end. */
static const struct relay_message *raw_read(int fd)
{
	static struct relay_message message;
	char packet[RELAY_PACKET];
	ssize_t size = recv(fd, packet, sizeof(packet), 0);

	assert_true(size >= 0);
	if (!size)
		return NULL;
	assert_int_equal(relay_decode(packet, (size_t)size, &message), 0);
	return &message;
}

static void assert_refused(int fd, int code)
{
	const struct relay_message *message = raw_read(fd);

	assert_non_null(message);
	assert_int_equal(message->type, RELAY_REFUSED);
	assert_int_equal(message->refused.code, code);
	assert_null(raw_read(fd));
	close(fd);
}

static int subscriber(struct fixture *f)
{
	int fd = raw_client(f);

	raw_hello(fd, RELAY_WANT_EVENTS);
	serve(f);
	assert_int_equal(raw_read(fd)->type, RELAY_HELLO);
	return fd;
}

/* That just @count more get events: those who get them already are the others. */
static void assert_room(struct fixture *f, size_t count)
{
	int fds[RELAY_SUBSCRIBERS], one_more;

	for (size_t i = 0; i < count; i++)
		fds[i] = subscriber(f);
	one_more = raw_client(f);
	raw_hello(one_more, RELAY_WANT_EVENTS);
	serve(f);
	assert_refused(one_more, EUSERS);
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	serve(f);
}

static void the_file(void **state)
{
	struct fixture *f = *state;
	struct relay *second = NULL;
	struct error err;
	struct stat st;
	char other[128];
	int fd;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0600);
	assert_int_equal(relay_new(f->event, f->path, on_hook, f, &second, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "another process listens"));
	/* One that nobody listens on. */
	snprintf(other, sizeof(other), "%s/stale", f->dir);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, other);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(relay_new(f->event, other, on_hook, f, &second, &err), 0);
	/* Replaced by somebody: then it is not ours to remove. */
	assert_int_equal(unlink(other), 0);
	fd = open(other, O_CREAT | O_WRONLY, 0600);
	close(fd);
	relay_free(second);
	assert_int_equal(access(other, F_OK), 0);
	/* What is no socket. */
	assert_int_equal(relay_new(f->event, other, on_hook, f, &second, &err), -EEXIST);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(symlink("daemon.sock", other), 0);
	assert_int_equal(relay_new(f->event, other, on_hook, f, &second, &err), -EEXIST);
	assert_int_equal(unlink(other), 0);
	memset(other, 'a', 110);
	other[110] = '\0';
	assert_int_equal(relay_new(f->event, other, on_hook, f, &second, &err), -ENAMETOOLONG);
	assert_int_equal(relay_new(f->event, "/nowhere/s", on_hook, f, &second, &err), -ENOENT);
}

static void events_for_all(void **state)
{
	struct fixture *f = *state;
	int one = subscriber(f), two = subscriber(f);
	struct relay_record record;

	assert_room(f, RELAY_SUBSCRIBERS - 2);
	relay_publish(f->relay, "first", 5);
	relay_publish(f->relay, "second!", 7);
	assert_int_equal(relay_next(one, 0, &record, NULL), 1);
	assert_int_equal(record.size, 5);
	assert_memory_equal(record.bytes, "first", 5);
	assert_int_equal(relay_next(one, 0, &record, NULL), 1);
	assert_int_equal(record.size, 7);
	assert_int_equal(relay_next(one, 0, &record, NULL), 0);
	assert_int_equal(relay_next(two, 0, &record, NULL), 1);
	assert_memory_equal(record.bytes, "first", 5);
	/* One goes, the other stays. */
	close(one);
	serve(f);
	assert_room(f, RELAY_SUBSCRIBERS - 1);
	relay_publish(f->relay, "third", 5);
	assert_int_equal(relay_next(two, 0, &record, NULL), 1);
	assert_int_equal(relay_next(two, 0, &record, NULL), 1);
	assert_memory_equal(record.bytes, "third", 5);
	/* One goes, and the server has not heard of it yet. */
	close(two);
	relay_publish(f->relay, "fourth", 6);
	assert_room(f, RELAY_SUBSCRIBERS);
	assert_int_equal(relay_missed(f->relay), 0);
}

static void the_slow_one_is_told(void **state)
{
	struct fixture *f = *state;
	int slow = subscriber(f), quick = subscriber(f);
	__u64 got = 0, missed = 0, sent = 100000, of_quick = 0, last = 0;
	struct relay_record record;

	for (__u64 i = 1; i <= sent; i++) {
		relay_publish(f->relay, &i, sizeof(i));
		assert_int_equal(relay_next(quick, 0, &record, NULL), 1);
		assert_int_equal(record.missed, 0);
		of_quick++;
	}
	assert_int_equal(of_quick, sent);
	/* As long as it reads nothing, the loop has nothing to do. */
	assert_int_equal(sd_event_run(f->event, 0), 0);
	while (relay_next(slow, 0, &record, NULL) == 1) {
		assert_int_equal(record.missed, 0);
		memcpy(&last, record.bytes, sizeof(last));
		assert_int_equal(last, ++got);
	}
	assert_in_range(got, 200, sent - 1);
	serve(f);
	assert_int_equal(relay_next(slow, 0, &record, NULL), 1);
	missed = record.missed;
	assert_int_equal(got + missed, sent);
	assert_int_equal(relay_missed(f->relay), missed);
	/* And is served again. */
	relay_publish(f->relay, "more", 4);
	assert_int_equal(relay_next(slow, 0, &record, NULL), 1);
	assert_memory_equal(record.bytes, "more", 4);
	assert_int_equal(relay_next(slow, 0, &record, NULL), 0);
	close(slow);
	close(quick);
}

static void what_cannot_be_sent_is_missed(void **state)
{
	struct fixture *f = *state;
	char bytes[RELAY_RECORD + 1] = "";
	struct relay_record record;
	int fd;

	relay_publish(f->relay, bytes, sizeof(bytes)); /* nobody is there to miss it */
	assert_int_equal(relay_missed(f->relay), 0);
	fd = subscriber(f);
	relay_publish(f->relay, bytes, sizeof(bytes));
	relay_publish(f->relay, bytes, 0);
	relay_publish(f->relay, bytes, RELAY_RECORD);
	assert_int_equal(relay_next(fd, 0, &record, NULL), 1);
	assert_int_equal(record.missed, 1);
	assert_int_equal(relay_next(fd, 0, &record, NULL), 1);
	assert_int_equal(record.missed, 1);
	assert_int_equal(relay_next(fd, 0, &record, NULL), 1);
	assert_int_equal(record.size, RELAY_RECORD);
	assert_int_equal(relay_missed(f->relay), 2);
	close(fd);
}

static int ask(const struct fixture *f)
{
	struct relay_hook hook = hook_message().hook;
	struct relay_word word;

	if (relay_ask_hook(f->path, &hook, 5000, &word, NULL))
		return 100;
	return strcmp(word.text, "at once") ? 101 : (int)word.outcome;
}

static void a_hook_is_answered(void **state)
{
	struct fixture *f = *state;

	for (enum relay_outcome outcome = RELAY_ASSIGNED; outcome <= RELAY_ERROR; outcome++) {
		f->at_once = outcome;
		assert_int_equal(beside(f, ask), outcome);
		assert_string_equal(f->hook.id, "0123abcd");
		assert_string_equal(f->hook.cgroup, "/machine.slice/libpod-1.scope");
		assert_int_equal(f->hook.pid, 42);
		assert_true(f->peer > 0 && f->peer != getpid());
	}
	assert_int_equal(relay_answer(f->relay, f->token, RELAY_DEFAULT, ""), -ENOENT);
	assert_int_equal(relay_answer(f->relay, 0, RELAY_DEFAULT, ""), -ENOENT);
}

static int ask_briefly(const struct fixture *f)
{
	struct relay_hook hook = hook_message().hook;
	struct relay_word word;
	struct error err;

	return relay_ask_hook(f->path, &hook, 50, &word, &err) == -ETIMEDOUT &&
			       strstr(err.text, "in time")
		       ? 0
		       : 1;
}

static void an_answer_that_comes_too_late(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(beside(f, ask_briefly), 0);
	assert_int_equal(f->asked, 1);
	assert_int_equal(relay_answer(f->relay, f->token, RELAY_ASSIGNED, "web"), -ENOENT);
}

static void a_later_answer(void **state)
{
	struct fixture *f = *state;
	struct relay_message hook = hook_message();
	int one = raw_client(f), two = raw_client(f);
	relay_token first;
	char text[2 * RELAY_TEXT];

	raw_hello(one, RELAY_WANT_ANSWER);
	raw_send(one, &hook);
	serve(f);
	first = f->token;
	raw_hello(two, RELAY_WANT_ANSWER);
	raw_send(two, &hook);
	serve(f);
	assert_int_equal(f->asked, 2);
	assert_true(first && f->token && first != f->token);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(relay_answer(f->relay, f->token, RELAY_ERROR, text), 0);
	assert_int_equal(relay_answer(f->relay, first, RELAY_ASSIGNED, "web"), 0);
	assert_int_equal(relay_answer(f->relay, first, RELAY_ASSIGNED, "web"), -ENOENT);
	assert_int_equal(raw_read(one)->type, RELAY_HELLO);
	assert_string_equal(raw_read(one)->answer.text, "web");
	assert_null(raw_read(one));
	assert_int_equal(raw_read(two)->type, RELAY_HELLO);
	assert_int_equal(strlen(raw_read(two)->answer.text), RELAY_TEXT - 1);
	close(one);
	close(two);
	/* The place is taken by another: the old token is not its. */
	one = raw_client(f);
	raw_hello(one, RELAY_WANT_ANSWER);
	raw_send(one, &hook);
	serve(f);
	assert_int_equal(f->token % RELAY_CLIENTS, first % RELAY_CLIENTS);
	assert_int_equal(relay_answer(f->relay, first, RELAY_ASSIGNED, "web"), -ENOENT);
	close(one);
}

static void the_hostile(void **state)
{
	struct fixture *f = *state;
	struct relay_message hook = hook_message();
	char packet[2 * RELAY_PACKET] = "";
	size_t size;
	int fd;

	/* Something that is no message, of every length. */
	for (size = 1; size <= sizeof(packet); size = size * 3 + 1) {
		fd = raw_client(f);
		assert_int_equal(send(fd, packet, size, 0), size);
		serve(f);
		assert_refused(fd, EBADMSG);
	}
	/* Another version. */
	fd = raw_client(f);
	size = relay_encode(&hook, packet);
	packet[4] = RELAY_VERSION + 1;
	assert_int_equal(send(fd, packet, size, 0), size);
	serve(f);
	assert_refused(fd, EPROTONOSUPPORT);
	/* No hello; two; the daemon's own words; more than one question. */
	fd = raw_client(f);
	raw_send(fd, &hook);
	serve(f);
	assert_refused(fd, EPROTO);
	fd = subscriber(f);
	raw_hello(fd, RELAY_WANT_EVENTS);
	serve(f);
	assert_refused(fd, EPROTO);
	assert_room(f, RELAY_SUBSCRIBERS);
	fd = raw_client(f);
	raw_send(fd, &(struct relay_message){.type = RELAY_MISSED, .missed = 1});
	serve(f);
	assert_refused(fd, EPROTO);
	fd = raw_client(f);
	raw_hello(fd, RELAY_WANT_ANSWER);
	raw_send(fd, &hook);
	raw_send(fd, &hook);
	serve(f);
	assert_int_equal(f->asked, 1);
	assert_int_equal(raw_read(fd)->type, RELAY_HELLO);
	assert_refused(fd, EPROTO);
	assert_int_equal(relay_answer(f->relay, f->token, RELAY_DEFAULT, ""), -ENOENT);
}

static void the_many(void **state)
{
	static int fds[RELAY_CLIENTS];
	struct fixture *f = *state;
	int fd;

	for (size_t i = 0; i < RELAY_SUBSCRIBERS; i++)
		fds[i] = subscriber(f);
	assert_room(f, 0);
	for (size_t i = RELAY_SUBSCRIBERS; i < RELAY_CLIENTS; i++) {
		fds[i] = raw_client(f);
		if (i % 64 == 0)
			serve(f);
	}
	serve(f);
	fd = raw_client(f);
	serve(f);
	assert_refused(fd, EUSERS);
	/* Who goes makes room. */
	close(fds[RELAY_CLIENTS - 1]);
	serve(f);
	fds[RELAY_CLIENTS - 1] = raw_client(f);
	raw_hello(fds[RELAY_CLIENTS - 1], RELAY_WANT_ANSWER);
	serve(f);
	assert_int_equal(raw_read(fds[RELAY_CLIENTS - 1])->type, RELAY_HELLO);
	for (size_t i = 0; i < RELAY_CLIENTS; i++)
		close(fds[i]);
	serve(f);
	assert_room(f, RELAY_SUBSCRIBERS);
}

/* Whoever says nothing is sent away. */
static void the_silent(void **state)
{
	struct fixture *f = *state;
	int quiet = raw_client(f), half = raw_client(f), watching = subscriber(f);
	struct pollfd wait = {.fd = quiet, .events = POLLIN};

	raw_hello(half, RELAY_WANT_ANSWER);
	while (!poll(&wait, 1, 0))
		sd_event_run(f->event, 100000);
	serve(f);
	assert_refused(quiet, ETIMEDOUT);
	assert_int_equal(raw_read(half)->type, RELAY_HELLO);
	assert_refused(half, ETIMEDOUT);
	assert_room(f, RELAY_SUBSCRIBERS - 1);
	close(watching);
}

/* --- the client ---------------------------------------------------------------------------------- */

static int subscribe_and_read(const struct fixture *f)
{
	struct relay_record record;
	int fd = relay_subscribe(f->path, NULL);

	return fd < 0 ? 1 : relay_next(fd, 5000, &record, NULL) != 1 ? 2 : record.size != 4 ? 3 : 0;
}

static void a_subscriber(void **state)
{
	struct fixture *f = *state;
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(subscribe_and_read(f));
	while (!waitpid(pid, &status, WNOHANG)) {
		sd_event_run(f->event, 10000);
		relay_publish(f->relay, "word", 4);
	}
	assert_int_equal(status, 0);
}

static void no_daemon(void **state)
{
	struct relay_hook hook = hook_message().hook;
	struct fixture *f = *state;
	struct relay_word word;
	struct error err;
	char path[128];

	snprintf(path, sizeof(path), "%s/none", f->dir);
	assert_int_equal(relay_subscribe(path, &err), -ENOENT);
	assert_int_equal(relay_ask_hook(path, &hook, 1000, &word, &err), -ENOENT);
	assert_non_null(strstr(err.text, path));
}

/* A daemon that is there and does nothing: @count connections it never accepts, then one more. */
static void a_daemon_that_hangs(void **state)
{
	static int fds[4096];
	struct relay_hook hook = hook_message().hook;
	struct fixture *f = *state;
	struct relay_word word;
	size_t count = 0;
	int fd;

	assert_int_equal(relay_ask_hook(f->path, &hook, 50, &word, NULL), -ETIMEDOUT);
	while ((fd = socket_connect(f->path, SOCK_SEQPACKET, NULL)) >= 0 && count < 4096)
		fds[count++] = fd;
	assert_int_equal(fd, -EAGAIN);
	assert_int_equal(relay_ask_hook(f->path, &hook, 50, &word, NULL), -ETIMEDOUT);
	while (count)
		close(fds[--count]);
}

/* Play the daemon at @fd: accept, say @reply, hang up. */
static void reply_with(int listener, const void *packet, size_t size)
{
	int fd = accept(listener, NULL, NULL);

	if (size)
		assert_int_equal(send(fd, packet, size, 0), size);
	close(fd);
}

static void a_daemon_that_lies(void **state)
{
	struct relay_message message = {.type = RELAY_HELLO,
					.hello = {RELAY_WANT_EVENTS, CAPWARD_ABI + 1}};
	struct fixture *f = *state;
	struct socket_file file;
	char path[128], packet[2 * RELAY_PACKET] = "";
	static const int wanted[] = {-EPIPE,	       -EBADMSG, -EBADMSG, -EPROTONOSUPPORT,
				     -EPROTONOSUPPORT, -EUSERS,	 -EBADMSG};
	size_t sizes[] = {0, 1, sizeof(packet), 0, 0, 0, 0};

	snprintf(path, sizeof(path), "%s/liar", f->dir);
	assert_int_equal(socket_listen(path, SOCK_SEQPACKET, 0600, &file, NULL), 0);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		pid_t pid = fork();
		int status;

		if (!pid) {
			struct error err = {""};
			int code = relay_subscribe(path, &err);

			_exit(code == wanted[i] && err.text[0] ? 0 : code < 0 ? -code : 255);
		}
		if (i == 3 || i == 4)
			sizes[i] = relay_encode(&message, packet);
		if (i == 4)
			packet[4] = 9;
		if (i == 5) {
			message = (struct relay_message){.type = RELAY_REFUSED,
							 .refused = {EUSERS, "\x1b[2J"}};
			sizes[i] = relay_encode(&message, packet);
		}
		if (i == 6) {
			message = (struct relay_message){.type = RELAY_MISSED, .missed = 2};
			sizes[i] = relay_encode(&message, packet);
		}
		assert_int_equal(poll(&(struct pollfd){.fd = file.fd, .events = POLLIN}, 1, 5000),
				 1);
		reply_with(file.fd, packet, sizes[i]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	socket_close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_through),
		cmocka_unit_test(bad_messages),
		cmocka_unit_test_setup_teardown(the_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(events_for_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_slow_one_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_sent_is_missed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hook_is_answered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_answer_that_comes_too_late, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_later_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_hostile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_silent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_subscriber, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_daemon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_daemon_that_hangs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_daemon_that_lies, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "relay_client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "socket.h"

/* Between two tries while the daemon's queue of clients is full. */
#define RETRY_MS 5

static int too_late(struct error *err)
{
	return error_set(err, -ETIMEDOUT, "the daemon did not answer in time");
}

static bool is_trusted(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) &&
	       (!peer.uid || peer.uid == geteuid());
}

static int connect_until(const char *path, long long deadline, struct error *err)
{
	int fd;

	while ((fd = socket_connect(path, SOCK_SEQPACKET, err)) == -EAGAIN) {
		if (!clock_left_ms(deadline))
			return too_late(err);
		poll(NULL, 0, RETRY_MS);
	}
	if (fd == -ENOENT || fd == -ECONNREFUSED)
		return error_wrap(err, fd, "the daemon is not running");
	if (fd < 0)
		return fd;
	if (is_trusted(fd))
		return fd;
	close(fd);
	return error_set(err, -EPERM, "%s: who listens there is not root", path);
}

/* What cannot be sent has a reason that is read next: a refusal, or that the daemon has gone. */
static void send_message(int fd, const struct relay_message *message)
{
	char packet[RELAY_PACKET];
	size_t length = relay_encode(message, packet);

	if (send(fd, packet, length, MSG_NOSIGNAL) < 0)
		return;
}

/* The next message at @fd, without waiting: 1, 0 for none yet, or a negative errno. */
static int read_message(int fd, struct relay_message *out, struct error *err)
{
	char packet[RELAY_PACKET];
	ssize_t size = recv(fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);
	int code;

	/* Told once when the daemon hung up without reading everything; its last word is behind it. */
	if (size < 0 && errno == ECONNRESET)
		size = recv(fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (size < 0) {
		code = -errno;
		return error_set(err, code, "read from the daemon: %s", strerror(-code));
	}
	if (!size)
		return error_set(err, -EPIPE, "the daemon has hung up");
	code = (size_t)size > sizeof(packet) ? -EBADMSG : relay_decode(packet, (size_t)size, out);
	if (code == -EPROTONOSUPPORT)
		return error_set(err, code, "the daemon is of another version of capward");
	if (code)
		return error_set(err, code, "the daemon sent what is no message of capward's");
	return 1;
}

/* The next message at @fd, which is of @type and comes before @deadline; 0 or a negative errno. */
static int await(int fd, enum relay_type type, long long deadline, struct relay_message *out,
		 struct error *err)
{
	int code;

	while (!(code = read_message(fd, out, err))) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		int left = clock_left_ms(deadline);

		if (!left)
			return too_late(err);
		/* After a signal the time that is left is waited. */
		poll(&wait, 1, left);
	}
	if (code < 0)
		return code;
	if (out->type == RELAY_REFUSED)
		return error_set(err, -out->refused.code, "refused by the daemon: %s",
				 out->refused.text);
	if (out->type != type)
		return error_set(err, -EBADMSG, "the daemon sent what was not expected");
	return 0;
}

static void say_hello(int fd, enum relay_want want)
{
	const struct relay_message hello = {.type = RELAY_HELLO,
					    .hello = {.want = want, .abi = CAPWARD_ABI}};

	send_message(fd, &hello);
}

int relay_subscribe(const char *path, struct error *err)
{
	long long deadline = clock_ms() + RELAY_GREETING_MS;
	int fd = connect_until(path, deadline, err), code;
	struct relay_message message;

	if (fd < 0)
		return fd;
	say_hello(fd, RELAY_WANT_EVENTS);
	code = await(fd, RELAY_HELLO, deadline, &message, err);
	if (!code && message.hello.abi != CAPWARD_ABI)
		code = error_set(err, -EPROTONOSUPPORT,
				 "the daemon's events are of version %u and this capward's of %u; "
				 "restart the daemon",
				 message.hello.abi, CAPWARD_ABI);
	if (!code)
		return fd;
	close(fd);
	return code;
}

int relay_next(int fd, int timeout_ms, struct relay_record *out, struct error *err)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct relay_message message;
	int code = poll(&wait, 1, timeout_ms);

	if (code < 0)
		code = error_set(err, -errno, "wait for the daemon: %s", strerror(errno));
	else if (code)
		code = read_message(fd, &message, err);
	if (code <= 0)
		return code;
	if (message.type == RELAY_MISSED) {
		out->missed = message.missed;
		out->size = 0;
		return 1;
	}
	if (message.type != RELAY_EVENT)
		return error_set(err, -EBADMSG, "the daemon sent what was not expected");
	out->missed = 0;
	out->size = message.event.size;
	memcpy(out->bytes, message.event.bytes, message.event.size);
	return 1;
}

int relay_ask_hook(const char *path, const struct relay_hook *hook, int deadline_ms,
		   struct relay_word *out, struct error *err)
{
	struct relay_message message = {.type = RELAY_HOOK, .hook = *hook};
	long long deadline = clock_ms() + deadline_ms;
	int fd = connect_until(path, deadline, err), code;

	if (fd < 0)
		return fd;
	say_hello(fd, RELAY_WANT_ANSWER);
	send_message(fd, &message);
	code = await(fd, RELAY_HELLO, deadline, &message, err);
	if (!code)
		code = await(fd, RELAY_ANSWER, deadline, &message, err);
	close(fd);
	if (code)
		return code;
	out->outcome = message.answer.outcome;
	memcpy(out->text, message.answer.text, sizeof(out->text));
	return 0;
}

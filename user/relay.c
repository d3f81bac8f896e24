// SPDX-License-Identifier: GPL-2.0-or-later
#include "relay.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"

#define SECOND_US 1000000ULL

/* Clients that are let in before others in the event loop have their turn. */
#define ACCEPT_AT_ONCE 16

/* Of one subscriber's waiting records; the kernel doubles it, and 2,700 events fit. */
#define SEND_BUFFER (1 << 20)

enum stage {
	STAGE_FREE, /* no client */
	STAGE_NEW,  /* has not said what it wants */
	STAGE_HOOK, /* wants an answer, and has not asked */
	STAGE_ASKED,
	STAGE_EVENTS,
};

struct client {
	struct relay *relay;
	enum stage stage;
	int fd;
	sd_event_source *io, *timer;
	relay_token token; /* while STAGE_ASKED */
	__u64 missed;	   /* records, since it was told */
};

struct relay {
	sd_event *event;
	struct socket_file file;
	sd_event_source *listen, *pause;
	void (*on_hook)(void *context, const struct relay_hook *hook, pid_t peer,
			relay_token token);
	void *context;
	__u64 asked; /* hooks so far */
	unsigned long long missed;
	size_t subscribers;
	struct client clients[RELAY_CLIENTS];
};

static int send_message(int fd, const struct relay_message *message)
{
	char packet[RELAY_PACKET];
	size_t length = relay_encode(message, packet);

	return send(fd, packet, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Tell who is at @fd that it gets nothing. It may have gone: nothing is lost then. */
static void refuse(int fd, int code, const char *text)
{
	struct relay_message message = {.type = RELAY_REFUSED, .refused.code = code};

	snprintf(message.refused.text, sizeof(message.refused.text), "%s", text);
	send_message(fd, &message);
}

static void drop(struct client *client)
{
	if (client->stage == STAGE_EVENTS)
		client->relay->subscribers--;
	sd_event_source_disable_unref(client->io);
	sd_event_source_disable_unref(client->timer);
	close(client->fd);
	*client = (struct client){.stage = STAGE_FREE};
}

static void refuse_and_drop(struct client *client, int code, const char *text)
{
	refuse(client->fd, code, text);
	drop(client);
}

/* Whether the process at the other end may have what the daemon knows; its id in *@pid. */
static bool is_permitted(int fd, pid_t *pid)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return false;
	*pid = peer.pid;
	return !peer.uid || peer.uid == geteuid();
}

static void greet(struct client *client, enum relay_want want)
{
	const struct relay_message hello = {.type = RELAY_HELLO,
					    .hello = {.want = want, .abi = CAPWARD_ABI}};

	if (send_message(client->fd, &hello))
		drop(client);
}

static void on_hello(struct client *client, const struct relay_message *message)
{
	struct relay *relay = client->relay;
	int size = SEND_BUFFER;

	if (message->hello.want == RELAY_WANT_ANSWER) {
		client->stage = STAGE_HOOK;
		greet(client, message->hello.want);
		return;
	}
	if (relay->subscribers == RELAY_SUBSCRIBERS) {
		refuse_and_drop(client, EUSERS, "too many are watching the events already");
		return;
	}
	/* Beyond the host's limit where that is permitted; with less, more is missed. */
	if (setsockopt(client->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(client->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	client->timer = sd_event_source_disable_unref(client->timer);
	client->stage = STAGE_EVENTS;
	relay->subscribers++;
	greet(client, message->hello.want);
}

/* @client may be gone when this returns: it may have been answered. */
static void on_asked(struct client *client, const struct relay_hook *hook)
{
	struct relay *relay = client->relay;
	pid_t peer = 0;

	is_permitted(client->fd, &peer);
	client->timer = sd_event_source_disable_unref(client->timer);
	client->stage = STAGE_ASKED;
	client->token = ++relay->asked * RELAY_CLIENTS + (__u64)(client - relay->clients);
	relay->on_hook(relay->context, hook, peer, client->token);
}

static void on_message(struct client *client, const struct relay_message *message)
{
	if (client->stage == STAGE_NEW && message->type == RELAY_HELLO)
		on_hello(client, message);
	else if (client->stage == STAGE_HOOK && message->type == RELAY_HOOK)
		on_asked(client, &message->hook);
	else
		refuse_and_drop(client, EPROTO, "this message was not expected here");
}

static void read_message(struct client *client)
{
	static struct relay_message message;
	char packet[RELAY_PACKET];
	ssize_t size = recv(client->fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);
	int code;

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0) {
		drop(client);
		return;
	}
	code = (size_t)size > sizeof(packet) ? -EBADMSG
					     : relay_decode(packet, (size_t)size, &message);
	if (code == -EPROTONOSUPPORT)
		refuse_and_drop(client, EPROTONOSUPPORT,
				"the daemon is of another version of capward");
	else if (code)
		refuse_and_drop(client, EBADMSG, "this is no message of capward's");
	else
		on_message(client, &message);
}

/* Tell @client how many records it missed, as soon as it can be written to. */
static void tell_missed(struct client *client)
{
	const struct relay_message message = {.type = RELAY_MISSED, .missed = client->missed};
	int code = client->missed ? send_message(client->fd, &message) : 0;

	if (code == -EAGAIN) {
		sd_event_source_set_io_events(client->io, EPOLLIN | EPOLLOUT);
		return;
	}
	if (code) {
		drop(client);
		return;
	}
	client->missed = 0;
	sd_event_source_set_io_events(client->io, EPOLLIN);
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct client *client = context;

	(void)source;
	(void)fd;
	/* What came before the end is read first, and the end shows as no bytes. */
	if (events & EPOLLIN)
		read_message(client);
	else if (events & (EPOLLHUP | EPOLLERR))
		drop(client);
	else
		tell_missed(client);
	return 0;
}

static int on_silence(sd_event_source *source, uint64_t time, void *context)
{
	(void)source;
	(void)time;
	refuse_and_drop(context, ETIMEDOUT, "nothing was said in time");
	return 0;
}

static struct client *free_client(struct relay *relay)
{
	for (size_t i = 0; i < RELAY_CLIENTS; i++)
		if (relay->clients[i].stage == STAGE_FREE)
			return &relay->clients[i];
	return NULL;
}

static void let_in(struct relay *relay, int fd)
{
	struct client *client = free_client(relay);
	pid_t peer;

	if (!client || !is_permitted(fd, &peer)) {
		refuse(fd, client ? EPERM : EUSERS,
		       client ? "not permitted" : "the daemon has too many clients");
		close(fd);
		return;
	}
	*client = (struct client){.relay = relay, .stage = STAGE_NEW, .fd = fd};
	if (sd_event_add_io(relay->event, &client->io, fd, EPOLLIN, on_client, client) < 0 ||
	    sd_event_add_time_relative(relay->event, &client->timer, CLOCK_MONOTONIC,
				       RELAY_SECONDS * SECOND_US, 0, on_silence, client) < 0)
		refuse_and_drop(client, ENOMEM, "the daemon is out of memory");
}

static int on_pause(sd_event_source *source, uint64_t time, void *context)
{
	struct relay *relay = context;

	(void)source;
	(void)time;
	relay->pause = sd_event_source_disable_unref(relay->pause);
	sd_event_source_set_enabled(relay->listen, SD_EVENT_ON);
	return 0;
}

/* Without descriptors to let anybody in with, being told of it again at once would be a busy loop. */
static void pause_listening(struct relay *relay)
{
	if (sd_event_add_time_relative(relay->event, &relay->pause, CLOCK_MONOTONIC, SECOND_US, 0,
				       on_pause, relay) >= 0)
		sd_event_source_set_enabled(relay->listen, SD_EVENT_OFF);
}

static int on_listen(sd_event_source *source, int listener, uint32_t events, void *context)
{
	struct relay *relay = context;

	(void)source;
	(void)events;
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			let_in(relay, fd);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			pause_listening(relay);
		break;
	}
	return 0;
}

int relay_new(sd_event *event, const char *path,
	      void (*on_hook)(void *context, const struct relay_hook *hook, pid_t peer,
			      relay_token token),
	      void *context, struct relay **out, struct error *err)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	int code;

	if (!relay)
		return error_set(err, -ENOMEM, "out of memory");
	relay->event = event;
	relay->on_hook = on_hook;
	relay->context = context;
	code = socket_listen(path, SOCK_SEQPACKET, 0600, &relay->file, err);
	if (code) {
		free(relay);
		return code;
	}
	code = sd_event_add_io(event, &relay->listen, relay->file.fd, EPOLLIN, on_listen, relay);
	if (code < 0) {
		relay_free(relay);
		return error_set(err, code, "%s: %s", path, strerror(-code));
	}
	*out = relay;
	return 0;
}

void relay_free(struct relay *relay)
{
	if (!relay)
		return;
	for (size_t i = 0; i < RELAY_CLIENTS; i++)
		if (relay->clients[i].stage != STAGE_FREE)
			drop(&relay->clients[i]);
	sd_event_source_disable_unref(relay->listen);
	sd_event_source_disable_unref(relay->pause);
	socket_close(&relay->file);
	free(relay);
}

static void miss(struct client *client)
{
	client->missed++;
	client->relay->missed++;
	tell_missed(client);
}

/* Pass the packet on to @client, or note that it missed it. */
static void pass_on(struct client *client, const char *packet, size_t length)
{
	/* Before it was told what it missed, what comes now would be in the wrong place. */
	if (client->missed)
		tell_missed(client);
	if (client->stage != STAGE_EVENTS)
		return;
	if (client->missed)
		miss(client);
	else if (send(client->fd, packet, length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return;
	else if (errno == EAGAIN)
		miss(client);
	else
		drop(client);
}

void relay_publish(struct relay *relay, const void *bytes, size_t size)
{
	struct relay_message message = {.type = RELAY_EVENT, .event.size = size};
	char packet[RELAY_PACKET];
	size_t length;

	if (!relay->subscribers)
		return;
	if (!size || size > sizeof(message.event.bytes)) {
		length = 0;
	} else {
		memcpy(message.event.bytes, bytes, size);
		length = relay_encode(&message, packet);
	}
	for (size_t i = 0; i < RELAY_CLIENTS; i++) {
		struct client *client = &relay->clients[i];

		if (client->stage != STAGE_EVENTS)
			continue;
		if (length)
			pass_on(client, packet, length);
		else
			miss(client);
	}
}

unsigned long long relay_missed(const struct relay *relay)
{
	return relay->missed;
}

int relay_answer(struct relay *relay, relay_token token, enum relay_outcome outcome,
		 const char *text)
{
	struct client *client = &relay->clients[token % RELAY_CLIENTS];
	struct relay_message message = {.type = RELAY_ANSWER, .answer.outcome = outcome};
	int code;

	if (client->stage != STAGE_ASKED || client->token != token)
		return -ENOENT;
	snprintf(message.answer.text, sizeof(message.answer.text), "%s", text);
	code = send_message(client->fd, &message);
	drop(client);
	return code ? -ENOENT : 0;
}

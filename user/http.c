// SPDX-License-Identifier: GPL-2.0-or-later
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metrics.h"
#include "socket.h"

#define SECOND_US 1000000ULL

/* What a client may take of memory for its request; the answer is everybody's. */
#define CLIENT_MEMORY 16384

#define BACKLOG 64

struct client {
	int fd; /* -1: none */
	uint64_t until;
};

struct http {
	sd_event *event;
	struct MHD_Daemon *daemon;
	struct socket_file file; /* path "": not a unix socket */
	sd_event_source *listen, *work, *timer;
	struct client clients[HTTP_CLIENTS];
	size_t count;
	uint64_t paused; /* until then there were no descriptors to let anybody in with; 0: not */
	int (*render)(void *context, FILE *stream);
	void *context;
	struct MHD_Response *answer; /* what was rendered last, or NULL */
	uint64_t made;
};

static uint64_t now_us(const struct http *http)
{
	uint64_t now = 0;

	/* That of this round of the loop, or the clock's outside of it. */
	sd_event_now(http->event, CLOCK_MONOTONIC, &now);
	return now;
}

/* --- answers ------------------------------------------------------------------------------------- */

/* One request a connection: who has been answered makes room. */
static struct MHD_Response *close_after(struct MHD_Response *response)
{
	if (response)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	return response;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned int status,
				   const char *text)
{
	struct MHD_Response *response = close_after(MHD_create_response_from_buffer(
		strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT));
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static struct MHD_Response *render(struct http *http)
{
	struct MHD_Response *response = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int code = stream ? http->render(http->context, stream) : -ENOMEM;

	if (stream && fclose(stream))
		code = -ENOMEM;
	if (!code)
		response = close_after(
			MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE));
	if (!response) {
		free(text);
		return NULL;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, METRICS_CONTENT_TYPE);
	return response;
}

static void forget_answer(struct http *http)
{
	/* Those that are being sent it have it still. */
	if (http->answer)
		MHD_destroy_response(http->answer);
	http->answer = NULL;
}

static enum MHD_Result answer_metrics(struct http *http, struct MHD_Connection *connection)
{
	if (http->answer && now_us(http) - http->made >= SECOND_US)
		forget_answer(http);
	if (!http->answer) {
		http->answer = render(http);
		http->made = now_us(http);
	}
	if (!http->answer)
		return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "the metrics cannot be had now\n");
	return MHD_queue_response(connection, MHD_HTTP_OK, http->answer);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
				  const char *path, const char *method, const char *version,
				  const char *body, size_t *body_size, void **request)
{
	(void)version;
	(void)body;
	(void)body_size;
	(void)request;
	if (strcmp(path, "/metrics"))
		return answer_text(connection, MHD_HTTP_NOT_FOUND, "see /metrics\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
	return answer_metrics(context, connection);
}

/* --- clients ------------------------------------------------------------------------------------- */

/* Listen while there is room: those who wait do so in the kernel. */
static void open_or_close_door(const struct http *http)
{
	bool open = http->count < HTTP_CLIENTS && !http->paused;

	sd_event_source_set_enabled(http->listen, open ? SD_EVENT_ON : SD_EVENT_OFF);
}

/* Note the client at @fd; NULL where there is no room, which is never: the door is closed then. */
static struct client *note_client(struct http *http, int fd)
{
	for (size_t i = 0; i < HTTP_CLIENTS; i++) {
		struct client *client = &http->clients[i];

		if (client->fd >= 0)
			continue;
		*client =
			(struct client){.fd = fd, .until = now_us(http) + HTTP_SECONDS * SECOND_US};
		http->count++;
		return client;
	}
	return NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket,
			  enum MHD_ConnectionNotificationCode code)
{
	struct http *http = context;
	struct client *client = *socket;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket = note_client(
			http, MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				      ->connect_fd);
	} else if (client) {
		client->fd = -1;
		http->count--;
	}
}

/* Hang up on those whose time is over, and return when the next one's is. */
static uint64_t end_overdue(struct http *http)
{
	uint64_t next = UINT64_MAX, now = now_us(http);

	for (size_t i = 0; i < HTTP_CLIENTS; i++) {
		struct client *client = &http->clients[i];

		if (client->fd < 0 || client->until == UINT64_MAX)
			continue;
		if (client->until <= now) {
			/* The library reads the end, and closes it. */
			shutdown(client->fd, SHUT_RDWR);
			client->until = UINT64_MAX;
		} else if (client->until < next) {
			next = client->until;
		}
	}
	return next;
}

/* Do what can be done without waiting, and see to it that this is called when there is more. */
static void work(struct http *http)
{
	uint64_t next = end_overdue(http);
	unsigned long long wait_ms;

	MHD_run(http->daemon);
	if (http->paused && http->paused <= now_us(http))
		http->paused = 0;
	if (http->paused && http->paused < next)
		next = http->paused;
	open_or_close_door(http);
	if (MHD_get_timeout(http->daemon, &wait_ms) == MHD_YES) {
		uint64_t at = now_us(http) + wait_ms * 1000;

		next = at < next ? at : next;
	}
	sd_event_source_set_time(http->timer, next);
	sd_event_source_set_enabled(http->timer,
				    next == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static int on_work(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)source;
	(void)fd;
	(void)events;
	work(context);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t time, void *context)
{
	(void)source;
	(void)time;
	work(context);
	return 0;
}

static int on_listen(sd_event_source *source, int listener, uint32_t events, void *context)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	struct http *http = context;
	int fd =
		accept4(listener, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)source;
	(void)events;
	if (fd >= 0) {
		/* Closes it where it fails. */
		MHD_add_connection(http->daemon, fd, (struct sockaddr *)&address, size);
		work(http);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		/* Being told of it again at once would be a busy loop. */
		http->paused = now_us(http) + SECOND_US;
		work(http);
	}
	return 0;
}

/* --- listening ----------------------------------------------------------------------------------- */

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t size;
	bool loopback;
};

/* The port that is all of @text, in network order; 0: it is none. */
static in_port_t parse_port(const char *text)
{
	unsigned long port = 0;

	if (strspn(text, "0123456789") == strlen(text) && strlen(text) <= 5)
		port = strtoul(text, NULL, 10);
	return port <= 65535 ? htons((uint16_t)port) : 0;
}

static bool is_loopback6(const struct in6_addr *address)
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		return address->s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(address);
}

/* "IPV4:PORT" or "[IPV6]:PORT". */
static int parse_address(const char *where, struct address *out)
{
	char host[INET6_ADDRSTRLEN + 2];
	const char *colon = strrchr(where, ':');
	size_t length = colon ? (size_t)(colon - where) : 0;
	in_port_t port = colon ? parse_port(colon + 1) : 0;

	*out = (struct address){};
	if (!port || !length || length >= sizeof(host))
		return -EINVAL;
	memcpy(host, where, length);
	host[length] = '\0';
	if (host[0] == '[' && host[length - 1] == ']') {
		host[length - 1] = '\0';
		out->in6.sin6_family = AF_INET6;
		out->in6.sin6_port = port;
		out->size = sizeof(out->in6);
		if (inet_pton(AF_INET6, host + 1, &out->in6.sin6_addr) != 1)
			return -EINVAL;
		out->loopback = is_loopback6(&out->in6.sin6_addr);
		return 0;
	}
	out->in.sin_family = AF_INET;
	out->in.sin_port = port;
	out->size = sizeof(out->in);
	if (inet_pton(AF_INET, host, &out->in.sin_addr) != 1)
		return -EINVAL;
	out->loopback = ntohl(out->in.sin_addr.s_addr) >> 24 == 127;
	return 0;
}

/* A socket that listens at @where; the file descriptor. */
static int listen_tcp(const char *where, bool anywhere, struct error *err)
{
	const int yes = 1;
	struct address address;
	int fd, code;

	if (parse_address(where, &address))
		return error_set(err, -EINVAL,
				 "%s: is neither unix:/PATH nor IPV4:PORT nor [IPV6]:PORT", where);
	if (!address.loopback && !anywhere)
		return error_set(
			err, -EPERM,
			"%s: is no loopback address, and whoever reaches it could read the "
			"metrics",
			where);
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set(err, -errno, "%s: socket: %s", where, strerror(errno));
	/* Where the last daemon's connections are still ending. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (address.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (!bind(fd, &address.any, address.size) && !listen(fd, BACKLOG))
		return fd;
	code = error_set(err, -errno, "%s: %s", where, strerror(errno));
	close(fd);
	return code;
}

static int listen_at(const char *where, bool anywhere, struct socket_file *out, struct error *err)
{
	if (!strncmp(where, "unix:", 5))
		return socket_listen(where + 5, SOCK_STREAM, 0660, out, err);
	out->fd = listen_tcp(where, anywhere, err);
	return out->fd < 0 ? out->fd : 0;
}

static int start(struct http *http)
{
	const union MHD_DaemonInfo *info;
	int code;

	/* It only gets connections: who is let in is decided here. */
	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, http,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)HTTP_CLIENTS, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)HTTP_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CLIENT_MEMORY, MHD_OPTION_END);
	info = http->daemon ? MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info)
		return -ENOMEM;
	code = sd_event_add_io(http->event, &http->listen, http->file.fd, EPOLLIN, on_listen, http);
	if (code >= 0)
		code = sd_event_add_io(http->event, &http->work, info->epoll_fd, EPOLLIN, on_work,
				       http);
	if (code >= 0)
		code = sd_event_add_time(http->event, &http->timer, CLOCK_MONOTONIC, 0, 1, on_timer,
					 http);
	if (code >= 0)
		code = sd_event_source_set_enabled(http->timer, SD_EVENT_OFF);
	return code < 0 ? code : 0;
}

int http_new(sd_event *event, const char *where, bool anywhere,
	     int (*render_to)(void *context, FILE *stream), void *context, struct http **out,
	     struct error *err)
{
	struct http *http = calloc(1, sizeof(*http));
	int code;

	if (!http)
		return error_set(err, -ENOMEM, "out of memory");
	code = listen_at(where, anywhere, &http->file, err);
	if (code) {
		free(http);
		return code;
	}
	http->event = event;
	http->render = render_to;
	http->context = context;
	for (size_t i = 0; i < HTTP_CLIENTS; i++)
		http->clients[i].fd = -1;
	code = start(http);
	if (code) {
		http_free(http);
		return error_set(err, code, "serve the metrics at %s: %s", where, strerror(-code));
	}
	*out = http;
	return 0;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	sd_event_source_disable_unref(http->listen);
	sd_event_source_disable_unref(http->work);
	sd_event_source_disable_unref(http->timer);
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	forget_answer(http);
	if (http->file.path[0])
		socket_close(&http->file);
	else
		close(http->file.fd);
	free(http);
}

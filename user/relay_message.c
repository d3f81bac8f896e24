// SPDX-License-Identifier: GPL-2.0-or-later
#include "relay_message.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* Every packet begins with it. */
struct head {
	__u32 magic;
	__u16 version;
	__u16 type;
};

struct hello {
	__u32 want;
	__u32 abi;
};

/* Behind it the bytes of the id and of the cgroup, without a NUL. */
struct hook {
	__u32 pid;
	__u16 id;
	__u16 cgroup;
};

CAPWARD_ASSERT(sizeof(struct head) == 8);
CAPWARD_ASSERT(sizeof(struct hello) == 8);
CAPWARD_ASSERT(sizeof(struct hook) == 8);
CAPWARD_ASSERT(sizeof(struct head) + sizeof(struct hook) + RELAY_ID + RELAY_CGROUP < RELAY_PACKET);
CAPWARD_ASSERT(sizeof(struct head) + RELAY_RECORD < RELAY_PACKET);

/* Bytes that are written one after the other. */
struct writer {
	char *packet;
	size_t length;
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
	memcpy(writer->packet + writer->length, bytes, size);
	writer->length += size;
}

static void put_hook(struct writer *writer, const struct relay_hook *from)
{
	const struct hook hook = {
		.pid = from->pid, .id = strlen(from->id), .cgroup = strlen(from->cgroup)};

	put(writer, &hook, sizeof(hook));
	put(writer, from->id, hook.id);
	put(writer, from->cgroup, hook.cgroup);
}

/* A number and a text. */
static void put_told(struct writer *writer, __u32 number, const char *text)
{
	put(writer, &number, sizeof(number));
	put(writer, text, strlen(text));
}

size_t relay_encode(const struct relay_message *message, char packet[RELAY_PACKET])
{
	const struct head head = {
		.magic = RELAY_MAGIC, .version = RELAY_VERSION, .type = message->type};
	struct writer writer = {.packet = packet};
	struct hello hello;

	put(&writer, &head, sizeof(head));
	switch (message->type) {
	case RELAY_HELLO:
		hello = (struct hello){.want = message->hello.want, .abi = message->hello.abi};
		put(&writer, &hello, sizeof(hello));
		break;
	case RELAY_HOOK:
		put_hook(&writer, &message->hook);
		break;
	case RELAY_EVENT:
		put(&writer, message->event.bytes, message->event.size);
		break;
	case RELAY_MISSED:
		put(&writer, &message->missed, sizeof(message->missed));
		break;
	case RELAY_ANSWER:
		put_told(&writer, message->answer.outcome, message->answer.text);
		break;
	case RELAY_REFUSED:
		put_told(&writer, message->refused.code, message->refused.text);
		break;
	}
	return writer.length;
}

/* Bytes that are read one after the other. */
struct reader {
	const char *bytes;
	size_t left;
};

static int take(struct reader *reader, void *out, size_t size)
{
	if (reader->left < size)
		return -EBADMSG;
	memcpy(out, reader->bytes, size);
	reader->bytes += size;
	reader->left -= size;
	return 0;
}

/* The next @length bytes as a string into @out, which has @room bytes; none of them is a NUL. */
static int take_text(struct reader *reader, char *out, size_t room, size_t length)
{
	if (length >= room || take(reader, out, length) || memchr(out, '\0', length))
		return -EBADMSG;
	out[length] = '\0';
	return 0;
}

static int take_hello(struct reader *reader, struct relay_message *out)
{
	struct hello hello;

	if (take(reader, &hello, sizeof(hello)) ||
	    (hello.want != RELAY_WANT_EVENTS && hello.want != RELAY_WANT_ANSWER))
		return -EBADMSG;
	out->hello.want = hello.want;
	out->hello.abi = hello.abi;
	return 0;
}

static int take_hook(struct reader *reader, struct relay_hook *out)
{
	struct hook hook;

	if (take(reader, &hook, sizeof(hook)) || !hook.pid || hook.pid > INT_MAX ||
	    take_text(reader, out->id, sizeof(out->id), hook.id) ||
	    take_text(reader, out->cgroup, sizeof(out->cgroup), hook.cgroup) ||
	    out->cgroup[0] != '/')
		return -EBADMSG;
	out->pid = hook.pid;
	return 0;
}

static int take_event(struct reader *reader, struct relay_message *out)
{
	out->event.size = reader->left;
	if (!reader->left || reader->left > sizeof(out->event.bytes))
		return -EBADMSG;
	return take(reader, out->event.bytes, reader->left);
}

static int take_missed(struct reader *reader, struct relay_message *out)
{
	return take(reader, &out->missed, sizeof(out->missed)) || !out->missed ? -EBADMSG : 0;
}

static int take_answer(struct reader *reader, struct relay_message *out)
{
	__u32 outcome;

	if (take(reader, &outcome, sizeof(outcome)) || outcome < RELAY_ASSIGNED ||
	    outcome > RELAY_ERROR)
		return -EBADMSG;
	out->answer.outcome = outcome;
	return take_text(reader, out->answer.text, sizeof(out->answer.text), reader->left);
}

static int take_refused(struct reader *reader, struct relay_message *out)
{
	__u32 code;

	/* As far as the kernel's own go. */
	if (take(reader, &code, sizeof(code)) || !code || code > 4095)
		return -EBADMSG;
	out->refused.code = (int)code;
	return take_text(reader, out->refused.text, sizeof(out->refused.text), reader->left);
}

static int take_body(struct reader *reader, struct relay_message *out)
{
	switch (out->type) {
	case RELAY_HELLO:
		return take_hello(reader, out);
	case RELAY_HOOK:
		return take_hook(reader, &out->hook);
	case RELAY_EVENT:
		return take_event(reader, out);
	case RELAY_MISSED:
		return take_missed(reader, out);
	case RELAY_ANSWER:
		return take_answer(reader, out);
	case RELAY_REFUSED:
		return take_refused(reader, out);
	}
	return -EBADMSG;
}

int relay_decode(const void *packet, size_t size, struct relay_message *out)
{
	struct reader reader = {.bytes = packet, .left = size};
	struct relay_message message;
	struct head head;

	if (take(&reader, &head, sizeof(head)) || head.magic != RELAY_MAGIC)
		return -EBADMSG;
	if (head.version != RELAY_VERSION)
		return -EPROTONOSUPPORT;
	message.type = head.type;
	if (take_body(&reader, &message) || reader.left)
		return -EBADMSG;
	*out = message;
	return 0;
}

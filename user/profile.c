// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads a profile by recursive descent over libyaml's events. Each read_*() function is called with
 * reader.event at the first event of its node, and returns with it at the last. What YAML can do
 * and a profile does not need (anchors, tags, block text, several documents) is refused rather than
 * ignored: a policy must not mean something else to the person who reviews it.
 */
#include "profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "image.h"
#include "operation.h"
#include "output.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Labels of one match item. */
#define LABELS 32

/* How much of a value or a file name a message shows. */
#define SHOWN_VALUE 80
#define SHOWN_FILE  512

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	struct profile *profile;
	struct error *err;
	char file[SHOWN_FILE]; /* escaped */
	uint64_t listed;       /* operations under the key deny */
	bool userns_allow;     /* the key userns says allow */
};

/* A mapping's key, kept while its value is read. */
struct key {
	yaml_mark_t mark;
	size_t length;
	char text[PROFILE_VALUE];
};

/* Set the error "file:line:column: message" for the place @mark; return -EINVAL. */
__attribute__((format(printf, 3, 4))) static int
fail(const struct reader *r, const yaml_mark_t *mark, const char *format, ...)
{
	char message[sizeof(r->err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return error_set(r->err, -EINVAL, "%s:%zu:%zu: %s", r->file, mark->line + 1,
			 mark->column + 1, message);
}

static int no_memory(const struct reader *r)
{
	return error_set(r->err, -ENOMEM, "%s: out of memory", r->file);
}

/* The value of the current scalar, as a message shows it. */
static const char *shown(const struct reader *r, char buf[static SHOWN_VALUE])
{
	text_escape(buf, SHOWN_VALUE, (const char *)r->event.data.scalar.value,
		    r->event.data.scalar.length);
	return buf;
}

/* Text: checked before libyaml sees it, because its own messages lack the place. */

/* The length of a character by its first byte; 0: none begins so. */
static size_t utf8_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2)
		return 0;
	if (first < 0xe0)
		return 2;
	if (first < 0xf0)
		return 3;
	return first < 0xf5 ? 4 : 0;
}

/*
 * Decode one character of the @left bytes at @text to @code. Returns its length, or 0 when it is
 * not UTF-8: overlong forms and surrogates are not.
 */
static size_t utf8_decode(const unsigned char *text, size_t left, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = utf8_length(text[0]);

	if (!length || length > left)
		return 0;
	*code = length == 1 ? text[0] : text[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	if (*code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return length;
}

/* Whether the character shows as itself: no control, no line break, no change of direction. */
static bool is_visible(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{0x00, 0x1f},	  {0x7f, 0x9f},	    {0x061c, 0x061c}, {0x200b, 0x200f},
		{0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfffe, 0xffff},
	};

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
		if (code >= hidden[i].first && code <= hidden[i].last)
			return false;
	}
	return true;
}

/* Whether all of a decoded value is visible; an escape in quotes can make any character. */
static bool all_visible(const unsigned char *text, size_t length)
{
	uint32_t code = 0;

	for (size_t at = 0, step; at < length; at += step) {
		step = utf8_decode(text + at, length - at, &code);
		if (!step || !is_visible(code))
			return false;
	}
	return true;
}

/* Step @mark over the character @code. A line ends in LF, CR or both, as libyaml counts them. */
static void advance(yaml_mark_t *mark, uint32_t code, bool before_lf)
{
	if (code == '\n' || (code == '\r' && !before_lf)) {
		mark->line++;
		mark->column = 0;
	} else {
		mark->column++;
	}
}

static int check_text(const struct reader *r, const unsigned char *text, size_t length)
{
	yaml_mark_t mark = {0};
	uint32_t code = 0;

	if (length > PROFILE_SIZE)
		return fail(r, &mark, "the file is too large; expected at most %d bytes",
			    PROFILE_SIZE);
	for (size_t at = 0, step; at < length; at += step) {
		step = utf8_decode(text + at, length - at, &code);
		if (!step)
			return fail(r, &mark, "byte 0x%02x is not UTF-8; expected UTF-8 text",
				    text[at]);
		if (!is_visible(code) && code != '\t' && code != '\n' && code != '\r')
			return fail(r, &mark, "invisible character U+%04X; expected visible text",
				    code);
		advance(&mark, code, at + 1 < length && text[at + 1] == '\n');
	}
	return 0;
}

/* Events */

static int syntax_error(const struct reader *r)
{
	const yaml_parser_t *parser = &r->parser;

	if (parser->error == YAML_MEMORY_ERROR || !parser->problem)
		return no_memory(r);
	if (parser->context)
		return fail(r, &parser->problem_mark, "%s, %s; expected valid YAML",
			    parser->problem, parser->context);
	return fail(r, &parser->problem_mark, "%s; expected valid YAML", parser->problem);
}

/* Go on to the next event. */
static int next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (!yaml_parser_parse(&r->parser, &r->event))
		return syntax_error(r);
	return 0;
}

static const char *event_noun(const struct reader *r)
{
	switch (r->event.type) {
	case YAML_SEQUENCE_START_EVENT:
		return "a list";
	case YAML_MAPPING_START_EVENT:
		return "a mapping";
	default:
		return "a single value";
	}
}

/* The anchor and the tag of the current node; NULL for none. */
static void node_marks(const struct reader *r, const yaml_char_t **anchor, const yaml_char_t **tag)
{
	const yaml_event_t *event = &r->event;

	switch (event->type) {
	case YAML_SEQUENCE_START_EVENT:
		*anchor = event->data.sequence_start.anchor;
		*tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		*anchor = event->data.mapping_start.anchor;
		*tag = event->data.mapping_start.tag;
		break;
	default:
		*anchor = event->data.scalar.anchor;
		*tag = event->data.scalar.tag;
	}
}

/* Check that the current node is of @type, @expected in words, and nothing but its plain value. */
static int expect(const struct reader *r, yaml_event_type_t type, const char *expected)
{
	const yaml_mark_t *mark = &r->event.start_mark;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (r->event.type == YAML_ALIAS_EVENT)
		return fail(r, mark, "aliases are not supported; expected %s", expected);
	node_marks(r, &anchor, &tag);
	if (anchor)
		return fail(r, mark, "anchors are not supported; expected %s", expected);
	if (tag)
		return fail(r, mark, "tags are not supported; expected %s", expected);
	if (r->event.type != type)
		return fail(r, mark, "found %s; expected %s", event_noun(r), expected);
	return 0;
}

/* Whether the current scalar is what YAML calls null: nothing there, or a word for it. */
static bool is_null(const struct reader *r)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};
	const char *value = (const char *)r->event.data.scalar.value;

	if (r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(value, words[i]))
			return true;
	}
	return false;
}

/* Check that the current node is a string, @expected in words, short and visible. */
static int expect_string(const struct reader *r, const char *expected)
{
	const yaml_mark_t *mark = &r->event.start_mark;
	yaml_scalar_style_t style;
	int error = expect(r, YAML_SCALAR_EVENT, expected);

	if (error)
		return error;
	style = r->event.data.scalar.style;
	if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE)
		return fail(r, mark, "found block text; expected %s on one line", expected);
	if (r->event.end_mark.line != mark->line)
		return fail(r, mark, "the value goes on in the next line; expected %s on one line",
			    expected);
	if (is_null(r))
		return fail(r, mark, "no value; expected %s", expected);
	if (r->event.data.scalar.length >= PROFILE_VALUE)
		return fail(r, mark, "the value is too long; expected %s of at most %d bytes",
			    expected, PROFILE_VALUE - 1);
	if (!all_visible(r->event.data.scalar.value, r->event.data.scalar.length))
		return fail(r, mark, "the value has an invisible character; expected %s", expected);
	return 0;
}

/* A copy of the current scalar, which has been checked to hold no NUL. */
static int copy_value(const struct reader *r, char **out)
{
	char *copy = strdup((const char *)r->event.data.scalar.value);

	if (!copy)
		return no_memory(r);
	*out = copy;
	return 0;
}

/* Read the current list, calling @item at each of its nodes. */
static int read_list(struct reader *r, const char *expected, int (*item)(struct reader *, void *),
		     void *ctx)
{
	int error = expect(r, YAML_SEQUENCE_START_EVENT, expected);

	for (;;) {
		if (error || (error = next(r)))
			return error;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		error = item(r, ctx);
	}
}

static int read_key(const struct reader *r, struct key *key)
{
	int error = expect_string(r, "a key");

	if (error)
		return error;
	key->mark = r->event.start_mark;
	key->length = r->event.data.scalar.length;
	memcpy(key->text, r->event.data.scalar.value, key->length + 1);
	return 0;
}

/* Read the current mapping, calling @entry at each of its values. */
static int read_mapping(struct reader *r, const char *expected,
			int (*entry)(struct reader *, const struct key *, void *), void *ctx)
{
	int error = expect(r, YAML_MAPPING_START_EVENT, expected);
	struct key key;

	for (;;) {
		if (error || (error = next(r)))
			return error;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		error = read_key(r, &key);
		if (error || (error = next(r)))
			return error;
		error = entry(r, &key, ctx);
	}
}

/* A key that is known, and the function that reads its value. */
struct field {
	const char *name;
	int (*read)(struct reader *r, void *ctx);
};

/* A mapping with known keys only, each at most once. */
struct fields {
	const struct field *known;
	size_t count;
	const char *names; /* all known, for messages */
	void *ctx;	   /* for the fields' functions */
	unsigned int seen; /* bits by index of known */
};

static int read_field(struct reader *r, const struct key *key, void *ctx)
{
	struct fields *fields = ctx;
	char text[SHOWN_VALUE];

	for (size_t i = 0; i < fields->count; i++) {
		if (strcmp(key->text, fields->known[i].name))
			continue;
		if (fields->seen & 1U << i)
			return fail(r, &key->mark, "duplicate key \"%s\"; expected it once",
				    key->text);
		fields->seen |= 1U << i;
		return fields->known[i].read(r, fields->ctx);
	}
	text_escape(text, sizeof(text), key->text, key->length);
	return fail(r, &key->mark, "unknown key \"%s\"; expected %s", text, fields->names);
}

/* Capabilities */

struct caps_reader {
	struct caps_list *list;
	const char *key; /* the list's */
};

static int unknown_capability(const struct reader *r)
{
	char near[CAPS_LABEL], text[SHOWN_VALUE];
	const char *nearest = caps_nearest((const char *)r->event.data.scalar.value, near);

	if (nearest)
		return fail(r, &r->event.start_mark,
			    "unknown capability \"%s\"; expected a name; did you mean \"%s\"?",
			    shown(r, text), nearest);
	return fail(r, &r->event.start_mark,
		    "unknown capability \"%s\"; expected a name such as NET_BIND_SERVICE, or ALL",
		    shown(r, text));
}

static int check_conflict(const struct reader *r)
{
	char name[CAPS_LABEL];

	if (!caps_conflict(&r->profile->cap_drop, &r->profile->cap_add, name))
		return 0;
	return fail(r, &r->event.start_mark,
		    "%s is both under cap_drop and under cap_add; expected it under one", name);
}

static int read_cap(struct reader *r, void *ctx)
{
	const struct caps_reader *reader = ctx;
	char text[SHOWN_VALUE];
	int error = expect_string(r, "the name of a capability, or ALL");

	if (error)
		return error;
	error = caps_list_add(reader->list, (const char *)r->event.data.scalar.value,
			      r->event.data.scalar.length);
	if (error == -EEXIST)
		return fail(r, &r->event.start_mark, "duplicate \"%s\"; expected it once in %s",
			    shown(r, text), reader->key);
	if (error)
		return unknown_capability(r);
	return check_conflict(r);
}

static int read_cap_drop(struct reader *r, void *ctx)
{
	struct profile *profile = ctx;
	struct caps_reader reader = {.list = &profile->cap_drop, .key = "cap_drop"};

	return read_list(r, "a list of capabilities, such as [ALL]", read_cap, &reader);
}

static int read_cap_add(struct reader *r, void *ctx)
{
	struct profile *profile = ctx;
	struct caps_reader reader = {.list = &profile->cap_add, .key = "cap_add"};

	return read_list(r, "a list of capabilities, such as [CHOWN]", read_cap, &reader);
}

/* Operations */

static int check_userns(const struct reader *r)
{
	if (!r->userns_allow || !(r->profile->denied & OPERATION_BIT(CAPWARD_OP_USERNS)))
		return 0;
	return fail(r, &r->event.start_mark,
		    "userns is both under deny and allowed by \"userns: allow\"; expected one of "
		    "them");
}

static int read_operation(struct reader *r, void *ctx)
{
	struct profile *profile = ctx;
	char text[SHOWN_VALUE];
	const char *nearest;
	int operation, error = expect_string(r, "the name of an operation, such as mount");

	if (error)
		return error;
	operation = operation_parse((const char *)r->event.data.scalar.value,
				    r->event.data.scalar.length);
	if (operation < 0) {
		nearest = operation_nearest((const char *)r->event.data.scalar.value);
		return fail(r, &r->event.start_mark,
			    "unknown operation \"%s\"; expected a name%s%s%s", shown(r, text),
			    nearest ? "; did you mean \"" : " such as ",
			    nearest ? nearest : "mount, module or bpf", nearest ? "\"?" : "");
	}
	if (r->listed & OPERATION_BIT(operation))
		return fail(r, &r->event.start_mark, "duplicate \"%s\"; expected it once in deny",
			    shown(r, text));
	r->listed |= OPERATION_BIT(operation);
	profile->denied |= OPERATION_BIT(operation);
	return check_userns(r);
}

static int read_deny(struct reader *r, void *ctx)
{
	return read_list(r, "a list of operations, such as [mount]", read_operation, ctx);
}

static int read_userns(struct reader *r, void *ctx)
{
	static const char expected[] = "deny or allow";
	struct profile *profile = ctx;
	char text[SHOWN_VALUE];
	const char *value;
	int error = expect_string(r, expected);

	if (error)
		return error;
	value = (const char *)r->event.data.scalar.value;
	if (strcmp(value, "deny") && strcmp(value, "allow"))
		return fail(r, &r->event.start_mark, "found \"%s\"; expected %s", shown(r, text),
			    expected);
	if (!strcmp(value, "deny"))
		profile->denied |= OPERATION_BIT(CAPWARD_OP_USERNS);
	else
		r->userns_allow = true;
	return check_userns(r);
}

/* Patterns. Each check returns what is wrong, or NULL. */

static const char *check_pattern(const char *pattern)
{
	if (!*pattern)
		return "it is empty";
	if (strchr(pattern, '['))
		return "'[' is not a wildcard here, only '*' and '?' are";
	if (strstr(pattern, "**"))
		return "'**' is no more than '*', which never matches '/'";
	return NULL;
}

static const char *check_word(const char *pattern)
{
	for (const char *c = pattern; *c; c++) {
		if (*c <= ' ' || *c > '~')
			return "it has a blank or a character that is not ASCII";
	}
	return check_pattern(pattern);
}

static const char *check_image(const char *pattern)
{
	const char *reason = check_word(pattern);
	struct image image;

	return reason ? reason : image_parse_pattern(pattern, &image);
}

static const char *check_name(const char *pattern)
{
	return strchr(pattern, '/') ? "it has a '/'" : check_word(pattern);
}

static const char *check_unit(const char *pattern)
{
	static const char *const types[] = {".service", ".scope", ".slice",
					    ".socket",	".mount", ".swap"};
	size_t length = strlen(pattern);

	if (strchr(pattern, '/'))
		return "it has a '/'";
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t tail = strlen(types[i]);

		if (length > tail && !strcmp(pattern + length - tail, types[i]))
			return check_word(pattern);
	}
	return "it does not end in the type of a unit that has a cgroup";
}

static bool is_dots(const char *component, size_t length)
{
	return (length == 1 && component[0] == '.') ||
	       (length == 2 && component[0] == '.' && component[1] == '.');
}

static const char *check_cgroup(const char *pattern)
{
	if (pattern[0] != '/')
		return "it does not begin with '/'";
	if (!pattern[1])
		return "it is the root, which is the whole host";
	for (const char *at = pattern; *at;) {
		size_t length = strcspn(at + 1, "/");

		if (!length)
			return at[1] ? "it has an empty component" : "it ends in '/'";
		if (is_dots(at + 1, length))
			return "it has a component '.' or '..'";
		at += 1 + length;
	}
	return check_pattern(pattern);
}

/* Read a string that must pass @check, @expected in words. */
static int read_pattern(const struct reader *r, const char *expected,
			const char *(*check)(const char *), char **out)
{
	char text[SHOWN_VALUE];
	const char *reason;
	int error = expect_string(r, expected);

	if (error)
		return error;
	reason = check((const char *)r->event.data.scalar.value);
	if (reason)
		return fail(r, &r->event.start_mark, "\"%s\": %s; expected %s", shown(r, text),
			    reason, expected);
	return copy_value(r, out);
}

/* Match items */

static int grow_labels(const struct reader *r, struct profile_match *match)
{
	size_t size = (match->label_count + 1) * sizeof(*match->labels);
	struct profile_label *labels = realloc(match->labels, size);

	if (!labels)
		return no_memory(r);
	labels[match->label_count] = (struct profile_label){0};
	match->labels = labels;
	match->label_count++;
	return 0;
}

static int check_label_key(const struct reader *r, const struct key *key,
			   const struct profile_match *match)
{
	char text[SHOWN_VALUE];

	if (!key->length)
		return fail(r, &key->mark, "the label has no name; expected \"name: value\"");
	if (match->label_count == LABELS)
		return fail(r, &key->mark, "too many labels; expected at most %d", LABELS);
	text_escape(text, sizeof(text), key->text, key->length);
	for (size_t i = 0; i < match->label_count; i++) {
		if (!strcmp(match->labels[i].key, key->text))
			return fail(r, &key->mark, "duplicate key \"%s\"; expected it once", text);
	}
	return 0;
}

static int read_label_entry(struct reader *r, const struct key *key, void *ctx)
{
	struct profile_match *match = ctx;
	struct profile_label *label;
	int error = check_label_key(r, key, match);

	if (!error)
		error = expect_string(r, "the label's value as a string");
	if (!error)
		error = grow_labels(r, match);
	if (error)
		return error;
	label = &match->labels[match->label_count - 1];
	label->key = strdup(key->text);
	return label->key ? copy_value(r, &label->value) : no_memory(r);
}

static int read_labels(struct reader *r, void *ctx)
{
	static const char expected[] = "labels, such as {app: web}";
	struct profile_match *match = ctx;
	yaml_mark_t mark = r->event.start_mark;
	int error = read_mapping(r, expected, read_label_entry, match);

	if (error)
		return error;
	if (!match->label_count)
		return fail(r, &mark, "no labels; expected %s", expected);
	return 0;
}

static int read_image(struct reader *r, void *ctx)
{
	struct profile_match *match = ctx;

	match->kind = PROFILE_IMAGE;
	return read_pattern(r, "the pattern of an image, such as \"docker.io/library/httpd:*\"",
			    check_image, &match->pattern);
}

static int read_container_name(struct reader *r, void *ctx)
{
	struct profile_match *match = ctx;

	match->kind = PROFILE_NAME;
	return read_pattern(r, "the pattern of a container's name, such as \"web-*\"", check_name,
			    &match->pattern);
}

static int read_default(struct reader *r, void *ctx)
{
	static const char expected[] = "containers or services";
	const struct profile *profile = r->profile;
	struct profile_match *match = ctx;
	char text[SHOWN_VALUE];
	const char *value;
	int error = expect_string(r, expected);

	if (error)
		return error;
	value = (const char *)r->event.data.scalar.value;
	if (!strcmp(value, "containers"))
		match->all = PROFILE_CONTAINERS;
	else if (!strcmp(value, "services"))
		match->all = PROFILE_SERVICES;
	else
		return fail(r, &r->event.start_mark, "found \"%s\"; expected %s", shown(r, text),
			    expected);
	/* The item itself is the last of the list. */
	for (size_t i = 0; i + 1 < profile->match_count; i++) {
		if (profile->matches[i].kind == PROFILE_DEFAULT &&
		    profile->matches[i].all == match->all)
			return fail(r, &r->event.start_mark,
				    "duplicate \"default: %s\"; expected it once", value);
	}
	match->kind = PROFILE_DEFAULT;
	return 0;
}

static int read_label(struct reader *r, void *ctx)
{
	struct profile_match *match = ctx;

	match->kind = PROFILE_LABEL;
	return read_labels(r, match);
}

static int read_unit(struct reader *r, void *ctx)
{
	struct profile_match *match = ctx;

	match->kind = PROFILE_UNIT;
	return read_pattern(r, "the full name of a systemd unit, such as apache2.service",
			    check_unit, &match->pattern);
}

static int read_cgroup(struct reader *r, void *ctx)
{
	struct profile_match *match = ctx;

	match->kind = PROFILE_CGROUP;
	return read_pattern(r, "the pattern of a cgroup, such as \"/machine.slice/web-*\"",
			    check_cgroup, &match->pattern);
}

static int read_pod_namespace(struct reader *r, void *ctx)
{
	struct profile_match *match = ctx;

	return read_pattern(r, "the pattern of a namespace, such as shop", check_word,
			    &match->pod_namespace);
}

static int read_pod_name(struct reader *r, void *ctx)
{
	struct profile_match *match = ctx;

	return read_pattern(r, "the pattern of a pod's name, such as \"web-*\"", check_word,
			    &match->pod_name);
}

static int read_pod(struct reader *r, void *ctx)
{
	static const struct field known[] = {
		{"namespace", read_pod_namespace},
		{"name", read_pod_name},
		{"label", read_labels},
	};
	struct fields fields = {
		.known = known,
		.count = ARRAY_SIZE(known),
		.names = "namespace, name or label",
		.ctx = ctx,
	};
	struct profile_match *match = ctx;
	yaml_mark_t mark = r->event.start_mark;
	int error;

	match->kind = PROFILE_POD;
	error = read_mapping(r, "a mapping with namespace, name or label", read_field, &fields);
	if (error)
		return error;
	if (!fields.seen)
		return fail(r, &mark, "no key; expected %s", fields.names);
	return 0;
}

/* Like read_field(), for the one key of an item. */
static int read_item_field(struct reader *r, const struct key *key, void *ctx)
{
	const struct fields *fields = ctx;
	char text[SHOWN_VALUE];

	if (!fields->seen)
		return read_field(r, key, ctx);
	text_escape(text, sizeof(text), key->text, key->length);
	return fail(r, &key->mark,
		    "second key \"%s\" in one item; expected an item of its own, \"- %s: ...\"",
		    text, text);
}

/* Append an empty item, placed at the current node, to the profile's list. */
static int add_match(const struct reader *r, struct profile_match **out)
{
	struct profile *profile = r->profile;
	struct profile_match *matches;

	if (profile->match_count == CAPWARD_MATCHES)
		return fail(r, &r->event.start_mark, "too many items; expected at most %d",
			    CAPWARD_MATCHES);
	matches = reallocarray(profile->matches, profile->match_count + 1, sizeof(*matches));
	if (!matches)
		return no_memory(r);
	profile->matches = matches;
	*out = &matches[profile->match_count++];
	**out = (struct profile_match){
		.line = (unsigned int)r->event.start_mark.line + 1,
		.column = (unsigned int)r->event.start_mark.column + 1,
	};
	return 0;
}

static int read_match_item(struct reader *r, void *ctx)
{
	static const struct field known[] = {
		{"image", read_image},	       {"label", read_label}, {"pod", read_pod},
		{"name", read_container_name}, {"unit", read_unit},   {"cgroup", read_cgroup},
		{"default", read_default},
	};
	struct fields fields = {
		.known = known,
		.count = ARRAY_SIZE(known),
		.names = "image, label, pod, name, unit, cgroup or default",
	};
	yaml_mark_t mark = r->event.start_mark;
	struct profile_match *match = NULL;
	int error = add_match(r, &match);

	(void)ctx;
	if (error)
		return error;
	fields.ctx = match;
	error = read_mapping(r, "an item such as \"cgroup: PATTERN\"", read_item_field, &fields);
	if (error)
		return error;
	if (!fields.seen)
		return fail(r, &mark, "no key; expected %s", fields.names);
	return 0;
}

static int read_match(struct reader *r, void *ctx)
{
	static const char expected[] = "a list of items such as \"- cgroup: PATTERN\"";
	const struct profile *profile = ctx;
	yaml_mark_t mark = r->event.start_mark;
	int error = read_list(r, expected, read_match_item, NULL);

	if (error)
		return error;
	if (!profile->match_count)
		return fail(r, &mark, "the list is empty; expected %s, or no match at all",
			    expected);
	return 0;
}

/* The rest of the keys */

bool profile_is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t length = strlen(name);

	if (!length || length >= CAPWARD_NAME || !strchr(letters, name[0]))
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

static int read_name(struct reader *r, void *ctx)
{
	struct profile *profile = ctx;
	char text[SHOWN_VALUE];
	int error = expect_string(r, "the profile's name");

	if (error)
		return error;
	if (!profile_is_name((const char *)r->event.data.scalar.value))
		return fail(r, &r->event.start_mark,
			    "\"%s\" is not a name; expected a letter or digit, then letters, "
			    "digits, '.', '_', '-', all in lower case, at most %d",
			    shown(r, text), CAPWARD_NAME - 1);
	memcpy(profile->name, r->event.data.scalar.value, r->event.data.scalar.length + 1);
	return 0;
}

static int read_mode(struct reader *r, void *ctx)
{
	static const char expected[] = "enforce, audit, learn or off";
	struct profile *profile = ctx;
	char text[SHOWN_VALUE];
	int error = expect_string(r, expected);

	if (error)
		return error;
	if (profile_mode_parse((const char *)r->event.data.scalar.value,
			       r->event.data.scalar.length, &profile->mode))
		return fail(r, &r->event.start_mark, "unknown mode \"%s\"; expected %s",
			    shown(r, text), expected);
	return 0;
}

static int read_privileged(struct reader *r, void *ctx)
{
	struct profile *profile = ctx;
	char text[SHOWN_VALUE];
	const char *value;
	bool plain;
	int error = expect_string(r, "true or false");

	if (error)
		return error;
	value = (const char *)r->event.data.scalar.value;
	plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (!plain || (strcmp(value, "true") && strcmp(value, "false")))
		return fail(r, &r->event.start_mark,
			    "found \"%s\"; expected true or false, without quotes", shown(r, text));
	profile->privileged = !strcmp(value, "true");
	return 0;
}

static int read_profile(struct reader *r)
{
	static const struct field known[] = {
		{"profile", read_name},	     {"match", read_match},
		{"mode", read_mode},	     {"privileged", read_privileged},
		{"cap_drop", read_cap_drop}, {"cap_add", read_cap_add},
		{"deny", read_deny},	     {"userns", read_userns},
	};
	struct fields fields = {
		.known = known,
		.count = ARRAY_SIZE(known),
		.names = "profile, match, mode, privileged, cap_drop, cap_add, deny or userns",
		.ctx = r->profile,
	};
	yaml_mark_t mark = r->event.start_mark;
	int error = read_mapping(r, "a mapping with the key \"profile\"", read_field, &fields);

	if (error)
		return error;
	if (!r->profile->name[0])
		return fail(r, &mark, "the profile has no name; expected a key \"profile\"");
	return 0;
}

static int read_document(struct reader *r)
{
	int error;

	if (r->event.type == YAML_STREAM_END_EVENT)
		return fail(r, &r->event.start_mark, "the file is empty; expected a profile");
	if (r->event.data.document_start.version_directive ||
	    r->event.data.document_start.tag_directives.start !=
		    r->event.data.document_start.tag_directives.end)
		return fail(r, &r->event.start_mark,
			    "directives are not supported; expected a profile");
	if ((error = next(r)))
		return error;
	if (r->event.type == YAML_SCALAR_EVENT && is_null(r))
		return fail(r, &r->event.start_mark, "the document is empty; expected a profile");
	return read_profile(r);
}

static int read_stream(struct reader *r)
{
	int error;

	/* The start of the stream, then of the document; after it the end of both. */
	if ((error = next(r)) || (error = next(r)) || (error = read_document(r)) ||
	    (error = next(r)) || (error = next(r)))
		return error;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return fail(r, &r->event.start_mark,
			    "a second document begins; expected one profile in a file");
	return 0;
}

static int parse_text(struct reader *r, const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	int error = check_text(r, bytes, length);

	if (error)
		return error;
	if (!yaml_parser_initialize(&r->parser))
		return no_memory(r);
	/* Set, so that the first bytes cannot choose another encoding than the one checked. */
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, bytes, length);
	error = read_stream(r);
	yaml_event_delete(&r->event);
	yaml_parser_delete(&r->parser);
	return error;
}

static void compile(struct profile *profile)
{
	uint64_t base = profile->privileged ? caps_all() : CAPS_DOCKER_DEFAULT;

	profile->mask = caps_compile(base, &profile->cap_drop, &profile->cap_add);
}

int profile_parse(const char *file, const char *text, size_t length, struct profile **out,
		  struct error *err)
{
	struct profile *profile = calloc(1, sizeof(*profile));
	struct reader r = {.profile = profile, .err = err};
	int error;

	text_escape(r.file, sizeof(r.file), file, strlen(file));
	if (!profile || !(profile->file = strdup(file)))
		error = no_memory(&r);
	else
		error = parse_text(&r, text, length);
	if (error) {
		profile_free(profile);
		return error;
	}
	compile(profile);
	*out = profile;
	return 0;
}

static void free_match(struct profile_match *match)
{
	for (size_t i = 0; i < match->label_count; i++) {
		free(match->labels[i].key);
		free(match->labels[i].value);
	}
	free(match->labels);
	free(match->pattern);
	free(match->pod_namespace);
	free(match->pod_name);
}

void profile_free(struct profile *profile)
{
	if (!profile)
		return;
	for (size_t i = 0; i < profile->match_count; i++)
		free_match(&profile->matches[i]);
	free(profile->matches);
	free(profile->file);
	free(profile);
}

/* Files */

static const char *file_noun(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a directory";
	if (S_ISFIFO(mode))
		return "a FIFO";
	if (S_ISCHR(mode) || S_ISBLK(mode))
		return "a device";
	return "not a regular file";
}

/* Open @path for reading. Returns the file descriptor of a regular file, or a negative errno. */
static int open_regular(const char *path, const char *name, struct error *err)
{
	/* Without O_NONBLOCK, opening a FIFO waits for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int error = 0;

	if (fd < 0)
		return error_set(err, -errno, "%s: %s; expected a readable file", name,
				 strerror(errno));
	if (fstat(fd, &st))
		error = error_set(err, -errno, "%s: %s", name, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		error = error_set(err, -EINVAL, "%s: it is %s; expected a regular file", name,
				  file_noun(st.st_mode));
	if (!error)
		return fd;
	close(fd);
	return error;
}

/* Read up to @size bytes of @fd to @text. Returns how many there were, or a negative errno. */
static ssize_t read_all(int fd, char *text, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(fd, text + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

int profile_read(const char *path, struct profile **out, struct error *err)
{
	/* One byte more than is allowed tells a file that is too large from one that just fits. */
	const size_t size = PROFILE_SIZE + 1;
	char name[SHOWN_FILE];
	ssize_t length;
	char *text;
	int fd, error;

	text_escape(name, sizeof(name), path, strlen(path));
	fd = open_regular(path, name, err);
	if (fd < 0)
		return fd;
	text = malloc(size);
	length = text ? read_all(fd, text, size) : -ENOMEM;
	close(fd);
	if (length < 0)
		error = error_set(err, (int)length, "%s: %s", name, strerror((int)-length));
	else
		error = profile_parse(path, text, (size_t)length, out, err);
	free(text);
	return error;
}

/* Warnings */

/* Where the kernel is refused one of these it asks for SYS_ADMIN; for SYSLOG until Linux 6.12. */
#define STANDS_FOR                                                                                 \
	(CAPS_BIT(CAP_BPF) | CAPS_BIT(CAP_CHECKPOINT_RESTORE) | CAPS_BIT(CAP_PERFMON) |            \
	 CAPS_BIT(CAP_SYSLOG))

/* Capabilities that, all together, amount to the host, by an operation that can be denied (or 0). */
static const struct {
	uint64_t caps;
	const char *text;
	unsigned int operation;
} amounts[] = {
	{CAPS_BIT(CAP_DAC_READ_SEARCH),
	 "DAC_READ_SEARCH opens any file of a mounted filesystem by its handle, also outside the "
	 "container: it amounts to the host",
	 0},
	{CAPS_BIT(CAP_SYS_MODULE), "SYS_MODULE loads code into the kernel: it amounts to the host",
	 CAPWARD_OP_MODULE},
	{CAPS_BIT(CAP_SYS_RAWIO),
	 "SYS_RAWIO reaches memory and devices below the kernel: it amounts to the host", 0},
	{CAPS_BIT(CAP_SYS_PTRACE),
	 "SYS_PTRACE takes over any process it sees: with the host's pid namespace it amounts to "
	 "the host",
	 0},
	{CAPS_BIT(CAP_SYS_BOOT),
	 "SYS_BOOT restarts the machine into a kernel of the caller's (kexec): it amounts to the "
	 "host",
	 0},
	{CAPS_BIT(CAP_MKNOD),
	 "MKNOD makes the device file of any disk: unless the runtime's "
	 "device filter keeps it from "
	 "being opened, it amounts to the host",
	 CAPWARD_OP_DEVICE_NODES},
	{CAPS_BIT(CAP_BPF) | CAPS_BIT(CAP_PERFMON),
	 "BPF with PERFMON reads all memory of the kernel: together they amount to the host",
	 CAPWARD_OP_BPF},
};

/* The warning that SYS_ADMIN makes it pointless to mask @masked. */
static void alias_warning(uint64_t masked, char *out, size_t size)
{
	const uint64_t always = masked & ~CAPS_BIT(CAP_SYSLOG);
	const bool syslog = masked & CAPS_BIT(CAP_SYSLOG);
	char names[CAPS_TEXT] = "";

	if (always)
		caps_format(always, names);
	snprintf(out, size,
		 "SYS_ADMIN is accepted by the kernel in place of %s%s%s, masked in vain", names,
		 always && syslog ? " and " : "", syslog ? "SYSLOG (before Linux 6.12)" : "");
}

/* The mask with what SYS_ADMIN gives besides. */
static uint64_t effective(uint64_t mask)
{
	return mask & CAPS_BIT(CAP_SYS_ADMIN) ? mask | STANDS_FOR : mask;
}

int profile_warnings(const struct profile *profile, void (*emit)(void *ctx, const char *text),
		     void *ctx)
{
	const uint64_t masked = STANDS_FOR & ~profile->mask;
	char text[CAPS_TEXT + 128];
	int count = 0;

	if (profile->mask & CAPS_BIT(CAP_SYS_ADMIN) && masked) {
		alias_warning(masked, text, sizeof(text));
		emit(ctx, text);
		count++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(amounts); i++) {
		if (amounts[i].caps & ~effective(profile->mask) ||
		    (profile->denied & OPERATION_BIT(amounts[i].operation) & CAPWARD_OPS_MASK))
			continue;
		emit(ctx, amounts[i].text);
		count++;
	}
	return count;
}

/* Words */

const struct profile_match *profile_first_beyond_kernel(const struct profile *profile)
{
	for (size_t i = 0; i < profile->match_count; i++) {
		enum profile_match_kind kind = profile->matches[i].kind;

		if (kind != PROFILE_UNIT && kind != PROFILE_CGROUP && kind != PROFILE_DEFAULT)
			return &profile->matches[i];
	}
	return NULL;
}

const char *profile_kind_name(enum profile_match_kind kind)
{
	static const char *const names[] = {
		[PROFILE_UNIT] = "unit",       [PROFILE_CGROUP] = "cgroup",
		[PROFILE_NAME] = "name",       [PROFILE_POD] = "pod",
		[PROFILE_LABEL] = "label",     [PROFILE_IMAGE] = "image",
		[PROFILE_DEFAULT] = "default",
	};

	return names[kind];
}

const char *profile_default_name(enum profile_default all)
{
	return all == PROFILE_CONTAINERS ? "containers" : "services";
}

static const char *const modes[] = {
	[CAPWARD_ENFORCE] = "enforce",
	[CAPWARD_AUDIT] = "audit",
	[CAPWARD_LEARN] = "learn",
	[CAPWARD_OFF] = "off",
};

const char *profile_mode_name(enum capward_mode mode)
{
	return (size_t)mode < ARRAY_SIZE(modes) ? modes[mode] : "?";
}

int profile_mode_parse(const char *word, size_t length, enum capward_mode *mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (strlen(modes[i]) != length || memcmp(modes[i], word, length))
			continue;
		*mode = (enum capward_mode)i;
		return 0;
	}
	return -EINVAL;
}

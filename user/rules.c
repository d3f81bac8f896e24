// SPDX-License-Identifier: GPL-2.0-or-later
#include "rules.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "output.h"
#include "pattern.h"
#include "text.h"

#define UNIT	   256 /* bytes of a unit's name with the NUL; systemd's limit */
#define SHOWN_FILE 300 /* bytes of a file's name in a message */

struct compiled {
	struct rule rule;
	char *text;	    /* what it matches, the same for rules that match the same */
	struct image image; /* PROFILE_IMAGE */
};

struct rules {
	struct compiled *list; /* the most specific first */
	size_t count;
};

/* What the rules ask of a subject, found out once. NULL and "" match nothing. */
struct facts {
	const char *path;
	const struct identity *identity; /* NULL: claimed */
	enum rules_class class;
	char unit[UNIT];
	bool has_image;
	struct image image;
};

/* Units */

/*
 * Write the unit of the host's own systemd whose cgroup @path is, or "" for none. Where systemd itself
 * splits a unit, as for a machine, the workload is in "payload".
 */
static void unit_of(const char *path, char unit[UNIT])
{
	static const char payload[] = "/payload";
	size_t length = strlen(path);
	const char *name;

	if (text_ends_with(path, length, payload))
		length -= strlen(payload);
	name = pattern_unit(path, length);
	unit[0] = '\0';
	if (name && path + length - name < UNIT)
		snprintf(unit, UNIT, "%.*s", (int)(path + length - name), name);
}

/* Subjects */

static bool is_none_or(const char *runtime, const char *word)
{
	return !runtime || !runtime[0] || !strcmp(runtime, word);
}

struct rules_subject rules_subject(const char *path, const struct identity *identity)
{
	struct rules_subject subject = {.path = path, .identity = identity};
	const char *runtime = identity->container.runtime, *last = strrchr(path, '/');
	char unit[UNIT];

	if (pattern_spares(path) || is_none_or(runtime, "capward"))
		return subject;
	if (strcmp(runtime, "systemd")) {
		subject.class = RULES_CONTAINER;
		return subject;
	}
	unit_of(path, unit);
	/* As runtime_names_service() has it: a user's manager is no service. */
	if (last && !strcmp(last + 1, unit) && text_ends_with(unit, strlen(unit), ".service") &&
	    strncmp(unit, "user@", strlen("user@")))
		subject.class = RULES_SERVICE;
	return subject;
}

static void find_facts(const struct rules_subject *subject, struct facts *facts)
{
	const struct identity *identity = subject->identity;

	facts->path = subject->path;
	facts->identity = identity->claimed ? NULL : identity;
	facts->class = subject->class;
	unit_of(subject->path, facts->unit);
	facts->has_image =
		facts->identity && identity->image && !image_parse(identity->image, &facts->image);
}

/* Matching */

static bool matches_text(const char *pattern, const char *text)
{
	return text && pattern_matches(pattern, text);
}

static bool has_labels(const struct profile_match *match, const struct identity_labels *labels)
{
	for (size_t i = 0; i < match->label_count; i++) {
		const char *value = identity_label(labels, match->labels[i].key);

		if (!value || strcmp(value, match->labels[i].value))
			return false;
	}
	return true;
}

static bool matches_pod(const struct profile_match *match, const struct identity *identity)
{
	/* A podman pod has neither, and an id in place of a name. */
	if (!identity->pod_namespace && !identity->pod_uid)
		return false;
	if (match->pod_namespace && !matches_text(match->pod_namespace, identity->pod_namespace))
		return false;
	if (match->pod_name && !matches_text(match->pod_name, identity->pod))
		return false;
	return has_labels(match, &identity->pod_labels);
}

static bool matches(const struct compiled *compiled, const struct facts *facts)
{
	const struct profile_match *match = compiled->rule.match;

	switch (match->kind) {
	case PROFILE_UNIT:
		return facts->unit[0] && pattern_matches(match->pattern, facts->unit);
	case PROFILE_CGROUP:
		return pattern_matches_cgroup(match->pattern, facts->path);
	case PROFILE_NAME:
		return facts->identity && facts->class == RULES_CONTAINER &&
		       matches_text(match->pattern, facts->identity->name);
	case PROFILE_POD:
		return facts->identity && matches_pod(match, facts->identity);
	case PROFILE_LABEL:
		return facts->identity && has_labels(match, &facts->identity->labels);
	case PROFILE_IMAGE:
		return facts->has_image && image_matches(&compiled->image, &facts->image);
	case PROFILE_DEFAULT:
		return facts->class ==
		       (match->all == PROFILE_CONTAINERS ? RULES_CONTAINER : RULES_SERVICE);
	}
	return false;
}

/* The first rule from @at on that matches; the number of rules when none does. */
static size_t next_match(const struct rules *rules, const struct facts *facts, size_t at)
{
	while (at < rules->count && !matches(&rules->list[at], facts))
		at++;
	return at;
}

/* Order */

/* How two numbers compare where the larger one is the more specific and comes first. */
static int larger_first(size_t left, size_t right)
{
	return (left < right) - (left > right);
}

static int by_specificity(const struct rule *a, const struct rule *b)
{
	int order = (a->match->kind > b->match->kind) - (a->match->kind < b->match->kind);

	if (!order)
		order = larger_first(a->literal, b->literal);
	if (!order)
		order = larger_first(a->labels, b->labels);
	return order ? order : larger_first(a->length, b->length);
}

static int by_rank(const void *left, const void *right)
{
	const struct compiled *a = left, *b = right;
	int order = by_specificity(&a->rule, &b->rule);

	if (!order)
		order = strcmp(a->text, b->text);
	if (!order)
		order = strcmp(a->rule.profile->name, b->rule.profile->name);
	return order ? order
		     : (a->rule.match->line > b->rule.match->line) -
			       (a->rule.match->line < b->rule.match->line);
}

/* Whether no more than the order of bytes is between two rules, and that decides only of cgroups. */
static bool are_equal(const struct rule *a, const struct rule *b)
{
	return !by_specificity(a, b) && a->match->kind != PROFILE_CGROUP;
}

/* Text that is safe to show */

struct text {
	char *at;
	size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	va_list args;
	int length;

	if (text->used >= text->size)
		return;
	va_start(args, format);
	length = vsnprintf(text->at + text->used, text->size - text->used, format, args);
	va_end(args);
	text->used += length > 0 ? (size_t)length : 0;
}

static void add_labels(struct text *text, const struct profile_match *match)
{
	add(text, "{");
	for (size_t i = 0; i < match->label_count; i++)
		add(text, "%s%s: %s", i ? ", " : "", match->labels[i].key, match->labels[i].value);
	add(text, "}");
}

static void add_pod(struct text *text, const struct profile_match *match)
{
	const char *separator = "";

	add(text, "{");
	if (match->pod_namespace) {
		add(text, "namespace: %s", match->pod_namespace);
		separator = ", ";
	}
	if (match->pod_name) {
		add(text, "%sname: %s", separator, match->pod_name);
		separator = ", ";
	}
	if (match->label_count) {
		add(text, "%slabel: ", separator);
		add_labels(text, match);
	}
	add(text, "}");
}

const char *rule_format(const struct rule *rule, bool bare, char out[RULE_TEXT])
{
	const struct profile_match *match = rule->match;
	/* More than is shown, so that the escaping sees that something is left out. */
	char raw[2 * RULE_TEXT] = "";
	struct text text = {.at = raw, .size = sizeof(raw)};

	if (!bare)
		add(&text, "%s ", profile_kind_name(match->kind));
	if (match->kind == PROFILE_DEFAULT)
		add(&text, "%s", profile_default_name(match->all));
	else if (match->kind == PROFILE_LABEL)
		add_labels(&text, match);
	else if (match->kind == PROFILE_POD)
		add_pod(&text, match);
	else
		add(&text, "%s", match->pattern);
	text_escape(out, RULE_TEXT, raw, strlen(raw));
	return out;
}

/* "FILE:LINE" of @rule. */
static void format_place(const struct rule *rule, char *out, size_t size)
{
	char file[SHOWN_FILE];

	text_escape(file, sizeof(file), rule->profile->file, strlen(rule->profile->file));
	snprintf(out, size, "%s:%u", file, rule->match->line);
}

void rules_why(const struct rule *winner, const struct rule *loser, char *out, size_t size)
{
	const char *kind = profile_kind_name(loser->match->kind);

	if (winner->match->kind != loser->match->kind)
		snprintf(out, size, "%s comes after %s", kind,
			 profile_kind_name(winner->match->kind));
	else if (winner->literal != loser->literal)
		snprintf(out, size, "%zu bytes before its first wildcard, not %zu", loser->literal,
			 winner->literal);
	else if (winner->labels != loser->labels)
		snprintf(out, size, "%zu labels, not %zu", loser->labels, winner->labels);
	else if (winner->length != loser->length)
		snprintf(out, size, "%zu bytes in all, not %zu", loser->length, winner->length);
	else if (winner->profile == loser->profile)
		snprintf(out, size, "as specific, and of the same profile");
	else if (!are_equal(winner, loser))
		snprintf(out, size, "later in the order of bytes");
	else
		snprintf(out, size, "as specific");
}

/* Resolving */

static void say_none(const struct identity *identity, char *why, size_t size)
{
	if (identity->claimed)
		snprintf(why, size,
			 "no rule matches; what is known of it besides its cgroup was written by "
			 "whom it belongs to, and is matched by none");
	else if (identity->incomplete)
		snprintf(why, size,
			 "no rule matches what is known of it; its runtime's files were not all "
			 "there or readable");
	else
		snprintf(why, size, "no rule matches");
}

static void say_one(const struct rule *rule, char *why, size_t size)
{
	char place[SHOWN_FILE + 16], text[RULE_TEXT];

	format_place(rule, place, sizeof(place));
	snprintf(why, size, "%s: %s", place, rule_format(rule, false, text));
}

static void say_tie(const struct rule *rule, const struct rule *other, char *why, size_t size)
{
	char place[2][SHOWN_FILE + 16];

	format_place(rule, place[0], sizeof(place[0]));
	format_place(other, place[1], sizeof(place[1]));
	snprintf(why, size,
		 "the profiles %s (%s) and %s (%s) match it by rules that are equally specific; "
		 "make one of them more specific",
		 rule->profile->name, place[0], other->profile->name, place[1]);
}

void rules_resolve(const struct rules *rules, const struct rules_subject *subject,
		   struct rules_answer *out)
{
	struct facts facts = {};
	const struct rule *rule, *other;
	size_t at;

	*out = (struct rules_answer){.outcome = RULES_NONE};
	find_facts(subject, &facts);
	at = pattern_spares(subject->path) ? rules->count : next_match(rules, &facts, 0);
	if (at == rules->count) {
		say_none(subject->identity, out->why, sizeof(out->why));
		return;
	}
	rule = &rules->list[at].rule;
	out->rule = rule;
	while ((at = next_match(rules, &facts, at + 1)) < rules->count) {
		other = &rules->list[at].rule;
		if (!are_equal(rule, other))
			break;
		if (other->profile == rule->profile)
			continue;
		out->outcome = RULES_TIE;
		out->other = other;
		say_tie(rule, other, out->why, sizeof(out->why));
		return;
	}
	out->outcome = RULES_ONE;
	say_one(rule, out->why, sizeof(out->why));
}

void rules_matching(const struct rules *rules, const struct rules_subject *subject,
		    void (*each)(void *context, const struct rule *rule), void *context)
{
	struct facts facts = {};

	if (pattern_spares(subject->path))
		return;
	find_facts(subject, &facts);
	for (size_t at = next_match(rules, &facts, 0); at < rules->count;
	     at = next_match(rules, &facts, at + 1))
		each(context, &rules->list[at].rule);
}

/* Making */

static int by_key(const void *left, const void *right)
{
	const struct profile_label *const *a = left, *const *b = right;

	return strcmp((*a)->key, (*b)->key);
}

/* Labels in the order of their keys. No string of a profile has a line break in it. */
static int write_labels(const struct profile_match *match, FILE *stream)
{
	const struct profile_label **sorted = calloc(match->label_count + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < match->label_count; i++)
		sorted[i] = &match->labels[i];
	qsort(sorted, match->label_count, sizeof(*sorted), by_key);
	for (size_t i = 0; i < match->label_count; i++)
		fprintf(stream, "%s\n%s\n", sorted[i]->key, sorted[i]->value);
	free(sorted);
	return 0;
}

static int write_text(const struct compiled *compiled, FILE *stream)
{
	const struct profile_match *match = compiled->rule.match;
	const struct image *image = &compiled->image;

	switch (match->kind) {
	case PROFILE_IMAGE:
		fprintf(stream, "%s%s%s%s%s", image->name, image->tag[0] ? ":" : "", image->tag,
			image->digest[0] ? "@" : "", image->digest);
		return 0;
	case PROFILE_POD:
		fprintf(stream, "%s\n%s\n", match->pod_namespace ? match->pod_namespace : "",
			match->pod_name ? match->pod_name : "");
		return write_labels(match, stream);
	case PROFILE_LABEL:
		return write_labels(match, stream);
	case PROFILE_DEFAULT:
		fputs(profile_default_name(match->all), stream);
		return 0;
	default:
		fputs(match->pattern, stream);
		return 0;
	}
}

static int set_text(struct compiled *compiled)
{
	size_t size;
	FILE *stream = open_memstream(&compiled->text, &size);
	int code;

	if (!stream)
		return -ENOMEM;
	code = write_text(compiled, stream);
	if (fclose(stream))
		code = -ENOMEM;
	return code;
}

static void set_rank(struct compiled *compiled)
{
	const struct profile_match *match = compiled->rule.match;
	struct rule *rule = &compiled->rule;

	rule->labels = match->label_count;
	for (size_t i = 0; i < match->label_count; i++)
		rule->length += strlen(match->labels[i].key) + strlen(match->labels[i].value);
	if (match->kind == PROFILE_POD) {
		const char *const patterns[] = {match->pod_namespace, match->pod_name};

		for (size_t i = 0; i < 2; i++) {
			rule->literal += patterns[i] ? pattern_literal(patterns[i]) : 0;
			rule->length += patterns[i] ? strlen(patterns[i]) : 0;
		}
	} else if (match->kind != PROFILE_LABEL && match->kind != PROFILE_DEFAULT) {
		rule->literal = pattern_literal(compiled->text);
		rule->length = strlen(compiled->text);
	}
}

static int make_rule(const struct profile *profile, const struct profile_match *match,
		     struct compiled *compiled)
{
	*compiled = (struct compiled){.rule = {.profile = profile, .match = match}};
	/* The reader of profiles has accepted it. */
	if (match->kind == PROFILE_IMAGE && image_parse_pattern(match->pattern, &compiled->image))
		return -EINVAL;
	if (set_text(compiled))
		return -ENOMEM;
	set_rank(compiled);
	return 0;
}

static int same_match(const struct profile_match *a, const struct profile_match *b)
{
	struct compiled one = {}, other = {};
	int code;

	if (a->kind != b->kind)
		return 0;
	code = make_rule(NULL, a, &one);
	if (!code)
		code = make_rule(NULL, b, &other);
	if (!code)
		code = !strcmp(one.text, other.text);
	free(one.text);
	free(other.text);
	return code;
}

int rules_have(const struct profile_match *matches, size_t count, const struct profile_match *match)
{
	int same = 0;

	for (size_t i = 0; !same && i < count; i++)
		same = same_match(&matches[i], match);
	return same;
}

/* Whether two profiles have the same rule. One profile may have it twice. */
static int check_twins(const struct rules *rules, struct error *err)
{
	for (size_t i = 1; i < rules->count; i++) {
		const struct compiled *a = &rules->list[i - 1], *b = &rules->list[i];
		char place[2][SHOWN_FILE + 16];

		if (a->rule.profile == b->rule.profile || by_specificity(&a->rule, &b->rule) ||
		    strcmp(a->text, b->text))
			continue;
		format_place(&a->rule, place[0], sizeof(place[0]));
		format_place(&b->rule, place[1], sizeof(place[1]));
		return error_set(err, -ENOTUNIQ,
				 "%s: the profile %s has the same %s rule as %s in %s; keep one",
				 place[1], b->rule.profile->name,
				 profile_kind_name(b->rule.match->kind), a->rule.profile->name,
				 place[0]);
	}
	return 0;
}

static int fill(struct rules *rules, struct profile *const *profiles, size_t count,
		struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < profiles[i]->match_count; j++) {
			const struct profile_match *match = &profiles[i]->matches[j];
			int code = make_rule(profiles[i], match, &rules->list[rules->count++]);

			if (code)
				return error_set(err, code, "the rules of profile %s: %s",
						 profiles[i]->name, strerror(-code));
		}
	}
	if (rules->count)
		qsort(rules->list, rules->count, sizeof(*rules->list), by_rank);
	return check_twins(rules, err);
}

int rules_make(struct profile *const *profiles, size_t count, struct rules **out, struct error *err)
{
	struct rules *rules = calloc(1, sizeof(*rules));
	size_t total = 0;
	int code;

	for (size_t i = 0; i < count; i++)
		total += profiles[i]->match_count;
	if (rules)
		rules->list = calloc(total + 1, sizeof(*rules->list));
	if (!rules || !rules->list) {
		free(rules);
		return error_set(err, -ENOMEM, "the rules of the profiles: %s", strerror(ENOMEM));
	}
	code = fill(rules, profiles, count, err);
	if (code)
		rules_free(rules);
	else
		*out = rules;
	return code;
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++)
		free(rules->list[i].text);
	free(rules->list);
	free(rules);
}

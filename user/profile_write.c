// SPDX-License-Identifier: GPL-2.0-or-later
#include "profile_write.h"

#include <errno.h>
#include <yaml.h>

#include "operation.h"

/* The document as it is made. */
struct writer {
	yaml_document_t document;
	bool failed; /* there was no memory */
};

/* Every node has a number; 0 is none. */
typedef int node_t;

static node_t check(struct writer *w, node_t node)
{
	w->failed |= !node;
	return node;
}

/* A word of the format, which is plain YAML. */
static node_t word(struct writer *w, const char *text)
{
	return check(w, yaml_document_add_scalar(&w->document, NULL, (const yaml_char_t *)text, -1,
						 YAML_PLAIN_SCALAR_STYLE));
}

/* A string of a person, which may be anything. */
static node_t string(struct writer *w, const char *text)
{
	return check(w, yaml_document_add_scalar(&w->document, NULL, (const yaml_char_t *)text, -1,
						 YAML_DOUBLE_QUOTED_SCALAR_STYLE));
}

static node_t mapping(struct writer *w)
{
	return check(w, yaml_document_add_mapping(&w->document, NULL, YAML_BLOCK_MAPPING_STYLE));
}

static node_t sequence(struct writer *w, yaml_sequence_style_t style)
{
	return check(w, yaml_document_add_sequence(&w->document, NULL, style));
}

static void put(struct writer *w, node_t map, node_t key, node_t value)
{
	if (!w->failed)
		check(w, yaml_document_append_mapping_pair(&w->document, map, key, value));
}

static void append(struct writer *w, node_t list, node_t item)
{
	if (!w->failed)
		check(w, yaml_document_append_sequence_item(&w->document, list, item));
}

static node_t labels(struct writer *w, const struct profile_match *match)
{
	node_t map = mapping(w);

	for (size_t i = 0; i < match->label_count; i++)
		put(w, map, string(w, match->labels[i].key), string(w, match->labels[i].value));
	return map;
}

static node_t pod(struct writer *w, const struct profile_match *match)
{
	node_t map = mapping(w);

	if (match->pod_namespace)
		put(w, map, word(w, "namespace"), string(w, match->pod_namespace));
	if (match->pod_name)
		put(w, map, word(w, "name"), string(w, match->pod_name));
	if (match->label_count)
		put(w, map, word(w, "label"), labels(w, match));
	return map;
}

static node_t what_matches(struct writer *w, const struct profile_match *match)
{
	switch (match->kind) {
	case PROFILE_POD:
		return pod(w, match);
	case PROFILE_LABEL:
		return labels(w, match);
	case PROFILE_DEFAULT:
		return word(w, profile_default_name(match->all));
	default:
		return string(w, match->pattern);
	}
}

static node_t matches(struct writer *w, const struct profile *profile)
{
	node_t list = sequence(w, YAML_BLOCK_SEQUENCE_STYLE);

	for (size_t i = 0; i < profile->match_count; i++) {
		node_t item = mapping(w);

		put(w, item, word(w, profile_kind_name(profile->matches[i].kind)),
		    what_matches(w, &profile->matches[i]));
		append(w, list, item);
	}
	return list;
}

/* The names of the capabilities and operations in @bits, from the bit @from to @end, without it. */
static node_t names(struct writer *w, uint64_t bits, unsigned int from, unsigned int end)
{
	node_t list = sequence(w, YAML_BLOCK_SEQUENCE_STYLE);
	char label[CAPS_LABEL];

	for (unsigned int i = from; i < end; i++)
		if (bits & CAPS_BIT(i))
			append(w, list, word(w, permission_name(i, label)));
	return list;
}

static node_t only_all(struct writer *w)
{
	node_t list = sequence(w, YAML_FLOW_SEQUENCE_STYLE);

	append(w, list, word(w, "ALL"));
	return list;
}

static void fill(struct writer *w, const struct profile *profile)
{
	node_t root = mapping(w);

	put(w, root, word(w, "profile"), string(w, profile->name));
	put(w, root, word(w, "mode"), word(w, profile_mode_name(profile->mode)));
	if (profile->match_count)
		put(w, root, word(w, "match"), matches(w, profile));
	if (profile->mask == caps_all()) {
		put(w, root, word(w, "cap_add"), only_all(w));
	} else {
		put(w, root, word(w, "cap_drop"), only_all(w));
		if (profile->mask)
			put(w, root, word(w, "cap_add"), names(w, profile->mask, 0, CAPWARD_CAPS));
	}
	if (profile->denied)
		put(w, root, word(w, "deny"),
		    names(w, profile->denied, CAPWARD_CAPS, CAPWARD_OPS_END));
}

static int emit(struct writer *w, FILE *stream)
{
	yaml_emitter_t emitter;
	bool good;

	if (!yaml_emitter_initialize(&emitter)) {
		yaml_document_delete(&w->document);
		return -ENOMEM;
	}
	yaml_emitter_set_output_file(&emitter, stream);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1); /* a value does not go on in the next line */
	good = yaml_emitter_open(&emitter);
	/* It takes the document, whatever it returns. */
	if (good)
		good = yaml_emitter_dump(&emitter, &w->document) && yaml_emitter_close(&emitter);
	else
		yaml_document_delete(&w->document);
	yaml_emitter_delete(&emitter);
	return good && !ferror(stream) ? 0 : -EIO;
}

int profile_write(const struct profile *profile, FILE *stream)
{
	struct writer w = {};

	if (profile->mask & ~caps_all())
		return -ENOTSUP;
	if (!yaml_document_initialize(&w.document, NULL, NULL, NULL, 1, 1))
		return -ENOMEM;
	fill(&w, profile);
	if (!w.failed)
		return emit(&w, stream);
	yaml_document_delete(&w.document);
	return -ENOMEM;
}

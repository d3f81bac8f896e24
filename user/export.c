// SPDX-License-Identifier: GPL-2.0-or-later
#include "export.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <linux/capability.h>
#include <string.h>

#include "capward/abi.h"
#include "caps.h"
#include "caps_json.h"
#include "output.h"

/*
 * @name as a profile and a service of Compose may be called: a letter or digit, then also "._-", in lower
 * case.
 */
static const char *plain_name(const char *name, char text[static CAPWARD_NAME])
{
	size_t length = 0;

	for (; length < CAPWARD_NAME - 1 && name[length]; length++) {
		char c = name[length];

		text[length] =
			(char)(isascii(c) && (isalnum(c) || strchr("._-", c)) ? tolower(c) : '-');
	}
	text[length] = '\0';
	if (!length || !isalnum(text[0]))
		text[0] = 'x';
	if (!length)
		text[1] = '\0';
	return text;
}

/* Whether @pattern means itself, in YAML's double quotes and as a pattern. */
static bool is_plain(const char *pattern)
{
	for (; *pattern; pattern++)
		if (!isascii(*pattern) || !isprint(*pattern) || strchr("\"\\*?[]{}", *pattern))
			return false;
	return true;
}

/* Call @each for the capabilities of @mask, by number, with their names. */
static void each_cap(__u64 mask, void (*each)(FILE *stream, const char *name), FILE *stream)
{
	char label[CAPS_LABEL];

	for (unsigned int cap = 0; cap <= CAPS_LAST; cap++)
		if (mask >> cap & 1)
			each(stream, caps_label(cap, label));
}

static void write_profile(const struct export *what, FILE *stream)
{
	char name[CAPWARD_NAME], label[CAPS_LABEL], why[1024];

	fprintf(stream, "profile: %s\nmode: enforce\n", plain_name(what->name, name));
	if (what->match_pattern && is_plain(what->match_pattern))
		fprintf(stream, "match:\n  - %s: \"%s\"\n", what->match_kind, what->match_pattern);
	fputs("cap_drop: [ALL]\n", stream);
	if (what->policy)
		fputs("cap_add:\n", stream);
	for (unsigned int cap = 0; cap <= CAPS_LAST; cap++) {
		if (!(what->policy >> cap & 1))
			continue;
		fprintf(stream, "  - %s", caps_label(cap, label) + strlen("CAP_"));
		if (what->why && what->why[cap]) {
			text_escape(why, sizeof(why), what->why[cap], strlen(what->why[cap]));
			fprintf(stream, " # %s", why);
		}
		fputc('\n', stream);
	}
}

static void write_option(FILE *stream, const char *name)
{
	fprintf(stream, " --cap-add=%s", name + strlen("CAP_"));
}

static void write_item(FILE *stream, const char *name)
{
	fprintf(stream, "      - %s\n", name + strlen("CAP_"));
}

static void write_docker(const struct export *what, FILE *stream)
{
	fputs("--cap-drop=ALL", stream);
	each_cap(what->runtime, write_option, stream);
	fputc('\n', stream);
}

static void write_compose(const struct export *what, FILE *stream)
{
	char name[CAPWARD_NAME];

	fprintf(stream, "services:\n  \"%s\":\n    cap_drop:\n      - ALL\n",
		plain_name(what->name, name));
	if (what->runtime)
		fputs("    cap_add:\n", stream);
	each_cap(what->runtime, write_item, stream);
}

static void write_kubernetes(const struct export *what, FILE *stream)
{
	fputs("securityContext:\n  capabilities:\n    drop:\n      - ALL\n", stream);
	if (what->runtime)
		fputs("    add:\n", stream);
	each_cap(what->runtime, write_item, stream);
}

/*
 * Root's inheritable and ambient sets are empty: with inheritable ones a program gains by an exec what
 * its file allows it to inherit (CVE-2022-24769).
 */
static int write_oci(const struct export *what, FILE *stream)
{
	__u64 kept = what->non_root ? what->runtime : 0;
	json_t *document =
		json_pack("{s:{s:{s:o, s:o, s:o, s:o, s:o}}}", "process", "capabilities",
			  "bounding", caps_json(what->runtime), "effective",
			  caps_json(what->runtime), "permitted", caps_json(what->runtime),
			  "inheritable", caps_json(kept), "ambient", caps_json(kept));
	int code = document ? json_dumpf(document, stream, JSON_INDENT(2)) : -1;

	json_decref(document);
	fputc('\n', stream);
	return code ? -EIO : 0;
}

/* NAME=CAP_A CAP_B. An empty value is the empty set (systemd.exec(5)). */
static void write_setting(FILE *stream, const char *name, __u64 mask)
{
	char label[CAPS_LABEL], between = '=';

	fputs(name, stream);
	if (!mask)
		fputc(between, stream);
	for (unsigned int cap = 0; cap <= CAPS_LAST; cap++) {
		if (!(mask >> cap & 1))
			continue;
		fprintf(stream, "%c%s", between, caps_label(cap, label));
		between = ' ';
	}
	fputc('\n', stream);
}

static void write_systemd(const struct export *what, FILE *stream)
{
	fputs("[Service]\n", stream);
	write_setting(stream, "CapabilityBoundingSet", what->runtime);
	write_setting(stream, "AmbientCapabilities", what->non_root ? what->runtime : 0);
}

int export_format_parse(const char *word)
{
	static const struct {
		const char *word;
		enum export_format format;
	} formats[] = {
		{"capward", EXPORT_CAPWARD},	   {"docker", EXPORT_DOCKER},
		{"podman", EXPORT_DOCKER},	   {"compose", EXPORT_COMPOSE},
		{"kubernetes", EXPORT_KUBERNETES}, {"oci", EXPORT_OCI},
		{"systemd", EXPORT_SYSTEMD},
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(formats[i].word, word))
			return formats[i].format;
	return -EINVAL;
}

int export_write(const struct export *what, enum export_format format, FILE *stream)
{
	int code = 0;

	if ((what->policy | what->runtime) & ~caps_all())
		return -ENOTSUP;
	switch (format) {
	case EXPORT_CAPWARD:
		write_profile(what, stream);
		break;
	case EXPORT_DOCKER:
		write_docker(what, stream);
		break;
	case EXPORT_COMPOSE:
		write_compose(what, stream);
		break;
	case EXPORT_KUBERNETES:
		write_kubernetes(what, stream);
		break;
	case EXPORT_OCI:
		code = write_oci(what, stream);
		break;
	case EXPORT_SYSTEMD:
		write_systemd(what, stream);
		break;
	}
	return ferror(stream) ? -EIO : code;
}

const char *export_caveat(const struct export *what, enum export_format format)
{
	bool seen = what->no_root && !(what->runtime & CAPS_BIT(CAP_SETUID));

	if (!what->runtime || (!what->non_root && !seen))
		return NULL;
	switch (format) {
	case EXPORT_DOCKER:
	case EXPORT_COMPOSE:
	case EXPORT_KUBERNETES:
		return what->non_root
			       ? "a user who is not root has nothing of it in his effective "
				 "set: it takes file capabilities"
			       : "none of its processes is root: if it starts so, nothing of "
				 "it is in its effective set, and it takes file capabilities";
	default:
		return NULL;
	}
}

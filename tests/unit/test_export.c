// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "profile.h"

#define TWO (CAPS_BIT(CAP_CHOWN) | CAPS_BIT(CAP_SYS_TIME))

/* What is written of @what in @format; to be freed. */
static char *text_of(const struct export *what, enum export_format format)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_int_equal(export_write(what, format, stream), 0);
	fclose(stream);
	return text;
}

static void writes(const struct export *what, enum export_format format, const char *wanted)
{
	char *text = text_of(what, format);

	assert_string_equal(text, wanted);
	free(text);
}

static void nothing(void **state)
{
	const struct export what = {.name = "none"};

	(void)state;
	writes(&what, EXPORT_CAPWARD, "profile: none\nmode: enforce\ncap_drop: [ALL]\n");
	writes(&what, EXPORT_DOCKER, "--cap-drop=ALL\n");
	writes(&what, EXPORT_COMPOSE, "services:\n  \"none\":\n    cap_drop:\n      - ALL\n");
	writes(&what, EXPORT_KUBERNETES,
	       "securityContext:\n  capabilities:\n    drop:\n      - ALL\n");
	writes(&what, EXPORT_SYSTEMD, "[Service]\nCapabilityBoundingSet=\nAmbientCapabilities=\n");
}

static void two(void **state)
{
	const struct export what = {.name = "web", .policy = CAPS_BIT(CAP_CHOWN), .runtime = TWO};

	(void)state;
	writes(&what, EXPORT_CAPWARD,
	       "profile: web\nmode: enforce\ncap_drop: [ALL]\ncap_add:\n  - CHOWN\n");
	writes(&what, EXPORT_DOCKER, "--cap-drop=ALL --cap-add=CHOWN --cap-add=SYS_TIME\n");
	writes(&what, EXPORT_COMPOSE,
	       "services:\n  \"web\":\n    cap_drop:\n      - ALL\n    cap_add:\n"
	       "      - CHOWN\n      - SYS_TIME\n");
	writes(&what, EXPORT_KUBERNETES,
	       "securityContext:\n  capabilities:\n    drop:\n      - ALL\n    add:\n"
	       "      - CHOWN\n      - SYS_TIME\n");
	writes(&what, EXPORT_SYSTEMD,
	       "[Service]\nCapabilityBoundingSet=CAP_CHOWN CAP_SYS_TIME\nAmbientCapabilities=\n");
}

/* The names in one of the five sets. */
static char *oci_set(const struct export *what, const char *set)
{
	char *text = text_of(what, EXPORT_OCI), *names;
	json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *sets;

	sets = json_object_get(json_object_get(document, "process"), "capabilities");
	assert_int_equal(json_object_size(sets), 5);
	names = json_dumps(json_object_get(sets, set), JSON_COMPACT);
	json_decref(document);
	free(text);
	return names;
}

static void has_set(const struct export *what, const char *set, const char *wanted)
{
	char *names = oci_set(what, set);

	assert_string_equal(names, wanted);
	free(names);
}

static void oci(void **state)
{
	struct export what = {.name = "web", .runtime = TWO};

	(void)state;
	has_set(&what, "bounding", "[\"CAP_CHOWN\",\"CAP_SYS_TIME\"]");
	has_set(&what, "effective", "[\"CAP_CHOWN\",\"CAP_SYS_TIME\"]");
	has_set(&what, "permitted", "[\"CAP_CHOWN\",\"CAP_SYS_TIME\"]");
	has_set(&what, "inheritable", "[]");
	has_set(&what, "ambient", "[]");
	what.non_root = true;
	has_set(&what, "inheritable", "[\"CAP_CHOWN\",\"CAP_SYS_TIME\"]");
	has_set(&what, "ambient", "[\"CAP_CHOWN\",\"CAP_SYS_TIME\"]");
}

static void another_user(void **state)
{
	struct export what = {.name = "web", .runtime = TWO, .non_root = true};

	(void)state;
	writes(&what, EXPORT_SYSTEMD,
	       "[Service]\nCapabilityBoundingSet=CAP_CHOWN CAP_SYS_TIME\n"
	       "AmbientCapabilities=CAP_CHOWN CAP_SYS_TIME\n");
	assert_non_null(export_caveat(&what, EXPORT_DOCKER));
	assert_non_null(export_caveat(&what, EXPORT_COMPOSE));
	assert_non_null(export_caveat(&what, EXPORT_KUBERNETES));
	assert_null(export_caveat(&what, EXPORT_OCI));
	assert_null(export_caveat(&what, EXPORT_SYSTEMD));
	assert_null(export_caveat(&what, EXPORT_CAPWARD));
	what.runtime = 0;
	assert_null(export_caveat(&what, EXPORT_DOCKER));
	what.runtime = TWO;
	what.non_root = false;
	assert_null(export_caveat(&what, EXPORT_DOCKER));
}

/* Nobody said so, but its processes are another user's. */
static void seen_as_another_user(void **state)
{
	struct export what = {.name = "web", .runtime = TWO, .no_root = true};

	(void)state;
	assert_non_null(export_caveat(&what, EXPORT_DOCKER));
	assert_non_null(export_caveat(&what, EXPORT_COMPOSE));
	assert_non_null(export_caveat(&what, EXPORT_KUBERNETES));
	assert_null(export_caveat(&what, EXPORT_OCI));
	writes(&what, EXPORT_SYSTEMD,
	       "[Service]\nCapabilityBoundingSet=CAP_CHOWN CAP_SYS_TIME\nAmbientCapabilities=\n");
	/* It began as root, and dropped that. */
	what.runtime |= CAPS_BIT(CAP_SETUID);
	assert_null(export_caveat(&what, EXPORT_DOCKER));
	what.runtime = 0;
	assert_null(export_caveat(&what, EXPORT_DOCKER));
}

/* The profile is one that capward reads, and allows just that. */
static void reads_back(const struct export *what, const char *name, size_t matches)
{
	char *text = text_of(what, EXPORT_CAPWARD);
	struct profile *profile = NULL;
	struct error err = {""};

	if (profile_parse("exported", text, strlen(text), &profile, &err))
		fail_msg("%s\n%s", err.text, text);
	assert_string_equal(profile->name, name);
	assert_int_equal(profile->mask, what->policy);
	assert_int_equal(profile->mode, CAPWARD_ENFORCE);
	assert_int_equal(profile->match_count, matches);
	profile_free(profile);
	free(text);
}

static void profiles(void **state)
{
	static const char *const why[CAPWARD_CAPS] = {[CAP_CHOWN] = "used\nmode: off"};
	struct export what = {.name = "web", .why = why};
	char name[100];

	(void)state;
	reads_back(&what, "web", 0);
	for (unsigned int cap = 0; cap <= CAPS_LAST; cap++) {
		what.policy |= CAPS_BIT(cap);
		reads_back(&what, "web", 0);
	}
	what.name = "Web 1\n/: x";
	reads_back(&what, "web-1----x", 0);
	what.name = "";
	reads_back(&what, "x", 0);
	what.name = "-web";
	reads_back(&what, "xweb", 0);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	what.name = name;
	name[CAPWARD_NAME - 1] = '\0';
	reads_back(&what, name, 0);
	name[CAPWARD_NAME - 1] = 'a';
	what.name = "web";
	what.match_kind = "image";
	what.match_pattern = "docker.io/library/httpd";
	reads_back(&what, "web", 1);
	what.match_kind = "cgroup";
	what.match_pattern = "/a b/#c: d";
	reads_back(&what, "web", 1);
	/* What would mean more than itself is left for a person to write. */
	what.match_pattern = "/a*";
	reads_back(&what, "web", 0);
	what.match_pattern = "/a\"\nmode: off";
	reads_back(&what, "web", 0);
	what.match_pattern = "/\xc3\xa9";
	reads_back(&what, "web", 0);
}

static void unknown_capability(void **state)
{
	struct export what = {.name = "web", .runtime = CAPS_BIT(CAPS_LAST + 1)};
	FILE *stream = fopen("/dev/null", "w");

	(void)state;
	for (int format = EXPORT_CAPWARD; format <= EXPORT_SYSTEMD; format++)
		assert_int_equal(export_write(&what, format, stream), -ENOTSUP);
	fclose(stream);
}

static void formats(void **state)
{
	(void)state;
	assert_int_equal(export_format_parse("docker"), EXPORT_DOCKER);
	assert_int_equal(export_format_parse("podman"), EXPORT_DOCKER);
	assert_int_equal(export_format_parse("systemd"), EXPORT_SYSTEMD);
	assert_int_equal(export_format_parse("Docker"), -EINVAL);
	assert_int_equal(export_format_parse(""), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),  cmocka_unit_test(two),
		cmocka_unit_test(oci),	    cmocka_unit_test(another_user),
		cmocka_unit_test(profiles), cmocka_unit_test(unknown_capability),
		cmocka_unit_test(formats),  cmocka_unit_test(seen_as_another_user),
	};

	return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}

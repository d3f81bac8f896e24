// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "image.h"

#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX64
#define A50    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A250   A50 A50 A50 A50 A50

static void test_whole_names(void **state)
{
	static const struct {
		const char *text, *name, *tag, *digest;
	} cases[] = {
		{"httpd", "docker.io/library/httpd", "latest", ""},
		{"httpd:2.4", "docker.io/library/httpd", "2.4", ""},
		{"user/app", "docker.io/user/app", "latest", ""},
		{"docker.io/httpd", "docker.io/library/httpd", "latest", ""},
		{"docker.io/library/httpd:2", "docker.io/library/httpd", "2", ""},
		{"index.docker.io/httpd", "docker.io/library/httpd", "latest", ""},
		{"index.docker.io/user/app:1", "docker.io/user/app", "1", ""},
		{"ghcr.io/x/y@" DIGEST, "ghcr.io/x/y", "", DIGEST},
		{"ghcr.io/x/y:1@" DIGEST, "ghcr.io/x/y", "1", DIGEST},
		{"ghcr.io/x", "ghcr.io/x", "latest", ""},
		{"localhost/probe:latest", "localhost/probe", "latest", ""},
		{"localhost/a/b", "localhost/a/b", "latest", ""},
		{"localhost", "docker.io/library/localhost", "latest", ""},
		{"localhost:5000", "docker.io/library/localhost", "5000", ""},
		{"host:5000/x", "host:5000/x", "latest", ""},
		{"host:5000/x:y", "host:5000/x", "y", ""},
		{"[::1]:5000/x", "[::1]:5000/x", "latest", ""},
		{"HOST/x", "HOST/x", "latest", ""},
		{"host/x", "docker.io/host/x", "latest", ""},
		{"a/b/c/d", "docker.io/a/b/c/d", "latest", ""},
		{"docker.io.evil.example/x", "docker.io.evil.example/x", "latest", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image image;

		assert_int_equal(image_parse(cases[i].text, &image), 0);
		assert_string_equal(image.name, cases[i].name);
		assert_string_equal(image.tag, cases[i].tag);
		assert_string_equal(image.digest, cases[i].digest);
	}
}

static void test_no_names(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{"", "it has an empty component"},
		{"/", "it has an empty component"},
		{"/httpd", "it has an empty component"},
		{"a/", "it has an empty component"},
		{"a//b", "it has an empty component"},
		{"ghcr.io/", "it has an empty component"},
		{"ghcr.io//x", "it has an empty component"},
		{":1", "it has an empty component"},
		{"@" DIGEST, "it has an empty component"},
		{"httpd:", "its tag is empty"},
		{"httpd:@" DIGEST, "its tag is empty"},
		{"httpd@", "its digest is empty"},
		{"Httpd", "its repository has an upper-case letter"},
		{"ghcr.io/X", "its repository has an upper-case letter"},
		{HEX64, "it is the id of an image"},
		{DIGEST, "it is the id of an image"},
		{"https://ghcr.io/x", "it has an empty component"},
		{A250 "aaaaaa", "its name is longer than 255 bytes"},
		{A250, "its whole name is longer than 255 bytes"},
		{"a:" A50 A50 A50, "its tag is longer than 128 bytes"},
		{"a@" A250 A50, "its digest is too long"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image image;

		assert_int_equal(image_parse(cases[i].text, &image), -EINVAL);
		assert_string_equal(image_parse_pattern(cases[i].text, &image), cases[i].reason);
	}
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *image;
		bool matches;
	} cases[] = {
		{"httpd", "docker.io/library/httpd:latest", true},
		{"httpd", "httpd:2.4", true},
		{"httpd", "httpd@" DIGEST, true},
		{"httpd", "user/httpd", false},
		{"httpd", "ghcr.io/library/httpd", false},
		{"httpd:latest", "httpd", true},
		{"httpd:latest", "httpd:2.4", false},
		{"httpd:latest", "httpd@" DIGEST, false},
		{"httpd:2.*", "docker.io/httpd:2.4", true},
		{"httpd:2.*", "docker.io/httpd:3.0", false},
		{"httpd:*", "httpd", true},
		{"httpd:*", "httpd@" DIGEST, true},
		{"httpd:2", "httpd:2@" DIGEST, true},
		{"docker.io/library/httpd:*", "httpd:2", true},
		{"httpd@" DIGEST, "httpd@" DIGEST, true},
		{"httpd@" DIGEST, "httpd:2@" DIGEST, true},
		{"httpd@" DIGEST, "httpd:2", false},
		{"httpd@sha256:0*", "httpd@" DIGEST, true},
		{"httpd@sha256:1*", "httpd@" DIGEST, false},
		{"*", "httpd", true},
		{"*", "user/app", false},
		{"docker.io/*", "httpd", true},
		{"docker.io/*", "user/app", false},
		{"*/*", "user/app", true},
		{"*/*", "ghcr.io/app", false},
		{"ghcr.io/*/*", "ghcr.io/x/y:1", true},
		{"*.example.com/x", "eu.example.com/x", true},
		{"*:5000/x", "host:5000/x:1", true},
		{"localhost/probe", "localhost/probe:latest", true},
		{"localhost/probe", "probe", false},
		{"host:5000/x", "host:5000/x", true},
		{"host:5000/x", "host:5001/x", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image pattern, image;

		assert_null(image_parse_pattern(cases[i].pattern, &pattern));
		assert_int_equal(image_parse(cases[i].image, &image), 0);
		if (image_matches(&pattern, &image) != cases[i].matches)
			fail_msg("%s and %s", cases[i].pattern, cases[i].image);
	}
}

static void test_pattern_without_tag(void **state)
{
	static const char *const texts[] = {"httpd", "httpd:*", "docker.io/httpd@*", "httpd:*@*"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct image pattern;

		assert_null(image_parse_pattern(texts[i], &pattern));
		assert_string_equal(pattern.name, "docker.io/library/httpd");
		assert_string_equal(pattern.tag, "");
		assert_string_equal(pattern.digest, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_names),
		cmocka_unit_test(test_no_names),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_pattern_without_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

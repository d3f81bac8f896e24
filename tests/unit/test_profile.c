// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "operation.h"
#include "profile.h"

/* Where the shipped profiles are: the tests run from the top of the source tree. */
#define SHIPPED "profiles/"

/* Never a valid pointer; what *out still holds when a reader has failed. */
static char untouched;
#define UNTOUCHED ((struct profile *)&untouched)

static struct profile *parse_bytes(const char *text, size_t length)
{
	struct profile *profile = NULL;
	struct error err = {0};

	if (profile_parse("p.yaml", text, length, &profile, &err))
		fail_msg("%s", err.text);
	return profile;
}

static struct profile *parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

/* Parse an exact copy of @text, so that a sanitizer sees any read beyond it; expect a failure. */
static void check_error_bytes(const char *text, size_t length, const char *expected)
{
	struct profile *profile = UNTOUCHED;
	char *copy = test_malloc(length + !length);
	struct error err = {0};

	memcpy(copy, text, length);
	assert_int_equal(profile_parse("p.yaml", copy, length, &profile, &err), -EINVAL);
	assert_string_equal(err.text, expected);
	assert_ptr_equal(profile, UNTOUCHED);
	assert_int_equal(profile_parse("p.yaml", copy, length, &profile, NULL), -EINVAL);
	test_free(copy);
}

struct error_case {
	const char *text;
	const char *expected; /* after "p.yaml:" */
};

static void check_errors(const struct error_case *cases, size_t count)
{
	char expected[sizeof(((struct error *)0)->text)];

	for (size_t i = 0; i < count; i++) {
		snprintf(expected, sizeof(expected), "p.yaml:%s", cases[i].expected);
		check_error_bytes(cases[i].text, strlen(cases[i].text), expected);
	}
}

#define CHECK_ERRORS(cases) check_errors(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_least(void **state)
{
	struct profile *profile = parse("profile: web\n");

	(void)state;
	assert_string_equal(profile->name, "web");
	assert_string_equal(profile->file, "p.yaml");
	assert_int_equal(profile->mode, CAPWARD_ENFORCE);
	assert_false(profile->privileged);
	assert_true(profile->mask == CAPS_DOCKER_DEFAULT);
	assert_int_equal(profile->match_count, 0);
	assert_null(profile_first_beyond_kernel(profile));
	profile_free(profile);
}

static const char everything[] = "# comment\n"
				 "profile: web\n"
				 "match:\n"
				 "  - cgroup: \"/machine.slice/web-*\"\n"
				 "  - image: \"docker.io/library/httpd:*\"\n"
				 "  - label: {app: web, tier: \"\"}\n"
				 "  - pod: {namespace: shop, name: 'web-?', label: {app: web}}\n"
				 "  - unit: apache2.service\n"
				 "  - name: \"web-*\"\n"
				 "  - default: containers\n"
				 "  - default: services\n"
				 "mode: learn\n"
				 "privileged: true\n"
				 "cap_drop: [all, cap_kill]\n"
				 "cap_add:\n"
				 "- NET_BIND_SERVICE\n";

static void check_matches(const struct profile *profile)
{
	const struct profile_match *match = profile->matches;

	assert_int_equal(profile->match_count, 8);
	assert_int_equal(match[0].kind, PROFILE_CGROUP);
	assert_string_equal(match[0].pattern, "/machine.slice/web-*");
	assert_int_equal(match[0].line, 4);
	assert_int_equal(match[0].column, 5);
	assert_int_equal(match[1].kind, PROFILE_IMAGE);
	assert_string_equal(match[1].pattern, "docker.io/library/httpd:*");
	assert_int_equal(match[2].kind, PROFILE_LABEL);
	assert_int_equal(match[2].label_count, 2);
	assert_string_equal(match[2].labels[0].key, "app");
	assert_string_equal(match[2].labels[0].value, "web");
	assert_string_equal(match[2].labels[1].key, "tier");
	assert_string_equal(match[2].labels[1].value, "");
	assert_int_equal(match[3].kind, PROFILE_POD);
	assert_string_equal(match[3].pod_namespace, "shop");
	assert_string_equal(match[3].pod_name, "web-?");
	assert_int_equal(match[3].label_count, 1);
	assert_string_equal(match[3].labels[0].key, "app");
	assert_int_equal(match[3].line, 7);
	assert_int_equal(match[4].kind, PROFILE_UNIT);
	assert_string_equal(match[4].pattern, "apache2.service");
	assert_int_equal(match[5].kind, PROFILE_NAME);
	assert_string_equal(match[5].pattern, "web-*");
	assert_int_equal(match[6].kind, PROFILE_DEFAULT);
	assert_int_equal(match[6].all, PROFILE_CONTAINERS);
	assert_null(match[6].pattern);
	assert_int_equal(match[7].kind, PROFILE_DEFAULT);
	assert_int_equal(match[7].all, PROFILE_SERVICES);
	assert_int_equal(match[7].line, 11);
}

static void test_everything(void **state)
{
	struct profile *profile = parse(everything);

	(void)state;
	check_matches(profile);
	assert_int_equal(profile->mode, CAPWARD_LEARN);
	assert_true(profile->privileged);
	assert_true(profile->cap_drop.all);
	assert_true(profile->cap_drop.mask == CAPS_BIT(CAP_KILL));
	assert_false(profile->cap_add.all);
	assert_true(profile->cap_add.mask == CAPS_BIT(CAP_NET_BIND_SERVICE));
	assert_true(profile->mask == CAPS_BIT(CAP_NET_BIND_SERVICE));
	assert_ptr_equal(profile_first_beyond_kernel(profile), &profile->matches[1]);
	profile_free(profile);
}

static void test_ways_to_write_it(void **state)
{
	static const char *const texts[] = {
		"profile: web",
		"---\nprofile: web\n...\n",
		"{profile: web}",
		"\"profile\": \"web\"",
		"? profile\n: web\n",
		"profile: web\r\nmode: 'enforce'\r\n",
		"profile: web # \xc3\xa9t\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7\n",
		"profile: web\nprivileged: false\nmode: enforce\ncap_add: []\ncap_drop: []\n",
		"profile: web\nmatch: [{cgroup: /a}]\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct profile *profile = parse(texts[i]);

		assert_string_equal(profile->name, "web");
		assert_true(profile->mask == CAPS_DOCKER_DEFAULT);
		profile_free(profile);
	}
}

static void test_masks(void **state)
{
	static const struct {
		const char *text;
		uint64_t mask;
	} cases[] = {
		{"cap_drop: [ALL]", 0},
		{"cap_drop: [KILL]", CAPS_DOCKER_DEFAULT & ~CAPS_BIT(CAP_KILL)},
		{"cap_drop: [SYS_ADMIN]", CAPS_DOCKER_DEFAULT},
		{"cap_add: [SYS_TIME]", CAPS_DOCKER_DEFAULT | CAPS_BIT(CAP_SYS_TIME)},
		{"cap_add: [ALL]", 0x1ffffffffffULL},
		{"cap_add: [ALL]\ncap_drop: [KILL]", 0x1ffffffffffULL & ~CAPS_BIT(CAP_KILL)},
		{"privileged: true", 0x1ffffffffffULL},
		{"privileged: true\ncap_drop: [KILL]", 0x1ffffffffffULL & ~CAPS_BIT(CAP_KILL)},
		{"privileged: true\ncap_drop: [ALL]\ncap_add: [KILL]", CAPS_BIT(CAP_KILL)},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile *profile;

		snprintf(text, sizeof(text), "profile: x\n%s\n", cases[i].text);
		profile = parse(text);
		assert_true(profile->mask == cases[i].mask);
		profile_free(profile);
	}
}

static void test_modes(void **state)
{
	static const char *const words[] = {"enforce", "audit", "learn", "off"};
	enum capward_mode mode = CAPWARD_LEARN;
	char text[64];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct profile *profile;

		snprintf(text, sizeof(text), "profile: x\nmode: %s\n", words[i]);
		profile = parse(text);
		assert_int_equal(profile->mode, i);
		assert_string_equal(profile_mode_name(profile->mode), words[i]);
		profile_free(profile);
	}
	assert_int_equal(profile_mode_parse("offline", 7, &mode), -EINVAL);
	assert_int_equal(profile_mode_parse("", 0, &mode), -EINVAL);
	assert_int_equal(mode, CAPWARD_LEARN);
	assert_int_equal(profile_mode_parse("offline", 3, &mode), 0);
	assert_int_equal(mode, CAPWARD_OFF);
	assert_string_equal(profile_mode_name((enum capward_mode)4), "?");
}

static void test_kind_names(void **state)
{
	(void)state;
	assert_string_equal(profile_kind_name(PROFILE_IMAGE), "image");
	assert_string_equal(profile_kind_name(PROFILE_LABEL), "label");
	assert_string_equal(profile_kind_name(PROFILE_POD), "pod");
	assert_string_equal(profile_kind_name(PROFILE_UNIT), "unit");
	assert_string_equal(profile_kind_name(PROFILE_CGROUP), "cgroup");
	assert_string_equal(profile_kind_name(PROFILE_NAME), "name");
	assert_string_equal(profile_kind_name(PROFILE_DEFAULT), "default");
	assert_string_equal(profile_default_name(PROFILE_CONTAINERS), "containers");
	assert_string_equal(profile_default_name(PROFILE_SERVICES), "services");
}

#define TOP "profile, match, mode, privileged, cap_drop, cap_add, deny or userns"

static void test_errors_of_the_document(void **state)
{
	static const struct error_case cases[] = {
		{"", "1:1: the file is empty; expected a profile"},
		{"\n# nothing\n", "3:1: the file is empty; expected a profile"},
		{"---\n", "2:1: the document is empty; expected a profile"},
		{"--- ~\n", "1:5: the document is empty; expected a profile"},
		{"web\n", "1:1: found a single value; expected a mapping with the key \"profile\""},
		{"- web\n", "1:1: found a list; expected a mapping with the key \"profile\""},
		{"{}\n", "1:1: the profile has no name; expected a key \"profile\""},
		{"# c\nmode: off\n", "2:1: the profile has no name; expected a key \"profile\""},
		{"profile: x\n---\nprofile: y\n",
		 "2:1: a second document begins; expected one profile in a file"},
		{"profile: x\n---\n",
		 "2:1: a second document begins; expected one profile in a file"},
		{"%YAML 1.1\n---\nprofile: x\n",
		 "1:1: directives are not supported; expected a profile"},
		{"# c\n%TAG ! tag:x,2000:\n---\nprofile: x\n",
		 "2:1: directives are not supported; expected a profile"},
		{"*a\n", "1:1: aliases are not supported; expected a mapping with the key "
			 "\"profile\""},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

static void test_errors_of_yaml(void **state)
{
	static const struct error_case cases[] = {
		{"profile: x\nmatch: [\n",
		 "3:1: did not find expected node content, while parsing a flow node; expected "
		 "valid YAML"},
		{"profile: \"x\n",
		 "2:1: found unexpected end of stream, while scanning a quoted scalar; expected "
		 "valid YAML"},
		{"profile: x: y\n",
		 "1:11: mapping values are not allowed in this context; expected valid YAML"},
		{"profile: x\n\tmode: off\n",
		 "2:1: found a tab character that violates indentation, while scanning a plain "
		 "scalar; expected valid YAML"},
		{"--- @x\n",
		 "1:5: found character that cannot start any token, while scanning for the next "
		 "token; expected valid YAML"},
		{"profile: x\n...\n@\n",
		 "3:1: found character that cannot start any token, while scanning for the next "
		 "token; expected valid YAML"},
		{"profile: @x\n",
		 "1:10: found character that cannot start any token, while scanning for the next "
		 "token; expected valid YAML"},
		{"cap_add: [KILL}\n",
		 "1:15: did not find expected ',' or ']', while parsing a flow sequence; expected "
		 "valid YAML"},
		{"%YAML 2.0\n---\nprofile: x\n",
		 "1:1: found incompatible YAML document; expected valid YAML"},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

static void test_errors_of_keys(void **state)
{
	static const struct error_case cases[] = {
		{"profile: x\ncap-add: [KILL]\n", "2:1: unknown key \"cap-add\"; expected " TOP},
		{"Profile: x\n", "1:1: unknown key \"Profile\"; expected " TOP},
		{"profile: x\n<<: {mode: off}\n", "2:1: unknown key \"<<\"; expected " TOP},
		{"profile: x\n\"\xc3\xa9\": 1\n", "2:1: unknown key \"\\xc3\\xa9\"; expected " TOP},
		{"profile: x\nmode: off\nmode: off\n",
		 "3:1: duplicate key \"mode\"; expected it once"},
		{"profile: x\nprofile: x\n", "2:1: duplicate key \"profile\"; expected it once"},
		{"{[a]: b}\n", "1:2: found a list; expected a key"},
		{"{{a: b}: c}\n", "1:2: found a mapping; expected a key"},
		{"~: b\n", "1:1: no value; expected a key"},
		{"? |\n  profile\n: x\n", "1:3: found block text; expected a key on one line"},
		{"&a profile: x\n", "1:1: anchors are not supported; expected a key"},
		{"profile: x\n*a : x\n", "2:1: aliases are not supported; expected a key"},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

#define LINES "the value goes on in the next line; expected"

#define NAME                                                                                       \
	" is not a name; expected a letter or digit, then letters, digits, '.', '_', '-', all in " \
	"lower case, at most 63"

static void test_errors_of_the_name(void **state)
{
	static const struct error_case cases[] = {
		{"profile:\n", "1:9: no value; expected the profile's name"},
		{"profile: null\n", "1:10: no value; expected the profile's name"},
		{"profile: \"\"\n", "1:10: \"\"" NAME},
		{"profile: Web\n", "1:10: \"Web\"" NAME},
		{"profile: .web\n", "1:10: \".web\"" NAME},
		{"profile: a/b\n", "1:10: \"a/b\"" NAME},
		{"profile: ../b\n", "1:10: \"../b\"" NAME},
		{"profile: a b\n", "1:10: \"a b\"" NAME},
		{"profile: w\xc3\xa9\x62\n", "1:10: \"w\\xc3\\xa9b\"" NAME},
		{"profile: a\n  b\n", "1:10: " LINES " the profile's name on one line"},
		{"profile: 'a\n  b'\n", "1:10: " LINES " the profile's name on one line"},
		{"profile: "
		 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg\n",
		 "1:10: \"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg\"" NAME},
		{"profile: [web]\n", "1:10: found a list; expected the profile's name"},
		{"profile: {a: b}\n", "1:10: found a mapping; expected the profile's name"},
		{"profile: |\n  web\n",
		 "1:10: found block text; expected the profile's name on one line"},
		{"profile: >\n  web\n",
		 "1:10: found block text; expected the profile's name on one line"},
		{"profile: &a web\n",
		 "1:10: anchors are not supported; expected the profile's name"},
		{"profile: *a\n", "1:10: aliases are not supported; expected the profile's name"},
		{"profile: !!str web\n",
		 "1:10: tags are not supported; expected the profile's name"},
		{"profile: ! web\n", "1:10: tags are not supported; expected the profile's name"},
		{"profile: \"a\\0b\"\n",
		 "1:10: the value has an invisible character; expected the profile's name"},
		{"profile: \"a\\nb\"\n",
		 "1:10: the value has an invisible character; expected the profile's name"},
		{"profile: \"a\\u202eb\"\n",
		 "1:10: the value has an invisible character; expected the profile's name"},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

static void test_errors_of_mode_and_privileged(void **state)
{
	static const struct error_case cases[] = {
		{"profile: x\nmode: Enforce\n",
		 "2:7: unknown mode \"Enforce\"; expected enforce, audit, learn or off"},
		{"profile: x\nmode: \"\"\n",
		 "2:7: unknown mode \"\"; expected enforce, audit, learn or off"},
		{"profile: x\nmode:\n", "2:6: no value; expected enforce, audit, learn or off"},
		{"profile: x\nmode: [off]\n",
		 "2:7: found a list; expected enforce, audit, learn or off"},
		{"profile: x\nprivileged: yes\n",
		 "2:13: found \"yes\"; expected true or false, without quotes"},
		{"profile: x\nprivileged: True\n",
		 "2:13: found \"True\"; expected true or false, without quotes"},
		{"profile: x\nprivileged: \"true\"\n",
		 "2:13: found \"true\"; expected true or false, without quotes"},
		{"profile: x\nprivileged: 'false'\n",
		 "2:13: found \"false\"; expected true or false, without quotes"},
		{"profile: x\nprivileged: ~\n", "2:13: no value; expected true or false"},
		{"profile: x\nprivileged: {}\n", "2:13: found a mapping; expected true or false"},
		{"profile: x\nprivileged: !!bool true\n",
		 "2:13: tags are not supported; expected true or false"},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

static void test_errors_of_capabilities(void **state)
{
	static const struct error_case cases[] = {
		{"profile: x\ncap_drop: ALL\n",
		 "2:11: found a single value; expected a list of capabilities, such as [ALL]"},
		{"profile: x\ncap_add:\n",
		 "2:9: found a single value; expected a list of capabilities, such as [CHOWN]"},
		{"profile: x\ncap_add: {KILL: true}\n",
		 "2:10: found a mapping; expected a list of capabilities, such as [CHOWN]"},
		{"profile: x\ncap_add: [[KILL]]\n",
		 "2:11: found a list; expected the name of a capability, or ALL"},
		{"profile: x\ncap_add:\n  - KILL\n  -\n",
		 "4:4: no value; expected the name of a capability, or ALL"},
		{"profile: x\ncap_add:\n  - SYSADMIN\n",
		 "3:5: unknown capability \"SYSADMIN\"; expected a name; did you mean "
		 "\"SYS_ADMIN\"?"},
		{"profile: x\ncap_add: [KILL, 21]\n",
		 "2:17: unknown capability \"21\"; expected a name such as NET_BIND_SERVICE, or "
		 "ALL"},
		{"profile: x\ncap_add: [\"\"]\n",
		 "2:11: unknown capability \"\"; expected a name such as NET_BIND_SERVICE, or ALL"},
		{"profile: x\ncap_add: [KILL, cap_kill]\n",
		 "2:17: duplicate \"cap_kill\"; expected it once in cap_add"},
		{"profile: x\ncap_drop: [ALL, all]\n",
		 "2:17: duplicate \"all\"; expected it once in cap_drop"},
		{"profile: x\ncap_drop: [KILL]\ncap_add:\n- CHOWN\n- CAP_KILL\n",
		 "5:3: KILL is both under cap_drop and under cap_add; expected it under one"},
		{"profile: x\ncap_add: [KILL]\ncap_drop: [ALL, KILL]\n",
		 "3:17: KILL is both under cap_drop and under cap_add; expected it under one"},
		{"profile: x\ncap_add: [ALL]\ncap_drop: [KILL, ALL]\n",
		 "3:18: ALL is both under cap_drop and under cap_add; expected it under one"},
		{"profile: x\ncap_add: &a [KILL]\ncap_drop: *a\n",
		 "2:10: anchors are not supported; expected a list of capabilities, such as "
		 "[CHOWN]"},
		{"profile: x\ncap_add: !!set [KILL]\n",
		 "2:10: tags are not supported; expected a list of capabilities, such as [CHOWN]"},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

#define ITEMS "a list of items such as \"- cgroup: PATTERN\""
#define ITEM  "an item such as \"cgroup: PATTERN\""
#define KINDS "image, label, pod, name, unit, cgroup or default"

static void test_operations(void **state)
{
	static const struct {
		const char *text;
		uint64_t denied;
	} cases[] = {
		{"", 0},
		{"deny: []\n", 0},
		{"userns: allow\n", 0},
		{"deny: [mount]\n", OPERATION_BIT(CAPWARD_OP_MOUNT)},
		{"deny: [mount, module, device-nodes, raw-socket, file-attributes, bpf, userns, "
		 "io_uring]\n",
		 CAPWARD_OPS_MASK},
		{"userns: deny\n", OPERATION_BIT(CAPWARD_OP_USERNS)},
		{"userns: deny\ndeny: [userns]\n", OPERATION_BIT(CAPWARD_OP_USERNS)},
		{"deny: [bpf]\nuserns: 'deny'\n",
		 OPERATION_BIT(CAPWARD_OP_BPF) | OPERATION_BIT(CAPWARD_OP_USERNS)},
		{"userns: allow\ndeny: [bpf]\n", OPERATION_BIT(CAPWARD_OP_BPF)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		struct profile *profile;

		snprintf(text, sizeof(text), "profile: x\n%s", cases[i].text);
		profile = parse(text);
		assert_int_equal(profile->denied, cases[i].denied);
		profile_free(profile);
	}
}

static void test_errors_of_operations(void **state)
{
	static const struct error_case cases[] = {
		{"profile: x\ndeny: mount\n",
		 "2:7: found a single value; expected a list of operations, such as [mount]"},
		{"profile: x\ndeny: [[mount]]\n",
		 "2:8: found a list; expected the name of an operation, such as mount"},
		{"profile: x\ndeny: [bpf, muont]\n",
		 "2:13: unknown operation \"muont\"; expected a name; did you mean \"mount\"?"},
		{"profile: x\ndeny: [MOUNT]\n",
		 "2:8: unknown operation \"MOUNT\"; expected a name; did you mean \"mount\"?"},
		{"profile: x\ndeny: [tamper]\n",
		 "2:8: unknown operation \"tamper\"; expected a name such as mount, module or bpf"},
		{"profile: x\ndeny: [ALL]\n",
		 "2:8: unknown operation \"ALL\"; expected a name such as mount, module or bpf"},
		{"profile: x\ndeny: [bpf, mount, bpf]\n",
		 "2:20: duplicate \"bpf\"; expected it once in deny"},
		{"profile: x\ndeny: [bpf]\ndeny: [mount]\n",
		 "3:1: duplicate key \"deny\"; expected it once"},
		{"profile: x\nuserns: no\n", "2:9: found \"no\"; expected deny or allow"},
		{"profile: x\nuserns: [deny]\n", "2:9: found a list; expected deny or allow"},
		{"profile: x\nuserns: allow\ndeny: [bpf, userns]\n",
		 "3:13: userns is both under deny and allowed by \"userns: allow\"; expected one "
		 "of them"},
		{"profile: x\ndeny: [userns]\nuserns: allow\n",
		 "3:9: userns is both under deny and allowed by \"userns: allow\"; expected one of "
		 "them"},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

static void test_errors_of_match(void **state)
{
	static const struct error_case cases[] = {
		{"profile: x\nmatch: {cgroup: /a}\n", "2:8: found a mapping; expected " ITEMS},
		{"profile: x\nmatch: /a\n", "2:8: found a single value; expected " ITEMS},
		{"profile: x\nmatch: []\n",
		 "2:8: the list is empty; expected " ITEMS ", or no match at all"},
		{"profile: x\nmatch:\n  - /a\n", "3:5: found a single value; expected " ITEM},
		{"profile: x\nmatch:\n  - [/a]\n", "3:5: found a list; expected " ITEM},
		{"profile: x\nmatch:\n  - &a {cgroup: /a}\n  - *a\n",
		 "3:5: anchors are not supported; expected " ITEM},
		{"profile: x\nmatch:\n  - !x {cgroup: /a}\n",
		 "3:5: tags are not supported; expected " ITEM},
		{"profile: x\nmatch:\n  - {}\n", "3:5: no key; expected " KINDS},
		{"profile: x\nmatch:\n  - container: x\n",
		 "3:5: unknown key \"container\"; expected " KINDS},
		{"profile: x\nmatch:\n  - cgroup: /a\n    unit: a.service\n",
		 "4:5: second key \"unit\" in one item; expected an item of its own, \"- unit: "
		 "...\""},
		{"profile: x\nmatch:\n  - cgroup: /a\n    cgroup: /b\n",
		 "4:5: second key \"cgroup\" in one item; expected an item of its own, \"- cgroup: "
		 "...\""},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

#define IMAGE  "the pattern of an image, such as \"docker.io/library/httpd:*\""
#define UNIT   "the full name of a systemd unit, such as apache2.service"
#define CGROUP "the pattern of a cgroup, such as \"/machine.slice/web-*\""
#define BLANK  "it has a blank or a character that is not ASCII"

static void test_errors_of_image_and_unit(void **state)
{
	static const struct error_case cases[] = {
		{"profile: x\nmatch:\n- image: \"\"\n", "3:10: \"\": it is empty; expected " IMAGE},
		{"profile: x\nmatch:\n- image:\n", "3:9: no value; expected " IMAGE},
		{"profile: x\nmatch:\n- image: [a]\n", "3:10: found a list; expected " IMAGE},
		{"profile: x\nmatch:\n- image: a b\n", "3:10: \"a b\": " BLANK "; expected " IMAGE},
		{"profile: x\nmatch:\n- image: \xc3\xa9\n",
		 "3:10: \"\\xc3\\xa9\": " BLANK "; expected " IMAGE},
		{"profile: x\nmatch:\n- image: a[bc]\n",
		 "3:10: \"a[bc]\": '[' is not a wildcard here, only '*' and '?' are; "
		 "expected " IMAGE},
		{"profile: x\nmatch:\n- image: a/**\n", "3:10: \"a/**\": '**' is no more than '*', "
							"which never matches '/'; expected " IMAGE},
		{"profile: x\nmatch:\n- unit: apache2\n",
		 "3:9: \"apache2\": it does not end in the type of a unit that has a cgroup; "
		 "expected " UNIT},
		{"profile: x\nmatch:\n- unit: .service\n",
		 "3:9: \".service\": it does not end in the type of a unit that has a cgroup; "
		 "expected " UNIT},
		{"profile: x\nmatch:\n- unit: a.timer\n",
		 "3:9: \"a.timer\": it does not end in the type of a unit that has a cgroup; "
		 "expected " UNIT},
		{"profile: x\nmatch:\n- unit: a/b.service\n",
		 "3:9: \"a/b.service\": it has a '/'; expected " UNIT},
		{"profile: x\nmatch:\n- unit: a b.service\n",
		 "3:9: \"a b.service\": " BLANK "; expected " UNIT},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

static void test_errors_of_image_names(void **state)
{
	static const struct error_case cases[] = {
		{"profile: x\nmatch:\n- image: \"httpd:\"\n",
		 "3:10: \"httpd:\": its tag is empty; expected " IMAGE},
		{"profile: x\nmatch:\n- image: httpd@\n",
		 "3:10: \"httpd@\": its digest is empty; expected " IMAGE},
		{"profile: x\nmatch:\n- image: ghcr.io//x\n",
		 "3:10: \"ghcr.io//x\": it has an empty component; expected " IMAGE},
		{"profile: x\nmatch:\n- image: Httpd\n",
		 "3:10: \"Httpd\": its repository has an upper-case letter; expected " IMAGE},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

#define CONTAINER "the pattern of a container's name, such as \"web-*\""

static void test_errors_of_name_and_default(void **state)
{
	static const struct error_case cases[] = {
		{"profile: x\nmatch:\n- name: \"\"\n",
		 "3:9: \"\": it is empty; expected " CONTAINER},
		{"profile: x\nmatch:\n- name: shop/web\n",
		 "3:9: \"shop/web\": it has a '/'; expected " CONTAINER},
		{"profile: x\nmatch:\n- name: a b\n",
		 "3:9: \"a b\": " BLANK "; expected " CONTAINER},
		{"profile: x\nmatch:\n- name: [web]\n", "3:9: found a list; expected " CONTAINER},
		{"profile: x\nmatch:\n- default: all\n",
		 "3:12: found \"all\"; expected containers or services"},
		{"profile: x\nmatch:\n- default: Containers\n",
		 "3:12: found \"Containers\"; expected containers or services"},
		{"profile: x\nmatch:\n- default:\n",
		 "3:11: no value; expected containers or services"},
		{"profile: x\nmatch:\n- default: [services]\n",
		 "3:12: found a list; expected containers or services"},
		{"profile: x\nmatch:\n- default: services\n- default: containers\n"
		 "- default: services\n",
		 "5:12: duplicate \"default: services\"; expected it once"},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

static void test_errors_of_cgroup(void **state)
{
	static const struct error_case cases[] = {
		{"profile: x\nmatch:\n- cgroup: \"\"\n",
		 "3:11: \"\": it does not begin with '/'; expected " CGROUP},
		{"profile: x\nmatch:\n- cgroup: a/b\n",
		 "3:11: \"a/b\": it does not begin with '/'; expected " CGROUP},
		{"profile: x\nmatch:\n- cgroup: /\n",
		 "3:11: \"/\": it is the root, which is the whole host; expected " CGROUP},
		{"profile: x\nmatch:\n- cgroup: //\n",
		 "3:11: \"//\": it has an empty component; expected " CGROUP},
		{"profile: x\nmatch:\n- cgroup: /a//b\n",
		 "3:11: \"/a//b\": it has an empty component; expected " CGROUP},
		{"profile: x\nmatch:\n- cgroup: /a/\n",
		 "3:11: \"/a/\": it ends in '/'; expected " CGROUP},
		{"profile: x\nmatch:\n- cgroup: /a/./b\n",
		 "3:11: \"/a/./b\": it has a component '.' or '..'; expected " CGROUP},
		{"profile: x\nmatch:\n- cgroup: /..\n",
		 "3:11: \"/..\": it has a component '.' or '..'; expected " CGROUP},
		{"profile: x\nmatch:\n- cgroup: /[ab]\n",
		 "3:11: \"/[ab]\": '[' is not a wildcard here, only '*' and '?' are; "
		 "expected " CGROUP},
		{"profile: x\nmatch:\n- cgroup: /a/**\n",
		 "3:11: \"/a/**\": '**' is no more than '*', which never matches '/'; "
		 "expected " CGROUP},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

#define LABELS "labels, such as {app: web}"

static void test_errors_of_labels_and_pods(void **state)
{
	static const struct error_case cases[] = {
		{"profile: x\nmatch:\n- label: app\n",
		 "3:10: found a single value; expected " LABELS},
		{"profile: x\nmatch:\n- label: {}\n", "3:10: no labels; expected " LABELS},
		{"profile: x\nmatch:\n- label: {app: }\n",
		 "3:16: no value; expected the label's value as a string"},
		{"profile: x\nmatch:\n- label: {app: [a]}\n",
		 "3:16: found a list; expected the label's value as a string"},
		{"profile: x\nmatch:\n- label: {\"\": a}\n",
		 "3:11: the label has no name; expected \"name: value\""},
		{"profile: x\nmatch:\n- label: {a: b, a: c}\n",
		 "3:17: duplicate key \"a\"; expected it once"},
		{"profile: x\nmatch:\n- pod: web\n",
		 "3:8: found a single value; expected a mapping with namespace, name or label"},
		{"profile: x\nmatch:\n- pod: {}\n",
		 "3:8: no key; expected namespace, name or label"},
		{"profile: x\nmatch:\n- pod: {app: web}\n",
		 "3:9: unknown key \"app\"; expected namespace, name or label"},
		{"profile: x\nmatch:\n- pod: {name: a, name: b}\n",
		 "3:18: duplicate key \"name\"; expected it once"},
		{"profile: x\nmatch:\n- pod: {label: {}}\n", "3:16: no labels; expected " LABELS},
		{"profile: x\nmatch:\n- pod: {name: \"\"}\n",
		 "3:15: \"\": it is empty; expected the pattern of a pod's name, such as "
		 "\"web-*\""},
		{"profile: x\nmatch:\n- pod: {namespace: a b}\n",
		 "3:20: \"a b\": " BLANK "; expected the pattern of a namespace, such as shop"},
	};

	(void)state;
	CHECK_ERRORS(cases);
}

static void test_errors_of_bytes(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *expected;
	} cases[] = {
		{"profile: x\0", 11, "1:11: invisible character U+0000; expected visible text"},
		{"profile: x\n# \x07\n", 16,
		 "2:3: invisible character U+0007; expected visible text"},
		{"\xef\xbb\xbfprofile: x\n", 14,
		 "1:1: invisible character U+FEFF; expected visible text"},
		{"# \xc3\xa9\xe2\x80\xae\n", 8,
		 "1:4: invisible character U+202E; expected visible text"},
		{"# \xc2\x85\n", 5, "1:3: invisible character U+0085; expected visible text"},
		{"\xff\xfep\0", 4, "1:1: byte 0xff is not UTF-8; expected UTF-8 text"},
		{"a\r\nb\rc \xff", 8, "3:3: byte 0xff is not UTF-8; expected UTF-8 text"},
		{"\xc0\x80", 2, "1:1: byte 0xc0 is not UTF-8; expected UTF-8 text"},
		{"\x80", 1, "1:1: byte 0x80 is not UTF-8; expected UTF-8 text"},
		{"\xe0\x80\x80", 3, "1:1: byte 0xe0 is not UTF-8; expected UTF-8 text"},
		{"\xed\xa0\x80", 3, "1:1: byte 0xed is not UTF-8; expected UTF-8 text"},
		{"\xf4\x90\x80\x80", 4, "1:1: byte 0xf4 is not UTF-8; expected UTF-8 text"},
		{"\xf8\x80\x80\x80", 4, "1:1: byte 0xf8 is not UTF-8; expected UTF-8 text"},
		{"# \xe2\x82", 4, "1:3: byte 0xe2 is not UTF-8; expected UTF-8 text"},
		{"# \xe2\x41\x41", 5, "1:3: byte 0xe2 is not UTF-8; expected UTF-8 text"},
	};
	char expected[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(expected, sizeof(expected), "p.yaml:%s", cases[i].expected);
		check_error_bytes(cases[i].text, cases[i].length, expected);
	}
}

/* @head, then @count times @byte, then @tail. The caller frees it. */
static char *build(const char *head, char byte, size_t count, const char *tail)
{
	size_t before = strlen(head);
	char *text = test_malloc(before + count + strlen(tail) + 1);

	memcpy(text, head, before);
	memset(text + before, byte, count);
	memcpy(text + before + count, tail, strlen(tail) + 1);
	return text;
}

static void check_built(char *text, const char *expected)
{
	check_error_bytes(text, strlen(text), expected);
	test_free(text);
}

static void test_limits_of_values(void **state)
{
	char *text = build("profile: x\nmatch:\n- cgroup: /", 'a', 254, "\n");
	struct profile *profile = parse(text);

	(void)state;
	assert_int_equal(strlen(profile->matches[0].pattern), CAPWARD_PATTERN - 1);
	profile_free(profile);
	test_free(text);
	check_built(build("profile: x\nmatch:\n- cgroup: /", 'a', 255, "\n"),
		    "p.yaml:3:11: the value is too long; expected " CGROUP " of at most 255 bytes");
	check_built(build("profile: x\nmatch:\n- label: {", 'a', 256, ": b}\n"),
		    "p.yaml:3:11: the value is too long; expected a key of at most 255 bytes");
	check_built(
		build("profile: x\ncap_add: [", 'a', 255, "]\n"),
		"p.yaml:2:11: unknown capability \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\"; expected a name such as "
		"NET_BIND_SERVICE, or ALL");

	text = build("profile: ", 'a', CAPWARD_NAME - 1, "\n");
	profile = parse(text);
	assert_int_equal(strlen(profile->name), CAPWARD_NAME - 1);
	profile_free(profile);
	test_free(text);
}

static void test_limits_of_the_file(void **state)
{
	char *text = build("profile: x\n#", 'a', PROFILE_SIZE - 12, "");

	(void)state;
	assert_int_equal(strlen(text), PROFILE_SIZE);
	profile_free(parse(text));
	test_free(text);
	check_built(build("profile: x\n#", 'a', PROFILE_SIZE - 11, ""),
		    "p.yaml:1:1: the file is too large; expected at most 65536 bytes");
}

static void test_deep_nesting(void **state)
{
	(void)state;
	check_built(build("profile: x\nmatch: ", '[', PROFILE_SIZE - 20, ""),
		    "p.yaml:2:9: found a list; expected " ITEM);
	check_built(build("", '[', PROFILE_SIZE, ""),
		    "p.yaml:1:1: found a list; expected a mapping with the key \"profile\"");
	check_built(build("profile: x\nmatch: ", '{', PROFILE_SIZE - 20, ""),
		    "p.yaml:2:8: found a mapping; expected " ITEMS);
}

/* A profile with @count items. The caller frees it. */
static char *with_items(int count)
{
	char *text = test_malloc(4096);
	int used = sprintf(text, "profile: x\nmatch:\n");

	for (int i = 0; i < count; i++)
		used += sprintf(text + used, "- cgroup: /a%d\n", i);
	return text;
}

/* A profile with one item of @count labels. The caller frees it. */
static char *with_labels(int count)
{
	char *text = test_malloc(4096);
	int used = sprintf(text, "profile: x\nmatch:\n- label: {");

	for (int i = 0; i < count; i++)
		used += sprintf(text + used, "a%d: b, ", i);
	strcpy(text + used, "}\n");
	return text;
}

static void test_limits_of_lists(void **state)
{
	char *text = with_items(CAPWARD_MATCHES);
	struct profile *profile = parse(text);

	(void)state;
	assert_int_equal(profile->match_count, CAPWARD_MATCHES);
	assert_null(profile_first_beyond_kernel(profile));
	profile_free(profile);
	test_free(text);
	check_built(with_items(CAPWARD_MATCHES + 1),
		    "p.yaml:67:3: too many items; expected at most 64");

	text = with_labels(32);
	profile = parse(text);
	assert_int_equal(profile->matches[0].label_count, 32);
	profile_free(profile);
	test_free(text);
	check_built(with_labels(33), "p.yaml:3:257: too many labels; expected at most 32");
}

static void test_the_name_of_the_file_is_escaped(void **state)
{
	struct profile *profile = UNTOUCHED;
	struct error err = {0};

	(void)state;
	assert_int_equal(profile_parse("a\n\x1b.yaml", "", 0, &profile, &err), -EINVAL);
	assert_string_equal(err.text,
			    "a\\x0a\\x1b.yaml:1:1: the file is empty; expected a profile");
}

/* Files */

static char directory[] = "/tmp/capward-test-XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void check_read_error(const char *path, int code, const char *reason)
{
	struct profile *profile = UNTOUCHED;
	struct error err = {0};
	char expected[256];

	snprintf(expected, sizeof(expected), "%s%s", path, reason);
	assert_int_equal(profile_read(path, &profile, &err), code);
	assert_string_equal(err.text, expected);
	assert_ptr_equal(profile, UNTOUCHED);
	assert_int_equal(profile_read(path, &profile, NULL), code);
}

static void test_read(void **state)
{
	const char *path = path_of("web.yaml");
	struct profile *profile = NULL;

	(void)state;
	write_file(path, everything);
	assert_int_equal(profile_read(path, &profile, NULL), 0);
	assert_string_equal(profile->file, path);
	check_matches(profile);
	profile_free(profile);
	write_file(path, "profile: x\nmode: on\n");
	check_read_error(path, -EINVAL,
			 ":2:7: unknown mode \"on\"; expected enforce, audit, learn or off");
	write_file(path, "");
	check_read_error(path, -EINVAL, ":1:1: the file is empty; expected a profile");
	unlink(path);
	check_read_error(path, -ENOENT, ": No such file or directory; expected a readable file");
}

static void test_read_a_link(void **state)
{
	struct profile *profile = NULL;
	char target[128];

	(void)state;
	snprintf(target, sizeof(target), "%s", path_of("target"));
	write_file(target, "profile: x\n");
	assert_int_equal(symlink(target, path_of("link")), 0);
	assert_int_equal(profile_read(path_of("link"), &profile, NULL), 0);
	profile_free(profile);
	unlink(target);
	unlink(path_of("link"));
}

static void test_read_a_large_file(void **state)
{
	const char *path = path_of("large");
	char *text = build("profile: x\n#", 'a', PROFILE_SIZE, "");

	(void)state;
	write_file(path, text);
	check_read_error(path, -EINVAL,
			 ":1:1: the file is too large; expected at most 65536 bytes");
	unlink(path);
	test_free(text);
}

static void test_read_other_kinds_of_files(void **state)
{
	const char *path = path_of("fifo");

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(10); /* Reading it must not wait. */
	check_read_error(path, -EINVAL, ": it is a FIFO; expected a regular file");
	check_read_error("/dev/zero", -EINVAL, ": it is a device; expected a regular file");
	check_read_error(directory, -EINVAL, ": it is a directory; expected a regular file");
	alarm(0);
	unlink(path);
}

static void test_shipped_profiles(void **state)
{
	static const struct {
		const char *name;
		uint64_t mask;
	} shipped[] = {
		{"docker-default", CAPS_DOCKER_DEFAULT},
		{"podman-default",
		 CAPS_DOCKER_DEFAULT & ~(CAPS_BIT(CAP_MKNOD) | CAPS_BIT(CAP_NET_RAW) |
					 CAPS_BIT(CAP_AUDIT_WRITE))},
		{"web", CAPS_BIT(CAP_NET_BIND_SERVICE)},
		{"none", 0},
	};
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(shipped) / sizeof(shipped[0]); i++) {
		struct profile *profile = NULL;
		struct error err = {0};

		snprintf(path, sizeof(path), SHIPPED "%s.yaml", shipped[i].name);
		if (profile_read(path, &profile, &err))
			fail_msg("%s", err.text);
		assert_string_equal(profile->name, shipped[i].name);
		assert_true(profile->mask == shipped[i].mask);
		assert_int_equal(profile->mode, CAPWARD_ENFORCE);
		assert_int_equal(profile->match_count, 0);
		profile_free(profile);
	}
}

/* Warnings */

static void collect(void *ctx, const char *text)
{
	char *all = ctx;

	strcat(all, text);
	strcat(all, "\n");
}

/* Check the lines for the capabilities @caps alone. */
static void check_warnings(const char *caps, int count, const char *expected)
{
	struct profile *profile;
	char text[256], lines[4096] = "";

	snprintf(text, sizeof(text), "profile: x\ncap_drop: [ALL]\ncap_add: [%s]\n", caps);
	profile = parse(text);
	assert_int_equal(profile_warnings(profile, collect, lines), count);
	assert_string_equal(lines, expected);
	profile_free(profile);
}

#define BPF_LINE                                                                                   \
	"BPF with PERFMON reads all memory of the kernel: together they amount to the host\n"

static void test_warnings_of_sys_admin(void **state)
{
	(void)state;
	check_warnings(
		"SYS_ADMIN", 2,
		"SYS_ADMIN is accepted by the kernel in place of PERFMON, BPF, "
		"CHECKPOINT_RESTORE and SYSLOG (before Linux 6.12), masked in vain\n" BPF_LINE);
	check_warnings(
		"SYS_ADMIN, BPF, PERFMON, CHECKPOINT_RESTORE", 2,
		"SYS_ADMIN is accepted by the kernel in place of SYSLOG (before Linux 6.12), "
		"masked in vain\n" BPF_LINE);
	check_warnings(
		"SYS_ADMIN, SYSLOG, PERFMON, CHECKPOINT_RESTORE", 2,
		"SYS_ADMIN is accepted by the kernel in place of BPF, masked in vain\n" BPF_LINE);
	check_warnings("SYS_ADMIN, SYSLOG, BPF, PERFMON, CHECKPOINT_RESTORE", 1, BPF_LINE);
}

static void test_warnings_of_the_host(void **state)
{
	(void)state;
	check_warnings("", 0, "");
	check_warnings("CHOWN, NET_RAW, BPF, SYSLOG", 0, "");
	check_warnings("PERFMON", 0, "");
	check_warnings("BPF, PERFMON", 1, BPF_LINE);
	check_warnings("SYS_MODULE", 1,
		       "SYS_MODULE loads code into the kernel: it amounts to the host\n");
	check_warnings("SYS_RAWIO", 1,
		       "SYS_RAWIO reaches memory and devices below the kernel: it amounts to the "
		       "host\n");
	check_warnings(
		"SYS_PTRACE", 1,
		"SYS_PTRACE takes over any process it sees: with the host's pid namespace it "
		"amounts to the host\n");
	check_warnings("DAC_READ_SEARCH", 1,
		       "DAC_READ_SEARCH opens any file of a mounted filesystem by its handle, also "
		       "outside the container: it amounts to the host\n");
	check_warnings(
		"MKNOD", 1,
		"MKNOD makes the device file of any disk: unless the runtime's device filter "
		"keeps it from being opened, it amounts to the host\n");
	check_warnings("SYS_BOOT", 1,
		       "SYS_BOOT restarts the machine into a kernel of the caller's (kexec): it "
		       "amounts to the host\n");
}

static void test_warnings_of_everything(void **state)
{
	struct profile *profile = parse("profile: x\nprivileged: true\n");
	char lines[4096] = "";

	(void)state;
	assert_int_equal(profile_warnings(profile, collect, lines), 7);
	profile_free(profile);

	/* What is denied cannot be had by the capability. */
	lines[0] = '\0';
	profile = parse("profile: x\nprivileged: true\ndeny: [module, device-nodes, bpf, mount]\n");
	assert_int_equal(profile_warnings(profile, collect, lines), 4);
	profile_free(profile);
	profile_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_ways_to_write_it),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_kind_names),
		cmocka_unit_test(test_errors_of_the_document),
		cmocka_unit_test(test_errors_of_yaml),
		cmocka_unit_test(test_errors_of_keys),
		cmocka_unit_test(test_errors_of_the_name),
		cmocka_unit_test(test_errors_of_mode_and_privileged),
		cmocka_unit_test(test_errors_of_capabilities),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_errors_of_operations),
		cmocka_unit_test(test_errors_of_match),
		cmocka_unit_test(test_errors_of_image_and_unit),
		cmocka_unit_test(test_errors_of_image_names),
		cmocka_unit_test(test_errors_of_name_and_default),
		cmocka_unit_test(test_errors_of_cgroup),
		cmocka_unit_test(test_errors_of_labels_and_pods),
		cmocka_unit_test(test_errors_of_bytes),
		cmocka_unit_test(test_limits_of_values),
		cmocka_unit_test(test_limits_of_the_file),
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_limits_of_lists),
		cmocka_unit_test(test_the_name_of_the_file_is_escaped),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_a_link),
		cmocka_unit_test(test_read_a_large_file),
		cmocka_unit_test(test_read_other_kinds_of_files),
		cmocka_unit_test(test_shipped_profiles),
		cmocka_unit_test(test_warnings_of_sys_admin),
		cmocka_unit_test(test_warnings_of_the_host),
		cmocka_unit_test(test_warnings_of_everything),
	};

	return cmocka_run_group_tests_name("profile", tests, make_directory, remove_directory);
}

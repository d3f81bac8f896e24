// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules.h"

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD_CGROUP                                                                                 \
	"/kubepods.slice/kubepods-pod0a1b2c3d_0000_1111_2222_333344445555.slice/"                  \
	"cri-containerd-" ID ".scope"
#define DOCKER "/system.slice/docker-" ID ".scope"

#define SETS 16

/* The profiles of one test, with their rules. */
struct set {
	struct profile *profiles[SETS];
	size_t count;
	struct rules *rules;
};

/* Add the profile @name, read from "NAME.yaml", with the match items @items: "- cgroup: /a\n". */
static void add(struct set *set, const char *name, const char *items)
{
	char text[4096], file[128];
	struct error err = {""};

	assert_true(set->count < SETS);
	snprintf(text, sizeof(text), "profile: %s\nmatch:\n%s", name, items);
	snprintf(file, sizeof(file), "%s.yaml", name);
	if (profile_parse(file, text, strlen(text), &set->profiles[set->count], &err))
		fail_msg("%s", err.text);
	set->count++;
}

static void make(struct set *set)
{
	struct error err = {""};

	if (rules_make(set->profiles, set->count, &set->rules, &err))
		fail_msg("%s", err.text);
}

static void drop(struct set *set)
{
	rules_free(set->rules);
	for (size_t i = 0; i < set->count; i++)
		profile_free(set->profiles[i]);
	*set = (struct set){};
}

static struct rules_answer resolve(const struct set *set, const char *path,
				   const struct identity *identity)
{
	struct rules_subject subject = rules_subject(path, identity);
	struct rules_answer answer;

	rules_resolve(set->rules, &subject, &answer);
	return answer;
}

/* The name of the profile that wins; "-" for none, "tie". */
static const char *winner(const struct set *set, const char *path, const struct identity *identity)
{
	struct rules_answer answer = resolve(set, path, identity);

	if (answer.outcome == RULES_NONE)
		return "-";
	return answer.outcome == RULES_TIE ? "tie" : answer.rule->profile->name;
}

/* An identity of which the path alone is known. */
static struct identity bare(const char *path)
{
	return (struct identity){.container = container_of_cgroup(path)};
}

static struct identity_label app_label[] = {
	{"app", "web"}, {"own", "one"}, {"tier", "front"}, {"empty", ""}};

/* A container of whom everything is known. */
static struct identity whole(const char *path)
{
	struct identity identity = bare(path);

	identity.name = "web-1";
	identity.image = "httpd:2.4";
	identity.pod = "web-5d9f";
	identity.pod_namespace = "shop";
	identity.labels = (struct identity_labels){app_label, 4};
	identity.pod_labels = (struct identity_labels){app_label, 4};
	return identity;
}

/* Whether a profile with just @item matches. */
static bool matches(const char *item, const char *path, const struct identity *identity)
{
	struct set set = {};
	bool found;

	add(&set, "x", item);
	make(&set);
	found = resolve(&set, path, identity).outcome == RULES_ONE;
	drop(&set);
	return found;
}

static void test_every_kind(void **state)
{
	static const struct {
		const char *item;
		bool matches;
	} cases[] = {
		{"- cgroup: /system.slice/docker-*.scope", true},
		{"- cgroup: /system.slice/docker-" ID ".scope", true},
		{"- cgroup: /system.slice/*", true},
		{"- cgroup: /*", false},
		{"- cgroup: /system.slice", false},
		{"- unit: docker-*.scope", true},
		{"- unit: docker-" ID ".scope", true},
		{"- unit: docker-*.service", false},
		{"- unit: system.slice", false},
		{"- name: web-1", true},
		{"- name: web-*", true},
		{"- name: web-?", true},
		{"- name: web", false},
		{"- name: WEB-1", false},
		{"- image: httpd", true},
		{"- image: docker.io/library/httpd:*", true},
		{"- image: httpd:2.4", true},
		{"- image: httpd:latest", false},
		{"- image: user/httpd", false},
		{"- label: {app: web}", true},
		{"- label: {tier: front, app: web}", true},
		{"- label: {empty: \"\"}", true},
		{"- label: {app: w*}", false},
		{"- label: {app: web, other: x}", false},
		{"- pod: {namespace: shop}", true},
		{"- pod: {namespace: s*, name: web-*}", true},
		{"- pod: {namespace: shop, name: web-*, label: {app: web}}", true},
		{"- pod: {namespace: shop, label: {app: db}}", false},
		{"- pod: {namespace: other, name: web-*}", false},
		{"- pod: {name: web}", false},
		{"- pod: {label: {tier: front}}", true},
		{"- default: containers", true},
		{"- default: services", false},
	};
	struct identity identity = whole(DOCKER);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (matches(cases[i].item, DOCKER, &identity) != cases[i].matches)
			fail_msg("%s", cases[i].item);
}

/* What is not known is matched by nothing, not even by "*". */
static void test_what_is_not_known(void **state)
{
	static const char *const items[] = {
		"- name: \"*\"",
		"- image: \"*\"",
		"- label: {app: web}",
		"- pod: {name: \"*\"}",
		"- pod: {namespace: \"*\"}",
		"- pod: {label: {app: web}}",
		"- default: services",
	};
	struct identity identity = bare(DOCKER);

	(void)state;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		assert_false(matches(items[i], DOCKER, &identity));
	assert_true(matches("- default: containers", DOCKER, &identity));
	identity.image = "sha256:" ID;
	assert_false(matches("- image: \"*\"", DOCKER, &identity));
	identity.image = "///";
	assert_false(matches("- image: \"*\"", DOCKER, &identity));
}

/* The name that is known of a podman pod is its id. */
static void test_pods_of_podman(void **state)
{
	struct identity identity = whole(DOCKER);

	(void)state;
	identity.pod_namespace = NULL;
	identity.pod = ID;
	assert_false(matches("- pod: {name: \"*\"}", DOCKER, &identity));
	assert_false(matches("- pod: {label: {app: web}}", DOCKER, &identity));
	identity.pod_uid = "0a1b2c3d-0000-1111-2222-333344445555";
	assert_true(matches("- pod: {name: \"*\"}", DOCKER, &identity));
	assert_false(matches("- pod: {namespace: \"*\"}", DOCKER, &identity));
}

static void test_long_values(void **state)
{
	static char name[5000];
	struct identity identity = bare(DOCKER);

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	identity.name = identity.image = identity.pod = name;
	identity.pod_namespace = "shop";
	assert_false(matches("- name: \"*\"", DOCKER, &identity));
	assert_false(matches("- image: \"*\"", DOCKER, &identity));
	assert_false(matches("- pod: {name: \"*\"}", DOCKER, &identity));
	name[200] = '\0';
	assert_true(matches("- name: \"*\"", DOCKER, &identity));
	assert_true(matches("- image: \"*\"", DOCKER, &identity));
}

static void test_order_of_kinds(void **state)
{
	/* Each is beaten by all before it, however little specific those are of their kind. */
	static const struct {
		const char *name, *item;
	} kinds[] = {
		{"unit", "- unit: \"*.scope\"\n"},
		{"cgroup", "- cgroup: \"/*/*/*\"\n"},
		{"name", "- name: \"*\"\n"},
		{"pod", "- pod: {name: \"*\"}\n"},
		{"label", "- label: {app: web}\n"},
		{"image", "- image: \"*\"\n"},
		{"default", "- default: containers\n"},
	};
	const char *path = "/a.slice/a-b.slice/docker-" ID ".scope";
	struct identity identity = whole(path);

	(void)state;
	for (size_t first = 0; first < 7; first++) {
		struct set set = {};

		/* Read the other way round, so that the order of the profiles is not what counts. */
		for (size_t i = 7; i > first; i--)
			add(&set, kinds[i - 1].name, kinds[i - 1].item);
		make(&set);
		assert_string_equal(winner(&set, path, &identity), kinds[first].name);
		drop(&set);
	}
}

static void test_order_within_a_kind(void **state)
{
	static const char *const cases[][2] = {
		/* More bytes before the first wildcard, then more bytes. */
		{"- name: web-*", "- name: \"*-1\""},
		{"- name: web-1", "- name: web-*"},
		{"- name: web-?", "- name: we*"},
		{"- name: web*1", "- name: web*"},
		{"- image: httpd:2.4", "- image: httpd"},
		{"- image: httpd:2*", "- image: httpd:*"},
		{"- image: httpd", "- image: docker.io/library/*"},
		{"- image: httpd", "- image: docker.io/*/httpd:2.4"},
		{"- cgroup: /system.slice/docker-*.scope", "- cgroup: /system.slice/*"},
		{"- cgroup: /system.slice/docker-*.scope", "- cgroup: /system.slice/docker-*"},
		{"- unit: docker-*.scope", "- unit: \"*.scope\""},
		/* More labels, then more bytes. */
		{"- label: {app: web, empty: \"\"}", "- label: {tier: front}"},
		{"- label: {tier: front}", "- label: {app: web}"},
		/* A pod's namespace and name, then its labels. */
		{"- pod: {namespace: shop, name: web-*}", "- pod: {namespace: shop}"},
		{"- pod: {namespace: shop, name: web-*}",
		 "- pod: {namespace: shop, label: {app: web}}"},
		{"- pod: {namespace: shop, label: {app: web}}", "- pod: {namespace: shop}"},
		{"- pod: {namespace: shop}", "- pod: {label: {app: web, tier: front}}"},
		{"- pod: {label: {app: web, tier: front}}", "- pod: {label: {app: web}}"},
		/* Of cgroups, at last the order of bytes, as in the kernel: '*' is before '?'. */
		{"- cgroup: /system.slice/docker-*.scope",
		 "- cgroup: /system.slice/docker-?*scope"},
	};
	struct identity identity = whole(DOCKER);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t turn = 0; turn < 2; turn++) {
			struct set set = {};

			add(&set, turn ? "a" : "b", cases[i][turn]);
			add(&set, turn ? "b" : "a", cases[i][!turn]);
			make(&set);
			if (strcmp(winner(&set, DOCKER, &identity), "b"))
				fail_msg("%s and %s", cases[i][0], cases[i][1]);
			drop(&set);
		}
	}
}

static void test_cgroups_are_never_a_tie(void **state)
{
	struct set set = {};
	struct identity identity = bare("/a/bc");

	(void)state;
	add(&set, "x", "- cgroup: \"/a/?c\"");
	add(&set, "y", "- cgroup: \"/a/*c\"");
	make(&set);
	/* '*' is before '?'. */
	assert_string_equal(winner(&set, "/a/bc", &identity), "y");
	drop(&set);
}

static void test_ties(void **state)
{
	static const char *const cases[][2] = {
		{"- name: web-?\n", "- name: web-*\n"},
		{"- image: \"httpd:2.?\"\n", "- image: \"httpd:2.*\"\n"},
		{"- label: {app: web}\n", "- label: {own: one}\n"},
		{"- unit: \"docker-*0*.scope\"\n", "- unit: \"docker-*1*.scope\"\n"},
		{"- pod: {namespace: shop*}\n", "- pod: {name: web-*}\n"},
	};
	struct identity identity = whole(DOCKER);
	struct rules_answer answer;
	struct set set = {};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		add(&set, "one", cases[i][0]);
		add(&set, "two", cases[i][1]);
		make(&set);
		if (strcmp(winner(&set, DOCKER, &identity), "tie"))
			fail_msg("%s and %s", cases[i][0], cases[i][1]);
		drop(&set);
	}
	add(&set, "one", "- cgroup: /nowhere\n- name: web-?\n");
	add(&set, "two", "- default: containers\n- image: httpd\n- name: web-*\n");
	make(&set);
	answer = resolve(&set, DOCKER, &identity);
	assert_int_equal(answer.outcome, RULES_TIE);
	assert_string_equal(answer.rule->profile->name, "two");
	assert_string_equal(answer.other->profile->name, "one");
	assert_string_equal(answer.why,
			    "the profiles two (two.yaml:5) and one (one.yaml:4) match it by rules "
			    "that are equally specific; make one of them more specific");
	drop(&set);
}

static void test_no_tie(void **state)
{
	struct identity identity = whole(DOCKER);
	struct set set = {};

	(void)state;
	/* Two rules of one profile are none, and one of another profile behind them is not hidden. */
	add(&set, "one", "- name: web-?\n- name: web-*\n");
	make(&set);
	assert_string_equal(winner(&set, DOCKER, &identity), "one");
	drop(&set);
	add(&set, "one", "- name: web-?\n- name: web-*\n");
	add(&set, "two", "- name: \"web?1\"\n");
	make(&set);
	assert_string_equal(winner(&set, DOCKER, &identity), "one");
	drop(&set);
	add(&set, "one", "- name: \"web?1\"\n- name: \"web*1\"\n");
	add(&set, "two", "- name: \"web?*\"\n");
	make(&set);
	assert_string_equal(winner(&set, DOCKER, &identity), "tie");
	drop(&set);
	/* Equally specific, but only one of them matches. */
	add(&set, "one", "- name: web-?\n");
	add(&set, "two", "- name: dba-*\n");
	make(&set);
	assert_string_equal(winner(&set, DOCKER, &identity), "one");
	drop(&set);
	/* A tie among what a more specific rule has beaten. */
	add(&set, "one", "- name: web-?\n");
	add(&set, "two", "- name: web-*\n");
	add(&set, "three", "- name: web-1\n");
	make(&set);
	assert_string_equal(winner(&set, DOCKER, &identity), "three");
	drop(&set);
}

static void test_twins(void **state)
{
	static const char *const cases[][3] = {
		{"- name: web\n", "- name: web\n", "name"},
		{"- unit: a.service\n", "- unit: a.service\n", "unit"},
		{"- cgroup: /a/*\n", "- cgroup: /a/*\n", "cgroup"},
		{"- image: httpd\n", "- image: \"docker.io/library/httpd:*\"\n", "image"},
		{"- image: user/app:1\n", "- image: index.docker.io/user/app:1\n", "image"},
		{"- label: {a: b, c: d}\n", "- label: {c: d, a: b}\n", "label"},
		{"- pod: {namespace: a, label: {a: b}}\n", "- pod: {label: {a: b}, namespace: a}\n",
		 "pod"},
		{"- default: containers\n", "- default: containers\n", "default"},
		{"- default: services\n", "- default: services\n", "default"},
	};
	struct rules *rules = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct set set = {};
		struct error err = {""};
		char expected[256];

		add(&set, "two", cases[i][1]);
		add(&set, "one", cases[i][0]);
		snprintf(expected, sizeof(expected),
			 "two.yaml:3: the profile two has the same %s rule as one in one.yaml:3; "
			 "keep one",
			 cases[i][2]);
		assert_int_equal(rules_make(set.profiles, set.count, &rules, &err), -ENOTUNIQ);
		assert_string_equal(err.text, expected);
		assert_null(rules);
		assert_int_equal(rules_make(set.profiles, set.count, &rules, NULL), -ENOTUNIQ);
		drop(&set);
	}
}

static void test_no_twins(void **state)
{
	static const char *const cases[][2] = {
		{"- name: web\n", "- name: webs\n"},
		{"- name: web\n- name: web\n", "- name: other\n"},
		{"- label: {a: bc}\n", "- label: {ab: c}\n"},
		{"- label: {a: b}\n", "- pod: {label: {a: b}}\n"},
		{"- pod: {namespace: a}\n", "- pod: {name: a}\n"},
		{"- default: containers\n", "- default: services\n"},
		{"- image: httpd\n", "- image: httpd:latest\n"},
		{"- unit: a.service\n", "- name: a.service\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct set set = {};

		add(&set, "one", cases[i][0]);
		add(&set, "two", cases[i][1]);
		make(&set);
		drop(&set);
	}
}

static void test_claimed(void **state)
{
	const char *path =
		"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope";
	struct identity identity = whole(path);
	struct rules_answer answer;
	struct set set = {};

	(void)state;
	add(&set, "claims",
	    "- name: \"*\"\n- image: \"*\"\n- label: {app: web}\n- pod: {name: \"*\"}\n"
	    "- unit: libpod-*.scope\n");
	make(&set);
	assert_string_equal(winner(&set, path, &identity), "claims");
	identity.claimed = true;
	answer = resolve(&set, path, &identity);
	assert_int_equal(answer.outcome, RULES_NONE);
	assert_non_null(strstr(answer.why, "was written by whom it belongs to"));
	drop(&set);

	assert_true(matches("- default: containers", path, &identity));
	assert_true(matches("- cgroup: /user.slice/*/*/*/libpod-*", path, &identity));
	assert_true(matches("- unit: docker-*.scope", DOCKER, &identity));
}

static void test_incomplete(void **state)
{
	struct identity identity = bare(DOCKER);
	struct rules_answer answer;
	struct set set = {};

	(void)state;
	add(&set, "x", "- name: web\n");
	make(&set);
	answer = resolve(&set, DOCKER, &identity);
	assert_string_equal(answer.why, "no rule matches");
	identity.incomplete = true;
	answer = resolve(&set, DOCKER, &identity);
	assert_int_equal(answer.outcome, RULES_NONE);
	assert_non_null(strstr(answer.why, "not all there"));
	drop(&set);
}

static void test_units(void **state)
{
	static const struct {
		const char *path, *item;
		bool matches;
	} cases[] = {
		{"/system.slice/apache2.service", "- unit: apache2.service", true},
		{"/apache2.service", "- unit: apache2.service", true},
		{"/a.slice/a-b.slice/apache2.service", "- unit: \"*.service\"", true},
		{"/a.slice/a-b.slice", "- unit: a-*.slice", true},
		{"/a.slice/a-b.slice/apache2.service", "- unit: a-*.slice", false},
		{"/init.scope", "- unit: init.scope", true},
		/* Within a unit is not the unit, but where systemd splits it. */
		{"/system.slice/apache2.service/sub", "- unit: apache2.service", false},
		{"/machine.slice/machine-x.scope/payload", "- unit: machine-*.scope", true},
		{"/machine.slice/machine-x.scope/supervisor", "- unit: machine-*.scope", false},
		{"/machine.slice/machine-x.scope/payload/a.service", "- unit: a.service", false},
		/* Whoever was given a cgroup names what is below it. */
		{"/user.slice/user-1000.slice/user@1000.service/apache2.service",
		 "- unit: apache2.service", false},
		{"/user.slice/user-1000.slice/user@1000.service/app.slice/apache2.service",
		 "- unit: apache2.service", false},
		{"/system.slice/docker-" ID ".scope/system.slice/apache2.service",
		 "- unit: apache2.service", false},
		{"/docker/" ID "/apache2.service", "- unit: apache2.service", false},
		{"/.slice/apache2.service", "- unit: apache2.service", false},
		{"apache2.service", "- unit: apache2.service", false},
		{"/", "- unit: \"*.service\"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct identity identity = bare(cases[i].path);

		if (matches(cases[i].item, cases[i].path, &identity) != cases[i].matches)
			fail_msg("%s: %s", cases[i].path, cases[i].item);
	}
}

static void test_classes(void **state)
{
	static const struct {
		const char *path;
		enum rules_class class;
	} cases[] = {
		{DOCKER, RULES_CONTAINER},
		{"/docker/" ID, RULES_CONTAINER},
		{POD_CGROUP, RULES_CONTAINER},
		{"/lxc.payload.web", RULES_CONTAINER},
		{"/machine.slice/libpod-" ID ".scope", RULES_CONTAINER},
		{DOCKER "/docker/" ID2, RULES_CONTAINER},
		{"/machine.slice/libpod-conmon-" ID ".scope", RULES_OTHER},
		{"/libpod_parent/libpod-conmon-" ID, RULES_OTHER},
		{"/system.slice/apache2.service", RULES_SERVICE},
		{"/user.slice/user-0.slice/user@0.service/app.slice/a.service", RULES_OTHER},
		{"/system.slice/apache2.service/sub", RULES_OTHER},
		{"/user.slice/user-0.slice/session-1.scope", RULES_OTHER},
		{"/capward-run-1", RULES_OTHER},
		{"/system.slice", RULES_OTHER},
		{"/", RULES_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct identity identity = bare(cases[i].path);

		if (rules_subject(cases[i].path, &identity).class != cases[i].class)
			fail_msg("%s", cases[i].path);
	}
}

/* A container's own unit names nothing else, and a service is no container. */
static void test_names_are_of_containers(void **state)
{
	const char *path = "/system.slice/web-1.service";
	struct identity identity = bare(path);

	(void)state;
	identity.name = "web-1.service";
	assert_false(matches("- name: web-*", path, &identity));
	assert_true(matches("- unit: web-*.service", path, &identity));
	assert_true(matches("- default: services", path, &identity));
	assert_false(matches("- default: containers", path, &identity));
}

static void test_monitors(void **state)
{
	const char *path = "/machine.slice/libpod-conmon-" ID ".scope";
	struct identity identity = whole(path);
	struct set set = {};

	(void)state;
	add(&set, "x",
	    "- cgroup: /machine.slice/libpod-*\n- unit: \"*.scope\"\n- name: \"*\"\n"
	    "- image: \"*\"\n- label: {app: web}\n- pod: {name: \"*\"}\n- default: containers\n");
	make(&set);
	assert_string_equal(winner(&set, path, &identity), "-");
	assert_string_equal(winner(&set, "/machine.slice/libpod-" ID ".scope", &identity), "x");
	drop(&set);
}

static void test_nested(void **state)
{
	const char *inner = DOCKER "/docker/" ID2;
	struct identity identity = whole(inner);
	struct set set = {};

	(void)state;
	add(&set, "outer", "- cgroup: /system.slice/docker-*.scope\n- unit: docker-*.scope\n");
	add(&set, "inner", "- cgroup: /system.slice/docker-*.scope/docker/*\n");
	add(&set, "all", "- default: containers\n");
	add(&set, "image", "- image: httpd\n");
	make(&set);
	assert_string_equal(winner(&set, inner, &identity), "inner");
	assert_string_equal(winner(&set, DOCKER "/other/" ID2, &identity), "image");
	identity.claimed = true;
	assert_string_equal(winner(&set, DOCKER "/other/" ID2, &identity), "all");
	drop(&set);
}

static void test_no_rules(void **state)
{
	struct identity identity = whole(DOCKER);
	struct set set = {};

	(void)state;
	make(&set);
	assert_string_equal(winner(&set, DOCKER, &identity), "-");
	drop(&set);
	rules_free(NULL);
}

static void collect(void *context, const struct rule *rule)
{
	char *names = context;

	strcat(names, rule->profile->name);
	strcat(names, " ");
}

static void test_matching(void **state)
{
	struct identity identity = whole(DOCKER);
	struct rules_subject subject = rules_subject(DOCKER, &identity);
	char names[256] = "";
	struct set set = {};

	(void)state;
	add(&set, "all", "- default: containers\n");
	add(&set, "image", "- image: httpd\n");
	add(&set, "other", "- image: other\n- name: other\n");
	add(&set, "name", "- name: web-*\n");
	make(&set);
	rules_matching(set.rules, &subject, collect, names);
	assert_string_equal(names, "name image all ");
	drop(&set);
}

struct found {
	const struct rule *rules[4];
	size_t count;
};

static void keep(void *context, const struct rule *rule)
{
	struct found *found = context;

	assert_true(found->count < 4);
	found->rules[found->count++] = rule;
}

static void test_why(void **state)
{
	static const struct {
		const char *winner, *loser, *why;
	} cases[] = {
		{"- unit: \"*.scope\"", "- cgroup: /*/*", "cgroup comes after unit"},
		{"- name: web-1", "- default: containers", "default comes after name"},
		{"- name: web-*", "- name: w*", "1 bytes before its first wildcard, not 4"},
		{"- label: {own: one, app: web}", "- label: {tier: front}", "1 labels, not 2"},
		{"- name: w*-1", "- name: w*", "2 bytes in all, not 4"},
		{"- cgroup: \"/*ystem.slice/*\"", "- cgroup: \"/?ystem.slice/*\"",
		 "later in the order of bytes"},
		{"- name: w*1", "- name: w*?", "as specific"},
	};
	struct identity identity = whole(DOCKER);
	struct rules_subject subject = rules_subject(DOCKER, &identity);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct found found = {};
		struct set set = {};
		char why[128];

		add(&set, "loser", cases[i].loser);
		add(&set, "winner", cases[i].winner);
		make(&set);
		rules_matching(set.rules, &subject, keep, &found);
		assert_int_equal(found.count, 2);
		assert_string_equal(found.rules[0]->profile->name, "winner");
		rules_why(found.rules[0], found.rules[1], why, sizeof(why));
		assert_string_equal(why, cases[i].why);
		drop(&set);
	}
}

static void test_why_of_one_profile(void **state)
{
	struct identity identity = whole(DOCKER);
	struct rules_subject subject = rules_subject(DOCKER, &identity);
	struct found found = {};
	struct set set = {};
	char why[128];

	(void)state;
	add(&set, "x", "- cgroup: /*/*\n- cgroup: /*/*\n");
	make(&set);
	rules_matching(set.rules, &subject, keep, &found);
	assert_int_equal(found.count, 2);
	assert_int_equal(found.rules[0]->match->line, 3);
	rules_why(found.rules[0], found.rules[1], why, sizeof(why));
	assert_string_equal(why, "as specific, and of the same profile");
	drop(&set);
}

static void test_format(void **state)
{
	static const char *const texts[] = {
		"unit *.scope",
		"cgroup /*/*",
		"name web-*",
		"pod {namespace: shop, name: web-*, label: {app: web, own: one}}",
		"pod {label: {app: web}}",
		"label {app: web, own: one}",
		"image httpd",
		"default containers",
	};
	struct identity identity = whole(DOCKER);
	struct rules_subject subject = rules_subject(DOCKER, &identity);
	char text[RULE_TEXT];
	struct set set = {};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct found found = {};
		char item[256], *colon;

		/* As it is written, but for the quotes of what begins with a wildcard. */
		snprintf(item, sizeof(item), "- %s", texts[i]);
		colon = strchr(item + 2, ' ');
		snprintf(item, sizeof(item), "- %.*s: %s%s%s", (int)(colon - item - 2), texts[i],
			 strchr(texts[i], '{') ? "" : "'", strchr(texts[i], ' ') + 1,
			 strchr(texts[i], '{') ? "" : "'");
		add(&set, "x", item);
		make(&set);
		rules_matching(set.rules, &subject, keep, &found);
		assert_int_equal(found.count, 1);
		assert_string_equal(rule_format(found.rules[0], false, text), texts[i]);
		assert_string_equal(rule_format(found.rules[0], true, text),
				    strchr(texts[i], ' ') + 1);
		drop(&set);
	}
}

static void test_format_of_what_is_long_or_hostile(void **state)
{
	char items[4096] = "- label: {\"\xc3\xa9\": web", text[RULE_TEXT];
	struct identity_label labels[30] = {{"\xc3\xa9", "web"}};
	struct identity identity = bare(DOCKER);
	struct rules_subject subject;
	static char keys[30][64];
	struct found found = {};
	struct set set = {};

	(void)state;
	for (size_t i = 1; i < 30; i++) {
		snprintf(keys[i], sizeof(keys[i]), "key-%058zu", i);
		labels[i] = (struct identity_label){keys[i], "v"};
		snprintf(items + strlen(items), sizeof(items) - strlen(items), ", %s: v", keys[i]);
	}
	strcat(items, "}");
	identity.labels = (struct identity_labels){labels, 30};
	add(&set, "x", items);
	make(&set);
	subject = rules_subject(DOCKER, &identity);
	rules_matching(set.rules, &subject, keep, &found);
	assert_int_equal(found.count, 1);
	rule_format(found.rules[0], false, text);
	assert_memory_equal(text, "label {\\xc3\\xa9: web, key-000", 29);
	assert_string_equal(text + strlen(text) - 3, "...");
	drop(&set);
}

/* What a rule is called when it has won. */
static void test_why_of_an_answer(void **state)
{
	struct identity identity = whole(DOCKER);
	struct set set = {};

	(void)state;
	add(&set, "web", "- name: other\n- image: docker.io/library/httpd:*\n");
	make(&set);
	assert_string_equal(resolve(&set, DOCKER, &identity).why,
			    "web.yaml:4: image docker.io/library/httpd:*");
	drop(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_what_is_not_known),
		cmocka_unit_test(test_pods_of_podman),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_order_of_kinds),
		cmocka_unit_test(test_order_within_a_kind),
		cmocka_unit_test(test_cgroups_are_never_a_tie),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_no_tie),
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_no_twins),
		cmocka_unit_test(test_claimed),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_names_are_of_containers),
		cmocka_unit_test(test_monitors),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_no_rules),
		cmocka_unit_test(test_matching),
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_why_of_one_profile),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_of_what_is_long_or_hostile),
		cmocka_unit_test(test_why_of_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

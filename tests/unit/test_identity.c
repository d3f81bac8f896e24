// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who a container is, from what its runtime wrote: from the real files of tests/unit/fixtures, and
 * from files as nobody should have written them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "identity.h"

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

#define DOCKER	      "/system.slice/docker-" ID ".scope"
#define DOCKER_FILE   "/var/lib/docker/containers/" ID "/config.v2.json"
#define DOCKER_BEGIN  "{\"ID\": \"" ID "\", \"Name\": \"/web\", \"Config\": {\"Image\": \"nginx\""
#define DOCKER_LABELS DOCKER_BEGIN ", \"Labels\": {"

#define PODMAN	 "/machine.slice/libpod-" ID ".scope"
#define STORAGE	 "/var/lib/containers/storage/overlay-containers/"
#define BUNDLES	 "/run/containerd/io.containerd.runtime.v2.task/"
#define OCI	 "{\"ociVersion\": \"1.0.2-dev\", \"annotations\": "
#define USER_DIR "/user.slice/user-1000.slice/user@1000.service/user.slice/"

/* --- a host's files, in a directory of their own ------------------------------------------------- */

static char root[PATH_MAX];

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat, (void)type, (void)ftw;
	return remove(path);
}

static int make_root(void **state)
{
	(void)state;
	umask(022);
	snprintf(root, sizeof(root), "/tmp/test-identity-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Where @path of the host is; valid until the fourth call after. */
static const char *at(const char *path)
{
	static char names[4][PATH_MAX + 64];
	static int turn;
	char *name = names[turn++ % 4];

	snprintf(name, sizeof(names[0]), "%s%s", root, path);
	return name;
}

static void make_parents(const char *path)
{
	char name[2 * PATH_MAX];

	for (const char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		snprintf(name, sizeof(name), "%s%.*s", root, (int)(slash - path), path);
		if (mkdir(name, 0755))
			assert_int_equal(errno, EEXIST);
	}
}

static void put_bytes(const char *path, const char *bytes, size_t size)
{
	FILE *stream;

	make_parents(path);
	stream = fopen(at(path), "w");
	assert_non_null(stream);
	assert_int_equal(fwrite(bytes, 1, size, stream), size);
	assert_int_equal(fclose(stream), 0);
}

static void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

/* --- what is told -------------------------------------------------------------------------------- */

/* Files of the test are root's if it runs as root, as the tests in CI do. */
static bool is_root(void)
{
	return geteuid() == 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct identity_label *)a)->key,
		      ((const struct identity_label *)b)->key);
}

static void show_labels(FILE *out, const char *title, const struct identity_labels *labels)
{
	struct identity_label sorted[IDENTITY_LABELS];

	assert_true(labels->count <= IDENTITY_LABELS);
	if (!labels->count)
		return;
	memcpy(sorted, labels->list, labels->count * sizeof(sorted[0]));
	qsort(sorted, labels->count, sizeof(sorted[0]), by_text);
	for (size_t i = 0; i < labels->count; i++)
		fprintf(out, "%s%s=%s", i ? "," : title, sorted[i].key, sorted[i].value);
}

/* All of @identity but its id, in one line. */
static void show(const struct identity *identity, char *line, size_t size)
{
	const struct {
		const char *title;
		const char *text;
	} texts[] = {
		{"", identity->name},	      {" image ", identity->image},
		{" pod ", identity->pod},     {" in ", identity->pod_namespace},
		{" uid ", identity->pod_uid},
	};
	FILE *out = fmemopen(line, size, "w");

	assert_non_null(out);
	fprintf(out, "%s ", identity->container.runtime);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].text)
			fprintf(out, "%s%s", texts[i].title, texts[i].text);
	show_labels(out, " labels ", &identity->labels);
	show_labels(out, " pod-labels ", &identity->pod_labels);
	fprintf(out, "%s%s", identity->claimed ? " claimed" : "",
		identity->incomplete ? " incomplete" : "");
	fclose(out);
}

/* Put "ID" for every id of a container or pod: those of the fixtures are new when they are. */
static void shorten(char *line)
{
	for (; *line; line++) {
		const char *rest = line + strlen(ID);

		if (strspn(line, "0123456789abcdef") != strlen(ID))
			continue;
		memcpy(line, "ID", 2);
		memmove(line + 2, rest, strlen(rest) + 1);
	}
}

/* That @path is told as @expected, with @problem in the error, "" for none. */
static void told(const char *path, const char *expected, const char *problem)
{
	struct error err = {"not touched"};
	struct identity identity;
	char line[8192], short_line[8192];

	assert_int_equal(identity_of(root, path, &identity, &err), 0);
	show(&identity, line, sizeof(line));
	shorten(line);
	snprintf(short_line, sizeof(short_line), "%s", expected);
	shorten(short_line);
	assert_string_equal(line, short_line);
	if (problem[0] && !strstr(err.text, problem))
		assert_string_equal(err.text, problem);
	if (!problem[0])
		assert_string_equal(err.text, "");
	identity_free(&identity);
	/* The error is for who wants it. */
	assert_int_equal(identity_of(root, path, &identity, NULL), 0);
	identity_free(&identity);
}

/* As told(), of files that are root's: without it they are a claim. */
static void told_of_roots(const char *path, const char *expected, const char *problem)
{
	char claimed[8192];
	const char *incomplete = strstr(expected, " incomplete");
	size_t n = incomplete ? (size_t)(incomplete - expected) : strlen(expected);

	snprintf(claimed, sizeof(claimed), "%.*s%s%s", (int)n, expected,
		 is_root() ? "" : " claimed", expected + n);
	told(path, claimed, problem);
}

/* --- real files ---------------------------------------------------------------------------------- */

#define FIXTURES "tests/unit/fixtures"

static const char *copied;  /* the directory that copy_one() is called for */
static char home[PATH_MAX]; /* of the user that it belongs to, if it does */

/* As on the host: root's, and written by nobody else, whoever checked them out. */
static int copy_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	const char *name = path + strlen(copied);
	char *bytes;
	FILE *in;

	if (type != FTW_F)
		return 0;
	if (strstr(name, "/.local/"))
		snprintf(home, sizeof(home), "%.*s", (int)(strstr(name, "/.local/") - name), name);
	if (!strcmp(path + ftw->base, "exec.fifo")) {
		make_parents(name);
		return mkfifo(at(name), 0600);
	}
	bytes = malloc(stat->st_size + 1);
	in = fopen(path, "r");
	assert_true(bytes && in);
	assert_int_equal(fread(bytes, 1, stat->st_size, in), stat->st_size);
	fclose(in);
	put_bytes(name, bytes, stat->st_size);
	free(bytes);
	return 0;
}

static void copy_fixture(const char *name)
{
	char directory[256], line[PATH_MAX + 128];
	void *state = NULL;

	assert_int_equal(make_root(&state), 0);
	snprintf(directory, sizeof(directory), FIXTURES "/%s", name);
	copied = directory;
	assert_int_equal(nftw(directory, copy_one, 16, FTW_PHYS), 0);
	snprintf(line, sizeof(line), "root:x:0:0::/root:/bin/sh\nuser:x:1234:1234::%s:/bin/sh\n",
		 home);
	put("/etc/passwd", line);
}

/* That each line of the fixture's `cgroups` is told as the line of @expected. */
static void fixture(const char *name, const char *const *expected)
{
	char line[4096];
	void *state = NULL;
	FILE *cgroups;

	copy_fixture(name);
	cgroups = fopen(at("/cgroups"), "r");
	assert_non_null(cgroups);
	while (fgets(line, sizeof(line), cgroups)) {
		assert_non_null(*expected);
		line[strcspn(line, " ")] = '\0';
		/* What only the path tells is root's, whoever runs the test. */
		if (expected[0][0] == '=')
			told(line, *expected + 1, "");
		else
			told_of_roots(line, *expected, "");
		expected++;
	}
	assert_null(*expected);
	fclose(cgroups);
	assert_int_equal(remove_root(&state), 0);
}

#define PROBE " image registry.example/shop/probe:1.0"
#define LOCAL " image localhost/shop/probe:1.0"
#define PLAIN " labels org.example.app=shop"

#define UID "6e5b2c0a-93a1-4a53-8e1e-0d3c1f5d7b42"
#define POD " pod web-0 in shop uid " UID
/* What the kubelet adds to the labels of a pod and of its containers. */
#define KUBELET                                                                                    \
	"io.kubernetes.pod.name=web-0,io.kubernetes.pod.namespace=shop,io.kubernetes.pod.uid=" UID
#define LABELS	   " labels io.kubernetes.container.name=nginx," KUBELET
#define POD_LABELS " pod-labels app=web,io.kubernetes.container.name=POD," KUBELET ",tier=front"
#define NGINX	   "cri-o nginx" PROBE POD LABELS POD_LABELS
#define SANDBOX	   "cri-o " POD POD_LABELS

#define FIXTURE(name, ...) fixture(name, (const char *const[]){__VA_ARGS__, NULL})

static void fixtures(void **state)
{
	(void)state;
	FIXTURE("docker", "docker web" PROBE);
	FIXTURE("docker-restarted", "docker web" PROBE);
	FIXTURE("docker-privileged", "docker all" PROBE);
	FIXTURE("docker-compose",
		"docker shop-db-1" PROBE " labels com.docker.compose.container-number=1,"
		"com.docker.compose.project=shop,com.docker.compose.service=db,"
		"odd=\"va\\lue\t\xc3\xa9");
	FIXTURE("docker-parent", "docker below" PROBE);
	FIXTURE("docker-systemd", "docker web" PROBE " labels tier=front", "docker sliced" PROBE);
	FIXTURE("ctr", "containerd c1 labels app=web,tier=front", "containerd c2");
	FIXTURE("systemd-runc", "runc create-runc" PLAIN, "runc run-runc" PLAIN);
	FIXTURE("systemd-crun", "crun create-crun" PLAIN, "crun run-crun" PLAIN);
	FIXTURE("systemd-nspawn", "=nspawn web", "=systemd kept-machine.service", "=nspawn other");
	FIXTURE("kubernetes-cgroupfs", "containerd nginx" PROBE POD, "containerd " POD);
	FIXTURE("kubernetes-systemd", "containerd nginx" PROBE POD, "containerd " POD);
	FIXTURE("cri-o", NGINX, NGINX, NGINX, SANDBOX, SANDBOX, "=systemd crio-conmon-ID.scope");
	FIXTURE("lxc", "=lxc box", "= ");
}

/* Of some containers the fixtures have no configuration, which would be with their names. */
static void podman_fixtures(void **state)
{
	(void)state;
	FIXTURE("podman", "podman db" LOCAL " incomplete", "= ",
		"podman byrunc" LOCAL " incomplete", "= ", "podman front" LOCAL, "= ",
		"podman shop-infra image localhost/infra:1 incomplete", "= ");
	FIXTURE("podman-systemd", "podman db" LOCAL " incomplete",
		"=systemd libpod-conmon-ID.scope", "podman byrunc" LOCAL " incomplete",
		"=systemd libpod-conmon-ID.scope", "podman front" LOCAL " pod ID",
		"=systemd libpod-conmon-ID.scope",
		"podman shop-infra image localhost/infra:1 pod ID incomplete",
		"=systemd libpod-conmon-ID.scope");
	FIXTURE("podman-rootless", "=podman mine" LOCAL " claimed");
}

static int count(void *context, const struct identity_plain *plain)
{
	int *counts = context;

	assert_true(plain->cgroup[0] == '/');
	assert_int_equal(plain->started, !strncmp(plain->id, "run-", strlen("run-")));
	counts[!strcmp(plain->runtime, "crun")]++;
	return 0;
}

/* Which containers of the fixture @name are plain ones. */
static void plain_of(const char *name, int runc, int crun)
{
	int counts[2] = {0};
	struct error err;
	void *state = NULL;

	copy_fixture(name);
	assert_int_equal(identity_each_plain(root, count, counts, &err), 0);
	assert_string_equal(err.text, "");
	assert_int_equal(counts[0], runc);
	assert_int_equal(counts[1], crun);
	assert_int_equal(remove_root(&state), 0);
}

static void plain_fixtures(void **state)
{
	(void)state;
	if (!is_root())
		skip();
	FIXTURE("plain-runc", "runc create-runc" PLAIN, "runc run-runc" PLAIN);
	FIXTURE("plain-crun", "crun create-crun" PLAIN, "crun run-crun" PLAIN);
	plain_of("plain-runc", 2, 0);
	plain_of("plain-crun", 0, 2);
	plain_of("systemd-runc", 2, 0);
	plain_of("systemd-crun", 0, 2);
	plain_of("podman", 0, 0);
	plain_of("podman-systemd", 0, 0);
	plain_of("docker", 0, 0);
	plain_of("ctr", 0, 0);
}

/* --- paths alone --------------------------------------------------------------------------------- */

static void paths(void **state)
{
	(void)state;
	told("/", " ", "");
	told("", " ", "");
	told("/init", " ", "");
	told("/system.slice/cron.service", "systemd cron.service", "");
	told("/lxc.payload.web", "lxc web", "");
	told("/machine.slice/machine-a\\x2db.scope/payload", "nspawn a-b", "");
	told("/system.slice/capward-run-12.scope", "capward ", "");
	told(USER_DIR "app.service", "systemd app.service claimed", "");
	told("/../../etc/passwd", " ", "");
}

static void missing(void **state)
{
	(void)state;
	told(DOCKER, "docker  incomplete", "");
	told(PODMAN, "podman  incomplete", "");
	told("/kubepods/podu/" ID, "containerd  uid u incomplete", "");
	told("/a/crio-" ID ".scope", "cri-o  incomplete", "");
	told("/system.slice/runc-web.scope", "runc web incomplete", "");
	told("/system.slice/crun-web.scope/container", "crun web incomplete", "");
	told("/system.slice/docker-short.scope", "docker short incomplete", "");
	told("/system.slice/runc-...scope", "runc .. incomplete", "no name of a file");
}

/* The name is somebody's choice: the host's container of the same id is not meant. */
static void inner(void **state)
{
	(void)state;
	put(DOCKER_FILE, DOCKER_BEGIN "}}");
	told_of_roots(DOCKER, "docker web image nginx", "");
	told("/system.slice/docker-" OTHER ".scope/system.slice/docker-" ID ".scope",
	     "docker  claimed", "");
	told("/lxc.payload.a/docker/" ID, "docker  claimed", "");
	told("/system.slice/x.service/payload/docker/" ID, "docker  claimed", "");
	told("/docker/" OTHER "/kubepods/podu/" ID, "containerd  uid u claimed", "");
}

/* --- files that cannot be used ------------------------------------------------------------------- */

static void bad(const char *text, const char *problem)
{
	put(DOCKER_FILE, text);
	told_of_roots(DOCKER, "docker  incomplete", problem);
}

static void no_json(void **state)
{
	char *deep = malloc(200001);

	(void)state;
	assert_non_null(deep);
	memset(deep, '[', 200000);
	deep[200000] = '\0';
	bad("", DOCKER_FILE ": no JSON at line 1, column 0");
	bad(DOCKER_BEGIN, ": no JSON at");
	bad(DOCKER_BEGIN "}} trailing", ": no JSON at");
	bad("{\"Name\": \"\x01\"}", ": no JSON at");
	bad("{\"Name\": \"\xff\"}", ": no JSON at");
	bad(deep, ": no JSON at");
	free(deep);
	put_bytes(DOCKER_FILE, "{}\0{}", 5);
	told_of_roots(DOCKER, "docker  incomplete", ": no JSON at");
}

static void other_version(void **state)
{
	(void)state;
	bad("[]", DOCKER_FILE ": of another version: no object");
	bad("{}", ": not about this container");
	bad("{\"ID\": \"" OTHER "\", \"Name\": \"/web\"}", ": not about this container");
	bad("{\"ID\": \"" ID "\"}", ": of another version: no Name");
	bad("{\"ID\": \"" ID "\", \"Name\": [\"/web\"]}", ": Name is no text");
	put(DOCKER_FILE, "{\"ID\": \"" ID "\", \"Name\": \"/web\"}");
	told_of_roots(DOCKER, "docker web incomplete", ": of another version: no Config");
	put(DOCKER_FILE, "{\"ID\": \"" ID "\", \"Name\": \"/web\", \"Config\": 1}");
	told_of_roots(DOCKER, "docker web incomplete", ": of another version: Config is no object");
}

static void too_large(void **state)
{
	(void)state;
	put(DOCKER_FILE, DOCKER_BEGIN "}}");
	assert_int_equal(truncate(at(DOCKER_FILE), (1 << 20) + 1), 0);
	told(DOCKER, "docker  incomplete", ": has 1048577 bytes, and 1048576 at most are read");
	assert_int_equal(truncate(at(DOCKER_FILE), 1ll << 40), 0);
	told(DOCKER, "docker  incomplete", ": has 1099511627776 bytes");
}

static void no_file(void **state)
{
	(void)state;
	make_parents(DOCKER_FILE);
	assert_int_equal(mkfifo(at(DOCKER_FILE), 0600), 0);
	told(DOCKER, "docker  incomplete", DOCKER_FILE ": no regular file");
	unlink(at(DOCKER_FILE));
	assert_int_equal(mkdir(at(DOCKER_FILE), 0700), 0);
	told(DOCKER, "docker  incomplete", DOCKER_FILE ": no regular file");
	rmdir(at(DOCKER_FILE));
	rmdir(at("/var/lib/docker/containers/" ID));
	put("/var/lib/docker/containers/" ID, "");
	told(DOCKER, "docker  incomplete", DOCKER_FILE ": Not a directory");
}

static void links(void **state)
{
	(void)state;
	put("/elsewhere/config.v2.json", DOCKER_BEGIN "}}");
	make_parents(DOCKER_FILE);
	assert_int_equal(symlink("/elsewhere/config.v2.json", at(DOCKER_FILE)), 0);
	told(DOCKER, "docker  incomplete", ": a symbolic link is on the way to it");
	unlink(at(DOCKER_FILE));
	assert_int_equal(symlink("/dev/zero", at(DOCKER_FILE)), 0);
	told(DOCKER, "docker  incomplete", ": a symbolic link is on the way to it");
	unlink(at(DOCKER_FILE));
	rmdir(at("/var/lib/docker/containers/" ID));
	assert_int_equal(symlink("../../../../elsewhere", at("/var/lib/docker/containers/" ID)), 0);
	told(DOCKER, "docker  incomplete", ": a symbolic link is on the way to it");
	/* Where docker has its files is the administrator's choice. */
	unlink(at("/var/lib/docker/containers/" ID));
	rmdir(at("/var/lib/docker/containers"));
	rmdir(at("/var/lib/docker"));
	put("/data/containers/" ID "/config.v2.json", DOCKER_BEGIN "}}");
	assert_int_equal(symlink("/data", at("/var/lib/docker")), 0);
	told_of_roots(DOCKER, "docker web image nginx", "");
}

/* --- who could have written it ------------------------------------------------------------------- */

static void owners(void **state)
{
	const char *directory = "/var/lib/docker/containers/" ID;

	(void)state;
	put(DOCKER_FILE, DOCKER_BEGIN "}}");
	told_of_roots(DOCKER, "docker web image nginx", "");
	chmod(at(DOCKER_FILE), 0664);
	told(DOCKER, "docker web image nginx claimed", "");
	chmod(at(DOCKER_FILE), 0602);
	told(DOCKER, "docker web image nginx claimed", "");
	chmod(at(DOCKER_FILE), 0600);
	chmod(at(directory), 0777);
	told(DOCKER, "docker web image nginx claimed", "");
	chmod(at(directory), 01777);
	told_of_roots(DOCKER, "docker web image nginx", "");
	chmod(at(directory), 0755);
	chmod(at("/var/lib"), 0775);
	told(DOCKER, "docker web image nginx claimed", "");
	chmod(at("/var/lib"), 0755);
	told_of_roots(DOCKER, "docker web image nginx", "");
}

static void other_owner(void **state)
{
	const char *paths[] = {DOCKER_FILE, "/var/lib/docker/containers/" ID, "/var"};

	(void)state;
	if (!is_root())
		skip();
	put(DOCKER_FILE, DOCKER_BEGIN "}}");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(chown(at(paths[i]), 1000, 1000), 0);
		told(DOCKER, "docker web image nginx claimed", "");
		assert_int_equal(chown(at(paths[i]), 0, 0), 0);
	}
	told(DOCKER, "docker web image nginx", "");
}

/* --- labels and texts ---------------------------------------------------------------------------- */

static void many_labels(void **state)
{
	size_t size = 1 << 20;
	char *text = malloc(size);
	struct identity identity;
	struct error err;
	FILE *out;

	(void)state;
	assert_non_null(text);
	out = fmemopen(text, size, "w");
	assert_non_null(out);
	fprintf(out, "%s", DOCKER_LABELS);
	for (int i = 0; i < 10000; i++)
		fprintf(out, "%s\"key%d\": \"value\"", i ? ", " : "", i);
	fprintf(out, "}}}");
	fclose(out);
	put(DOCKER_FILE, text);
	free(text);
	assert_int_equal(identity_of(root, DOCKER, &identity, &err), 0);
	assert_string_equal(identity.name, "web");
	assert_string_equal(identity.image, "nginx");
	assert_int_equal(identity.labels.count, IDENTITY_LABELS);
	assert_string_equal(identity_label(&identity.labels, "key8191"), "value");
	assert_null(identity_label(&identity.labels, "key8192"));
	assert_true(identity.incomplete);
	assert_non_null(strstr(err.text, ": Labels: 1808 of 10000 are left out"));
	identity_free(&identity);
}

static void long_texts(void **state)
{
	char *text = malloc(20000), *a = malloc(IDENTITY_TEXT + 1);

	(void)state;
	assert_true(text && a);
	memset(a, 'a', IDENTITY_TEXT);
	a[IDENTITY_LABEL] = '\0';
	/* What no profile can ask for is not missed. */
	sprintf(text, DOCKER_LABELS "\"long\": \"%s\", \"%s\": \"\", \"short\": \"\"}}}", a, a);
	put(DOCKER_FILE, text);
	told_of_roots(DOCKER, "docker web image nginx labels short=", "");
	a[IDENTITY_LABEL] = 'a';
	a[IDENTITY_TEXT] = '\0';
	sprintf(text, "{\"ID\": \"" ID "\", \"Name\": \"/web\", \"Config\": {\"Image\": \"%s\"}}",
		a);
	put(DOCKER_FILE, text);
	told_of_roots(DOCKER, "docker web incomplete",
		      ": Config.Image is no text of less than 4096");
	a[IDENTITY_LABEL - 1] = '\0';
	sprintf(text, DOCKER_LABELS "\"a\": \"%s\"}}}", a);
	put(DOCKER_FILE, text);
	sprintf(text, "docker web image nginx labels a=%s", a);
	told_of_roots(DOCKER, text, "");
	free(a);
	free(text);
}

static void odd_texts(void **state)
{
	(void)state;
	put(DOCKER_FILE,
	    DOCKER_LABELS "\"a\": 1, \"b\": null, \"c\": [], \"\": \"x\", \"d\": \"\"}}}");
	told_of_roots(DOCKER, "docker web image nginx labels d= incomplete",
		      ": Labels: 3 of 5 are left out");
	/* An escaped NUL, even in a key, does not hide what else there is; a backslash is none. */
	put(DOCKER_FILE,
	    DOCKER_LABELS "\"a\\u0000\": \"\\u0000b\", \"c\": \"\\\\u0000\\u001b\"}}}");
	told_of_roots(DOCKER,
		      "docker web image nginx labels a\xef\xbf\xbd=\xef\xbf\xbd"
		      "b,c=\\u0000\x1b",
		      "");
	put(DOCKER_FILE, DOCKER_BEGIN ", \"Labels\": null}, \"n\": 18446744073709551615}");
	told_of_roots(DOCKER, "docker web image nginx", "");
	/* The last one counts, as where the runtime reads its own file. */
	put(DOCKER_FILE, DOCKER_BEGIN ", \"Image\": \"other\"}}");
	told_of_roots(DOCKER, "docker web image other", "");
}

/* --- one runtime after the other ----------------------------------------------------------------- */

static void docker_data_root(void **state)
{
	(void)state;
	put("/etc/docker/daemon.json", "{\"data-root\": \"/data\", \"debug\": true}");
	put("/data/containers/" ID "/config.v2.json", DOCKER_BEGIN "}}");
	told(DOCKER, is_root() ? "docker web image nginx" : "docker  incomplete", "");
	told("/foo/bar/" ID, is_root() ? "docker web image nginx" : "containerd  incomplete", "");
	/* dockerd that maps user ids has a root for each mapping. */
	assert_int_equal(rename(at("/data/containers"), at("/data/x")), 0);
	make_parents("/data/100000.100000/x");
	assert_int_equal(rename(at("/data/x"), at("/data/100000.100000/containers")), 0);
	told(DOCKER, is_root() ? "docker web image nginx" : "docker  incomplete", "");
	assert_int_equal(rename(at("/data/100000.100000"), at("/data/100000.x")), 0);
	told(DOCKER, "docker  incomplete", "");
	put("/etc/docker/daemon.json", "{\"data-root\": \"data\"");
	told(DOCKER, "docker  incomplete", is_root() ? "/etc/docker/daemon.json: no JSON at" : "");
	put(DOCKER_FILE, DOCKER_BEGIN "}}");
	told_of_roots(DOCKER, "docker web image nginx", "");
}

static void podman(void **state)
{
	(void)state;
	put(STORAGE "containers.json",
	    "[{\"id\": \"" OTHER
	    "\", \"names\": 1, \"metadata\": \"{\"}, 7, {\"id\": \"../../x\"}, "
	    "{\"id\": \"" ID "\", \"names\": [\"web\"], \"metadata\": "
	    "\"{\\\"image-name\\\": \\\"localhost/a:1\\\"}\"}]");
	told_of_roots(PODMAN, "podman web image localhost/a:1 incomplete", "");
	put(STORAGE ID "/userdata/config.json",
	    OCI "{\"io.container.manager\": \"libpod\", \"a\": \"b\"}}");
	told_of_roots(PODMAN, "podman web image localhost/a:1 labels a=b", "");
	told_of_roots("/machine.slice/libpod-" OTHER ".scope", "podman  incomplete", "");
	/* The list is read again when it has changed, and only one that is whole. */
	put(STORAGE "containers.json", "[{\"id\": \"" ID "\", \"names\": [\"new\"]}]");
	told_of_roots(PODMAN, "podman new labels a=b", "");
	put(STORAGE "containers.json", "[{\"id\": \"" ID "\", \"names\": [\"cut\"]");
	told_of_roots(PODMAN, "podman  labels a=b incomplete", "containers.json: no JSON at");
	put(STORAGE "containers.json", "{}");
	told_of_roots(PODMAN, "podman  labels a=b incomplete", "of another version: no array");
	put(STORAGE "containers.json", "[]");
	told(PODMAN, "podman  incomplete", "");
	put(STORAGE "volatile-containers.json", "[{\"id\": \"" ID "\", \"names\": [\"rm\"]}]");
	told_of_roots(PODMAN, "podman rm labels a=b", "");
	told_of_roots("/machine.slice/machine-libpod_pod_" OTHER ".slice/libpod-" ID
		      ".scope/container",
		      "podman rm pod " OTHER " labels a=b", "");
	told_of_roots("/system.slice/web.service/libpod-payload-" ID, "podman rm labels a=b", "");
}

static void rootless(void **state)
{
	(void)state;
	told(USER_DIR "libpod-" ID ".scope/container", "podman  claimed incomplete",
	     "/etc/passwd: No such file");
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
	told(USER_DIR "libpod-" ID ".scope", "podman  claimed incomplete",
	     "/etc/passwd: has no home of user 1000");
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/srv/bob:/bin/sh\n");
	/* The system's containers are not looked at for a user's. */
	put(STORAGE "containers.json", "[{\"id\": \"" ID "\", \"names\": [\"system\"]}]");
	put(DOCKER_FILE, DOCKER_BEGIN "}}");
	told(USER_DIR "libpod-" ID ".scope", "podman  claimed incomplete", "");
	told(USER_DIR "docker-" ID ".scope", "docker  claimed incomplete", "");
	put("/srv/bob/.local/share/containers/storage/vfs-containers/containers.json",
	    "[{\"id\": \"" ID "\", \"names\": [\"own\"]}]");
	put("/srv/bob/.local/share/containers/storage/vfs-containers/" ID "/userdata/config.json",
	    OCI "null}");
	told(USER_DIR "libpod-" ID ".scope", "podman own claimed", "");
	put("/srv/bob/.local/share/docker/containers/" ID "/config.v2.json", DOCKER_BEGIN "}}");
	told(USER_DIR "docker-" ID ".scope", "docker web image nginx claimed", "");
	put("/run/crun/a/status", "{\"cgroup-path\": \"/a\"}");
	told(USER_DIR "crun-a.scope/container", "crun a claimed", "");
}

static void containerd(void **state)
{
	(void)state;
	put(BUNDLES "own/" ID "/config.json", OCI "{\"nerdctl/name\": \"web\", \"a\": \"b\"}}");
	told_of_roots("/system.slice/nerdctl-" ID ".scope", "containerd web labels a=b", "");
	told_of_roots("/own/" ID, "containerd web labels a=b", "");
	put(BUNDLES "k8s.io/" ID "/config.json",
	    OCI "{\"io.kubernetes.cri.container-name\": \"app\", "
		"\"io.kubernetes.cri.image-name\": \"nginx\", "
		"\"io.kubernetes.cri.sandbox-name\": \"pod\", "
		"\"io.kubernetes.cri.sandbox-namespace\": \"prod\", "
		"\"io.kubernetes.cri.sandbox-uid\": \"0c-5a\"}}");
	told_of_roots("/kubepods/burstable/podother/" ID,
		      "containerd app image nginx pod pod in prod uid 0c-5a", "");
	put(BUNDLES "k8s.io/" ID "/config.json", "{\"ociVersion\": \"2.0\"}");
	told_of_roots("/kubepods.slice/kubepods-pod0c_5a.slice/cri-containerd-" ID ".scope",
		      "containerd  uid 0c-5a incomplete", "of another version: ociVersion");
	/* ctr's may have any name, and is told by its bundle only. */
	put(BUNDLES "default/web/config.json", OCI "{\"a\": \"b\"}}");
	told_of_roots("/default/web", "containerd web labels a=b", "");
	told_of_roots("/default/web/below", "containerd web labels a=b", "");
	told("/default/other", " ", "");
	told("/default/..", " ", "");
}

static void crio(void **state)
{
	const char *path = "/kubepods.slice/kubepods-pod0c_5a.slice/crio-" ID ".scope/container";

	(void)state;
	put(STORAGE ID "/userdata/config.json",
	    OCI "{\"io.kubernetes.cri-o.Metadata\": \"{\\\"name\\\": \\\"app\\\"}\", "
		"\"io.kubernetes.cri-o.ImageName\": \"nginx\", "
		"\"io.kubernetes.cri-o.Labels\": \"{\\\"a\\\": \\\"b\\\"}\", "
		"\"io.kubernetes.cri-o.ContainerType\": \"container\", "
		"\"io.kubernetes.cri-o.SandboxID\": \"" OTHER "\"}}");
	told_of_roots(path, "cri-o app image nginx uid 0c-5a labels a=b incomplete", "");
	put(STORAGE OTHER "/userdata/config.json",
	    OCI "{\"io.kubernetes.cri-o.Metadata\": \"{\\\"name\\\": \\\"pod\\\", "
		"\\\"namespace\\\": \\\"prod\\\", \\\"uid\\\": \\\"0c-5a\\\"}\", "
		"\"io.kubernetes.cri-o.Labels\": \"{\\\"tier\\\": \\\"front\\\"}\", "
		"\"io.kubernetes.cri-o.ContainerType\": \"sandbox\", "
		"\"io.kubernetes.cri-o.SandboxID\": \"" OTHER "\"}}");
	told_of_roots(path,
		      "cri-o app image nginx pod pod in prod uid 0c-5a labels a=b "
		      "pod-labels tier=front",
		      "");
	told_of_roots("/kubepods.slice/kubepods-pod0c_5a.slice/crio-" OTHER ".scope",
		      "cri-o  pod pod in prod uid 0c-5a pod-labels tier=front", "");
	/* The sandbox's annotations may be the pod's own: which pod it is, they do not tell then. */
	put(STORAGE ID "/userdata/config.json",
	    OCI "{\"io.kubernetes.cri-o.Labels\": \"{\\\"io.kubernetes.pod.namespace\\\": "
		"\\\"own\\\"}\", "
		"\"io.kubernetes.cri-o.SandboxID\": \"" OTHER "\"}}");
	told_of_roots(path,
		      "cri-o  in own uid 0c-5a labels io.kubernetes.pod.namespace=own "
		      "pod-labels tier=front",
		      "");
	put(STORAGE ID "/userdata/config.json",
	    OCI "{\"io.kubernetes.cri-o.Metadata\": \"{\\\"name\\\": \\\"app\\\"}\", "
		"\"io.kubernetes.cri-o.Labels\": \"{\", "
		"\"io.kubernetes.cri-o.SandboxID\": \"../" ID "\"}}");
	told_of_roots(path, "cri-o app uid 0c-5a incomplete",
		      ": io.kubernetes.cri-o.Labels: no JSON at");
}

static void nspawn(void **state)
{
	(void)state;
	make_parents("/run/systemd/machines/x");
	assert_int_equal(symlink("box", at("/run/systemd/machines/unit:own.service")), 0);
	told("/system.slice/own.service/payload", "nspawn box", "");
	told("/system.slice/other.service/payload", "systemd other.service", "");
	assert_int_equal(
		symlink("vm", at("/run/systemd/machines/unit:machine-qemu\\x2d1\\x2dvm.scope")), 0);
	told("/machine.slice/machine-qemu\\x2d1\\x2dvm.scope",
	     "systemd machine-qemu\\x2d1\\x2dvm.scope", "");
	put("/run/systemd/machines/unit:plain.service", "");
	told("/system.slice/plain.service", "systemd plain.service", "");
}

/* --- plain runc and crun ------------------------------------------------------------------------- */

#define RUNC_STATE                                                                                 \
	"{\"id\": \"a\", \"config\": {\"labels\": [\"x=y=z\", \"bundle=/b\"]}, "                   \
	"\"cgroup_paths\": {\"\": \"/sys/fs/cgroup/any/where\"}}"

static int list(void *context, const struct identity_plain *plain)
{
	char *lines = context;

	sprintf(lines + strlen(lines), "%s %s %s %s\n", plain->runtime, plain->id, plain->cgroup,
		plain->started ? "started" : "created");
	return 0;
}

static int stop(void *context, const struct identity_plain *plain)
{
	(void)plain;
	++*(int *)context;
	return -ENOENT;
}

static void plain(void **state)
{
	char lines[1024] = "";
	struct error err = {"not touched"};
	int calls = 0;

	(void)state;
	if (!is_root())
		skip();
	assert_int_equal(identity_each_plain(root, list, lines, &err), 0);
	assert_string_equal(lines, "");
	assert_string_equal(err.text, "");

	put("/run/runc/a/state.json", RUNC_STATE);
	put("/run/crun/b/status", "{\"cgroup-path\": \"else/where\"}");
	put("/run/crun/b/exec.fifo", "");
	put("/run/crun/b/config.json", OCI "{\"c\": \"d\"}}");
	put("/run/crun/cut/status", "{\"cgroup-path\": ");
	put("/run/crun/none/status", "{\"cgroup-path\": \"\"}");
	put("/run/crun/engine/status", "{\"cgroup-path\": \"/libpod_parent/libpod-" ID "\"}");
	assert_int_equal(identity_each_plain(root, list, lines, &err), 0);
	assert_string_equal(lines, "runc a /any/where started\ncrun b /else/where created\n");
	assert_string_equal(err.text, "/run/crun/cut/status: no JSON at line 1, column 16");
	assert_int_equal(identity_each_plain(root, stop, &calls, NULL), -ENOENT);
	assert_int_equal(calls, 1);

	told_of_roots("/any/where", "runc a labels x=y=z", "");
	told_of_roots("/any/where/below", "runc a labels x=y=z", "");
	told("/any/wherever", " ", "");
	put("/run/crun/deep/status", "{\"cgroup-path\": \"/system.slice/x.service/deep\"}");
	put("/run/crun/deep/config.json", OCI "null}");
	told_of_roots("/system.slice/x.service/deep", "crun deep", "");
	told("/system.slice/x.service", "systemd x.service", "");
	told("/system.slice/x.service/other", "systemd x.service", "");
	told_of_roots("/else/where", "crun b labels c=d", "");
	told_of_roots("/system.slice/runc-a.scope", "runc a labels x=y=z", "");
	told_of_roots("/system.slice/crun-cut.scope", "crun cut incomplete",
		      "/run/crun/cut/status: no JSON");
	put("/run/crun/c/status", "{\"cgroup-path\": \"/docker/" OTHER "\"}");
	put("/run/crun/c/config.json", OCI "null}");
	told_of_roots("/docker/" OTHER, "crun c", "");
	put("/run/runc/" ID "/state.json",
	    "{\"id\": \"" ID "\", \"cgroup_paths\": {\"\": \"/sys/fs/cgroup/docker/" ID "\"}}");
	told_of_roots("/docker/" ID, "runc ", "");
}

/* Whether the file that @watch is on was read since this was asked last. */
static bool was_read(int watch)
{
	char events[4096];

	return read(watch, events, sizeof(events)) > 0;
}

/* A state is read once, and again when it was written to. */
static void plain_kept(void **state)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char lines[1024] = "";

	(void)state;
	if (!is_root())
		skip();
	put("/run/runc/a/state.json", RUNC_STATE);
	assert_true(inotify_add_watch(watch, at("/run/runc/a/state.json"), IN_ACCESS) >= 0);
	assert_int_equal(identity_each_plain(root, list, lines, NULL), 0);
	assert_true(was_read(watch));
	assert_int_equal(identity_each_plain(root, list, lines, NULL), 0);
	assert_false(was_read(watch));
	assert_string_equal(lines, "runc a /any/where started\nrunc a /any/where started\n");
	/* What else a container's state tells is read whenever that is asked for. */
	told_of_roots("/any/where", "runc a labels x=y=z", "");
	assert_true(was_read(watch));
	put("/run/runc/a/state.json",
	    "{\"id\": \"a\", \"cgroup_paths\": {\"\": \"/sys/fs/cgroup/elsewhere\"}}");
	lines[0] = '\0';
	assert_int_equal(identity_each_plain(root, list, lines, NULL), 0);
	assert_true(was_read(watch));
	assert_string_equal(lines, "runc a /elsewhere started\n");
	/* What cannot be read is not kept. */
	put("/run/runc/a/state.json", "{");
	lines[0] = '\0';
	assert_int_equal(identity_each_plain(root, list, lines, NULL), 0);
	assert_true(was_read(watch));
	assert_int_equal(identity_each_plain(root, list, lines, NULL), 0);
	assert_true(was_read(watch));
	assert_string_equal(lines, "");
	/* Others can have written what is kept. */
	put("/run/runc/a/state.json", RUNC_STATE);
	assert_int_equal(identity_each_plain(root, list, lines, NULL), 0);
	assert_string_equal(lines, "runc a /any/where started\n");
	chmod(at("/run/runc"), 0777);
	lines[0] = '\0';
	assert_int_equal(identity_each_plain(root, list, lines, NULL), 0);
	assert_string_equal(lines, "");
	close(watch);
}

static void plain_bad(void **state)
{
	char lines[1024] = "";
	struct error err;

	(void)state;
	if (!is_root())
		skip();
	put("/run/runc/a/state.json", RUNC_STATE);
	chmod(at("/run/runc"), 0777);
	assert_int_equal(identity_each_plain(root, list, lines, &err), 0);
	assert_string_equal(err.text, "/run/runc/a: others than root can have written it");
	chmod(at("/run/runc"), 0755);
	put("/run/runc/a/state.json", "{\"id\": \"a\", \"cgroup_paths\": {\"\": \"/etc\"}}");
	assert_int_equal(identity_each_plain(root, list, lines, &err), 0);
	assert_string_equal(err.text,
			    "/run/runc/a/state.json: cgroup_paths is not below /sys/fs/cgroup");
	put("/run/runc/a/state.json", "{\"id\": 1}");
	assert_int_equal(identity_each_plain(root, list, lines, &err), 0);
	assert_non_null(strstr(err.text, "of another version: id is no text"));
	/* Of cgroup v1: it has none. */
	put("/run/runc/a/state.json",
	    "{\"id\": \"a\", \"cgroup_paths\": {\"cpu\": \"/sys/fs/cgroup/cpu/x\"}}");
	assert_int_equal(identity_each_plain(root, list, lines, &err), 0);
	assert_string_equal(err.text, "");
	assert_string_equal(lines, "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixtures),
		cmocka_unit_test(podman_fixtures),
		cmocka_unit_test(plain_fixtures),
		TEST(paths),
		TEST(missing),
		TEST(inner),
		TEST(no_json),
		TEST(other_version),
		TEST(too_large),
		TEST(no_file),
		TEST(links),
		TEST(owners),
		TEST(other_owner),
		TEST(many_labels),
		TEST(long_texts),
		TEST(odd_texts),
		TEST(docker_data_root),
		TEST(podman),
		TEST(rootless),
		TEST(containerd),
		TEST(crio),
		TEST(nspawn),
		TEST(plain),
		TEST(plain_kept),
		TEST(plain_bad),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}

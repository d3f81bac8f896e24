// SPDX-License-Identifier: GPL-2.0-or-later
/* Cgroup names: which are containers, and who a container is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "container.h"
#include "runtime_name.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static bool names_container(const char *name, const char *parent)
{
	char name_buffer[RUNTIME_NAME] = "", parent_buffer[RUNTIME_NAME] = "";

	/* As the kernel side reads them: cut to the buffer, with a NUL. */
	snprintf(name_buffer, sizeof(name_buffer), "%s", name);
	snprintf(parent_buffer, sizeof(parent_buffer), "%s", parent);
	return runtime_names_container(name_buffer, parent_buffer);
}

static void containers(void **state)
{
	(void)state;
	assert_true(names_container("docker-" ID ".scope", "system.slice"));
	assert_true(names_container("libpod-" ID ".scope", "machine.slice"));
	assert_true(names_container("libpod-" ID, "libpod_parent"));
	assert_true(names_container("crio-" ID ".scope", "kubepods.slice"));
	assert_true(names_container("cri-containerd-" ID ".scope", "kubepods-pod1.slice"));
	assert_true(names_container("nerdctl-" ID ".scope", "system.slice"));
	assert_true(names_container("lxc.payload.web", ""));
	assert_true(names_container(ID, "docker"));
	assert_true(names_container(ID, "pod0c5a3b0e-8f8e-4d0c-9c43-0d8f0f0c7a11"));
	assert_true(names_container("web", "docker"));
	assert_true(names_container("payload", "machine-web.scope"));
	assert_true(names_container("payload", "systemd-nspawn@web.service"));
	assert_false(names_container("payload", "web.service"));
	assert_false(names_container("supervisor", "machine-web.scope"));
	assert_false(names_container(ID, "libpod_parent"));
}

static bool names_service(const char *name)
{
	char buffer[RUNTIME_NAME] = "";

	snprintf(buffer, sizeof(buffer), "%s", name);
	return runtime_names_service(buffer);
}

static void services(void **state)
{
	(void)state;
	assert_true(names_service("apache2.service"));
	assert_true(names_service("getty@tty1.service"));
	assert_true(names_service("a.service.service"));
	assert_true(names_service("capward.service.service"));
	assert_false(names_service("capward.service"));
	assert_false(names_service("user@1000.service"));
	assert_false(names_service("a.service.d"));
	assert_false(names_service("a.scope"));
	assert_false(names_service(".servic"));
	assert_false(names_service(""));
}

static void not_containers(void **state)
{
	(void)state;
	assert_false(names_container("libpod-conmon-" ID ".scope", "machine.slice"));
	assert_false(names_container("crio-conmon-" ID ".scope", "machine.slice"));
	assert_false(names_container("libpod_parent", ""));
	assert_false(names_container("docker", ""));
	assert_false(names_container("docker.service", "system.slice"));
	assert_false(names_container("kubepods-besteffort.slice", "kubepods.slice"));
	assert_false(names_container("user-1000.slice", "user.slice"));
	assert_false(names_container("web", "dockerish"));
	assert_false(names_container(ID "0", "x"));
	assert_false(names_container("0123456789ABCDEF"
				     "0123456789abcdef0123456789abcdef0123456789abcdef",
				     "x"));
	assert_false(names_container("docker-registry.service", "system.slice"));
	assert_false(names_container("docker-limits.slice", ""));
	assert_false(names_container("crio-wipe.service", "system.slice"));
	assert_false(names_container("docker-a.scope.d", ""));
	assert_false(names_container("", ""));
}

static void is(const char *path, const char *runtime, const char *id)
{
	struct container container = container_of_cgroup(path);

	assert_string_equal(container.runtime, runtime);
	assert_string_equal(container.id, id);
}

static void monitors(void **state)
{
	(void)state;
	assert_true(runtime_names_monitor("libpod-conmon-" ID ".scope"));
	assert_true(runtime_names_monitor("crio-conmon-" ID ".scope"));
	assert_false(runtime_names_monitor("libpod-" ID ".scope"));
	assert_false(runtime_names_monitor("libpod-conmon"));
}

static void identities(void **state)
{
	(void)state;
	is("/machine.slice/libpod-" ID ".scope/container", "podman", ID);
	is("/libpod_parent/libpod-" ID, "podman", ID);
	is("/system.slice/docker-" ID ".scope", "docker", ID);
	is("/docker/" ID, "docker", ID);
	is("/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope", "containerd", ID);
	is("/kubepods/burstable/podU/" ID, "containerd", ID);
	is("/a/crio-" ID ".scope", "cri-o", ID);
	is("/system.slice/cron.service", "systemd", "cron.service");
	is("/user.slice/session-1.scope", "systemd", "session-1.scope");
	is("/system.slice/docker-.scope", "systemd", "docker-.scope"); /* no id */
	is("/lxc.payload.web", "lxc", "web");
	is("/init/capward-run-12", "capward", "12");
	is("/system.slice/capward-run-12.scope", "capward", "12");
	is("/system.slice/docker-" ID ".scope/docker/" ID, "docker", ID);
	is("/system.slice/web.service/libpod-payload-" ID, "podman", ID);
	is("/system.slice/runc-my.web.scope", "runc", "my.web");
	is("/system.slice/crun-web.scope/container", "crun", "web");
	is("/lxc.payload.my.scope", "lxc", "my.scope");
	is("/system.slice/docker-registry.service", "systemd", "docker-registry.service");
	is("/machine.slice/libpod-conmon-" ID ".scope", "systemd", "libpod-conmon-" ID ".scope");
	is("/libpod_parent/" ID, "", ""); /* a pod */
	is("/crun-web", "", "");
	is("/", "", "");
	is("", "", "");
	is("/some/where", "", "");
}

static void matches(void **state)
{
	(void)state;
	assert_true(container_matches("/docker/" ID, ID));
	assert_true(container_matches("/docker/" ID, "0123"));
	assert_false(container_matches("/docker/" ID, "012")); /* too short to mean one */
	assert_false(container_matches("/docker/" ID, "1234"));
	assert_true(container_matches("/docker/" ID, "/docker/" ID));
	assert_false(container_matches("/docker/" ID, "/docker"));
	assert_true(container_matches("/system.slice/cron.service", "cron.service"));
	assert_false(container_matches("/system.slice/cron.service", "cron"));
	assert_false(container_matches("/x", ""));
}

static void machines(void **state)
{
	(void)state;
	is("/machine.slice/machine-web.scope", "nspawn", "web");
	is("/machine.slice/machine-web\\x2d1.scope/payload", "nspawn", "web-1");
	is("/machine.slice/systemd-nspawn@web-1.service/payload/init.scope", "nspawn", "web-1");
	is("/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", "systemd",
	   "machine-qemu\\x2d1\\x2dvm.scope");
	/* No names of machines: a slash, a NUL, a control byte, a cut escape. */
	is("/machine-a-b.scope", "systemd", "machine-a-b.scope");
	is("/machine-a\\x00b.scope", "systemd", "machine-a\\x00b.scope");
	is("/machine-a\\x1bb.scope", "systemd", "machine-a\\x1bb.scope");
	is("/machine-a\\x1.scope", "systemd", "machine-a\\x1.scope");
	is("/machine-.scope", "systemd", "machine-.scope");
	/* What a machine has within it is the machine's. */
	is("/machine.slice/machine-web.scope/payload/system.slice/a.service", "nspawn", "web");
	is("/system.slice/x.service/payload/system.slice/a.service", "systemd", "x.service");
	is("/docker/" ID "/system.slice/cron.service", "docker", ID);
}

static void inner(void **state)
{
	(void)state;
	assert_true(container_is_inner("/system.slice/docker-" ID ".scope/docker/" ID));
	assert_true(container_is_inner("/lxc.payload.a/system.slice/docker-" ID ".scope"));
	assert_true(container_is_inner("/system.slice/x.service/payload/docker/" ID));
	assert_true(container_is_inner("/machine.slice/machine-a.scope/payload/lxc.payload.b"));
	assert_false(container_is_inner("/machine.slice/machine-a.scope/payload"));
	assert_false(container_is_inner("/system.slice/x.service/libpod-payload-" ID));
	assert_false(container_is_inner("/docker/" ID "/x.service"));
	assert_false(container_is_inner("/libpod_parent/" ID "/libpod-" ID));
	assert_false(container_is_inner("/a.service"));
}

static void users(void **state)
{
	(void)state;
	assert_int_equal(container_user("/user.slice/user-1000.slice/user@1000.service/a"), 1000);
	assert_int_equal(container_user("/user.slice/user-1000.slice/user@1000.service"), 0);
	assert_int_equal(container_user("/user.slice/user-1000.slice/user@0.service/a"), 0);
	assert_int_equal(container_user("/user.slice/user-0.slice/user@0.service/a"), 0);
	assert_int_equal(container_user("/user.slice/user-1000.slice/session-1.scope/a"), 0);
	assert_int_equal(
		container_user("/user.slice/user-4294967295.slice/user@4294967295.service/a"), 0);
	assert_int_equal(container_user("/x/user.slice/user-1.slice/user@1.service/a"), 0);
}

static void in_pod(const char *path, const char *expected)
{
	char pod[CONTAINER_NAME];

	assert_int_equal(container_pod(path, pod), expected[0] != '\0');
	assert_string_equal(pod, expected);
}

static void pods(void **state)
{
	(void)state;
	in_pod("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0c5a_8f.slice/"
	       "cri-containerd-" ID ".scope",
	       "0c5a-8f");
	in_pod("/kubepods.slice/kubepods-pod0c5a.slice/crio-" ID ".scope/container", "0c5a");
	in_pod("/kubepods/burstable/pod0c5a-8f/" ID, "0c5a-8f");
	in_pod("/kubepods/burstable/pod/" ID, "");
	in_pod("/kubepods/burstable/pod\x1b/" ID, "");
	in_pod("/kubepods/pod0c5a-8f", "");
	in_pod("/machine.slice/machine-libpod_pod_" ID ".slice/libpod-" ID ".scope/container", ID);
	in_pod("/libpod_parent/" ID "/libpod-" ID, ID);
	in_pod("/machine.slice/machine-libpod_pod_1.slice/libpod-" ID ".scope", "");
	in_pod("/machine.slice/libpod-" ID ".scope", "");
	in_pod("/pod0c5a/docker-" ID ".scope", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers), cmocka_unit_test(not_containers),
		cmocka_unit_test(monitors),   cmocka_unit_test(identities),
		cmocka_unit_test(matches),    cmocka_unit_test(machines),
		cmocka_unit_test(inner),      cmocka_unit_test(users),
		cmocka_unit_test(pods),	      cmocka_unit_test(services),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}

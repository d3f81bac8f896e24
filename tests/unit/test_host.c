// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hosts that cannot enforce, as directories: every reason is found and comes with its remedy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "host.h"

static char root[] = "/tmp/capward-host-XXXXXX";

static void put(const char *path, const char *text)
{
	char name[512];
	FILE *stream;

	snprintf(name, sizeof(name), "%s%s", root, path);
	for (char *slash = name + sizeof(root); (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(name, 0700);
		*slash = '/';
	}
	stream = fopen(name, "w");
	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
}

static void take(const char *path)
{
	char name[512];

	snprintf(name, sizeof(name), "%s%s", root, path);
	unlink(name);
}

static const struct host_fact *fact(const char *name)
{
	static struct host_fact facts[HOST_FACTS];

	host_check(root, facts);
	for (size_t i = 0; i < HOST_FACTS; i++)
		if (!strcmp(facts[i].name, name))
			return &facts[i];
	fail_msg("no such fact: %s", name);
	return NULL;
}

static void holds(const char *name)
{
	assert_true(fact(name)->holds);
}

static void fails(const char *name, const char *found, const char *remedy)
{
	const struct host_fact *it = fact(name);

	assert_false(it->holds);
	if (!strstr(it->found, found))
		fail_msg("found: %s", it->found);
	if (!strstr(it->remedy, remedy))
		fail_msg("remedy: %s", it->remedy);
}

#define MOUNTS(cgroup) cgroup "bpf /sys/fs/bpf bpf rw 0 0\n"
#define V2	       "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"

static void lsm_list(void **state)
{
	(void)state;
	put("/sys/kernel/security/lsm", "lockdown,capability,bpf,landlock");
	holds("bpf in lsm=");
	put("/sys/kernel/security/lsm", "lockdown,capability,bpfilter\n");
	fails("bpf in lsm=", "lockdown,capability,bpfilter",
	      "lsm=lockdown,capability,bpfilter,bpf on the kernel command line");
	put("/sys/kernel/security/lsm", "");
	fails("bpf in lsm=", "", "on the kernel command line");
	take("/sys/kernel/security/lsm");
	fails("bpf in lsm=", "No such file", "mount -t securityfs");
}

static void ftrace(void **state)
{
	(void)state;
	put("/proc/sys/kernel/ftrace_enabled", "1\n");
	holds("ftrace on");
	put("/proc/sys/kernel/ftrace_enabled", "0\n");
	fails("ftrace on", "kernel.ftrace_enabled is 0", "sysctl kernel.ftrace_enabled=1");
	take("/proc/sys/kernel/ftrace_enabled");
	fails("ftrace on", "No such file", "CONFIG_DYNAMIC_FTRACE");
}

static void cgroups(void **state)
{
	(void)state;
	put("/proc/self/mounts", MOUNTS(V2));
	holds("cgroup v2");
	put("/proc/self/mounts", MOUNTS("tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"
					"cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"));
	holds("cgroup v2");
	assert_non_null(strstr(fact("cgroup v2")->found, "hybrid"));
	put("/proc/self/mounts", MOUNTS("tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"));
	fails("cgroup v2", "tmpfs on /sys/fs/cgroup", "unified_cgroup_hierarchy=1");
	put("/proc/self/mounts", "");
	fails("cgroup v2", "nothing on /sys/fs/cgroup", "mount -t cgroup2");
}

static void bpffs(void **state)
{
	(void)state;
	put("/proc/self/mounts", MOUNTS(V2));
	holds("bpf file system");
	put("/proc/self/mounts", V2);
	fails("bpf file system", "nothing", "mount -t bpf -o mode=0700 bpf /sys/fs/bpf");
}

static void btf(void **state)
{
	(void)state;
	take("/sys/kernel/btf/vmlinux");
	fails("kernel BTF", "missing", "CONFIG_DEBUG_INFO_BTF=y");
	fails("BPF LSM", "bpf_lsm_capable", "CONFIG_BPF_LSM=y");
	put("/sys/kernel/btf/vmlinux", "garbage");
	holds("kernel BTF");
	fails("BPF LSM", "bpf_lsm_capable", "CONFIG_BPF_LSM=y");
	fails("no LSM call skipped", "leaves out", "__bpf_prog_enter_recur()");
	fails("ftrace can be guarded", "kernel.ftrace_enabled", "CONFIG_CGROUP_BPF=y");
	assert_true(fact("no LSM call skipped")->observe);
	assert_false(fact("BPF LSM")->observe);
}

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	take("/sys/kernel/security/lsm");
	take("/sys/kernel/btf/vmlinux");
	take("/proc/sys/kernel/ftrace_enabled");
	take("/proc/self/mounts");
	for (const char *const *dir =
		     (const char *const[]){"/sys/kernel/security", "/sys/kernel/btf", "/sys/kernel",
					   "/sys", "/proc/sys/kernel", "/proc/sys", "/proc/self",
					   "/proc", "", NULL};
	     *dir; dir++) {
		char name[512];

		snprintf(name, sizeof(name), "%s%s", root, *dir);
		rmdir(name);
	}
	return access(root, F_OK) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lsm_list), cmocka_unit_test(ftrace), cmocka_unit_test(cgroups),
		cmocka_unit_test(bpffs),    cmocka_unit_test(btf),
	};

	return cmocka_run_group_tests_name("host", tests, make_root, remove_root);
}

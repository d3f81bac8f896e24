// SPDX-License-Identifier: GPL-2.0-or-later
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "engine.h"

#define LSM_LIST "/sys/kernel/security/lsm"
#define BTF_FILE "/sys/kernel/btf/vmlinux"
#define FTRACE	 "/proc/sys/kernel/ftrace_enabled"
#define MOUNTS	 "/proc/self/mounts"

static struct host_fact *state(struct host_fact *fact, const char *name, bool holds)
{
	*fact = (struct host_fact){.name = name, .holds = holds};
	return fact;
}

#define SAY(field, ...) snprintf(field, sizeof(field), __VA_ARGS__)

/* Read the first line of @root@path; its length, or a negative errno. */
static int read_line(const char *root, const char *path, char *line, size_t size)
{
	char name[512];
	FILE *stream;

	snprintf(name, sizeof(name), "%s%s", root, path);
	stream = fopen(name, "re");
	if (!stream)
		return -errno;
	if (!fgets(line, (int)size, stream))
		line[0] = '\0';
	fclose(stream);
	line[strcspn(line, "\n")] = '\0';
	return (int)strlen(line);
}

static bool exists(const char *root, const char *path)
{
	char name[512];

	snprintf(name, sizeof(name), "%s%s", root, path);
	return !access(name, F_OK);
}

/* Whether @word is one of the comma-separated @list. */
static bool in_list(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list) {
		size_t n = strcspn(list, ",");

		if (n == length && !memcmp(list, word, n))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

/* The type of what is mounted on @place, from /proc/self/mounts, into @type; "": nothing is. */
static void mounted(const char *root, const char *place, char type[32])
{
	char name[512], line[4096], on[4096], kind[32];
	FILE *stream;

	type[0] = '\0';
	snprintf(name, sizeof(name), "%s%s", root, MOUNTS);
	stream = fopen(name, "re");
	if (!stream)
		return;
	while (fgets(line, sizeof(line), stream))
		if (sscanf(line, "%*s %4095s %31s", on, kind) == 2 && !strcmp(on, place))
			snprintf(type, 32, "%s", kind);
	fclose(stream);
}

static void check_btf(const char *root, struct host_fact *fact)
{
	state(fact, "kernel BTF", exists(root, BTF_FILE));
	SAY(fact->found, "%s is %s", BTF_FILE, fact->holds ? "there" : "missing");
	SAY(fact->remedy, "run a kernel built with CONFIG_DEBUG_INFO_BTF=y");
}

/* Functions of the kernel whose absence is told. */
enum function {
	FUNCTION_LSM,
	FUNCTION_CGROUP,
	FUNCTION_LOOP,
	FUNCTION_RECURSION,
	FUNCTION_SYSCTL,
	FUNCTIONS,
};

static void find_functions(const char *root, bool has[FUNCTIONS])
{
	static const char *const names[FUNCTIONS] = {
		[FUNCTION_LSM] = "bpf_lsm_capable",
		[FUNCTION_CGROUP] = "cgroup_attach_task",
		[FUNCTION_LOOP] = "bpf_loop",
		[FUNCTION_RECURSION] = "__bpf_prog_enter_recur",
		[FUNCTION_SYSCTL] = ENGINE_SYSCTL_HOOK,
	};
	/* Those of the running kernel stay; reading them takes longer than all the rest. */
	static bool running[FUNCTIONS], known;
	char path[512];

	snprintf(path, sizeof(path), "%s%s", root, BTF_FILE);
	if (root[0] || !known)
		engine_kernel_functions(path, names, FUNCTIONS, root[0] ? has : running);
	if (root[0])
		return;
	known = true;
	memcpy(has, running, sizeof(running));
}

/* The one function of each kind whose absence means an unfit kernel, with the words for it. */
static void check_functions(const bool has[FUNCTIONS], struct host_fact *fact)
{
	static const struct {
		enum function function;
		const char *name, *without;
	} needed[] = {
		{FUNCTION_LSM, "bpf_lsm_capable", "CONFIG_BPF_LSM=y"},
		{FUNCTION_CGROUP, "cgroup_attach_task", "cgroups in its BTF (Linux 6.1 or later)"},
		{FUNCTION_LOOP, "bpf_loop", "bpf_loop() (Linux 6.1 or later)"},
	};

	state(fact, "BPF LSM", true);
	SAY(fact->found, "the kernel has the hooks capward uses");
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (has[needed[i].function])
			continue;
		fact->holds = false;
		SAY(fact->found, "the kernel has no %s", needed[i].name);
		SAY(fact->remedy, "run a kernel with %s", needed[i].without);
		return;
	}
}

/*
 * Before, an LSM program was left out while its processor was inside it already: with preemption a
 * way round. What is left out since goes through __bpf_prog_enter_recur(), and LSM programs do not
 * (bpf_trampoline_enter(), kernel/bpf/trampoline.c).
 */
static void check_recursion(const bool has[FUNCTIONS], struct host_fact *fact)
{
	state(fact, "no LSM call skipped", has[FUNCTION_RECURSION]);
	fact->observe = true;
	SAY(fact->found, "%s",
	    fact->holds ? "the kernel never leaves out an LSM program"
			: "the kernel leaves out an LSM program that a processor is inside of");
	SAY(fact->remedy, "run a kernel with __bpf_prog_enter_recur() (Linux 6.2, or a 6.1 that "
			  "is kept up to date)");
}

/* Whether the write that check_ftrace() is afraid of can be refused. */
static void check_ftrace_guard(const bool has[FUNCTIONS], struct host_fact *fact)
{
	state(fact, "ftrace can be guarded", has[FUNCTION_SYSCTL]);
	fact->observe = true;
	SAY(fact->found, "%s",
	    fact->holds ? "writes of kernel.ftrace_enabled can be refused"
			: "nothing can keep a container from kernel.ftrace_enabled");
	SAY(fact->remedy, "run a kernel with CONFIG_CGROUP_BPF=y");
}

static void check_lsm(const char *root, struct host_fact *fact)
{
	char list[256];
	int length = read_line(root, LSM_LIST, list, sizeof(list));

	state(fact, "bpf in lsm=", length > 0 && in_list(list, "bpf"));
	if (length < 0) {
		SAY(fact->found, "%s: %s", LSM_LIST, strerror(-length));
		SAY(fact->remedy, "mount -t securityfs securityfs /sys/kernel/security; if that "
				  "fails, this kernel has no LSM: run another");
		return;
	}
	SAY(fact->found, "the active LSMs are %.200s", list);
	SAY(fact->remedy, "boot with lsm=%.150s,bpf on the kernel command line", list);
}

static void check_cgroup(const char *root, struct host_fact *fact)
{
	char main[32], unified[32];

	mounted(root, "/sys/fs/cgroup", main);
	mounted(root, "/sys/fs/cgroup/unified", unified);
	state(fact, "cgroup v2", !strcmp(main, "cgroup2") || !strcmp(unified, "cgroup2"));
	if (!strcmp(main, "cgroup2"))
		SAY(fact->found, "mounted on /sys/fs/cgroup");
	else if (fact->holds)
		SAY(fact->found, "hybrid: containers are told apart only as far as their runtime "
				 "uses the v2 hierarchy");
	else
		SAY(fact->found, "%s on /sys/fs/cgroup", main[0] ? main : "nothing");
	SAY(fact->remedy,
	    "boot with systemd.unified_cgroup_hierarchy=1, or without systemd: mount -t "
	    "cgroup2 cgroup2 /sys/fs/cgroup");
}

static void check_bpffs(const char *root, struct host_fact *fact)
{
	char type[32];

	mounted(root, "/sys/fs/bpf", type);
	state(fact, "bpf file system", !strcmp(type, "bpf"));
	SAY(fact->found, "%s on /sys/fs/bpf", fact->holds ? "mounted" : type[0] ? type : "nothing");
	SAY(fact->remedy, "mount -t bpf -o mode=0700 bpf /sys/fs/bpf");
}

/* kernel.ftrace_enabled=0 silently stops every BPF LSM program (seen on 6.1, 6.12 and 7.2). */
static void check_ftrace(const char *root, struct host_fact *fact)
{
	char value[16];
	int length = read_line(root, FTRACE, value, sizeof(value));

	state(fact, "ftrace on", length > 0 && !strcmp(value, "1"));
	if (length < 0)
		SAY(fact->found, "%s: %s", FTRACE, strerror(-length));
	else
		SAY(fact->found, "kernel.ftrace_enabled is %.8s", value);
	SAY(fact->remedy, length < 0 ? "run a kernel with CONFIG_DYNAMIC_FTRACE=y"
				     : "sysctl kernel.ftrace_enabled=1");
}

static void check_privilege(struct host_fact *fact)
{
	cap_flag_value_t set = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (caps)
		cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &set);
	cap_free(caps);
	state(fact, "privilege", set == CAP_SET);
	fact->privilege = true;
	SAY(fact->found, "%s CAP_SYS_ADMIN", fact->holds ? "the caller has" : "the caller lacks");
	SAY(fact->remedy, "run as root");
}

/* Scopes and set-up are told by host ids and host namespaces. */
static void check_pid_namespace(const char *root, struct host_fact *fact)
{
	char name[512];
	struct stat st;
	/* PROC_PID_INIT_INO, include/linux/proc_ns.h */
	const ino_t initial = 0xEFFFFFFCU;

	snprintf(name, sizeof(name), "%s/proc/self/ns/pid", root);
	state(fact, "host's pid namespace", !stat(name, &st) && st.st_ino == initial);
	SAY(fact->found, "%s", fact->holds ? "this is the host's" : "this is a container's");
	SAY(fact->remedy,
	    "run capward on the host, or in a container with the host's pid namespace");
}

bool host_check(const char *root, struct host_fact facts[HOST_FACTS])
{
	bool all = true, has[FUNCTIONS];

	find_functions(root, has);
	check_btf(root, &facts[0]);
	check_functions(has, &facts[1]);
	check_recursion(has, &facts[2]);
	check_lsm(root, &facts[3]);
	check_ftrace(root, &facts[4]);
	check_ftrace_guard(has, &facts[5]);
	check_cgroup(root, &facts[6]);
	check_bpffs(root, &facts[7]);
	check_pid_namespace(root, &facts[8]);
	check_privilege(&facts[9]);
	for (size_t i = 0; i < HOST_FACTS; i++)
		all = all && facts[i].holds;
	return all;
}

int host_permit(struct error *err)
{
	struct host_fact fact;

	check_privilege(&fact);
	return fact.holds ? 0 : error_set(err, -EPERM, "%s; %s", fact.found, fact.remedy);
}

/* Every fact that does not hold, those that leave it to observe only if @enforce. */
static int require(bool enforce, struct error *err)
{
	struct host_fact facts[HOST_FACTS];
	char text[sizeof(err->text)] = "";
	bool host = true, caller = true;

	if (host_check("", facts))
		return 0;
	for (size_t i = 0; i < HOST_FACTS; i++) {
		size_t used = strlen(text);

		if (facts[i].holds || (facts[i].observe && !enforce))
			continue;
		if (facts[i].privilege)
			caller = false;
		else
			host = false;
		snprintf(text + used, sizeof(text) - used, "%s%s (%s)", used ? "; " : "",
			 facts[i].found, facts[i].remedy);
	}
	if (!host)
		return error_set(err, -EOPNOTSUPP, "this host cannot enforce: %s", text);
	return caller ? 0 : error_set(err, -EPERM, "%s", text);
}

int host_require(struct error *err)
{
	return require(false, err);
}

int host_require_enforcing(struct error *err)
{
	return require(true, err);
}

bool host_ftrace_on(void)
{
	struct host_fact fact;

	check_ftrace("", &fact);
	return fact.holds;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a governed task may try on capward and no tool at hand does. Prints "ok" or the error's name;
 * exits 0 or 1.
 *
 *     tamper map ID        open a map by id, read an element and write it back
 *     tamper prog ID       open a program by id
 *     tamper link ID       open a link by id
 *     tamper detach ID     and detach it
 *     tamper get PATH      open what is pinned
 *     tamper hook BTF-ID   load a program that answers in place of this function (fmod_ret)
 *     tamper sigio PID     have a descriptor send SIGUSR1 to a process
 *     tamper rlimit PID    change a limit of a process
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static long by_id(int cmd, unsigned int id)
{
	union bpf_attr attr = {};

	attr.map_id = id; /* prog_id and link_id are in the same place */
	return bpf(cmd, &attr);
}

static long write_back(unsigned int id)
{
	static char key[4096], value[1 << 16];
	union bpf_attr attr = {};
	long fd = by_id(BPF_MAP_GET_FD_BY_ID, id);

	if (fd < 0)
		return fd;
	attr.map_fd = (unsigned int)fd;
	attr.next_key = (unsigned long)key;
	if (bpf(BPF_MAP_GET_NEXT_KEY, &attr))
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (unsigned int)fd;
	attr.key = (unsigned long)key;
	attr.value = (unsigned long)value;
	return bpf(BPF_MAP_LOOKUP_ELEM, &attr) ? -1 : bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

static long detach(unsigned int id)
{
	union bpf_attr attr = {};
	long fd = by_id(BPF_LINK_GET_FD_BY_ID, id);

	if (fd < 0)
		return fd;
	attr.link_detach.link_fd = (unsigned int)fd;
	return bpf(BPF_LINK_DETACH, &attr);
}

static long get(const char *path)
{
	union bpf_attr attr = {};

	attr.pathname = (unsigned long)path;
	return bpf(BPF_OBJ_GET, &attr);
}

static long hook(unsigned int btf_id)
{
	/* r0 = 0; exit */
	const struct bpf_insn program[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K},
					   {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr = {};

	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = BPF_MODIFY_RETURN;
	attr.attach_btf_id = btf_id;
	attr.insns = (unsigned long)program;
	attr.insn_cnt = sizeof(program) / sizeof(program[0]);
	attr.license = (unsigned long)"GPL";
	return bpf(BPF_PROG_LOAD, &attr);
}

static long sigio(pid_t pid)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || fcntl(ends[0], F_SETOWN, pid) ||
	    fcntl(ends[0], F_SETSIG, SIGUSR1) || fcntl(ends[0], F_SETFL, O_ASYNC))
		return -1;
	return write(ends[1], "x", 1) == 1 ? 0 : -1;
}

static long limit(pid_t pid)
{
	struct rlimit core;

	if (prlimit(pid, RLIMIT_CORE, NULL, &core))
		return -1;
	return prlimit(pid, RLIMIT_CORE, &core, NULL);
}

int main(int argc, char **argv)
{
	const char *what = argc == 3 ? argv[1] : "", *argument = argc == 3 ? argv[2] : "";
	unsigned int number = (unsigned int)strtoul(argument, NULL, 10);
	long answer;

	if (!strcmp(what, "map"))
		answer = write_back(number);
	else if (!strcmp(what, "prog"))
		answer = by_id(BPF_PROG_GET_FD_BY_ID, number);
	else if (!strcmp(what, "link"))
		answer = by_id(BPF_LINK_GET_FD_BY_ID, number);
	else if (!strcmp(what, "detach"))
		answer = detach(number);
	else if (!strcmp(what, "get"))
		answer = get(argument);
	else if (!strcmp(what, "hook"))
		answer = hook(number);
	else if (!strcmp(what, "sigio"))
		answer = sigio((pid_t)number);
	else if (!strcmp(what, "rlimit"))
		answer = limit((pid_t)number);
	else
		return 2;
	puts(answer < 0 ? strerrorname_np(errno) : "ok");
	return answer < 0;
}

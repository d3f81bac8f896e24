// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fills the pinned hash map whose path is the first argument with keys that no cgroup has: until it
 * takes no more, or with as many as the second argument says; the count of entries in the state map
 * beside it goes along. Made of bare system calls, to be static.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capward/abi.h"

static int count_entries(const char *scopes, unsigned long made)
{
	union bpf_attr attr = {0};
	struct capward_state *state;
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%.*s/state", (int)(strrchr(scopes, '/') - scopes), scopes);
	attr.pathname = (__u64)(unsigned long)path;
	fd = (int)syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr));
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || state == MAP_FAILED) {
		perror(path);
		return 1;
	}
	__atomic_fetch_add(&state->scopes, made, __ATOMIC_SEQ_CST);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned char value[4096] = {0};
	union bpf_attr attr = {.pathname = (__u64)(unsigned long)argv[1]};
	__u64 key = 1ULL << 60;
	int fd;

	unsigned long most = argc > 2 ? strtoul(argv[2], NULL, 10) : -1UL, made = 0;

	if (argc < 2)
		return 2;
	fd = (int)syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr));
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	for (; made < most; key++, made++) {
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = fd;
		attr.key = (__u64)(unsigned long)&key;
		attr.value = (__u64)(unsigned long)value;
		attr.flags = BPF_NOEXIST;
		if (syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)))
			break;
	}
	printf("%lu entries, then: %s\n", made, strerror(errno));
	if (made < most && errno != E2BIG)
		return 1;
	return count_entries(argv[1], made);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fills the pinned hash map whose path is the first argument until it takes no more, with keys that
 * no cgroup has. Made of bare system calls, to be static.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned char value[4096] = {0};
	union bpf_attr attr = {.pathname = (__u64)(unsigned long)argv[1]};
	__u64 key = 1ULL << 60;
	int fd;

	if (argc != 2)
		return 2;
	fd = (int)syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr));
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	for (;; key++) {
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = fd;
		attr.key = (__u64)(unsigned long)&key;
		attr.value = (__u64)(unsigned long)value;
		attr.flags = BPF_NOEXIST;
		if (syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)))
			break;
	}
	printf("%llu entries, then: %s\n", key - (1ULL << 60), strerror(errno));
	return errno == E2BIG ? 0 : 1;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verified: for each program in the kernel "verified NAME COUNT", the instructions that its verifier
 * went through when it was loaded. A load fails at a million, so a rise is a warning years ahead.
 *
 * By its own call: bpftool does not show the number.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The name as it is in the source: the kernel's own has room for 15 characters. */
static const char *full_name(struct btf *btf, uint32_t type)
{
	const struct btf_type *function = btf__type_by_id(btf, type);

	return function ? btf__name_by_offset(btf, function->name_off) : NULL;
}

static int show(int fd)
{
	struct bpf_func_info first = {};
	struct bpf_prog_info info = {
		.nr_func_info = 1,
		.func_info_rec_size = sizeof(first),
		.func_info = (uintptr_t)&first,
	};
	uint32_t size = sizeof(info);
	const char *name = NULL;
	struct btf *btf = NULL;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	if (info.btf_id)
		btf = btf__load_from_kernel_by_id(info.btf_id);
	if (btf)
		name = full_name(btf, first.type_id);
	printf("verified %s %u\n", name ? name : info.name, info.verified_insns);
	btf__free(btf);
	return 0;
}

int main(void)
{
	uint32_t id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		int fd = bpf_prog_get_fd_by_id(id), code;

		if (fd < 0 && errno == ENOENT)
			continue;
		code = fd < 0 ? -errno : show(fd);
		if (fd >= 0)
			close(fd);
		if (code) {
			fprintf(stderr, "verified: program %u: %s\n", id, strerror(-code));
			return 1;
		}
	}
	return 0;
}

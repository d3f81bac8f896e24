// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attach OBJECT: loads a BPF object, attaches every program in it, says "waiting", and holds them
 * until it is killed.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;

	if (argc != 2) {
		fputs("usage: attach OBJECT\n", stderr);
		return 2;
	}
	object = bpf_object__open_file(argv[1], NULL);
	if (!object || bpf_object__load(object)) {
		fprintf(stderr, "attach: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	bpf_object__for_each_program(program, object)
	{
		if (bpf_program__attach(program))
			continue;
		fprintf(stderr, "attach: %s: %s\n", bpf_program__name(program), strerror(errno));
		return 1;
	}
	puts("waiting");
	fflush(stdout);
	pause();
	return 0;
}

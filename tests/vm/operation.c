// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * operation NAME..: does what each NAME says by a system call of its own, and prints "NAME ok" or
 * "NAME" and the errno's name. What is made is in the current directory and removed again.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/fs.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The same on every architecture; older headers lack them. */
#define NR_open_tree	 428
#define NR_move_mount	 429
#define NR_fsopen	 430
#define NR_fsconfig	 431
#define NR_fsmount	 432
#define NR_fspick	 433
#define NR_mount_setattr 442
#define NR_uring_setup	 425

#define CREATE_SUPERBLOCK 6 /* FSCONFIG_CMD_CREATE */
#define TREE_CLONE	  1 /* OPEN_TREE_CLONE */
#define FROM_EMPTY	  4 /* MOVE_MOUNT_F_EMPTY_PATH */

#define AT "operation-mount"

static long result(long value)
{
	return value < 0 ? -errno : 0;
}

static long mount_tmpfs(void)
{
	long code;

	mkdir(AT, 0700);
	code = result(mount("none", AT, "tmpfs", 0, NULL));
	if (!code)
		umount2(AT, MNT_DETACH);
	rmdir(AT);
	return code;
}

static long mount_bind(void)
{
	long code;

	mkdir(AT, 0700);
	code = result(mount(AT, AT, NULL, MS_BIND, NULL));
	if (!code)
		umount2(AT, MNT_DETACH);
	rmdir(AT);
	return code;
}

/* The next four are given a mount at AT. */
static long mount_remount(void)
{
	return result(mount(NULL, AT, NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC, NULL));
}

static long mount_propagation(void)
{
	return result(mount(NULL, AT, NULL, MS_PRIVATE, NULL));
}

static long mount_umount(void)
{
	return result(umount2(AT, MNT_DETACH));
}

static long mount_setattr_call(void)
{
	uint64_t attributes[4] = {8 /* MOUNT_ATTR_NOEXEC */};

	return result(syscall(NR_mount_setattr, AT_FDCWD, AT, 0, attributes, sizeof(attributes)));
}

static long fsopen_call(void)
{
	return result(syscall(NR_fsopen, "tmpfs", 0));
}

static long fspick_call(void)
{
	return result(syscall(NR_fspick, AT_FDCWD, AT, 0));
}

/* The context that was opened before, as descriptor 9: what a task may have been passed. */
static long fsconfig_call(void)
{
	return result(syscall(NR_fsconfig, 9, CREATE_SUPERBLOCK, NULL, NULL, 0));
}

static long fsmount_call(void)
{
	return result(syscall(NR_fsmount, 9, 0, 0));
}

static long open_tree_call(void)
{
	return result(syscall(NR_open_tree, AT_FDCWD, "/", TREE_CLONE));
}

static long open_tree_plain(void)
{
	return result(syscall(NR_open_tree, AT_FDCWD, "/", 0));
}

/* A detached mount that was made before, as descriptor 8. */
static long move_mount_call(void)
{
	return result(syscall(NR_move_mount, 8, "", AT_FDCWD, AT, FROM_EMPTY));
}

static long pivot(void)
{
	long code = result(syscall(__NR_pivot_root, AT, AT));

	/* Onto itself it never works: anything else is as good as allowed. */
	return code == -EBUSY || code == -EINVAL ? 0 : code;
}

/* Nothing that could be loaded: refused with another errno than EPERM where it is tried. */
static long init_module_call(void)
{
	static const char image[4096];

	return result(syscall(__NR_init_module, image, sizeof(image), ""));
}

static long finit_module_call(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	long code = result(syscall(__NR_finit_module, fd, "", 0));

	close(fd);
	return code;
}

static long make_node(mode_t type, dev_t device)
{
	long code = result(mknod("operation-node", type | 0600, device));

	unlink("operation-node");
	return code;
}

static long mknod_char(void)
{
	return make_node(S_IFCHR, makedev(1, 3));
}

static long mknod_block(void)
{
	return make_node(S_IFBLK, makedev(7, 0));
}

static long mknod_fifo(void)
{
	return make_node(S_IFIFO, 0);
}

static long mknod_whiteout(void)
{
	return make_node(S_IFCHR, makedev(0, 0));
}

static long open_socket(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);
	long code = result(fd);

	close(fd);
	return code;
}

static long socket_raw(void)
{
	return open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static long socket_packet(void)
{
	return open_socket(AF_PACKET, SOCK_DGRAM, 0);
}

static long socket_old_packet(void)
{
	return open_socket(AF_INET, SOCK_PACKET, 0);
}

static long socket_udp(void)
{
	return open_socket(AF_INET, SOCK_DGRAM, 0);
}

static long socket_netlink(void)
{
	return open_socket(AF_NETLINK, SOCK_RAW, 0);
}

/* A file of one's own for the next ones. */
static long with_file(long (*act)(int fd))
{
	int fd = open("operation-file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	long code = fd < 0 ? -errno : act(fd);

	close(fd);
	unlink("operation-file");
	return code;
}

static long do_write(int fd)
{
	return result(write(fd, "x", 1) == 1 ? ftruncate(fd, 0) : -1);
}

static long do_chmod(int fd)
{
	(void)fd;
	return result(chmod("operation-file", 0755));
}

static long do_fchmod(int fd)
{
	return result(fchmod(fd, 0755));
}

static long do_chown(int fd)
{
	return result(fchown(fd, 1, 1));
}

static long do_utimes(int fd)
{
	return result(futimens(fd, NULL));
}

static long do_immutable(int fd)
{
	int flags = FS_IMMUTABLE_FL;
	long code = result(ioctl(fd, FS_IOC_SETFLAGS, &flags));

	flags = 0;
	if (!code)
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	return code;
}

static long do_security(int fd)
{
	return result(fsetxattr(fd, "security.capward", "x", 1, 0));
}

static long do_trusted(int fd)
{
	return result(fsetxattr(fd, "trusted.capward", "x", 1, 0));
}

/* u::rwx g::rwx o::rwx, as the kernel has it: a mode by another name. */
static long do_acl(int fd)
{
	static const uint32_t acl[] = {2,	   0x70001, 0xffffffff, 0x70004,
				       0xffffffff, 0x70020, 0xffffffff};

	return result(fsetxattr(fd, "system.posix_acl_access", acl, sizeof(acl), 0));
}

static long bpf_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return result(syscall(__NR_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

/* In a child: the caller stays where it is. */
static long in_child(long (*act)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit((int)-act());
	waitpid(pid, &status, 0);
	return -WEXITSTATUS(status);
}

static long unshare_user(void)
{
	return result(unshare(CLONE_NEWUSER));
}

static long userns_unshare(void)
{
	return in_child(unshare_user);
}

static long userns_clone(void)
{
	pid_t pid = (pid_t)syscall(__NR_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	long code = result(pid);

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return code;
}

static long mount_in_namespaces(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -EXDEV; /* not what was asked */
	return mount_tmpfs();
}

static long fsopen_in_namespaces(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) ? -EXDEV : fsopen_call();
}

static long userns_mount(void)
{
	return in_child(mount_in_namespaces);
}

static long userns_fsopen(void)
{
	return in_child(fsopen_in_namespaces);
}

static long uring(void)
{
	char parameters[120] = "";

	return result(syscall(NR_uring_setup, 1, parameters));
}

static const struct {
	const char *name;
	long (*call)(void);
	long (*file)(int fd);
} operations[] = {
	{"mount", mount_tmpfs, NULL},
	{"bind", mount_bind, NULL},
	{"remount", mount_remount, NULL},
	{"propagation", mount_propagation, NULL},
	{"umount", mount_umount, NULL},
	{"mount_setattr", mount_setattr_call, NULL},
	{"fsopen", fsopen_call, NULL},
	{"fspick", fspick_call, NULL},
	{"fsconfig", fsconfig_call, NULL},
	{"fsmount", fsmount_call, NULL},
	{"open_tree", open_tree_call, NULL},
	{"open_tree-plain", open_tree_plain, NULL},
	{"move_mount", move_mount_call, NULL},
	{"pivot_root", pivot, NULL},
	{"userns-mount", userns_mount, NULL},
	{"userns-fsopen", userns_fsopen, NULL},
	{"init_module", init_module_call, NULL},
	{"finit_module", finit_module_call, NULL},
	{"char", mknod_char, NULL},
	{"block", mknod_block, NULL},
	{"fifo", mknod_fifo, NULL},
	{"whiteout", mknod_whiteout, NULL},
	{"raw", socket_raw, NULL},
	{"packet", socket_packet, NULL},
	{"old-packet", socket_old_packet, NULL},
	{"udp", socket_udp, NULL},
	{"netlink", socket_netlink, NULL},
	{"write", NULL, do_write},
	{"chmod", NULL, do_chmod},
	{"fchmod", NULL, do_fchmod},
	{"chown", NULL, do_chown},
	{"utimes", NULL, do_utimes},
	{"immutable", NULL, do_immutable},
	{"security", NULL, do_security},
	{"trusted", NULL, do_trusted},
	{"acl", NULL, do_acl},
	{"bpf", bpf_map, NULL},
	{"unshare", userns_unshare, NULL},
	{"clone", userns_clone, NULL},
	{"io_uring", uring, NULL},
};

static int attempt(const char *name)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		long code;

		if (strcmp(operations[i].name, name))
			continue;
		code = operations[i].call ? operations[i].call() : with_file(operations[i].file);
		printf("%s %s\n", name, code ? strerrorname_np((int)-code) : "ok");
		return 0;
	}
	fprintf(stderr, "operation: what is %s?\n", name);
	return 2;
}

/*
 * Descriptors 9 and 8, and a mount at AT, for the calls that go on from there: made by who is not
 * governed, as a task may have them from outside.
 */
static int prepare(void)
{
	int context = (int)syscall(NR_fsopen, "tmpfs", 0), tree;

	mkdir(AT, 0700);
	if (context < 0 || mount("none", AT, "tmpfs", 0, NULL))
		return 1;
	tree = (int)syscall(NR_open_tree, AT_FDCWD, AT, TREE_CLONE);
	if (tree < 0 || dup2(tree, 8) != 8 || dup2(context, 9) != 9)
		return 1;
	return 0;
}

int main(int argc, char **argv)
{
	/* --prepare COMMAND..: become the command with what was prepared. */
	if (argc > 2 && !strcmp(argv[1], "--prepare")) {
		if (prepare()) {
			perror("operation: prepare");
			return 1;
		}
		/* A superblock for fsmount to go on from; fsconfig then says EBUSY. */
		if (!strcmp(argv[2], "--created")) {
			argv++;
			if (syscall(NR_fsconfig, 9, CREATE_SUPERBLOCK, NULL, NULL, 0))
				return 1;
		}
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		return 127;
	}
	for (int i = 1; i < argc; i++)
		if (attempt(argv[i]))
			return 2;
	return fflush(stdout) ? 1 : 0;
}

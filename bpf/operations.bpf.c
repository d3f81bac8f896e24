// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations that a policy refuses whatever capability they are done with. Every program gives an
 * earlier program's refusal on, and then asks permit().
 *
 * mount
 *   lsm/sb_mount          mount(2): new, bind, move, remount, propagation
 *   lsm/sb_umount         umount2(2)
 *   lsm/sb_remount        another way to remount: fsconfig(FSCONFIG_CMD_RECONFIGURE)
 *   lsm/sb_kern_mount     fsconfig(FSCONFIG_CMD_CREATE). The kernel's own mounts (the
 *                         message queues of an ipc namespace, automounts) do not pass it
 *                         on 6.1 to 7.2.
 *   lsm/move_mount        move_mount(2), which attaches what fsmount and open_tree made
 *   lsm/sb_pivotroot      pivot_root(2)
 *   lsm/capable           fsopen, fspick, fsmount, open_tree(OPEN_TREE_CLONE), mount_setattr: they
 *                         have no hook, and a detached mount can be used by its descriptor without
 *                         being attached. implied.h tells them by their capability check.
 * module
 *   lsm/kernel_load_data  init_module(2)
 *   lsm/kernel_read_file  finit_module(2)
 *   lsm/kernel_module_request  the kernel has modprobe load one for the task: a protocol, a
 *                         filesystem. The task is as if there were no such module.
 * device-nodes
 *   lsm/inode_mknod       mknod(2) of a block or character device. Device 0:0 is a whiteout, which
 *                         overlayfs makes to delete and anybody may make.
 * raw-socket
 *   lsm/socket_create     packet and XDP sockets of any type, raw ones of any family, except where
 *                         raw is but a word: unix, netlink, key
 * file-attributes
 *   lsm/path_chmod, path_chown  the system calls. Not inode_setattr, which fires for every write to
 *                         a setuid file and for what overlayfs does to the file below.
 *   lsm/inode_setxattr, inode_removexattr  security.*; also an access ACL, which is a mode (before
 *                         6.2; then lsm/inode_set_acl)
 *   lsm/capable           immutable and append-only: implied.h
 * bpf
 *   lsm/bpf               every bpf(2)
 * userns
 *   lsm/userns_create     clone, clone3 and unshare with CLONE_NEWUSER (from 6.1)
 * io_uring
 *   lsm/inode_init_security_anon  the inode of a new ring (lsm/uring_allowed is not there before 6.15)
 *   lsm/uring_override_creds, uring_sqpoll  a ring that came from elsewhere: the task's kept
 *                         credentials, and a thread to poll it
 *
 * A filesystem that acts for a task (overlayfs: copy up, whiteouts) passes inode_mknod and the xattr
 * hooks once more, with its mounter's credential: current->cred tells, as in lsm/capable. Nobody
 * lends for the other operations, so a credential put on, as by an io_uring personality, is no
 * excuse there.
 *
 * A program whose hook the running kernel lacks is not loaded; a profile that needs it is refused
 * (user/operation.c has the same table).
 */
#include "judge.h"
#include "name.h"

/* include/uapi/linux/stat.h */
#define S_IFMT	00170000
#define S_IFCHR 0020000
#define S_IFBLK 0060000

/* include/linux/socket.h, include/linux/net.h */
#define AF_UNIX	   1
#define AF_KEY	   15
#define AF_NETLINK 16
#define AF_PACKET  17
#define AF_XDP	   44
#define SOCK_RAW   3

/* include/linux/kernel_read_file.h: READING_MODULE and, by the same list, LOADING_MODULE. */
#define MODULE_DATA 2

/*
 * What an earlier program answered (@earlier), else what the policies say to @operation. A program
 * reads the earlier answer before anything else: 6.12's verifier takes its range to be within what
 * it knew of the register before.
 */
static __always_inline int answer(__u64 earlier, enum capward_operation operation)
{
	return (int)earlier ? (int)earlier : permit(operation);
}

/* What the policies say where a filesystem may be acting for the task. */
static __always_inline int permit_for(enum capward_operation operation)
{
	return permit_as(operation, bpf_get_current_task_btf()->cred);
}

/* mount */

SEC("lsm/sb_mount")
int sb_mount(__u64 *arguments)
{
	return answer(arguments[5], CAPWARD_OP_MOUNT);
}

SEC("lsm/sb_umount")
int sb_umount(__u64 *arguments)
{
	return answer(arguments[2], CAPWARD_OP_MOUNT);
}

SEC("lsm/sb_remount")
int sb_remount(__u64 *arguments)
{
	return answer(arguments[2], CAPWARD_OP_MOUNT);
}

SEC("lsm/sb_kern_mount")
int sb_kern_mount(__u64 *arguments)
{
	return answer(arguments[1], CAPWARD_OP_MOUNT);
}

SEC("lsm/move_mount")
int move_mount(__u64 *arguments)
{
	return answer(arguments[2], CAPWARD_OP_MOUNT);
}

SEC("lsm/sb_pivotroot")
int sb_pivotroot(__u64 *arguments)
{
	return answer(arguments[2], CAPWARD_OP_MOUNT);
}

/* module */

SEC("lsm/kernel_load_data")
int kernel_load_data(__u64 *arguments)
{
	int earlier = (int)arguments[2];

	if (earlier)
		return earlier;
	return (__u32)arguments[0] == MODULE_DATA ? permit(CAPWARD_OP_MODULE) : 0;
}

SEC("lsm/kernel_read_file")
int kernel_read_file(__u64 *arguments)
{
	int earlier = (int)arguments[3];

	if (earlier)
		return earlier;
	return (__u32)arguments[1] == MODULE_DATA ? permit(CAPWARD_OP_MODULE) : 0;
}

SEC("lsm/kernel_module_request")
int kernel_module_request(__u64 *arguments)
{
	return answer(arguments[1], CAPWARD_OP_MODULE);
}

/* device-nodes */

SEC("lsm/inode_mknod")
int inode_mknod(__u64 *arguments)
{
	int earlier = (int)arguments[4];
	__u32 type = arguments[2] & S_IFMT, device = arguments[3];

	if (earlier)
		return earlier;
	return type == S_IFBLK || (type == S_IFCHR && device) ? permit_for(CAPWARD_OP_DEVICE_NODES)
							      : 0;
}

/* raw-socket */

static __always_inline bool is_raw(__u32 family, __u32 type)
{
	if (family == AF_PACKET || family == AF_XDP)
		return true;
	return type == SOCK_RAW && family != AF_UNIX && family != AF_NETLINK && family != AF_KEY;
}

SEC("lsm/socket_create")
int socket_create(__u64 *arguments)
{
	int earlier = (int)arguments[4];

	if (earlier)
		return earlier;
	/* The fourth argument: a socket of the kernel's own. */
	if ((__u32)arguments[3] || !is_raw(arguments[0], arguments[1]))
		return 0;
	return permit(CAPWARD_OP_RAW_SOCKET);
}

/* file-attributes */

SEC("lsm/path_chmod")
int path_chmod(__u64 *arguments)
{
	return answer(arguments[2], CAPWARD_OP_FILE_ATTRIBUTES);
}

SEC("lsm/path_chown")
int path_chown(__u64 *arguments)
{
	return answer(arguments[3], CAPWARD_OP_FILE_ATTRIBUTES);
}

/* Whether the extended attribute @kernel_name decides on privilege or is a mode by another name. */
static __always_inline bool is_guarded_xattr(__u64 kernel_name)
{
	char name[sizeof("system.posix_acl_access")] = "";

	bpf_probe_read_kernel_str(name, sizeof(name), (const void *)kernel_name);
	return NAME_STARTS(name, "security.") || NAME_STARTS(name, "system.posix_acl_access");
}

SEC("lsm/inode_setxattr")
int inode_setxattr(__u64 *arguments)
{
	int earlier = (int)arguments[6];

	if (earlier)
		return earlier;
	return is_guarded_xattr(arguments[2]) ? permit_for(CAPWARD_OP_FILE_ATTRIBUTES) : 0;
}

SEC("lsm/inode_removexattr")
int inode_removexattr(__u64 *arguments)
{
	int earlier = (int)arguments[3];

	if (earlier)
		return earlier;
	return is_guarded_xattr(arguments[2]) ? permit_for(CAPWARD_OP_FILE_ATTRIBUTES) : 0;
}

SEC("lsm/inode_set_acl")
int inode_set_acl(__u64 *arguments)
{
	int earlier = (int)arguments[4];

	if (earlier)
		return earlier;
	return is_guarded_xattr(arguments[2]) ? permit_for(CAPWARD_OP_FILE_ATTRIBUTES) : 0;
}

/* bpf */

SEC("lsm/bpf")
int bpf_call(__u64 *arguments)
{
	/*
	 * The place of the earlier answer depends on the kernel (7.x has a fourth argument), and it
	 * is not needed: the trampoline runs a program of a chain only if those before allowed.
	 */
	return permit(CAPWARD_OP_BPF);
}

/* userns */

SEC("lsm/userns_create")
int userns_create(__u64 *arguments)
{
	return answer(arguments[1], CAPWARD_OP_USERNS);
}

/* io_uring */

SEC("lsm/inode_init_security_anon")
int BPF_PROG(inode_init_security_anon, struct inode *inode, const struct qstr *name,
	     const struct inode *context, int ret)
{
	char text[sizeof("[io_uring]")] = "";

	if (ret)
		return ret;
	bpf_probe_read_kernel_str(text, sizeof(text), name->name);
	return NAME_STARTS(text, "[io_uring]") ? permit(CAPWARD_OP_IO_URING) : 0;
}

SEC("lsm/uring_override_creds")
int uring_override_creds(__u64 *arguments)
{
	return answer(arguments[1], CAPWARD_OP_IO_URING);
}

SEC("lsm/uring_sqpoll")
int uring_sqpoll(__u64 *arguments)
{
	return answer(arguments[0], CAPWARD_OP_IO_URING);
}

char LICENSE[] SEC("license") = "GPL";

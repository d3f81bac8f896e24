// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What exploits do with capabilities, each in a form that does no harm: with bad arguments where the
 * kernel checks the capability before them, else to files, mounts, processes and namespaces that go
 * with the attempt. Static, and a new process for each attempt.
 *
 *     classes list                    the probes, in columns: name, capabilities to mask,
 *                                     capabilities it needs, whether the kernel lets LSMs refuse
 *                                     it, what it is
 *     classes in CGROUP NAME [..]     for each pair: prepares as the host, enters CGROUP, executes
 *                                     itself there, tries NAME, and prints "NAME ANSWER"
 *
 * The answer is "ok" when the kernel granted the capability, else the errno; or "unprepared", which
 * says nothing about the capability.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <linux/userfaultfd.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/acct.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define OTHER		  12345 /* a user and group that nobody is */
#define KEY		  0x63617077
#define PATIENCE	  60 /* seconds for an attempt that hangs */
#define FILE_CAPABILITY	  "security.capability"

static int entrance = -1;   /* the cgroup's cgroup.procs */
static const char *self;    /* this program */
static const char *program; /* what is executed in the cgroup: this program, or a copy of it */
static pid_t secret;	    /* of the victim: its pid */

/* 0 when the capability was granted, whatever the call then made of its arguments. */
static int result(long answer, int harmless)
{
	return answer >= 0 || errno == harmless ? 0 : errno;
}

/* For what is done before and around an attempt. */
static long must(const char *what, long answer)
{
	if (answer < 0) {
		printf("unprepared (%s: %s)\n", what, strerrorname_np(errno));
		exit(3);
	}
	return answer;
}

#define MUST(call) must(#call, call)

/* Preparations: by the host, before the cgroup is entered. The working directory is new and empty. */

static void own_mounts(void)
{
	MUST(unshare(CLONE_NEWNS));
	MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	MUST(mkdir("mounted", 0755));
}

static void a_mount(void)
{
	own_mounts();
	MUST(mount("none", "mounted", "tmpfs", 0, NULL));
}

/* A hierarchy of its own, without a controller. */
static void cgroup_v1(void)
{
	own_mounts();
	MUST(mount("cgroup", "mounted", "cgroup", 0, "none,name=capward-classes"));
}

static void a_file(void)
{
	close((int)MUST(open("file", O_CREAT | O_RDWR, 0644)));
}

static void setuid_file(void)
{
	a_file();
	MUST(chmod("file", 04755));
}

/* Its group is not one of ours. */
static void file_of_group(void)
{
	a_file();
	MUST(chown("file", 0, OTHER));
}

static void file_of_other(void)
{
	a_file();
	MUST(chown("file", OTHER, OTHER));
}

static void secret_of_other(void)
{
	file_of_other();
	MUST(chmod("file", 0600));
}

static void memory_of_other(void)
{
	MUST(unshare(CLONE_NEWIPC));
	MUST(seteuid(OTHER));
	MUST(shmget(KEY, 4096, IPC_CREAT | 0600));
	MUST(seteuid(0));
}

static void become_other(void)
{
	MUST(setgroups(0, NULL));
	MUST(setresgid(OTHER, OTHER, OTHER));
	MUST(setresuid(OTHER, OTHER, OTHER));
}

static void nobody(void)
{
	MUST(mkdir("mounted", 0755));
	become_other();
}

static void two_directories(void)
{
	MUST(mkdir("lower", 0755));
	MUST(mkdir("upper", 0755));
	nobody();
}

static void no_memory_to_lock(void)
{
	MUST(setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){0, 0}));
}

/* A process of another user in the same cgroup; an exec, so that it is workload and dumpable. */
static void a_victim(void)
{
	int ready[2];
	char value[32], *where;
	pid_t pid;

	MUST(pipe(ready));
	pid = (pid_t)MUST(fork());
	if (!pid) {
		become_other();
		MUST(write(entrance, "0", 1));
		MUST(dup2(ready[1], STDOUT_FILENO));
		execl(self, self, "victim", NULL);
		_exit(127);
	}
	close(ready[1]);
	if (MUST(read(ready[0], &where, sizeof(where))) != sizeof(where))
		must("victim", -1);
	snprintf(value, sizeof(value), "%p", (void *)where);
	MUST(setenv("SECRET", value, 1));
	snprintf(value, sizeof(value), "%d", pid);
	MUST(setenv("VICTIM", value, 1));
}

static int victim(void)
{
	const pid_t *where = &secret;

	secret = getpid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(STDOUT_FILENO, &where, sizeof(where)) < 0)
		return 1;
	close(STDOUT_FILENO);
	pause();
	return 0;
}

static pid_t the_victim(void)
{
	const char *pid = getenv("VICTIM");

	return pid ? atoi(pid) : (pid_t)must("VICTIM", -1);
}

/* A copy of this program, where file capabilities and setuid bits count. */
static void copy_of_program(void)
{
	struct stat status;
	int from, to;

	a_mount();
	from = (int)MUST(open(self, O_RDONLY));
	to = (int)MUST(open("mounted/program", O_CREAT | O_WRONLY, 0755));
	MUST(fstat(from, &status));
	if (MUST(sendfile(to, from, NULL, (size_t)status.st_size)) != status.st_size)
		must("copy", -1);
	close(from);
	close(to);
	MUST(chmod("mounted", 0755));
	program = "mounted/program";
}

static void setuid_program(void)
{
	copy_of_program();
	MUST(chmod(program, 04755));
	become_other();
}

/* What a container had that CVE-2022-24769 and CVE-2022-27649 are about. */
static void inheritable_program(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	const struct vfs_cap_data file = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data[0].inheritable = 1U << CAP_NET_RAW,
	};

	copy_of_program();
	MUST(setxattr(program, FILE_CAPABILITY, &file, sizeof(file), 0));
	MUST(syscall(SYS_capget, &header, data));
	data[0].inheritable = 1U << CAP_NET_RAW;
	MUST(syscall(SYS_capset, &header, data));
	become_other();
}

/* Attempts: 0, or the errno of the refusal. */

static int do_mount(void)
{
	return result(mount("none", "mounted", "tmpfs", 0, NULL), 0);
}

static int do_umount(void)
{
	return result(umount2("mounted", MNT_DETACH), 0);
}

static int do_fsopen(void)
{
	return result(syscall(SYS_fsopen, "tmpfs", 0), 0);
}

static int do_open_tree(void)
{
	return result(syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */), 0);
}

static int do_pivot_root(void)
{
	/* Neither is a mount point. The paths are looked up first on 7.2, last on 6.1. */
	return result(syscall(SYS_pivot_root, ".", "."), EINVAL);
}

static int release_agent(void)
{
	int fd = open("mounted/release_agent", O_WRONLY);

	if (fd < 0)
		return errno;
	return result(write(fd, "/bin/false", 10), 0);
}

static int unshare_mounts(void)
{
	return result(unshare(CLONE_NEWNS), 0);
}

static int setns_uts(void)
{
	return result(setns((int)MUST(open("/proc/self/ns/uts", O_RDONLY)), CLONE_NEWUTS), 0);
}

static int set_host_name(void)
{
	return result(syscall(SYS_sethostname, NULL, -1), EINVAL);
}

static int tiocsti(void)
{
	int terminal = (int)MUST(open("/dev/ptmx", O_RDWR | O_NOCTTY)), unlock = 0, peer;

	MUST(ioctl(terminal, TIOCSPTLCK, &unlock));
	peer = (int)MUST(ioctl(terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	return result(ioctl(peer, TIOCSTI, "x"), 0);
}

static int trusted_xattr(void)
{
	return result(setxattr("file", "trusted.overlay.opaque", "y", 1, 0), 0);
}

static int swap_on(void)
{
	return result(swapon("no-such-file", 0), ENOENT);
}

static int fanotify(void)
{
	return result(fanotify_init(FAN_CLASS_CONTENT, O_RDONLY), 0);
}

static int userns_mount(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return errno;
	return do_mount();
}

static int userns_fsopen(void)
{
	if (unshare(CLONE_NEWUSER))
		return errno;
	if (unshare(CLONE_NEWNS))
		return errno;
	return do_fsopen();
}

static int userns_overlay(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return errno;
	return result(mount("none", "mounted", "overlay", 0, "lowerdir=lower:upper"), 0);
}

static int userns_hostname(void)
{
	if (unshare(CLONE_NEWUSER))
		return errno;
	if (unshare(CLONE_NEWUTS))
		return errno;
	return result(sethostname("capward", 7), 0);
}

/* Send one request; its answer: 0, or the errno in the acknowledgement. */
static int netlink(int protocol, int type, size_t length)
{
	struct {
		struct nlmsghdr header;
		char body[256];
	} request = {.header = {.nlmsg_len = (unsigned int)NLMSG_LENGTH(length),
				.nlmsg_type = (unsigned short)type,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK}};
	char answer[8192] __attribute__((aligned(8)));
	int fd = (int)MUST(socket(AF_NETLINK, SOCK_RAW, protocol));

	MUST(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 10},
			sizeof(struct timeval)));
	if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
		return errno;
	for (;;) {
		int left = (int)MUST(recv(fd, answer, sizeof(answer), 0));

		for (struct nlmsghdr *header = (struct nlmsghdr *)answer;
		     NLMSG_OK(header, (unsigned int)left); header = NLMSG_NEXT(header, left)) {
			if (header->nlmsg_type == NLMSG_ERROR)
				return -((struct nlmsgerr *)NLMSG_DATA(header))->error;
		}
	}
}

/* A message of no subsystem: nfnetlink asks for NET_ADMIN before it looks at any. */
static int userns_nf_tables(void)
{
	int answer;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return errno;
	answer = netlink(NETLINK_NETFILTER, 0xff00, 4);
	return answer == EINVAL ? 0 : answer;
}

/* A filter for a device that is not there. */
static int traffic_filter(void)
{
	int answer = netlink(NETLINK_ROUTE, RTM_NEWTFILTER, sizeof(struct tcmsg));

	return answer == ENODEV || answer == ENOENT ? 0 : answer;
}

static int userns_traffic_filter(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return errno;
	return traffic_filter();
}

static int packet_socket(void)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0), 0);
}

static int userns_packet_socket(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return errno;
	return packet_socket();
}

static int raw_socket(void)
{
	return result(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), 0);
}

static int ptrace_victim(void)
{
	return result(ptrace(PTRACE_SEIZE, the_victim(), 0, 0), 0);
}

static int read_victim(void)
{
	const char *where = getenv("SECRET");
	const pid_t pid = the_victim();
	pid_t got = 0;
	struct iovec here = {&got, sizeof(got)}, there = {NULL, sizeof(got)};

	if (!where || sscanf(where, "%p", &there.iov_base) != 1)
		must("SECRET", -1);
	if (process_vm_readv(pid, &here, 1, &there, 1, 0) < 0)
		return errno;
	return got == pid ? 0 : EILSEQ;
}

static int fd_of_victim(void)
{
	int pidfd = (int)MUST(syscall(SYS_pidfd_open, the_victim(), 0));

	return result(syscall(SYS_pidfd_getfd, pidfd, STDERR_FILENO, 0), 0);
}

static int kernel_faults(void)
{
	return result(syscall(SYS_userfaultfd, O_CLOEXEC), 0);
}

static int kill_victim(void)
{
	return result(kill(the_victim(), 0), 0);
}

static int load_module(void)
{
	return result(syscall(SYS_init_module, "", 0, ""), ENOEXEC);
}

static int load_module_file(void)
{
	return result(syscall(SYS_finit_module, -1, "", 0), EBADF);
}

static int unload_module(void)
{
	return result(syscall(SYS_delete_module, "capward_no_such_module", O_NONBLOCK), ENOENT);
}

static int open_by_handle(void)
{
	union {
		struct file_handle handle;
		char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} file = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int mount_id;

	MUST(name_to_handle_at(AT_FDCWD, "file", &file.handle, &mount_id, 0));
	return result(open_by_handle_at((int)MUST(open(".", O_RDONLY)), &file.handle, O_RDONLY), 0);
}

static int read_file(void)
{
	return result(open("file", O_RDONLY), 0);
}

static int write_file(void)
{
	return result(open("file", O_WRONLY), 0);
}

static int change_mode(void)
{
	return result(chmod("file", 0666), 0);
}

static int change_owner(void)
{
	return result(chown("file", OTHER, OTHER), 0);
}

/* FSETID is soft: the bits are dropped, without an error. */
static int file_keeps(mode_t bit)
{
	struct stat status;

	MUST(stat("file", &status));
	return status.st_mode & bit ? 0 : EPERM;
}

static int setgid_stays(void)
{
	MUST(chmod("file", 02755));
	return file_keeps(S_ISGID);
}

static int setuid_stays(void)
{
	MUST(write((int)MUST(open("file", O_WRONLY)), "x", 1));
	return file_keeps(S_ISUID);
}

static int file_capability(void)
{
	const struct vfs_cap_data file = {
		.magic_etc = VFS_CAP_REVISION_2,
		.data[0].permitted = 1U << CAP_CHOWN,
	};

	return result(setxattr("file", FILE_CAPABILITY, &file, sizeof(file), 0), 0);
}

static int append_only(void)
{
	int fd = (int)MUST(open("file", O_RDONLY)), flags;

	MUST(ioctl(fd, FS_IOC_GETFLAGS, &flags));
	flags |= FS_APPEND_FL;
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags))
		return errno;
	flags &= ~FS_APPEND_FL;
	MUST(ioctl(fd, FS_IOC_SETFLAGS, &flags));
	return 0;
}

static int lease(void)
{
	return result(fcntl((int)MUST(open("file", O_RDONLY)), F_SETLEASE, F_RDLCK), 0);
}

static int block_device(void)
{
	return result(mknod("node", S_IFBLK | 0600, makedev(7, 99)), 0);
}

static int character_device(void)
{
	return result(mknod("node", S_IFCHR | 0600, makedev(1, 1)), 0);
}

static int port(void)
{
#ifdef __x86_64__
	return result(ioperm(0x80, 1, 1), 0);
#else
	return result(open("/dev/port", O_RDONLY), 0);
#endif
}

static int physical_memory(void)
{
	return result(open("/dev/mem", O_RDONLY), 0);
}

static int kernel_memory(void)
{
	return result(open("/proc/kcore", O_RDONLY), 0);
}

static int load_program(enum bpf_prog_type type)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = type,
		.insn_cnt = ARRAY_SIZE(code),
		.insns = (__u64)code,
		.license = (__u64) "GPL",
	};

	return result(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)), 0);
}

static int load_filter(void)
{
	return load_program(BPF_PROG_TYPE_SOCKET_FILTER);
}

static int load_kprobe(void)
{
	return load_program(BPF_PROG_TYPE_KPROBE);
}

static int load_xdp(void)
{
	return load_program(BPF_PROG_TYPE_XDP);
}

static int create_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};

	return result(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)), 0);
}

/* Of the whole system. */
static int perf_event(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_CPU_CLOCK};

	return result(syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0), 0);
}

/* More segments than there may be. */
static int kexec(void)
{
	return result(syscall(SYS_kexec_load, 0, 1000, NULL, 0), EINVAL);
}

static int reboot_(void)
{
	return result(syscall(SYS_reboot, 0, 0, 0, NULL), EINVAL);
}

static int read_log(void)
{
	char text[4096];

	return result(klogctl(3, text, sizeof(text)), 0);
}

static int set_uid(void)
{
	return result(setuid(OTHER), 0);
}

static int set_gid(void)
{
	return result(setgid(OTHER), 0);
}

static int set_groups(void)
{
	return result(setgroups(1, &(gid_t){OTHER}), 0);
}

static int forge_sender(void)
{
	const struct ucred who = {.pid = getpid(), .uid = OTHER, .gid = 0};
	char control[CMSG_SPACE(sizeof(who))] __attribute__((aligned(8))) = {0}, byte = 0;
	struct msghdr message = {
		.msg_iov = &(struct iovec){&byte, 1},
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);
	int pair[2];

	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_CREDENTIALS;
	part->cmsg_len = CMSG_LEN(sizeof(who));
	memcpy(CMSG_DATA(part), &who, sizeof(who));
	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	return result(sendmsg(pair[0], &message, 0), 0);
}

static int set_mtu(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = (int)MUST(socket(AF_INET, SOCK_DGRAM, 0));

	MUST(ioctl(fd, SIOCGIFMTU, &request));
	return result(ioctl(fd, SIOCSIFMTU, &request), 0);
}

static int low_port(void)
{
	const struct sockaddr_in at = {.sin_family = AF_INET,
				       .sin_port = htons(81),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	return result(bind((int)MUST(socket(AF_INET, SOCK_DGRAM, 0)), (const struct sockaddr *)&at,
			   sizeof(at)),
		      0);
}

static int all_namespaces(void)
{
	return result(setsockopt((int)MUST(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)),
				 SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &(int){1}, sizeof(int)),
		      0);
}

static int chroot_(void)
{
	return result(chroot("/"), 0);
}

static int setns_mounts(void)
{
	return result(setns((int)MUST(open("/proc/self/ns/mnt", O_RDONLY)), CLONE_NEWNS), 0);
}

static int set_time(void)
{
	return result(syscall(SYS_settimeofday, NULL, &(struct timezone){.tz_minuteswest = 100000}),
		      EINVAL);
}

/* A tick that there cannot be. */
static int adjust_time(void)
{
	return result(adjtimex(&(struct timex){.modes = ADJ_TICK}), EINVAL);
}

static int wake_alarm(void)
{
	return result(timerfd_create(CLOCK_BOOTTIME_ALARM, 0), 0);
}

/* BLOCK_SUSPEND is soft, too: the flag is taken away. */
static int block_suspend(void)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLWAKEUP};
	int epoll = (int)MUST(epoll_create1(0)), ends[2];
	unsigned int events = 0;
	char line[256];
	FILE *info;

	MUST(pipe(ends));
	MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event));
	snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", epoll);
	info = fopen(line, "r");
	while (info && fgets(line, sizeof(line), info)) {
		if (sscanf(line, "tfd: %*d events: %x", &events) == 1)
			break;
	}
	if (!events)
		must("fdinfo", -1);
	return events & EPOLLWAKEUP ? 0 : EPERM;
}

static int higher_priority(void)
{
	return result(setpriority(PRIO_PROCESS, 0, -1), 0);
}

static int realtime(void)
{
	return result(sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){1}), 0);
}

static int raise_limit(void)
{
	struct rlimit limit;

	/* Its hard limit is 0 by default. */
	MUST(getrlimit(RLIMIT_NICE, &limit));
	limit.rlim_max++;
	return result(setrlimit(RLIMIT_NICE, &limit), 0);
}

static int lock_memory(void)
{
	static char page[4096];

	return result(mlock(page, sizeof(page)), 0);
}

static int secure_bits(void)
{
	return result(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP), 0);
}

static int bounding_set(void)
{
	return result(prctl(PR_CAPBSET_DROP, CAP_MAC_OVERRIDE), 0);
}

static int accounting(void)
{
	return result(acct(NULL), 0);
}

static int attach_memory(void)
{
	int id = (int)MUST(shmget(KEY, 0, 0));

	return shmat(id, NULL, SHM_RDONLY) == (void *)-1 ? errno : 0;
}

static int hang_up(void)
{
	return result(vhangup(), 0);
}

static int audit_write(void)
{
	return netlink(NETLINK_AUDIT, AUDIT_USER, 8);
}

static int audit_control(void)
{
	return netlink(NETLINK_AUDIT, AUDIT_GET, 0);
}

static int audit_read(void)
{
	const struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = 1};

	return result(bind((int)MUST(socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)),
			   (const struct sockaddr *)&at, sizeof(at)),
		      0);
}

static int remove_profile(void)
{
	int fd = (int)MUST(open("/sys/kernel/security/apparmor/.remove", O_WRONLY));

	return result(write(fd, "capward-no-such-profile", 23), ENOENT);
}

/* A pid that is in use: one's own. */
static int choose_pid(void)
{
	const pid_t pid = getpid();
	struct clone_args args = {
		.exit_signal = SIGCHLD, .set_tid = (__u64)&pid, .set_tid_size = 1};

	return result(syscall(SYS_clone3, &args, sizeof(args)), EEXIST);
}

/*
 * `masked` begins with the capability that the probe is about; the others are what the kernel
 * accepts in its place. `needs` is what it takes when that is more than the first. NOT_ASKED: the
 * kernel calls cap_capable() itself, so no LSM can refuse it; here to be noticed when that changes.
 */
#define NOT_ASKED ""

static const struct probe {
	const char *name;
	const char *class;
	const char *masked;
	const char *needs;
	void (*prepare)(void);
	int (*attempt)(void);
} probes[] = {
	{"mount", "mount a file system", "SYS_ADMIN", NULL, own_mounts, do_mount},
	{"umount", "uncover what a mount hides", "SYS_ADMIN", NULL, a_mount, do_umount},
	{"fsopen", "the new mount API", "SYS_ADMIN", NULL, NULL, do_fsopen},
	{"open_tree", "clone a tree of mounts", "SYS_ADMIN", NULL, NULL, do_open_tree},
	{"pivot_root", "pivot_root", "SYS_ADMIN", NULL, own_mounts, do_pivot_root},
	{"release_agent", "cgroup v1 release_agent", "SYS_ADMIN", NULL, cgroup_v1, release_agent},
	{"unshare", "a mount namespace of one's own", "SYS_ADMIN", NULL, NULL, unshare_mounts},
	{"setns", "enter a namespace", "SYS_ADMIN", NULL, NULL, setns_uts},
	{"sethostname", "sethostname", "SYS_ADMIN", NULL, NULL, set_host_name},
	{"tiocsti", "type on another terminal", "SYS_ADMIN", NULL, NULL, tiocsti},
	{"trusted-xattr", "trusted xattr (overlayfs)", "SYS_ADMIN", NULL, a_file, trusted_xattr},
	{"swapon", "swap on a file", "SYS_ADMIN", NULL, NULL, swap_on},
	{"fanotify", "watch the opens of others", "SYS_ADMIN", NULL, NULL, fanotify},
	{"userns-mount", "user namespace, mount", "SYS_ADMIN", NULL, nobody, userns_mount},
	{"userns-fsopen", "user namespace, fsopen", "SYS_ADMIN", NULL, nobody, userns_fsopen},
	{"userns-overlay", "user namespace, overlayfs", "SYS_ADMIN", NULL, two_directories,
	 userns_overlay},
	{"userns-hostname", "user namespace, sethostname", "SYS_ADMIN", NULL, nobody,
	 userns_hostname},
	{"userns-nf_tables", "user namespace, nf_tables", "NET_ADMIN", "NET_ADMIN+SYS_ADMIN",
	 nobody, userns_nf_tables},
	{"userns-filter", "user namespace, traffic filter", "NET_ADMIN", "NET_ADMIN+SYS_ADMIN",
	 nobody, userns_traffic_filter},
	{"userns-packet", "user namespace, packet socket", "NET_RAW", "NET_RAW+SYS_ADMIN", nobody,
	 userns_packet_socket},
	{"setuid-exec", "setuid root program", "SYS_ADMIN", NULL, setuid_program, set_host_name},
	{"inheritable", "inheritable set and file", "NET_RAW", NULL, inheritable_program,
	 raw_socket},
	{"ptrace", "attach to another user's process", "SYS_PTRACE", NULL, a_victim, ptrace_victim},
	{"vm_readv", "read another user's process", "SYS_PTRACE", NULL, a_victim, read_victim},
	{"pidfd_getfd", "take another user's descriptor", "SYS_PTRACE", NULL, a_victim,
	 fd_of_victim},
	{"userfaultfd", "stop the kernel at a fault", "SYS_PTRACE", NULL, NULL, kernel_faults},
	{"init_module", "load a module", "SYS_MODULE", NULL, NULL, load_module},
	{"finit_module", "load a module from a file", "SYS_MODULE", NULL, NULL, load_module_file},
	{"delete_module", "unload a module", "SYS_MODULE", NULL, NULL, unload_module},
	{"open_by_handle", "open_by_handle_at", "DAC_READ_SEARCH", NULL, a_file, open_by_handle},
	{"read-file", "read another user's file", "DAC_READ_SEARCH+DAC_OVERRIDE", NULL,
	 secret_of_other, read_file},
	{"write-file", "write another user's file", "DAC_OVERRIDE", NULL, secret_of_other,
	 write_file},
	{"chmod", "open up another user's file", "FOWNER", NULL, file_of_other, change_mode},
	{"chown", "give a file away", "CHOWN", NULL, a_file, change_owner},
	{"setgid-stays", "setgid bit of a foreign group", "FSETID", NULL, file_of_group,
	 setgid_stays},
	{"setuid-stays", "write to a setuid program", "FSETID", NULL, setuid_file, setuid_stays},
	{"setfcap", "capability of a file", "SETFCAP", NULL, a_file, file_capability},
	{"append-only", "immutable and append-only", "LINUX_IMMUTABLE", NULL, a_file, append_only},
	{"lease", "lease on another user's file", "LEASE", NULL, file_of_other, lease},
	{"block-device", "mknod a block device", "MKNOD", NULL, NULL, block_device},
	{"char-device", "mknod a character device", "MKNOD", NULL, NULL, character_device},
	{"ioperm", "I/O ports", "SYS_RAWIO", NULL, NULL, port},
	{"dev-mem", "physical memory", "SYS_RAWIO", NULL, NULL, physical_memory},
	{"kcore", "the kernel's memory", "SYS_RAWIO", NULL, NULL, kernel_memory},
	{"bpf-filter", "load a BPF program", "BPF+SYS_ADMIN", NULL, NULL, load_filter},
	{"bpf-map", "create a BPF map", "BPF+SYS_ADMIN", NULL, NULL, create_map},
	{"bpf-kprobe", "load a tracing program", "PERFMON+SYS_ADMIN", "PERFMON+BPF", NULL,
	 load_kprobe},
	{"bpf-xdp", "load an XDP program", "NET_ADMIN+SYS_ADMIN", "NET_ADMIN+BPF", NULL, load_xdp},
	{"perf_event", "perf_event_open, system-wide", "PERFMON+SYS_ADMIN", NULL, NULL, perf_event},
	{"kexec", "kexec_load", "SYS_BOOT", NULL, NULL, kexec},
	{"reboot", "reboot", "SYS_BOOT", NULL, NULL, reboot_},
	{"syslog", "read the kernel's log", "SYSLOG+SYS_ADMIN", NULL, NULL, read_log},
	{"setuid", "become another user", "SETUID", NULL, NULL, set_uid},
	{"scm-credentials", "send as another user", "SETUID", NULL, NULL, forge_sender},
	{"setgid", "take another group", "SETGID", NULL, NULL, set_gid},
	{"setgroups", "take more groups", "SETGID", NULL, NULL, set_groups},
	{"packet-socket", "packet socket", "NET_RAW", NULL, NULL, packet_socket},
	{"raw-socket", "raw socket", "NET_RAW", NULL, NULL, raw_socket},
	{"mtu", "MTU of lo", "NET_ADMIN", NULL, NULL, set_mtu},
	{"filter", "traffic filter", "NET_ADMIN", NULL, NULL, traffic_filter},
	{"low-port", "bind to a low port", "NET_BIND_SERVICE", NULL, NULL, low_port},
	{"all-nsid", "listen to every network namespace", "NET_BROADCAST", NULL, NULL,
	 all_namespaces},
	{"kill", "signal another user's process", "KILL", NULL, a_victim, kill_victim},
	{"chroot", "chroot", "SYS_CHROOT", NULL, NULL, chroot_},
	{"setns-mounts", "enter a mount namespace", "SYS_CHROOT", "SYS_CHROOT+SYS_ADMIN", NULL,
	 setns_mounts},
	{"settimeofday", "set the clock", "SYS_TIME", NULL, NULL, set_time},
	{"adjtimex", "bend the clock", "SYS_TIME", NULL, NULL, adjust_time},
	{"alarm", "wake the machine", "WAKE_ALARM", NULL, NULL, wake_alarm},
	{"wakeup", "keep the machine awake", "BLOCK_SUSPEND", NULL, NULL, block_suspend},
	{"nice", "higher priority", "SYS_NICE", NULL, NULL, higher_priority},
	{"realtime", "real-time priority", "SYS_NICE", NULL, NULL, realtime},
	{"rlimit", "raise a hard limit", "SYS_RESOURCE", NULL, NULL, raise_limit},
	{"mlock", "lock memory beyond the limit", "IPC_LOCK", NULL, no_memory_to_lock, lock_memory},
	{"shmat", "another user's shared memory", "IPC_OWNER", NULL, memory_of_other,
	 attach_memory},
	{"bounding-set", "change the bounding set", "SETPCAP", NULL, NULL, bounding_set},
	{"securebits", "keep capabilities over setuid", "SETPCAP", NOT_ASKED, NULL, secure_bits},
	{"acct", "process accounting", "SYS_PACCT", NULL, NULL, accounting},
	{"vhangup", "hang up a terminal", "SYS_TTY_CONFIG", NULL, NULL, hang_up},
	{"audit-write", "forge an audit record", "AUDIT_WRITE", NULL, NULL, audit_write},
	{"audit-control", "change auditing", "AUDIT_CONTROL", NULL, NULL, audit_control},
	{"audit-read", "read the audit log", "AUDIT_READ", NULL, NULL, audit_read},
	{"apparmor", "remove an AppArmor profile", "MAC_ADMIN", NOT_ASKED, NULL, remove_profile},
	{"set-tid", "choose a pid", "CHECKPOINT_RESTORE+SYS_ADMIN", NULL, NULL, choose_pid},
};

static const struct probe *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		if (!strcmp(name, probes[i].name))
			return &probes[i];
	}
	errx(2, "%s: no such probe", name);
}

static void list(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		const struct probe *probe = &probes[i];
		const bool more = probe->needs && *probe->needs;
		const size_t first = strcspn(probe->masked, "+");

		printf("%s\t%s\t%.*s\t%s\t%s\n", probe->name, probe->masked,
		       more ? (int)strlen(probe->needs) : (int)first,
		       more ? probe->needs : probe->masked,
		       probe->needs && !more ? "not-asked" : "stopped", probe->class);
	}
}

static void in_cgroup(const char *cgroup, const struct probe *probe)
{
	char path[4096], directory[] = "attempt.XXXXXX";

	alarm(PATIENCE);
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	/* The kernel asks whether its opener may move a task, not who the writer has become. */
	entrance = (int)MUST(open(path, O_WRONLY | O_CLOEXEC));
	if (!mkdtemp(directory))
		must("mkdtemp", -1);
	MUST(chmod(directory, 0755));
	MUST(chdir(directory));
	program = self;
	if (probe->prepare)
		probe->prepare();
	MUST(write(entrance, "0", 1));
	execl(program, program, "attempt", probe->name, NULL);
	must("exec", -1);
}

static void run(const char *cgroup, const struct probe *probe)
{
	int status;
	pid_t pid;

	printf("%s ", probe->name);
	pid = (pid_t)MUST(fork());
	if (!pid)
		in_cgroup(cgroup, probe);
	MUST(waitpid(pid, &status, 0));
	if (WIFSIGNALED(status))
		puts(strsignal(WTERMSIG(status)));
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	self = argv[0];
	if (argc == 2 && !strcmp(argv[1], "list")) {
		list();
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "victim"))
		return victim();
	if (argc == 3 && !strcmp(argv[1], "attempt")) {
		const int answer = find(argv[2])->attempt();

		puts(answer ? strerrorname_np(answer) : "ok");
		return 0;
	}
	if (argc > 3 && argc % 2 == 0 && !strcmp(argv[1], "in")) {
		for (int i = 2; i < argc; i += 2)
			run(argv[i], find(argv[i + 1]));
		return 0;
	}
	fputs("usage: classes list | in CGROUP NAME [CGROUP NAME..]\n", stderr);
	return 2;
}

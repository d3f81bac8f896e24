// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One use of a capability, in a form without effect, as often as asked. Static, so that it runs in
 * any container.
 *
 *     probe CAP [N]      prints "CAP ok" or "CAP ERRNO-NAME"; exits 0 when every use was allowed, 1
 *                        when every one was refused, 2 when the answers differ
 *     probe list         the capabilities it knows
 */
#include <errno.h>
#include <linux/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/io.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <unistd.h>

/* Each returns 0 when the capability was granted, whatever the call then made of its arguments. */
static int result(long answer, int harmless)
{
	return answer >= 0 || errno == harmless ? 0 : errno;
}

static int sys_admin(void)
{
	return result(syscall(SYS_sethostname, NULL, -1), EINVAL);
}

static int sys_chroot(void)
{
	return result(chroot("/"), 0);
}

static int sys_module(void)
{
	return result(syscall(SYS_delete_module, "capward_no_such_module", O_NONBLOCK), ENOENT);
}

static int sys_time(void)
{
	return result(syscall(SYS_settimeofday, NULL, &(struct timezone){.tz_minuteswest = 100000}),
		      EINVAL);
}

static int sys_boot(void)
{
	return result(syscall(SYS_reboot, 0, 0, 0, NULL), EINVAL);
}

static int sys_nice(void)
{
	return result(setpriority(PRIO_PROCESS, 0, -1), 0);
}

static int sys_resource(void)
{
	struct rlimit limit;

	/* Its hard limit is 0 by default, and raising one asks. */
	if (getrlimit(RLIMIT_NICE, &limit))
		return errno;
	limit.rlim_max++;
	return result(setrlimit(RLIMIT_NICE, &limit), 0);
}

static int net_raw(void)
{
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int net_bind_service(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(81),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), answer;

	if (fd < 0)
		return errno;
	answer = bind(fd, (struct sockaddr *)&at, sizeof(at)) ? errno : 0;
	close(fd);
	return answer;
}

static int set_uid(void)
{
	/* The real id alone: the effective one stays, and with it the capabilities. */
	return result(syscall(SYS_setresuid, 12345, -1, -1), 0);
}

static int set_gid(void)
{
	return result(setgroups(0, NULL), 0);
}

static int mknod_(void)
{
	int answer = result(mknod("capward-probe-node", S_IFBLK | 0600, makedev(7, 99)), 0);

	unlink("capward-probe-node");
	return answer;
}

static int chown_(void)
{
	int fd = open("capward-probe-file", O_CREAT | O_RDWR, 0600), answer;

	if (fd < 0)
		return errno;
	answer = fchown(fd, 1, 1) ? errno : 0;
	close(fd);
	unlink("capward-probe-file");
	return answer;
}

static int syslog_(void)
{
	/* SYSLOG_ACTION_CONSOLE_LEVEL with a level that is refused after the check. */
	return result(syscall(SYS_syslog, 8, NULL, 99), EINVAL);
}

static const struct {
	const char *name;
	int (*use)(void);
} probes[] = {
	{"SYS_ADMIN", sys_admin},
	{"SYS_CHROOT", sys_chroot},
	{"SYS_MODULE", sys_module},
	{"SYS_TIME", sys_time},
	{"SYS_BOOT", sys_boot},
	{"SYS_NICE", sys_nice},
	{"SYS_RESOURCE", sys_resource},
	{"NET_RAW", net_raw},
	{"NET_BIND_SERVICE", net_bind_service},
	{"SETUID", set_uid},
	{"SETGID", set_gid},
	{"MKNOD", mknod_},
	{"CHOWN", chown_},
	{"SYSLOG", syslog_},
};

#define PROBES (sizeof(probes) / sizeof(probes[0]))

int main(int argc, char **argv)
{
	long times = argc > 2 ? atol(argv[2]) : 1, refused = 0;
	int first = 0;

	for (size_t i = 0; argc > 1 && i < PROBES; i++) {
		if (!strcmp(argv[1], "list")) {
			puts(probes[i].name);
			continue;
		}
		if (strcmp(argv[1], probes[i].name))
			continue;
		for (long n = 0; n < times; n++) {
			int answer = probes[i].use();

			refused += answer != 0;
			first = n ? first : answer;
		}
		printf("%s %s\n", argv[1], first ? strerrorname_np(first) : "ok");
		return !refused ? 0 : refused == times ? 1 : 2;
	}
	return argc > 1 && !strcmp(argv[1], "list") ? 0 : 3;
}

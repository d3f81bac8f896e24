// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attempt: tries what only a privileged process may do, each in a harmless form, and says how it
 * went: "NAME allowed", "NAME denied (ERRNO)" or "NAME failed (ERRNO)", where the reason is another
 * than a missing right. What was allowed is undone. Exit status: 0 unless an attempt failed.
 *
 * Statically linked: it runs inside the container.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <netinet/in.h>

/* A user that the file does not belong to. */
#define SOMEBODY 1000

/* Each attempt returns 0 or a negative errno. The working directory is an empty one of our own. */

static int try_mount(void)
{
	int code = 0;

	if (mkdir("mount", 0700))
		return -errno;
	if (mount("tmpfs", "mount", "tmpfs", 0, "size=4k"))
		code = -errno;
	else
		umount2("mount", MNT_DETACH);
	rmdir("mount");
	return code;
}

/* A block device, the way to the host's disks; of the numbers of an unused loop device. */
static int try_mknod(void)
{
	if (mknod("disk", S_IFBLK | 0600, makedev(7, 255)))
		return -errno;
	unlink("disk");
	return 0;
}

static int try_sethostname(void)
{
	char name[256];

	if (gethostname(name, sizeof(name)))
		return -errno;
	return sethostname(name, strlen(name)) ? -errno : 0;
}

static int try_raw_socket(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* An empty image: whoever may load modules is told that it is none. */
static int try_module(void)
{
	if (!syscall(SYS_init_module, "", 0UL, "") || errno == ENOEXEC)
		return 0;
	return -errno;
}

static int try_chown(void)
{
	FILE *file = fopen("file", "w");
	int code = 0;

	if (!file)
		return -errno;
	fclose(file);
	if (chown("file", SOMEBODY, SOMEBODY))
		code = -errno;
	unlink("file");
	return code;
}

static const struct {
	const char *name;
	int (*attempt)(void);
} attempts[] = {
	{"mount", try_mount},		{"mknod", try_mknod},	{"sethostname", try_sethostname},
	{"raw-socket", try_raw_socket}, {"module", try_module}, {"chown", try_chown},
};

/* Print how an attempt went; false: neither allowed nor denied. */
static bool tell(const char *name, int code)
{
	bool denied = code == -EPERM || code == -EACCES;

	if (!code)
		printf("%s allowed\n", name);
	else
		printf("%s %s (%s)\n", name, denied ? "denied" : "failed", strerrorname_np(-code));
	return !code || denied;
}

int main(void)
{
	char place[] = "/tmp/attempt.XXXXXX";
	bool answered = true;

	if (!mkdtemp(place) || chdir(place)) {
		fprintf(stderr, "attempt: %s: %s\n", place, strerror(errno));
		return 1;
	}
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		answered = tell(attempts[i].name, attempts[i].attempt()) && answered;
	if (chdir("/") || rmdir(place))
		fprintf(stderr, "attempt: %s: %s\n", place, strerror(errno));
	return answered && !fflush(stdout) ? 0 : 1;
}

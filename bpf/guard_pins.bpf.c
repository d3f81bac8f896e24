// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a governed task may not do to the directory of capward's pins, which hold the programs in the
 * kernel: the last pin that goes takes enforcement with it. Judged as `tamper`, as in guard.bpf.c.
 *
 * lsm/inode_unlink, inode_rmdir, inode_rename, inode_link    remove, move or double a pin.
 * lsm/path_chmod, path_chown    give the directory or a pin to others.
 * lsm/sb_umount                 unmount the bpf file system, or with MNT_DETACH what it is below.
 * lsm/sb_mount, move_mount      mount something over the pins or what they are below; move the bpf
 *                               file system, or what it is below, elsewhere.
 * lsm/sb_remount                make it read-only, which would lock capward out.
 * lsm/sb_pivotroot              make another root of the host's.
 *
 * A container may do all that in a mount namespace of its own. It reaches the host's where mounts
 * are shared between the two, and in the host's itself.
 */
#include "guard.h"

/* include/uapi/linux/mount.h */
#define MS_REMOUNT 32
#define MS_MOVE	   8192
/* Not a new mount: MS_REMOUNT, and MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED. */
#define MS_CHANGES (MS_REMOUNT | 0xf << 17)

#define MOUNTS_OF_ONE  65536 /* of one file system, in all mount namespaces, at most */
#define MOUNTS_ABOVE   16    /* mounts between the bpf file system and the root, at most */
#define DENTRIES_ABOVE 16    /* directories between a mount and the root of the one it is on */

static __always_inline struct mount *mount_of(struct vfsmount *mount)
{
	return (void *)mount - bpf_core_field_offset(struct mount, mnt);
}

static __always_inline bool is_pin(struct dentry *dentry)
{
	return (__u64)dentry == generation.pins.dir ||
	       (__u64)dentry->d_parent == generation.pins.dir;
}

/* Whether @mount is @own, or what is mounted on the one appears on the other (a peer group). */
static __always_inline bool reaches(struct mount *mount, struct mount *own)
{
	int group;

	if (mount == own)
		return true;
	group = BPF_CORE_READ(mount, mnt_group_id);
	return group && group == BPF_CORE_READ(own, mnt_group_id);
}

/* Whether @mount is @below or one that it is mounted on. In doubt it is. */
static __noinline bool is_under(struct mount *below, struct mount *mount)
{
	struct mount *parent;

	for (int i = 0; i < MOUNTS_ABOVE; i++) {
		if (below == mount)
			return true;
		parent = BPF_CORE_READ(below, mnt_parent);
		if (!parent || parent == below)
			return false;
		below = parent;
	}
	return true;
}

struct search {
	__u64 mount; /* struct mount *: what is unmounted or moved */
	__u64 next;  /* the next mount of the bpf file system: struct mount *, or its list_head */
	__u64 end;   /* what next is after the last one */
	bool found;
};

/*
 * Whether the next mount of the bpf file system is the host's or one whose end is also the end of
 * that, and is under the mount in question: the end of a mount spreads through its parent's peers.
 */
static long search_one(__u32 index, struct search *search)
{
	struct mount *own = (struct mount *)generation.pins.mount, *mount;

	if (search->next == search->end)
		return 1;
	if (bpf_core_field_exists(struct mount___6_17, mnt_next_for_sb)) {
		struct mount___6_17 *new_mount = (struct mount___6_17 *)search->next;

		mount = (struct mount *)new_mount;
		search->next = (__u64)BPF_CORE_READ((struct mount___6_17 *)mount, mnt_next_for_sb);
	} else {
		struct list_head *node = (struct list_head *)search->next;

		mount = (void *)node - bpf_core_field_offset(struct mount, mnt_instance);
		search->next = (__u64)BPF_CORE_READ(node, next);
	}
	if ((mount == own ||
	     reaches(BPF_CORE_READ(mount, mnt_parent), BPF_CORE_READ(own, mnt_parent))) &&
	    is_under(mount, (struct mount *)search->mount)) {
		search->found = true;
		return 1;
	}
	return 0;
}

/* Whether the host's bpf file system goes where @mount goes. In doubt it does. */
static __noinline bool holds_pins(struct mount *mount)
{
	struct super_block *sb = (struct super_block *)generation.pins.sb;
	struct search search = {.mount = (__u64)mount};

	if (bpf_core_field_exists(struct mount___6_17, mnt_next_for_sb)) {
		struct super_block___6_17 *new_sb = (struct super_block___6_17 *)sb;

		search.next = (__u64)BPF_CORE_READ(new_sb, s_mounts);
	} else {
		__u64 end = (__u64)sb + bpf_core_field_offset(struct super_block, s_mounts);
		struct list_head *head = (struct list_head *)end;

		search.end = end;
		search.next = (__u64)BPF_CORE_READ(head, next);
	}
	bpf_loop(MOUNTS_OF_ONE, search_one, &search, 0);
	return search.found || search.next != search.end;
}

/* Whether @dentry is @below or a directory above it, on one file system. */
static __noinline bool is_above(struct dentry *dentry, struct dentry *below)
{
	struct dentry *parent;

	for (int i = 0; i < DENTRIES_ABOVE; i++) {
		if (below == dentry)
			return true;
		parent = BPF_CORE_READ(below, d_parent);
		if (parent == below)
			break;
		below = parent;
	}
	return false;
}

/* Whether who mounts something on @mount, @dentry hides the pins. */
static __noinline bool hides_pins(struct mount *mount, struct dentry *dentry)
{
	struct mount *own = (struct mount *)generation.pins.mount, *parent;

	if (!own)
		return false;
	if (reaches(mount, own))
		return (__u64)dentry == generation.pins.root || is_pin(dentry);
	for (int i = 0; i < MOUNTS_ABOVE; i++) {
		parent = BPF_CORE_READ(own, mnt_parent);
		if (parent == own)
			break;
		if (reaches(mount, parent) && is_above(dentry, BPF_CORE_READ(own, mnt_mountpoint)))
			return true;
		own = parent;
	}
	return false;
}

static __always_inline bool in_host_mounts(void)
{
	return task_in_host_mounts(bpf_get_current_task_btf(), state.mount_ns);
}

SEC("lsm/inode_unlink")
int BPF_PROG(guard_unlink, struct inode *dir, struct dentry *dentry)
{
	return is_pin(dentry) ? tamper() : 0;
}

SEC("lsm/inode_rmdir")
int BPF_PROG(guard_rmdir, struct inode *dir, struct dentry *dentry)
{
	return is_pin(dentry) ? tamper() : 0;
}

SEC("lsm/inode_rename")
int BPF_PROG(guard_rename, struct inode *old_dir, struct dentry *old, struct inode *new_dir,
	     struct dentry *new)
{
	return is_pin(old) || is_pin(new) ? tamper() : 0;
}

SEC("lsm/inode_link")
int BPF_PROG(guard_link, struct dentry *old, struct inode *dir, struct dentry *new)
{
	return is_pin(old) || is_pin(new) ? tamper() : 0;
}

SEC("lsm/path_chmod")
int BPF_PROG(guard_chmod, const struct path *path, umode_t mode)
{
	return is_pin(path->dentry) ? tamper() : 0;
}

SEC("lsm/path_chown")
int BPF_PROG(guard_chown, const struct path *path)
{
	return is_pin(path->dentry) ? tamper() : 0;
}

SEC("lsm/sb_umount")
int BPF_PROG(guard_umount, struct vfsmount *mount, int flags)
{
	return holds_pins(mount_of(mount)) ? tamper() : 0;
}

SEC("lsm/sb_mount")
int BPF_PROG(guard_mount, const char *source, const struct path *path, const char *type,
	     unsigned long flags)
{
	/* What is moved is only named here; in the host's mount namespace it may be anything. */
	if (flags & MS_MOVE && !(flags & MS_CHANGES) && in_host_mounts())
		return tamper();
	if (flags & MS_CHANGES)
		return 0;
	return hides_pins(mount_of(path->mnt), path->dentry) ? tamper() : 0;
}

SEC("lsm/move_mount")
int BPF_PROG(guard_move_mount, const struct path *from, const struct path *to)
{
	if (hides_pins(mount_of(to->mnt), to->dentry) ||
	    (from->dentry == BPF_CORE_READ(from, mnt, mnt_root) && holds_pins(mount_of(from->mnt))))
		return tamper();
	return 0;
}

SEC("lsm/sb_remount")
int BPF_PROG(guard_remount, struct super_block *sb)
{
	return (__u64)sb == generation.pins.sb ? tamper() : 0;
}

SEC("lsm/sb_pivotroot")
int BPF_PROG(guard_pivot_root)
{
	return in_host_mounts() ? tamper() : 0;
}

char LICENSE[] SEC("license") = "GPL";

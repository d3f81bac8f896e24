/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel types that capward's programs read, and of each only the fields they read. Nothing is
 * taken from the kernel of the building machine: libbpf relocates every access against the BTF of
 * the running kernel when the programs are loaded (CO-RE), so neither offsets nor the order or size
 * of anything here matter, only names. vmlinux/README.md has the provenance.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#if defined(__TARGET_ARCH_x86)
#include "x86_64/regs.h"
#elif defined(__TARGET_ARCH_arm64)
#include "arm64/regs.h"
#else
#error "capward knows x86-64 and arm64"
#endif

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u16 __sum16;
typedef _Bool bool;
typedef unsigned int gfp_t;
typedef unsigned int fmode_t;
typedef unsigned short umode_t;
typedef int pid_t;

enum {
	false = 0,
	true = 1,
};

/* include/uapi/linux/bpf.h */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_EXIST = 2,
};

enum {
	BPF_F_NO_PREALLOC = 1U << 0,
	BPF_F_MMAPABLE = 1U << 10,
};

enum {
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1U << 0,
};

struct bpf_sysctl {
	__u32 write;
	__u32 file_pos;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

/* fs/kernfs: include/linux/kernfs.h */
struct kernfs_node {
	const char *name;
	u64 id;
};

/* include/linux/cgroup-defs.h */
struct cgroup_root {
	int hierarchy_id;
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

/* include/linux/path.h, dcache.h, fs.h, fs_struct.h, mount.h; fs/mount.h */
struct inode;
struct mnt_namespace;

struct qstr {
	const unsigned char *name;
};

struct list_head {
	struct list_head *next;
};

struct super_block {
	unsigned long s_magic;
	struct list_head s_mounts; /* before 6.17 */
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct list_head mnt_instance; /* before 6.17 */
	int mnt_group_id;
};

/* From 6.17 the mounts of a superblock are a list of their own kind. */
struct mount___6_17 {
	struct mount___6_17 *mnt_next_for_sb;
};

struct super_block___6_17 {
	struct mount___6_17 *s_mounts;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

/* include/linux/fs.h, fdtable.h */
struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

/* include/linux/user_namespace.h, pid_namespace.h, nsproxy.h */
struct user_namespace {
	int level;
};

struct task_struct;

struct pid_namespace {
	struct task_struct *child_reaper;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
};

/* include/linux/capability.h: two __u32 before v6.3, one __u64 since. Read it as 8 bytes. */
typedef struct {
} kernel_cap_t;

/* include/linux/capability.h */
struct cpu_vfs_cap_data {
	__u32 magic_etc;
	kernel_cap_t permitted;
};

/* include/linux/cred.h */
struct cred {
	kernel_cap_t cap_permitted;
	kernel_cap_t cap_effective;
	kernel_cap_t cap_ambient;
	struct user_namespace *user_ns;
};

/* include/linux/sched/signal.h */
struct signal_struct {
	atomic_t live;
	struct task_struct *group_exec_task;
};

/* include/linux/mm_types.h */
struct mm_struct {
	struct file *exe_file;
};

/* include/linux/sched.h */
struct task_struct {
	unsigned int flags;
	pid_t pid;
	pid_t tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	const struct cred *real_cred;
	const struct cred *cred;
	struct fs_struct *fs;
	struct files_struct *files;
	struct mm_struct *mm;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct css_set *cgroups;
};

/* include/linux/fs.h, io_uring_types.h */
struct file {
	struct path f_path;
	void *private_data;
};

struct io_ring_ctx {
	const struct cred *sq_creds;
};

/* kernel/bpf/task_iter.c */
struct bpf_iter__task {
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct task_struct *task;
	struct file *file;
};

/* include/linux/bpf.h */
union bpf_attr;

struct bpf_map {
	u32 id;
};

struct bpf_prog_aux {
	u32 id;
};

struct bpf_prog {
	struct bpf_prog_aux *aux;
};

struct bpf_link {
	u32 id;
};

/* Arguments of hooks, not looked into. */
struct kernel_siginfo;
struct fown_struct;
struct rlimit;

/* include/linux/binfmts.h */
struct linux_binprm {
	const char *filename;
};

#pragma clang attribute pop

#endif

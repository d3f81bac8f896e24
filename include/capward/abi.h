/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel programs and the user program share: the only header both include. Fixed-width
 * types and explicit padding; sizes and offsets are asserted here, so that both sides fail to
 * compile when they disagree. Fields are added at the end; any other change raises CAPWARD_ABI.
 */
#ifndef CAPWARD_ABI_H
#define CAPWARD_ABI_H

#ifdef __bpf__
#include "vmlinux.h"
#else
#include <linux/types.h>
#endif

/* Version of every structure below. A pinned state of another version is never touched. */
#define CAPWARD_ABI 6

/*
 * Capabilities that have a counter of their own: as many as make an entry of the scopes map 512 bytes.
 * Linux 7.2 has 41 (CAP_LAST_CAP is 40).
 */
#define CAPWARD_CAPS 45

#define CAPWARD_SCOPES	 65536
#define CAPWARD_POLICIES 4096
#define CAPWARD_NESTING	 8 /* scopes that may lie around a scope */
#define CAPWARD_MATCHES	 64
#define CAPWARD_NAME	 64  /* a profile's name, with its NUL */
#define CAPWARD_PATTERN	 256 /* a cgroup pattern, with its NUL */
#define CAPWARD_COMM	 16  /* TASK_COMM_LEN */
#define CAPWARD_EXE	 32  /* an executable's name, with its NUL; the end is cut */
#define CAPWARD_PROGRAMS 4   /* that are told apart in evidence */
#define CAPWARD_SYSCALLS 512 /* that are; Linux 7.2 has 472 on x86-64 */
#define CAPWARD_OBJECT	 64  /* bytes of what a system call is about; the end is cut */

/*
 * What a policy does with a capability outside its mask. Enforce is zero on purpose: a policy slot
 * that was never written denies everything, because the broken state of a known scope is a denial.
 */
enum capward_mode {
	CAPWARD_ENFORCE = 0,
	CAPWARD_AUDIT = 1,
	CAPWARD_LEARN = 2,
	CAPWARD_OFF = 3,
};

/* What became of one use of a capability. */
enum capward_verdict {
	CAPWARD_USED = 0,
	CAPWARD_DENIED = 1,
	CAPWARD_WOULD_DENY = 2,
	CAPWARD_LENT = 3,
	CAPWARD_SET_UP = 4,
	CAPWARD_PROBED = 5, /* allowed, and asked with CAP_OPT_NOAUDIT: to do more if it may */
	CAPWARD_HELD = 6,   /* no use: named in capset, ambient, or of the file at an exec */
	CAPWARD_REFUSED =
		7, /* by the kernel: the credential has not got it; on request (PART_REQUEST) */
	CAPWARD_VERDICTS = 8,
	CAPWARD_UNJUDGED = 8, /* the scope's mode is off: nothing is recorded */
};

/*
 * Operations that a policy refuses whatever capability they are done with, because one capability
 * is too wide a switch for them. Their numbers follow those of the capabilities; together they are
 * the permissions that a policy gives.
 */
enum capward_operation {
	CAPWARD_OP_MOUNT = CAPWARD_CAPS, /* mount, unmount, remount, move, the new mount calls */
	CAPWARD_OP_MODULE,		 /* load a kernel module */
	CAPWARD_OP_DEVICE_NODES,	 /* make a block or character device node */
	CAPWARD_OP_RAW_SOCKET,		 /* packet and raw sockets */
	CAPWARD_OP_FILE_ATTRIBUTES,	 /* owner, mode, inode flags, security.* attributes */
	CAPWARD_OP_BPF,			 /* bpf(2) */
	CAPWARD_OP_USERNS,		 /* make a user namespace */
	CAPWARD_OP_IO_URING,		 /* make or use an io_uring */
	CAPWARD_OP_TAMPER, /* touch capward itself: no policy that enforces allows it */
	CAPWARD_OPS_END,
};

/*
 * A policy is one 64-bit word, so that replacing it is one store and no check ever sees the mask of
 * one profile with the mode of another: the mode in the two highest bits, the permissions below, a
 * set bit for what is allowed.
 */
#define CAPWARD_MODE_SHIFT  62
#define CAPWARD_MASK	    ((1ULL << CAPWARD_MODE_SHIFT) - 1)
/* The operations that a policy may allow. */
#define CAPWARD_OPS_MASK    ((1ULL << CAPWARD_OP_TAMPER) - (1ULL << CAPWARD_CAPS))
/* What a capability beyond CAPWARD_CAPS, of a kernel yet to come, is judged as. */
#define CAPWARD_BEYOND	    (CAPWARD_MODE_SHIFT - 1)
#define CAPWARD_PERMISSIONS (CAPWARD_BEYOND + 1)

struct capward_policy {
	__u64 word;
	char profile[CAPWARD_NAME]; /* empty: the slot is free */
	__u32 flags;
	__u32 pad;
};

/* Flags of a policy. */
#define CAPWARD_POLICY_RUN    1U /* of one `capward run`; gone with it */
#define CAPWARD_POLICY_DAEMON 2U /* of a profile in the daemon's directory */
#define CAPWARD_POLICY_TRIAL  4U /* in the mode of a trial; whoever writes it anew ends that */

/* Slots of the policies map with a fixed meaning. */
#define CAPWARD_POLICY_BROKEN  0 /* never written: denies everything */
/* learn, everything allowed: a container that no profile names */
#define CAPWARD_POLICY_OBSERVE 1
#define CAPWARD_POLICY_FIRST   2

/* Flags of a scope. */
#define CAPWARD_SCOPE_CONTAINER 1U /* a runtime's: its mount namespace is yet to come */
#define CAPWARD_SCOPE_STRICT	2U /* a credential could not be recorded: every one is owned */
#define CAPWARD_SCOPE_QUIET	4U /* the self-test: no event, and denied also with the gate closed */
#define CAPWARD_SCOPE_ASSIGNED	8U  /* its policy was chosen by who it is, not by its path alone */
#define CAPWARD_SCOPE_STARTED	16U /* its payload was executed */

/*
 * One governed cgroup. A descendant has an entry of its own, made at mkdir with its parent's
 * policy, so that one look-up serves any depth; its `root` names the governed cgroup it is part of.
 */
struct capward_scope {
	__u64 id;     /* of the cgroup; 0: the place is free */
	__u64 root;   /* cgroup id of the scope: its own, or that of the governed ancestor */
	__u64 outer;  /* cgroup id of the scope around this one, whose policy holds too; or 0 */
	__u32 policy; /* slot in the policies map */
	__u32 flags;
	__u64 fast; /* capabilities whose use takes the short way, where it is allowed */
	__u64 look; /* when what takes the short way was looked at; as capward_state.look */
	/* Where the entry of `root` is, or another by now. Of a free place: the next, from 1. */
	__u32 root_place;
	__u32 offered;	     /* repeated denials that events were offered for since `look` */
	__u64 denials;	     /* that took the short way: CAPWARD_DENIALS() of which, and how many */
	__u64 denied_before; /* of that permission, in evidence, when it began to */
	__u64 limited;	     /* events withheld by the rate limit */
	__u64 uncounted;     /* verdicts missing from counts: no memory for an entry */
	__u64 seen[CAPWARD_VERDICTS]; /* permissions an event was offered for, by verdict */
	__u64 used[CAPWARD_CAPS];     /* uses, by capability */
};

/*
 * Denials that took the short way, in one word so that no count is added to another permission's. Kept
 * in the scope's own entry.
 */
#define CAPWARD_DENIALS_SHIFT	       56
#define CAPWARD_DENIALS(permission)    ((__u64)((permission) + 1) << CAPWARD_DENIALS_SHIFT)
#define CAPWARD_DENIALS_COUNT(denials) ((denials) & ((1ULL << CAPWARD_DENIALS_SHIFT) - 1))

/*
 * From the id of a cgroup to its entry without a look-up: how many entries there are whose ids have this
 * hint, and the place of one of them, if it is not another's by now. Four times as many as scopes, so that few share one.
 */
struct capward_hint {
	__u32 entries;
	__u32 place;
};

#define CAPWARD_HINT_BITS 18
#define CAPWARD_HINTS	  (1U << CAPWARD_HINT_BITS)

/*
 * The id of a cgroup in @bits bits (1 to 31). Ids are numbers in a row, with gaps that are much alike: one
 * for each file of a cgroup (__kernfs_new_node()). Multiplied by the golden ratio they spread.
 */
static inline __u32 capward_hash(__u64 id, __u32 bits)
{
	return (__u32)id * 0x9e3779b1U >> (32 - bits);
}

/*
 * What is counted is looked at as well, when it was, by which system call and which program, the first
 * times, so that what starts shows what it does, and after that once in each of these, about a second.
 */
#define CAPWARD_LOOK_FIRST 64
#define CAPWARD_LOOK_SHIFT 30 /* of ns: 1.07 s */

/* Scopes that are gone whose evidence is kept at most: some 20 MB, with a dozen entries each. */
#define CAPWARD_GONE 4096

/* Key of the evidence map. */
struct capward_evidence_key {
	__u64 scope; /* root */
	__u32 permission;
	__u32 verdict;
};

/* A program, by its first name; both names are chosen by the task. */
struct capward_program {
	char comm[CAPWARD_COMM];
	char exe[CAPWARD_EXE]; /* the last part of its file's path */
};

/* What is known of one verdict on one permission in a scope. */
struct capward_evidence {
	__u64 count;  /* used: those that were looked at; `used` of the scope's entries has all */
	__u64 probes; /* of them, asked with CAP_OPT_NOAUDIT */
	__u64 first;  /* ns since boot */
	__u64 last;   /* of those that were looked at */
	__u64 syscalls[CAPWARD_SYSCALLS / 64]; /* a bit for each number */
	__u64 levels;			       /* of user namespaces, a bit for each */
	__u32 other_syscalls;		       /* in none, or in one beyond CAPWARD_SYSCALLS */
	__u32 other_programs;		       /* by programs that found no place below */
	__u32 programs;			       /* that did */
	__u32 look;			       /* state.look as it was when `last` was */
	struct capward_program program[CAPWARD_PROGRAMS];
	/*
	 * Of the last that was looked at and not allowed: its system call, and what that is about, as
	 * the task had it in its memory then: a path, or a socket's address (enum
	 * capward_object_form). Empty: not known.
	 */
	__s32 object_syscall;
	__u32 pad;
	char object[CAPWARD_OBJECT];
};

/* Where a system call has what it is about: a form, and the number of the argument. */
enum capward_object_form {
	CAPWARD_OBJECT_NONE = 0,
	CAPWARD_OBJECT_PATH = 1 << 4,
	CAPWARD_OBJECT_ADDRESS = 2 << 4, /* struct sockaddr */
};
#define CAPWARD_OBJECT_ARGUMENT 0xf /* 0 is the first */
#define CAPWARD_OBJECT_SOCKADDR 28  /* bytes of an address: struct sockaddr_in6 */

/*
 * A pattern of a profile, for cgroups that do not exist yet. The first match wins. The map has two
 * lists, so that one can be written while the other is in force.
 */
struct capward_match {
	__u32 policy; /* slot, or CAPWARD_MATCH_CONTAINER */
	__u32 length; /* of the pattern, without its NUL; 0: end of the list */
	char pattern[CAPWARD_PATTERN];
	__u32 flags;
	__u32 pad;
};

/* In place of a slot: what matches is a container, and gets their default. */
#define CAPWARD_MATCH_CONTAINER CAPWARD_POLICIES
/* Flags of a match. */
#define CAPWARD_MATCH_NAME	1U /* of the cgroup's name, which a unit's is, not of its path */

/* What has happened since capward was loaded, and has consequences that nothing tells the end of. */
enum capward_ever {
	CAPWARD_EVER_FULL = 1, /* a cgroup found no place in the scopes map */
	CAPWARD_EVER_LEFT = 2, /* workload moved a task out of its scope */
};

/* The one entry of the state map. */
struct capward_state {
	__u32 abi;	/* CAPWARD_ABI of the programs that are loaded */
	__u32 size;	/* sizeof(struct capward_state) of the programs that are loaded */
	__u64 mount_ns; /* the host's mount namespace, as the kernel's pointer */
	__u64 root;	/* the host's root directory, as the kernel's pointer */
	/* What closes the short way, or asks who is on it. Each check reads both as one. */
	union {
		struct {
			__u32 look;	   /* the time, in looks; it goes on when somebody asks */
			__s32 setup_tasks; /* live set-up tasks on the host */
		};
		__u64 way;
	};
	__u64 lost; /* events that found the ring buffer full */
	__u64 sent; /* events that went into it */
	/* What makes a task governed whose cgroup has no entry. Each check reads both as one. */
	union {
		struct {
			__u32 ever;	   /* bits of enum capward_ever */
			__s32 bound_tasks; /* live processes bound to a scope they left */
		};
		__u64 unlisted;
	};
	__u32 scopes_full;    /* cgroups that found no place in the scopes map */
	__u32 enforcing;      /* the gate; 0: closed, what would be denied is would-deny */
	__u64 loaded_at;      /* ns since boot */
	__u32 match_list;     /* 0 or 1: the list of matches in force */
	__u32 scopes;	      /* cgroups that have an entry */
	__u32 service_policy; /* slot for cgroups that are services; 0: they are not governed */
	__u32 plans;	      /* how often profiles were put in force */
	__u64 changes_lost;   /* changes that found their buffer full */
	__u64 past[CAPWARD_VERDICTS]; /* verdicts in scopes that are gone */
	__u64 past_limited;	      /* events withheld by the rate limit in them */
	__u32 container_policy;	      /* slot for cgroups that runtimes name */
	__u32 places;		      /* of the scopes map that were ever in use: the first ones */
	__u32 keep;	   /* the evidence of scopes that are gone is kept until it was taken */
	__s32 gone;	   /* of how many it is kept now */
	__u64 gone_lost;   /* of how many it was not, because of too many others */
	__u64 free_places; /* the first, from 1, and above it how often this was changed */
	__u64 spare[1];	   /* zero; fields to come take their place */
};

/* Kinds of what the kernel numbers. */
enum capward_object_kind {
	CAPWARD_OBJECT_MAP,
	CAPWARD_OBJECT_PROGRAM,
	CAPWARD_OBJECT_LINK,
};

/* Key of the own_objects map: something of capward's in the kernel. */
struct capward_object {
	__u32 kind; /* enum capward_object_kind */
	__u32 id;
};

/* Where the pins are, as the kernel's pointers. */
struct capward_pin_place {
	__u64 mount; /* the mount of the bpf file system that capward saw when it loaded */
	__u64 root;  /* the root directory of that file system */
	__u64 sb;    /* its superblock */
	__u64 dir;   /* the directory of the pins */
};

/*
 * What the programs of one load have to themselves. Everything else is handed on to those that
 * replace them.
 */
struct capward_generation {
	__u64 build; /* of the program that loaded them: a hash of the object they came in */
	struct capward_pin_place pins;
};

/* What is guarded against governed tasks. */
enum capward_guard {
	CAPWARD_GUARD_OBJECTS, /* maps, programs and links */
	CAPWARD_GUARD_PINS,    /* the directory of the pins, and its mounts */
	CAPWARD_GUARD_PROCESSES,
	CAPWARD_GUARD_FTRACE, /* kernel.ftrace_enabled */
	CAPWARD_GUARDS,
};

enum capward_event_type {
	CAPWARD_EVENT_VERDICT = 1,
};

/* One record of the ring buffer. */
struct capward_event {
	__u16 type;    /* enum capward_event_type */
	__u16 size;    /* of the whole record */
	__u32 version; /* CAPWARD_ABI */
	__u64 time;    /* ns since boot (CLOCK_BOOTTIME) */
	__u64 scope;   /* cgroup id of the scope */
	__u64 cgroup;  /* cgroup id the task is in */
	__u64 count;   /* of the verdict on the permission in the scope so far (used: its cgroup) */
	__u32 pid;     /* thread group, as the host numbers it */
	__u32 tid;
	__u32 policy;	    /* slot */
	__s32 syscall;	    /* number in the task's ABI; -1: none or unknown */
	__u16 userns_level; /* of the namespace the capability was asked for; 0 is the host's */
	__u8 permission;    /* a capability's number, or enum capward_operation */
	__u8 verdict;	    /* enum capward_verdict */
	__u8 mode;	    /* enum capward_mode */
	__u8 audit;	    /* 0: asked with CAP_OPT_NOAUDIT */
	__u8 pad[2];
	char comm[CAPWARD_COMM]; /* chosen by the task: escape it */
};

enum capward_change_type {
	CAPWARD_CHANGE_MADE = 1,    /* a cgroup was made, a scope of its own or ungoverned */
	CAPWARD_CHANGE_GONE = 2,    /* a scope's cgroup was removed */
	CAPWARD_CHANGE_STARTED = 3, /* a scope's payload was executed, for the first time */
};

/* One record of the changes buffer. */
struct capward_change {
	__u32 type;    /* enum capward_change_type */
	__u32 version; /* CAPWARD_ABI */
	__u64 time;    /* ns since boot (CLOCK_BOOTTIME) */
	__u64 cgroup;  /* id */
	__u64 root;    /* id of the scope it is part of; 0: ungoverned */
	__u32 policy;  /* slot of that scope */
	__u32 flags;   /* of that scope */
};

/* Contexts of the syscall programs, by which user space writes what the kernel also writes. */
struct capward_govern {
	__u64 cgroup; /* id */
	__u64 root;   /* id of the scope it becomes part of; equal to cgroup: a scope of its own */
	__u64 outer;
	__u32 policy;
	__u32 flags;
};

struct capward_set_policy {
	__u32 slot;
	__u32 pad;
	struct capward_policy policy;
};

#define CAPWARD_ASSERT(condition) _Static_assert(condition, #condition)

CAPWARD_ASSERT(CAPWARD_OPS_END <= CAPWARD_BEYOND);
CAPWARD_ASSERT(sizeof(struct capward_policy) == 80);
CAPWARD_ASSERT(sizeof(struct capward_scope) == 512);
CAPWARD_ASSERT(__builtin_offsetof(struct capward_scope, used) == 152);
CAPWARD_ASSERT(sizeof(struct capward_hint) == 8);
CAPWARD_ASSERT(sizeof(struct capward_evidence_key) == 16);
CAPWARD_ASSERT(sizeof(struct capward_evidence) == 384);
CAPWARD_ASSERT(sizeof(struct capward_match) == 272);
CAPWARD_ASSERT(sizeof(struct capward_state) == 208);
CAPWARD_ASSERT(sizeof(struct capward_object) == 8);
CAPWARD_ASSERT(sizeof(struct capward_generation) == 40);
CAPWARD_ASSERT(sizeof(struct capward_event) == 80);
CAPWARD_ASSERT(__builtin_offsetof(struct capward_event, comm) == 64);
CAPWARD_ASSERT(sizeof(struct capward_change) == 40);
CAPWARD_ASSERT(sizeof(struct capward_govern) == 32);
CAPWARD_ASSERT(sizeof(struct capward_set_policy) == 88);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what was seen of a workload to the capabilities that it needs. Each one that was seen and is not
 * needed has its reason, and a person may know better.
 */
#ifndef CAPWARD_NEED_H
#define CAPWARD_NEED_H

#include <stdbool.h>
#include <stddef.h>

#include "evidence.h"

enum needed {
	NEED_NONE,    /* nothing is known of it */
	NEED_NO,      /* it was seen, and the workload does as well without */
	NEED_UNKNOWN, /* it was denied or refused: what the workload does with it was not seen */
	NEED_HELD,    /* a runtime has to grant it; a policy need not */
	NEED_YES,
};

struct need {
	enum needed needed;
	const char *why; /* a few words; static */
};

/*
 * What @evidence says of each capability. Those in the mask @keep are needed and those in @drop are not,
 * whatever it says.
 *
 * The rules, each from what the kernel does (v6.1 to v7.2):
 *   asked with CAP_OPT_NOAUDIT   the caller does more if it may, and goes on if it may not
 *                                (include/linux/security.h)
 *   FSETID by chmod              without a set-group-ID bit the answer changes nothing (setattr_prepare(),
 *                                fs/attr.c); the kernel programs count it like the former
 *   held by an exec              of a file's effective capabilities the exec fails without them
 *                                (bprm_caps_from_vfs_caps()), and so does raising ambient ones
 *   named to capset              and not used: the call fails without them, and of the programs that do so
 *                                most ask what they have first, or go on (docs/corpus.md)
 *   DAC_READ_SEARCH              is tried before DAC_OVERRIDE, which serves as well
 *                                (generic_permission(), fs/namei.c); not so by open_by_handle_at and linkat,
 *                                which ask for it alone (fs/fhandle.c; do_linkat() of an empty path)
 *   SYS_ADMIN by ioprio_set      is tried before SYS_NICE, which serves as well
 *                                (ioprio_check_cap(), block/ioprio.c)
 *   NET_RAW by setsockopt        is tried before NET_ADMIN, which serves as well for SO_MARK, SO_PRIORITY
 *                                (sk_setsockopt(), net/core/sock.c), IP_TRANSPARENT and IPV6_TRANSPARENT; to
 *                                bind a socket to another device (sock_bindtoindex_locked()) and for IPv6's
 *                                IPV6_HOPOPTS, IPV6_DSTOPTS (ipv6_set_opt_hdr()) it is asked for alone. Which it
 *                                was is not known: it stays, and the reason says so
 */
void needs_of(const struct evidence *evidence, __u64 keep, __u64 drop,
	      struct need needs[static CAPWARD_CAPS]);

/* The capabilities that are needed, as a mask; with @held also those that only a runtime has to grant. */
__u64 needs_mask(const struct need needs[static CAPWARD_CAPS], bool held);

/*
 * Those of @granted that were never asked for and are not needed: what the workload does with them, if anything,
 * was not seen. What only its runtime did, or what is held without a use, is no asking.
 */
__u64 needs_untried(const struct evidence *evidence, const struct need needs[static CAPWARD_CAPS],
		    __u64 granted);

/* A time in which a run of a workload was watched, ns since 1970. */
struct need_span {
	__u64 from, to;
};

/* How many ns the @count @spans last, what several have in common once. They are sorted. */
__u64 need_watched(struct need_span *spans, size_t count);

/*
 * Whether @runs runs, watched for @ns, are too little to go by: less than an hour, or less than two runs, so that
 * what is done seldom, at a reload or at the end may not have been seen.
 */
bool need_is_short(__u64 ns, __u64 runs);

/* The word for @needed: "yes", "held", "unknown", "no"; "-" for NEED_NONE. */
const char *need_name(enum needed needed);

#endif

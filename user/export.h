/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of capabilities in the words of whatever runs a container: pure, from a struct to text.
 */
#ifndef CAPWARD_EXPORT_H
#define CAPWARD_EXPORT_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>

enum export_format {
	EXPORT_CAPWARD,	   /* a profile, capward-profile(5) */
	EXPORT_DOCKER,	   /* options of `docker run` and `podman run` */
	EXPORT_COMPOSE,	   /* keys of a service */
	EXPORT_KUBERNETES, /* the securityContext of a container */
	EXPORT_OCI,	   /* process.capabilities of a config.json, all five sets */
	EXPORT_SYSTEMD,	   /* a drop-in of a service */
};

/* What is written. Strings are raw. */
struct export
{
	const char *name; /* of the workload; what a format's names cannot have becomes '-' */
	__u64 policy;	  /* what a profile has to allow */
	__u64 runtime;	  /* what who starts it has to grant: a superset */
	bool non_root;	  /* it starts as another user than root */
	bool no_root;	  /* none of its processes is root: so it may well have been started */
	/* For the profile: "image", "unit" or "cgroup" and its pattern; NULL: it is matched by hand. */
	const char *match_kind, *match_pattern;
	/* For the profile: a few words on each capability of @policy, or NULL. */
	const char *const *why;
};

/* The format that is called @word, also "podman" for docker's; -EINVAL: none. */
int export_format_parse(const char *word);

/*
 * Write @what in @format to @stream. Returns 0; -ENOTSUP: it has a capability that libcap does not know
 * by name; -EIO: the stream has failed.
 */
int export_write(const struct export *what, enum export_format format, FILE *stream);

/*
 * What @format cannot say of @what, in words for a person; NULL: nothing. A user other than root begins
 * with an empty effective set, whatever is granted (capabilities(7), "Effect of user ID changes"), so
 * that it takes ambient capabilities, which only OCI and systemd can give. One that needs SETUID begins as root,
 * whoever its processes are later.
 */
const char *export_caveat(const struct export *what, enum export_format format);

#endif

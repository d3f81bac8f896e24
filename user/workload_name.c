// SPDX-License-Identifier: GPL-2.0-or-later
#include "workload_name.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "image.h"

#define CLAIMED "claimed "

/* What the API server makes names with: SafeEncodeString() of k8s.io/apimachinery/pkg/util/rand. */
#define POD_LETTERS "bcdfghjklmnpqrstvwxz2456789"
#define POD_DIGITS  "0123456789"

/*
 * Format @name after its prefix; one that is too long ends in a hash of the whole, so that no two are
 * one.
 */
__attribute__((format(printf, 2, 3))) static void set_name(char name[static WORKLOAD_NAME],
							   const char *format, ...)
{
	char whole[2 * WORKLOAD_NAME + 2 * IDENTITY_TEXT];
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
	va_list args;

	va_start(args, format);
	vsnprintf(whole, sizeof(whole), format, args);
	va_end(args);
	for (const char *at = whole; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3;
	if (strlen(whole) >= WORKLOAD_NAME)
		snprintf(whole + WORKLOAD_NAME - 18, 18, "#%016llx", (unsigned long long)hash);
	memcpy(name, whole, strlen(whole) + 1);
}

/* How long the last part of the @length bytes at @name is, all of @letters, after a dash; 0: it is not. */
static size_t last_part(const char *name, size_t length, const char *letters)
{
	size_t n = 0;

	while (n < length && strchr(letters, name[length - n - 1]))
		n++;
	return n && n < length && name[length - n - 1] == '-' ? n : 0;
}

/*
 * How much of the pod's name @pod is its template's. A StatefulSet puts "-0" at its end, a DaemonSet and
 * a Job "-x7k2p", and before that a Deployment the hash of its ReplicaSet, and a CronJob the minute it is
 * for, of eight digits until 2160.
 */
static size_t template_length(const char *pod)
{
	size_t length = strlen(pod), n = last_part(pod, length, POD_LETTERS);

	if (n == 5) {
		length -= n + 1;
		n = last_part(pod, length, POD_LETTERS);
		if (n >= 6 && n <= 10)
			return length - n - 1;
		n = last_part(pod, length, POD_DIGITS);
		return n >= 8 ? length - n - 1 : length;
	}
	n = last_part(pod, length, POD_DIGITS);
	return n ? length - n - 1 : length;
}

/* The name of a unit without what tells one run of it from the next. */
static void unit_name(const char *unit, char name[static WORKLOAD_NAME], const char *prefix)
{
	static const char *const transient[] = {"run-", "session-"};
	const char *dot = strrchr(unit, '.'), *at = strchr(unit, '@');

	dot = dot ? dot : "";
	for (size_t i = 0; i < sizeof(transient) / sizeof(transient[0]); i++)
		if (!strncmp(unit, transient[i], strlen(transient[i]))) {
			set_name(name, "%sunit %s*%s", prefix, transient[i], dot);
			return;
		}
	if (at && at < dot)
		set_name(name, "%sunit %.*s@%s", prefix, (int)(at - unit), unit, dot);
	else
		set_name(name, "%sunit %s", prefix, unit);
}

static void image_name(const char *text, char name[static WORKLOAD_NAME], const char *prefix)
{
	struct image image;

	if (image_parse(text, &image))
		set_name(name, "%simage %s", prefix, text);
	else if (image.tag[0])
		set_name(name, "%simage %s:%s", prefix, image.name, image.tag);
	else
		set_name(name, "%simage %s@%s", prefix, image.name, image.digest);
}

bool workload_is_claimed(const char *name)
{
	return !strncmp(name, CLAIMED, strlen(CLAIMED));
}

bool workload_name(const char *path, const struct identity *identity,
		   char name[static WORKLOAD_NAME])
{
	const char *prefix = identity->claimed ? CLAIMED : "";
	const char *runtime = identity->container.runtime, *id = identity->container.id;

	if (!strcmp(runtime, "capward"))
		return false;
	if (identity->pod && identity->pod_namespace)
		set_name(name, "%spod %s/%.*s/%s", prefix, identity->pod_namespace,
			 (int)template_length(identity->pod), identity->pod,
			 identity->name ? identity->name : "(sandbox)");
	else if (identity->image)
		image_name(identity->image, name, prefix);
	else if (!strcmp(runtime, "systemd") && id[0])
		unit_name(id, name, prefix);
	else if (identity->name && !container_is_id(identity->name))
		set_name(name, "%s%s %s", prefix, runtime[0] ? runtime : "container",
			 identity->name);
	else if (runtime[0])
		set_name(name, "%s%s", prefix, runtime);
	else
		set_name(name, "%scgroup %s", prefix, path);
	return true;
}

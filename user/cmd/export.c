// SPDX-License-Identifier: GPL-2.0-or-later
/* capward profile export: the smallest set, in the words of whatever runs the container. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "command.h"
#include "export.h"
#include "host.h"
#include "identity.h"
#include "image.h"
#include "profile_set.h"
#include "store.h"
#include "text.h"
#include "workload.h"

#define NAME "profile export"

struct request {
	enum export_format format;
	bool non_root;
	const char *name; /* NULL: the workload's own */
	struct workload_source source;
};

/* Write what is to be exported to stdout, whole or not at all, and what it cannot say to stderr. */
static int write_out(const struct export *what, enum export_format format, struct error *err)
{
	const char *caveat = export_caveat(what, format);
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	int code;

	if (!stream)
		return error_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	code = export_write(what, format, stream);
	if (fclose(stream) && !code)
		code = -ENOMEM;
	if (code)
		error_set(err, code, "%s",
			  code == -ENOTSUP
				  ? "it needs a capability that this build of capward does not know"
				  : strerror(-code));
	else if (fwrite(text, 1, size, stdout) != size || fflush(stdout))
		code = error_set(err, -EIO, "write the output: %s", strerror(errno));
	free(text);
	if (!code && caveat)
		fprintf(stderr, "capward " NAME ": %s\n", caveat);
	return code;
}

/* From a profile */

static int export_profile(const char *path, const struct request *request, struct error *err)
{
	struct export what = {.name = request->name, .non_root = request->non_root};
	struct profile *profile;
	int code = profile_read(path, &profile, err);

	if (code)
		return code;
	if (!what.name)
		what.name = profile->name;
	what.policy = (profile->mask | request->source.keep) & ~request->source.drop;
	what.runtime = what.policy;
	code = write_out(&what, request->format, err);
	if (!code && (profile->denied || profile->match_count))
		fputs("capward " NAME ": only its capabilities: the operations that it denies and "
		      "whom it matches are left out\n",
		      stderr);
	profile_free(profile);
	return code;
}

/* From what was seen */

/*
 * Who the workload @name is, and the rule that means it and as little else as can be, as far as its name
 * tells.
 */
static void describe_by_name(struct export *what, const char *name, struct image *image)
{
	const char *rest = strchr(name, ' '), *slash;

	what->name = rest ? rest + 1 : name;
	if (!strncmp(name, "image ", strlen("image ")) && !image_parse(what->name, image)) {
		what->match_kind = "image";
		what->match_pattern = image->name;
		slash = strrchr(image->name, '/');
		what->name = slash ? slash + 1 : image->name;
	} else if (!strncmp(name, "unit ", strlen("unit ")) && !strpbrk(name, "@*")) {
		what->match_kind = "unit";
		what->match_pattern = what->name;
	}
}

/* The same from who a scope of it is. */
static void describe_by_scope(struct export *what, const struct scope_view *view,
			      const struct identity *identity, struct image *image)
{
	what->name = identity->name ? identity->name : strrchr(view->path, '/') + 1;
	if (identity->image && !image_parse(identity->image, image)) {
		what->match_kind = "image";
		what->match_pattern = image->name;
	} else if (!strcmp(identity->container.runtime, "systemd") && identity->container.id[0]) {
		what->match_kind = "unit";
		what->match_pattern = identity->container.id;
	} else {
		what->match_kind = "cgroup";
		what->match_pattern = view->path;
	}
}

/* What a person should know of how this set was found. */
static void print_remarks(const struct workload *workload, const struct granted *has)
{
	char watched[WORKLOAD_WATCHED], text[CAPS_TEXT];
	__u64 unknown = 0, named = 0, untried;

	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++) {
		if (workload->needs[cap].needed == NEED_UNKNOWN)
			unknown |= 1ULL << cap;
		if (workload->needs[cap].needed == NEED_NO &&
		    workload->evidence.of[CAPWARD_HELD][cap].count)
			named |= 1ULL << cap;
	}
	untried = needs_untried(&workload->evidence, workload->needs, has->caps);
	fprintf(stderr, "capward " NAME ": watched for %s\n", workload_watched(workload, watched));
	if (untried)
		fprintf(stderr, "capward " NAME ": granted and never asked for: %s\n",
			caps_format(untried, text));
	if (unknown)
		fprintf(stderr,
			"capward " NAME ": denied, so that what is done with it was not seen: %s\n",
			caps_format(unknown, text));
	if (named)
		fprintf(stderr,
			"capward " NAME ": named to capset and not used, so left out: %s; --keep "
			"what it does not start without\n",
			caps_format(named, text));
}

static int export_workload(const struct workload *workload, const struct request *request,
			   struct error *err)
{
	struct export what = {.policy = needs_mask(workload->needs, false),
			      .runtime = needs_mask(workload->needs, true),
			      .non_root = request->non_root};
	const struct scope_view *first = workload->count ? workload->scopes[0] : NULL;
	struct granted has;
	const char *why[CAPWARD_CAPS] = {};
	struct identity identity = {};
	struct image image;
	int code = first ? identity_of("", first->path, &identity, NULL) : 0;

	if (code)
		return error_set(err, code, "%s", strerror(-code));
	for (unsigned int cap = 0; cap < CAPWARD_CAPS; cap++)
		why[cap] = workload->needs[cap].why;
	what.why = why;
	workload_granted(workload, &has);
	what.no_root = has.processes && !has.roots;
	if (first)
		describe_by_scope(&what, first, &identity, &image);
	else
		describe_by_name(&what, workload->name ? workload->name : "workloads", &image);
	if (request->name)
		what.name = request->name;
	code = write_out(&what, request->format, err);
	identity_free(&identity);
	if (!code)
		print_remarks(workload, &has);
	return code;
}

static void warn(void *context, const char *text)
{
	(void)context;
	fprintf(stderr, "capward " NAME ": %s\n", text);
}

static int export_named(char *const *names, size_t count, struct request *request,
			struct error *err)
{
	struct workload *workload = NULL;
	struct scope_list list = {};
	struct engine *engine;
	int code = host_permit(err);

	if (!code)
		code = engine_open(&engine, err);
	if (code)
		return code;
	request->source.engine = engine;
	request->source.teller.say = warn;
	code = workload_hold(&request->source, false, &list, err);
	if (!code)
		code = workload_named(&request->source, names, count, &workload, err);
	workload_release(&request->source);
	if (!code)
		code = export_workload(workload, request, err);
	workload_free(workload);
	scopes_free(&list);
	engine_close(engine);
	return code;
}

/* The command */

/* Read the options into *@request. False: return *@status. */
static bool read_options(int argc, char **argv, struct request *request, int *status)
{
	static const struct option options[] = {{"format", required_argument, NULL, 'f'},
						{"name", required_argument, NULL, 'n'},
						{"non-root", no_argument, NULL, 'u'},
						{"keep", required_argument, NULL, 'k'},
						{"drop", required_argument, NULL, 'd'},
						{"evidence", required_argument, NULL, 'v'},
						{"help", no_argument, NULL, 'h'},
						{}};
	int option, format;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":f:n:uk:d:v:h", options, NULL)) >= 0) {
		switch (option) {
		case 'f':
			format = export_format_parse(optarg);
			if (format < 0) {
				*status = command_usage(&command_profile,
							"--format takes capward, docker, podman, "
							"compose, kubernetes, oci or systemd");
				return false;
			}
			request->format = format;
			break;
		case 'n':
			request->name = optarg;
			break;
		case 'u':
			request->non_root = true;
			break;
		case 'k':
			if (!command_cap(&command_profile, "keep", &request->source.keep, status))
				return false;
			break;
		case 'd':
			if (!command_cap(&command_profile, "drop", &request->source.drop, status))
				return false;
			break;
		case 'v':
			request->source.dir = optarg;
			break;
		case 'h':
			*status = command_help(&command_profile);
			return false;
		default:
			*status = command_bad_option(&command_profile, option, argv);
			return false;
		}
	}
	return true;
}

int command_profile_export(int argc, char **argv)
{
	struct request request = {.format = EXPORT_CAPWARD, .source.dir = STORE_DIR};
	struct error err = {""};
	int status, code, count;

	optind = 1;
	if (!read_options(argc, argv, &request, &status))
		return status;
	count = argc - optind;
	if (!count)
		return command_usage(&command_profile, "no container and no profile is named");
	if (request.source.keep & request.source.drop)
		return command_usage(&command_profile,
				     "--keep and --drop name the same capability");
	if (!text_ends_with(argv[optind], strlen(argv[optind]), PROFILE_SUFFIX)) {
		code = export_named(argv + optind, (size_t)count, &request, &err);
		return code ? command_fail(NAME, code, &err) : STATUS_OK;
	}
	if (count > 1)
		return command_usage(&command_profile, "of profiles one at a time");
	code = export_profile(argv[optind], &request, &err);
	if (!code)
		return STATUS_OK;
	status = command_fail(NAME, code, &err);
	return code == -EINVAL ? STATUS_PROFILE : status;
}

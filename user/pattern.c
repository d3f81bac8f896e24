// SPDX-License-Identifier: GPL-2.0-or-later
#include "pattern.h"

#include <string.h>

#include "capward/glob.h"
#include "runtime_name.h"

bool pattern_matches(const char *pattern, const char *text)
{
	char pattern_buffer[CAPWARD_PATTERN] = "", text_buffer[GLOB_PATH] = "";
	size_t pattern_length = strlen(pattern), text_length = strlen(text);

	if (pattern_length >= sizeof(pattern_buffer) || text_length >= sizeof(text_buffer))
		return false;
	memcpy(pattern_buffer, pattern, pattern_length);
	memcpy(text_buffer, text, text_length);
	return glob_match(pattern_buffer, text_buffer);
}

bool pattern_spares(const char *path)
{
	const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
	char name[RUNTIME_NAME] = "";
	size_t length = strlen(last);

	memcpy(name, last, length < sizeof(name) ? length : sizeof(name) - 1);
	return runtime_names_exempt(name);
}

bool pattern_matches_cgroup(const char *pattern, const char *path)
{
	return !pattern_spares(path) && pattern_matches(pattern, path);
}

bool pattern_is_unit(const char *path)
{
	static const char slice[] = ".slice";

	for (const char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/'))
		if (at - path < (ptrdiff_t)sizeof(slice) ||
		    memcmp(at - sizeof(slice) + 1, slice, sizeof(slice) - 1))
			return false;
	return true;
}

bool pattern_matches_name(const char *pattern, const char *path)
{
	return !pattern_spares(path) && pattern_is_unit(path) &&
	       pattern_matches(pattern, strrchr(path, '/') + 1);
}

size_t pattern_literal(const char *pattern)
{
	return strcspn(pattern, "*?");
}

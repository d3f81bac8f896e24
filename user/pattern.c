// SPDX-License-Identifier: GPL-2.0-or-later
#include "pattern.h"

#include <string.h>

#include "capward/glob.h"
#include "runtime_name.h"
#include "text.h"

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

const char *pattern_unit(const char *path, size_t length)
{
	const char *name = path + 1, *slash;

	if (!length || path[0] != '/')
		return NULL;
	while ((slash = memchr(name, '/', path + length - name))) {
		if (!text_ends_with(name, slash - name, ".slice"))
			return NULL;
		name = slash + 1;
	}
	return name;
}

bool pattern_matches_name(const char *pattern, const char *path)
{
	const char *name = pattern_unit(path, strlen(path));

	return name && !pattern_spares(path) && pattern_matches(pattern, name);
}

size_t pattern_literal(const char *pattern)
{
	return strcspn(pattern, "*?");
}

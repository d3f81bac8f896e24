// SPDX-License-Identifier: GPL-2.0-or-later
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}

int error_wrap(struct error *err, int code, const char *format, ...)
{
	struct error outer;
	size_t used;
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	vsnprintf(outer.text, sizeof(outer.text), format, args);
	va_end(args);

	used = strlen(outer.text);
	snprintf(outer.text + used, sizeof(outer.text) - used, ": %.*s",
		 (int)(sizeof(outer.text) - used), err->text);
	*err = outer;
	return code;
}

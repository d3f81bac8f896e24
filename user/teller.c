// SPDX-License-Identifier: GPL-2.0-or-later
#include "teller.h"

#include <stdarg.h>
#include <stdio.h>

#include "error.h"

void tell(const struct teller *teller, const char *format, ...)
{
	struct error message;
	va_list args;

	va_start(args, format);
	vsnprintf(message.text, sizeof(message.text), format, args);
	va_end(args);
	teller->say(teller->context, message.text);
}

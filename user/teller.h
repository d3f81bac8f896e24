/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * To whom a library tells what a person should know, since it prints nothing itself.
 */
#ifndef CAPWARD_TELLER_H
#define CAPWARD_TELLER_H

struct teller {
	void (*say)(void *context, const char *text); /* @text is raw, and valid during the call */
	void *context;
};

/* Tell the formatted message, cut to what a struct error has room for. */
void tell(const struct teller *teller, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif

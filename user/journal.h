/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries for the journal, by its own protocol. sd_journal_sendv() waits while the journal does not
 * read, and takes an entry for written when there is no journal; neither will do here.
 */
#ifndef CAPWARD_JOURNAL_H
#define CAPWARD_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/*
 * Whether standard error or standard output goes to the journal, so that this process was started by
 * systemd: $JOURNAL_STREAM has the device and inode of one of the two (systemd.exec(5)).
 */
bool journal_has_output(void);

/* A socket to write entries with, which the caller closes, or a negative errno. */
int journal_open(struct error *err);

/*
 * Write the @length bytes at @entry, lines "FIELD=value", to the journal that listens at @path. Never
 * waits. 0, or a negative errno: -ENOENT or -ECONNREFUSED: there is no journal; -EAGAIN: it does not
 * read.
 */
int journal_send(int fd, const char *path, const char *entry, size_t length);

#endif

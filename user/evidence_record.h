/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence in the JSON that is kept on disk: a list with an object for each permission and verdict, as
 * capward-evidence(5) has it. What is read back is what was written, but for parts of a microsecond.
 */
#ifndef CAPWARD_EVIDENCE_RECORD_H
#define CAPWARD_EVIDENCE_RECORD_H

#include <jansson.h>

#include "error.h"
#include "evidence.h"

/*
 * A JSON string of the time @ns, as json_time() has it, which can be read again: where the day's clock was set
 * so that it would be before 1970, the first microsecond of that.
 */
json_t *evidence_record_time(__u64 ns);

/* The list for @evidence; NULL without memory. The caller owns the reference. */
json_t *evidence_record(const struct evidence *evidence);

/*
 * Read @record into *@out, which is all zero before. -EINVAL, with what is wrong where in @err: it is no
 * such list, or a field is missing, of another type, out of its range or there twice. A system call or a
 * program too many for this build is counted with the others.
 */
int evidence_of_record(const json_t *record, struct evidence *out, struct error *err);

#endif

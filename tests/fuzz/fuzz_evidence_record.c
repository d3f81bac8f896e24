// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes what is read of evidence that is kept on disk (user/evidence_record.c): names in it are the
 * choice of who is observed, and files are damaged.
 *
 * Input: the list of a file, JSON.
 */
#include "evidence_record.h"
#include "fuzz.h"

/* What was read is what is written, once parts of a microsecond and unknown names are gone. */
static void write_again(const struct evidence *read)
{
	static struct evidence again;
	json_t *record = evidence_record(read);
	struct error err = {""};

	require(record != NULL, "it is written");
	memset(&again, 0, sizeof(again));
	require(!evidence_of_record(record, &again, &err), "and read");
	require(!memcmp(read, &again, sizeof(again)), "and the same");
	json_decref(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct evidence read;
	struct error err = {""};
	json_error_t where;
	json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, &where);

	if (!json)
		return 0;
	memset(&read, 0, sizeof(read));
	if (evidence_of_record(json, &read, &err))
		require(err.text[0] != '\0', "it says why");
	else
		write_again(&read);
	json_decref(json);
	return 0;
}

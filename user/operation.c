// SPDX-License-Identifier: GPL-2.0-or-later
#include "operation.h"

#include <errno.h>
#include <string.h>

static const char *const names[CAPWARD_OPS_END - CAPWARD_CAPS] = {
	[CAPWARD_OP_MOUNT - CAPWARD_CAPS] = "mount",
	[CAPWARD_OP_MODULE - CAPWARD_CAPS] = "module",
	[CAPWARD_OP_DEVICE_NODES - CAPWARD_CAPS] = "device-nodes",
	[CAPWARD_OP_RAW_SOCKET - CAPWARD_CAPS] = "raw-socket",
	[CAPWARD_OP_FILE_ATTRIBUTES - CAPWARD_CAPS] = "file-attributes",
	[CAPWARD_OP_BPF - CAPWARD_CAPS] = "bpf",
	[CAPWARD_OP_USERNS - CAPWARD_CAPS] = "userns",
	[CAPWARD_OP_IO_URING - CAPWARD_CAPS] = "io_uring",
	[CAPWARD_OP_TAMPER - CAPWARD_CAPS] = "tamper",
};

const char *operation_name(unsigned int permission)
{
	if (permission < CAPWARD_CAPS || permission >= CAPWARD_OPS_END)
		return NULL;
	return names[permission - CAPWARD_CAPS];
}

int operation_parse(const char *name, size_t length)
{
	for (int i = CAPWARD_CAPS; i < CAPWARD_OP_TAMPER; i++)
		if (strlen(operation_name(i)) == length && !memcmp(operation_name(i), name, length))
			return i;
	return -EINVAL;
}

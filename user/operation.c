// SPDX-License-Identifier: GPL-2.0-or-later
#include "operation.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
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

/*
 * The hooks by which each operation is refused (bpf/operations.bpf.c). All have been there since
 * before 6.1, but a kernel may be built without: path_* needs CONFIG_SECURITY_PATH, socket_create
 * CONFIG_SECURITY_NETWORK.
 */
static const struct {
	unsigned int operation;
	const char *function;
	bool newer; /* another hook does on a kernel without it */
} hooks[] = {
	{CAPWARD_OP_MOUNT, "bpf_lsm_sb_mount", false},
	{CAPWARD_OP_MOUNT, "bpf_lsm_sb_umount", false},
	{CAPWARD_OP_MOUNT, "bpf_lsm_sb_remount", false},
	{CAPWARD_OP_MOUNT, "bpf_lsm_sb_kern_mount", false},
	{CAPWARD_OP_MOUNT, "bpf_lsm_move_mount", false},
	{CAPWARD_OP_MOUNT, "bpf_lsm_sb_pivotroot", false},
	{CAPWARD_OP_MODULE, "bpf_lsm_kernel_load_data", false},
	{CAPWARD_OP_MODULE, "bpf_lsm_kernel_read_file", false},
	{CAPWARD_OP_MODULE, "bpf_lsm_kernel_module_request", false},
	{CAPWARD_OP_DEVICE_NODES, "bpf_lsm_inode_mknod", false},
	{CAPWARD_OP_RAW_SOCKET, "bpf_lsm_socket_create", false},
	{CAPWARD_OP_FILE_ATTRIBUTES, "bpf_lsm_path_chmod", false},
	{CAPWARD_OP_FILE_ATTRIBUTES, "bpf_lsm_path_chown", false},
	{CAPWARD_OP_FILE_ATTRIBUTES, "bpf_lsm_inode_setxattr", false},
	{CAPWARD_OP_FILE_ATTRIBUTES, "bpf_lsm_inode_removexattr", false},
	{CAPWARD_OP_FILE_ATTRIBUTES, "bpf_lsm_inode_set_acl", true}, /* 6.2 */
	{CAPWARD_OP_BPF, "bpf_lsm_bpf", false},
	{CAPWARD_OP_USERNS, "bpf_lsm_userns_create", false}, /* 6.1 */
	{CAPWARD_OP_IO_URING, "bpf_lsm_inode_init_security_anon", false},
	{CAPWARD_OP_IO_URING, "bpf_lsm_uring_override_creds", false},
	{CAPWARD_OP_IO_URING, "bpf_lsm_uring_sqpoll", false},
};

_Static_assert(sizeof(hooks) / sizeof(hooks[0]) == OPERATION_HOOKS, "as many as the header says");

const char *operation_name(unsigned int permission)
{
	if (permission < CAPWARD_CAPS || permission >= CAPWARD_OPS_END)
		return NULL;
	return names[permission - CAPWARD_CAPS];
}

const char *permission_name(unsigned int permission, char label[static CAPS_LABEL])
{
	const char *operation = operation_name(permission);

	return operation ? operation : caps_label(permission, label) + strlen("CAP_");
}

int operation_parse(const char *name, size_t length)
{
	for (int i = CAPWARD_CAPS; i < CAPWARD_OP_TAMPER; i++)
		if (strlen(operation_name(i)) == length && !memcmp(operation_name(i), name, length))
			return i;
	return -EINVAL;
}

int operation_find(const char *name)
{
	for (int i = CAPWARD_CAPS; i < CAPWARD_OPS_END; i++)
		if (!strcmp(operation_name(i), name))
			return i;
	return -EINVAL;
}

const char *operation_nearest(const char *name)
{
	struct nearest nearest = nearest_to(name);

	for (unsigned int i = CAPWARD_CAPS; i < CAPWARD_OP_TAMPER; i++)
		nearest_offer(&nearest, operation_name(i));
	name = nearest_found(&nearest);
	return name ? operation_name((unsigned int)operation_find(name)) : NULL;
}

const char *operation_format(uint64_t mask, char buf[static OPERATION_TEXT])
{
	size_t used = 0;

	snprintf(buf, OPERATION_TEXT, "none");
	for (unsigned int i = CAPWARD_CAPS; i < CAPWARD_OPS_END; i++)
		if (mask & OPERATION_BIT(i))
			used += (size_t)snprintf(buf + used, OPERATION_TEXT - used, "%s%s",
						 used ? ", " : "", operation_name(i));
	return buf;
}

json_t *operation_list(uint64_t mask)
{
	json_t *list = json_array();

	for (unsigned int i = CAPWARD_CAPS; i < CAPWARD_OPS_END; i++)
		if (mask & OPERATION_BIT(i))
			json_array_append_new(list, json_string(operation_name(i)));
	return list;
}

uint64_t operations_denied(uint64_t word)
{
	return CAPWARD_OPS_MASK & ~word;
}

const char *const *operation_hooks(void)
{
	static const char *functions[OPERATION_HOOKS];

	for (size_t i = 0; i < OPERATION_HOOKS; i++)
		functions[i] = hooks[i].function;
	return functions;
}

const char *operation_missing(unsigned int operation, const bool has[static OPERATION_HOOKS])
{
	for (size_t i = 0; i < OPERATION_HOOKS; i++)
		if (hooks[i].operation == operation && !has[i] && !hooks[i].newer)
			return hooks[i].function;
	return NULL;
}

/* The key Device= of a network file: a device that somebody else makes and keeps. Runs in tapbrokerd and
 * tapbroker-setup, as root, on the text of root's files. It must never let a key through by which the broker would
 * change such a device.
 */
#include "broker/config/network_file.h"

#include "proto/name.h"

#include <string.h>

void network_device_set(struct network_file *file, unsigned int line, const char *value)
{
	char *name = file->network.device;

	if (tb_field_set(name, TB_NAME_SIZE, value) < 0 || !tb_name_valid(name, TB_NAME_SIZE))
		network_file_error(file, line, "Device=%s: a device's name %s", value, network_name_wrong(value));
}

/* The broker makes nothing, so it sets nothing; there is one, for one holder, who has it as long as he is there. */
void network_device_finish(struct network_file *file)
{
	static const enum network_key allowed[] = {KEY_DEVICE, KEY_KIND,   KEY_LISTED, KEY_MAX_LEASE_TIME,
						   KEY_MTU,    KEY_QUEUES, KEY_VHOST,  KEY_VNET_HEADER};
	struct network *network = &file->network;
	uint64_t keep = 0;

	if (network->device[0] == '\0' || network->kind == TB_KIND_MACVTAP)
		return;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		keep |= (uint64_t)1 << allowed[i];
	for (int key = 0; key < KEY_COUNT; key++)
		if (file->lines[key] != 0 && (keep & (uint64_t)1 << key) == 0)
			network_file_error(
				file, file->lines[key],
				"%s= is about devices that the broker makes; Device= in line %u is made, and set up, by others",
				network_key_name((enum network_key)key), file->lines[KEY_DEVICE]);
	memcpy(network->names[0], network->device, TB_NAME_SIZE);
	network->names_count = 1;
	file->names_lines[0] = file->lines[KEY_DEVICE];
	network->max = 1;
	network->max_per_user = 1;
	network->lifetimes = 1u << TB_LIFETIME_SESSION;
	network->netns = 1u << NETNS_HOST;
}

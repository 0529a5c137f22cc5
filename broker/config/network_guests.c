/* What follows from the addresses that each lease has of its own. Runs in tapbrokerd and tapbroker-setup before any
 * client is met, as root, on the text of root's files. It must never let a network have more leases than addresses.
 */
#include "broker/config/network_file.h"

#include "broker/config/guest.h"

#define IPV6_MTU_MIN 1280 /* the kernel takes the IPv6 addresses of a device with a smaller one away */

/* No lease sends from any other address, unless the file says more. */
static void lock_guests(struct network_file *file)
{
	struct network *network = &file->network;

	if (file->lines[KEY_SOURCE_ADDRESSES] != 0 || network->routed)
		return;
	if (network->ipv4_auto || network->ipv4.prefix != 0)
		network->locks |= LOCK_IPV4;
	if (network->ipv6_auto || network->ipv6.prefix != 0)
		network->locks |= LOCK_IPV6;
}

/* The host has its addresses on each device, and answers for them there. */
static void open_routed(struct network_file *file)
{
	struct network *network = &file->network;

	network->host_replies = network->kind == TB_KIND_TAP;
	if (network->ipv6.prefix == 0 && !network->ipv6_auto)
		return;
	network_need_ipv6(file, KEY_ADDRESS);
	if (network->mtu < IPV6_MTU_MIN)
		network_file_error(file, file->lines[KEY_MTU],
				   "MTU=%u: with an IPv6 address in Address= it is %d or more", network->mtu,
				   IPV6_MTU_MIN);
}

/* Whatever is found for auto, it has as much room as this one. */
static uint32_t count_guests(const struct network *network)
{
	struct network known = *network;

	if (known.ipv4_auto)
		known.ipv4 = (struct network_ipv4){.address = 0x0a000001, .prefix = 24};
	known.ipv6_auto = false;
	guests_set(&known);
	return guests_count(&known);
}

void network_guests_finish(struct network_file *file)
{
	struct network *network = &file->network;
	uint32_t most;

	if (!network->own_bridge)
		return;
	lock_guests(file);
	if (network->routed)
		open_routed(file);
	guests_set(network);
	most = count_guests(network);
	if (most == 0)
		network_file_error(file, file->lines[KEY_ADDRESS], "Address= leaves no address for a guest");
	else if (file->lines[KEY_MAX] != 0 && network->max > most)
		network_file_error(file, file->lines[KEY_MAX], "Max=%u: Address= has room for %u guest%s", network->max,
				   most, most == 1 ? "" : "s");
	if (network->max > most)
		network->max = most;
}

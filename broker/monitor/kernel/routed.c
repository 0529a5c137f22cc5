/* Links between the host and one guest: see routed.h. Runs in the monitor; USES CAP_NET_ADMIN. Must never lead another
 * lease's addresses to a device: the kernel refuses a second route to one. */
#include "broker/monitor/kernel/routed.h"

#include "broker/config/guest.h"
#include "broker/monitor/kernel/entries.h"

#include <arpa/inet.h>
#include <string.h>

static void lead(struct entries *entries, uint32_t ifindex, uint8_t family, const void *host, const void *guest)
{
	uint8_t bits = (uint8_t)tb_prefix_bits(family);
	struct entry_route route = {.table = RT_TABLE_MAIN,
				    .to = {.length = bits},
				    .type = RTN_UNICAST,
				    .scope = RT_SCOPE_LINK,
				    .ifindex = ifindex};

	memcpy(route.to.address, host, bits / 8);
	entry_put(entries, ENTRY_ADDRESS, family, &route);
	memcpy(route.to.address, guest, bits / 8);
	entry_put(entries, ENTRY_SOLE_ROUTE, family, &route);
}

int routed_lead(struct link_socket *sock, const struct network *network, uint32_t ifindex,
		const uint8_t mac[TB_MAC_SIZE])
{
	uint32_t ipv4 = htonl(network->ipv4.address);
	struct entries entries;
	struct tb_guest guest;

	guest_tell(network, mac, &guest);
	entries_begin(&entries, sock, false);
	if (network->ipv4.prefix != 0)
		lead(&entries, ifindex, 4, &ipv4, guest.ipv4);
	if (network->ipv6.prefix != 0)
		lead(&entries, ifindex, 6, network->ipv6.address, guest.ipv6);
	return entries_end(&entries);
}

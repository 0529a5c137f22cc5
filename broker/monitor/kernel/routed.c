/* Links between the host and one guest: see routed.h. Runs in the monitor; USES CAP_NET_ADMIN. Must never lead another
 * lease's addresses to a device: the kernel refuses a second route to one. */
#include "broker/monitor/kernel/routed.h"

#include "broker/config/guest.h"
#include "broker/monitor/kernel/entries.h"

#include <arpa/inet.h>
#include <string.h>

static void lead(struct entries *entries, uint32_t ifindex, uint8_t family, const uint8_t *host, const uint8_t *guest)
{
	struct entry_route route = {.table = RT_TABLE_MAIN,
				    .to = {.family = family, .length = (uint8_t)tb_prefix_bits(family)},
				    .type = RTN_UNICAST,
				    .ifindex = ifindex};

	memcpy(route.to.address, guest, route.to.length / 8);
	entry_address(entries, ifindex, family, host);
	entry_route(entries, &route, NLM_F_EXCL);
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
		lead(&entries, ifindex, 4, (const uint8_t *)&ipv4, guest.ipv4);
	if (network->ipv6.prefix != 0)
		lead(&entries, ifindex, 6, network->ipv6.address, guest.ipv6);
	return entries_end(&entries);
}

/* A bridge's port: see port.h. Runs in the monitor and its reaper threads; USES CAP_NET_ADMIN. Must never move an
 * address that another port has for good. */
#include "broker/monitor/kernel/port.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/port_vlan.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

/* Where a lease may have further addresses, which may come and go, the bridge learns where they are. */
uint32_t port_options(const struct network *network)
{
	bool known = (network->locks & LOCK_MAC) != 0 && network->macs.count == 0;

	return PORT_BPDU_GUARD | PORT_ROOT_BLOCK | (network->isolated ? PORT_ISOLATED : 0) |
	       (known ? PORT_LOCKED : PORT_LEARNS | PORT_FLOODED);
}

enum tb_check port_misfit(const struct network *network, const struct link *bridge)
{
	if (network->vlan != 0)
		return bridge->vlan_filtering ? TB_CHECK_NONE : TB_CHECK_NO_FILTERING;
	return bridge->vlan_filtering && bridge->default_vlan == 0 ? TB_CHECK_NO_VLAN : TB_CHECK_NONE;
}

/* An address that another port or the bridge itself has for good is not moved. */
static int settle_port(struct link_socket *sock, uint32_t port, const struct network *network,
		       const uint8_t mac[TB_MAC_SIZE])
{
	struct link_fdb own = {.port = port,
			       .state = NUD_NOARP,
			       .flags = NTF_STICKY | NTF_MASTER,
			       .vlan = (uint16_t)network->vlan};
	struct link_fdb entry;
	int ret = own.vlan != 0 ? port_vlan(sock, port, own.vlan) : 0;

	if (ret < 0)
		return ret;
	memcpy(own.mac, mac, TB_MAC_SIZE);
	ret = link_find_fdb(sock, &own, &entry);
	if (ret == 0 && entry.port != port && (entry.state & (NUD_NOARP | NUD_PERMANENT)) != 0)
		return -EADDRINUSE;
	if (ret == 0 || ret == -ENOENT)
		ret = link_add_fdb(sock, &own);
	if (ret == 0)
		ret = link_find_fdb(sock, &own, &entry);
	if (ret == 0 && (entry.port != port || entry.state != own.state || (entry.flags & NTF_STICKY) == 0))
		ret = -EPROTO;
	return ret;
}

int port_lock(struct link_socket *sock, uint32_t port, const struct network *network, const uint8_t mac[TB_MAC_SIZE])
{
	int ret = link_set_port(sock, port, port_options(network));

	return ret < 0 ? ret : settle_port(sock, port, network, mac);
}

int port_join(struct link_socket *sock, uint32_t port, uint32_t bridge, const struct network *network,
	      const uint8_t mac[TB_MAC_SIZE])
{
	const struct link_setup setup = {.master = bridge};
	int ret = link_set(sock, port, &setup);

	return ret < 0 ? ret : port_lock(sock, port, network, mac);
}

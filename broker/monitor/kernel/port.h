/* A bridge's port that is locked by the bridge's own means. Runs in the monitor; USES CAP_NET_ADMIN. */
#ifndef TB_PORT_H
#define TB_PORT_H

#include "broker/config/table.h"
#include "broker/shared/netlink/link.h"

/* What the ports of the network's bridge are set to: enum link_port. */
uint32_t port_options(const struct network *network);

/* What of the bridge does not fit the network: TB_CHECK_NONE, TB_CHECK_NO_FILTERING or TB_CHECK_NO_VLAN. */
enum tb_check port_misfit(const struct network *network, const struct link *bridge);

/* Sets the port's options, puts it into the network's VLAN, if it has one, and makes an entry of the bridge's table
 * there, static and sticky, for the lease's address, which is read back: the kernel has none for a port that is not in
 * the VLAN. Returns 0, -EADDRINUSE if another port or the bridge itself has it for good, or another negative errno. */
int port_lock(struct link_socket *sock, uint32_t port, const struct network *network, const uint8_t mac[TB_MAC_SIZE]);

/* Makes the link a locked port of the bridge with this ifindex. It is down, so it is never a port that forwards without
 * its locks. Returns as port_lock() does. */
int port_join(struct link_socket *sock, uint32_t port, uint32_t bridge, const struct network *network,
	      const uint8_t mac[TB_MAC_SIZE]);

#endif

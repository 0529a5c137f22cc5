/* A bridge's port that is locked by the bridge's own means. Runs in the monitor; USES CAP_NET_ADMIN. */
#ifndef TB_PORT_H
#define TB_PORT_H

#include "broker/config/table.h"
#include "broker/shared/netlink/link.h"

/* What the ports of the network's bridge are set to: enum link_port. */
uint32_t port_options(const struct network *network);

/* Makes an entry of the bridge's table, static and sticky, for the lease's address, and reads it back. Returns 0,
 * -EADDRINUSE if another port or the bridge itself has it for good, or another negative errno. */
int port_settle(struct link_socket *sock, uint32_t port, const uint8_t mac[TB_MAC_SIZE]);

#endif

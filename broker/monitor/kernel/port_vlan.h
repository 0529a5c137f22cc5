/* The VLAN of a bridge's port. Runs in the monitor and its reaper threads; USES CAP_NET_ADMIN. */
#ifndef TB_PORT_VLAN_H
#define TB_PORT_VLAN_H

#include "broker/shared/netlink/link.h"

#include <linux/if_bridge.h>

struct port_vlan {
	uint32_t port; /* ifindex */
	struct bridge_vlan_info own;
};

/* Puts the port of a bridge that filters VLANs into this one, without tags, and into no other. Its entries of the
 * bridge's table go. Returns 0 or a negative errno. */
int port_vlan(struct link_socket *sock, uint32_t port, uint16_t vlan);

#endif

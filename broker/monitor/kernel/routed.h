/* Devices of a network without ports: each is a link between the host and one guest. Runs in the monitor; USES
 * CAP_NET_ADMIN. */
#ifndef TB_ROUTED_H
#define TB_ROUTED_H

#include "broker/config/table.h"
#include "broker/shared/netlink/link.h"

/* Gives the host its addresses on the device, which is up, and leads there what is for the guest with this MAC's
 * number. Returns 0 or a negative errno: -EEXIST if the host leads an address of the guest's elsewhere. */
int routed_lead(struct link_socket *sock, const struct network *network, uint32_t ifindex,
		const uint8_t mac[TB_MAC_SIZE]);

#endif

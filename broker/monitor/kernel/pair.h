/* Ports: a veth pair for each tap in the shield, whose inner end stands there, and whose other end, the port, on the
 * host. Runs in the monitor; USES CAP_NET_ADMIN. */
#ifndef TB_PAIR_H
#define TB_PAIR_H

#include "broker/monitor/kernel/rules.h"
#include "broker/shared/netlink/link.h"
#include "broker/shared/shield.h"

/* What a pair is made with. Both ends have their address from their first moment: udev leaves such alone. */
struct pair_setup {
	char name[TB_NAME_SIZE];  /* of the port, NUL-padded */
	char inner[TB_NAME_SIZE]; /* of the inner end: shield_inner_name() */
	uint8_t mac[TB_MAC_SIZE]; /* of both */
	uint32_t mtu;             /* of both, in bytes */
	int netns;                /* of the shield */
};

/* Makes the pair, down, by a socket of the host's. Returns 0, -EEXIST if the name is
 * taken, or another negative errno. */
int pair_create(struct link_socket *host, const struct pair_setup *setup);

/* Reads the inner end of the lease, by a socket in the shield; its lower is the ifindex of the port. Returns 0,
 * -ENODEV, or another negative errno. */
int pair_find(struct link_socket *shield, const uint8_t lease[TB_ID_SIZE], struct link *inner);

/* A lease has two chains in the shield: whatever its tap sends, and the network's locks let through, goes to the inner
 * end, and what comes there goes to the tap. Newer kernels keep a chain by its device's name, so both are made when the
 * devices have theirs, and before they are up. */

/* Deletes the lease's chains and its pair, by a socket in the shield. Takes the kernel about 16 ms. Returns 0, also if
 * there are none, or a negative errno. */
int pair_delete(struct link_socket *shield, struct rules *rules, const uint8_t lease[TB_ID_SIZE]);

#endif

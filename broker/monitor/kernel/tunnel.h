/* Tunnels: the addresses and routes of leased devices. Runs in the monitor; USES CAP_NET_ADMIN.
 *
 * A tunnel has a number; its routes stand in a table of its own, and rules lead there whom they are for: its user, or
 * everybody. What is new is complete before the first rule leads to it, and what is old is removed after that: no
 * packet finds half of it. What is remembered here is a copy of what the kernel has: it is read again at the start, see
 * leftovers.h. For that, one rule more, which does nothing, says whose the tunnel is, and of which device.
 *
 *	10000 + N  that rule
 *	12048 + N  its user: where the main table has a specific route (the LAN); and so do the kernel's own replies
 *	           from an address of the tunnel (uid 0), so that the check of reverse paths works
 *	14096 + N  the same: where the tunnel leads
 *	16144 + N  the same of a tunnel that takes everything: it comes after those that lead to some places
 *	18192 + N  as the last three, for everybody: a user's own tunnels come first
 *	20240 + N
 *	22288 + N
 */
#ifndef TB_TUNNEL_H
#define TB_TUNNEL_H

#include "broker/shared/netlink/link.h"
#include "broker/shared/tunnel_numbers.h"
#include "proto/broker.h"

#include <stdbool.h>

/* In the mask of the rule that does nothing: the tunnel is for everybody; always; and a hash of the network's name if
 * it is a kill switch, else 0. */
#define TUNNEL_HOST 0x80000000u
#define TUNNEL_LABEL 0x40000000u
#define TUNNEL_HASH 0x3fffffffu

struct tunnel {
	bool used;
	bool left; /* its device is gone, and the block is still there */
	uint32_t ifindex;
	struct tb_configuration wanted;
};

struct tunnels {
	struct link_socket *sock;
	bool ipv6; /* the kernel has it */
	struct tunnel list[TUNNELS_MAX];
};

/* Configures the device as the order says, which is below the network's ceiling, or leaves everything as it is and
 * says why in answer. */
void tunnel_configure(struct tunnels *tunnels, const struct tb_configure_order *order, struct tb_configured *answer);

/* The device of this lease is gone: so is its tunnel, but for the block of a kill switch. */
void tunnel_end(struct tunnels *tunnels, const uint8_t lease[TB_ID_SIZE]);

/* Somebody has removed what the tunnel with this number, or that of this device, has: all of it is made again. */
void tunnel_restore(struct tunnels *tunnels, uint32_t number, uint32_t ifindex);

/* Removes the blocks that kill switches of this user's have left on the network. */
void tunnel_unblock(struct tunnels *tunnels, uint32_t uid, const char *network);

/* A number for the name of a network, not 0, of the bits TUNNEL_HASH. */
uint32_t tunnel_network_hash(const char *network);

#endif

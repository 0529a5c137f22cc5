/* Tunnels: the addresses and routes of leased devices. Runs in the monitor; USES CAP_NET_ADMIN.
 *
 * A tunnel has a number, which the clerk chooses among the free ones; its routes stand in a table of its own, and rules
 * lead there whom they are for: its user, or everybody. What is new is complete before the first rule leads to it, and
 * what is old is removed after that: no packet finds half of it.
 *
 * The clerk keeps the configurations. Here a keyed hash is kept of each tunnel that was made: what is made again, or
 * removed, is what polkit once said yes to, and nothing else. For a later broker, which reads it from the kernel (see
 * leftovers.h), one rule more, which does nothing, says whose the tunnel is, and of which device.
 *
 *	10000 + N  that rule
 *	12048 + N  its user: where the main table has a specific route (the LAN); and so do the kernel's own replies
 *	           from an address of the tunnel (uid 0), so that the check of reverse paths works
 *	14096 + N  the same: where the tunnel leads
 *	16144 + N  the same of a tunnel that takes everything: it comes after those that lead to some places
 *	18192 + N  as the last three, for everybody: a user's own tunnels come first
 *	20240 + N
 *	22288 + N
 *
 * The tables are 97000 + N, and 99048, to which no rule leads: each address of a tunnel has a route there, and the
 * kernel refuses a second one. So no tunnel gets another's, whatever the clerk says.
 */
#ifndef TB_TUNNEL_H
#define TB_TUNNEL_H

#include "broker/shared/netlink/link.h"
#include "broker/shared/siphash.h"
#include "broker/shared/tunnel_numbers.h"
#include "proto/broker.h"

#include <stdbool.h>

/* In the mask of the rule that does nothing: the tunnel is for everybody; always; and a hash of the network's name if
 * it is a kill switch, else 0. */
#define TUNNEL_HOST 0x80000000u
#define TUNNEL_LABEL 0x40000000u
#define TUNNEL_HASH 0x3fffffffu

struct tunnels {
	struct link_socket *sock;
	bool ipv6; /* the kernel has it */
	uint8_t key[SIPHASH_KEY_SIZE];
	uint64_t made[TUNNELS_MAX]; /* hash of the tunnel with this number; 0: there is none */
};

/* From now on the tunnel is one that was made. */
void tunnel_note(struct tunnels *tunnels, const struct tb_tunnel *tunnel);

/* True if this very tunnel was made, and is there still. */
bool tunnel_was_made(const struct tunnels *tunnels, const struct tb_tunnel *tunnel);

/* Makes the tunnel, whose number is free, in place of the order's old one; or leaves everything as it is, and says in
 * *stage what the kernel has refused. Returns 0 or a negative errno. */
int tunnel_configure(struct tunnels *tunnels, const struct tb_configure_order *order, uint32_t *stage);

/* Somebody has removed something of a tunnel: all of it is made again. */
void tunnel_make_again(const struct tunnels *tunnels, const struct tb_tunnel *tunnel);

/* Removes a tunnel, all but the addresses that the kept configuration has as well; NULL: all. */
void tunnel_remove(struct tunnels *tunnels, const struct tb_tunnel *tunnel, const struct tb_configuration *kept);

/* A number for the name of a network, not 0, of the bits TUNNEL_HASH. */
uint32_t tunnel_network_hash(const char *network);

#endif

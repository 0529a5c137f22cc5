/* The parts of tapbroker-setup: what it sets up for the networks, one file for each. They run as root and meet no
 * client.
 */
#ifndef TB_SETUP_H
#define TB_SETUP_H

#include "broker/config/table.h"
#include "broker/shared/netlink/link.h"

/* What every part works with. */
struct setup {
	struct network_table
		*networks;          /* setup_address.c fills in the addresses that it finds; nobody else changes it */
	bool refused[NETWORKS_MAX]; /* of the network with this index nothing is made: set by a part that says why */
	struct link_socket *link;
};

/* One thing that is set up. Each of the three may be NULL.
 *
 * Each returns the number of problems, each of which it has logged: of a network that cannot be set up, the others go
 * on. start() may find everything, a part, or what earlier network files said: afterwards there is what the files say
 * now. stop() takes back what any start() made, whatever the files say now, and touches nothing else. check() changes
 * nothing. */
struct setup_part {
	const char *name;
	unsigned int (*start)(struct setup *setup);
	unsigned int (*stop)(struct setup *setup);
	unsigned int (*check)(struct setup *setup);
};

/* True if the network with this index has a bridge that is to be made. */
static inline bool setup_wants(const struct setup *setup, size_t index)
{
	return setup->networks->networks[index].own_bridge && !setup->refused[index];
}

/* setup_address.c: the addresses of such networks, which must be free. It makes nothing. */
extern const struct setup_part setup_address;

/* setup_rules.c: what may pass between such a network and the rest. */
extern const struct setup_part setup_rules;

/* setup_bridge.c: the bridges of networks that have their own. */
extern const struct setup_part setup_bridge;

/* setup_bridge.c: true if there is an interface of that name that it made. */
bool setup_bridge_is_ours(const struct setup *setup, const char *name);

/* setup_host.c: the host's own interface beside the guests on a macvtap's parent. */
extern const struct setup_part setup_host;

/* setup_device.c: devices that others have made, which the broker hands out. It makes nothing. */
extern const struct setup_part setup_device;

/* setup_dhcp.c: what serves such a network's guests their addresses. */
extern const struct setup_part setup_dhcp;

/* setup_firewall.c: other firewalls that would drop what may pass. */
extern const struct setup_part setup_firewall;

/* setup_tunnels.c: the addresses of tunnels are reached through them alone. */
extern const struct setup_part setup_tunnels;

/* setup_forward.c: that the host forwards packets at all. */
extern const struct setup_part setup_forward;

/* setup_shield.c: the network namespace in which taps on bridges stand. */
extern const struct setup_part setup_shield;

#endif

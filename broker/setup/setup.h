/* The parts of tapbroker-setup: what it sets up for the networks, one file for each. They run as root and meet no
 * client.
 */
#ifndef TB_SETUP_H
#define TB_SETUP_H

#include "broker/config/table.h"
#include "broker/shared/netlink/link.h"

/* What every part works with. */
struct setup {
	const struct network_table *networks;
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

/* setup_bridge.c: the bridges of networks that have their own. */
extern const struct setup_part setup_bridge;

#endif

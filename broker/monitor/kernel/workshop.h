/* What making a device needs, and what it is told and tells. Runs in the monitor. */
#ifndef TB_WORKSHOP_H
#define TB_WORKSHOP_H

#include "broker/config/table.h"
#include "broker/monitor/kernel/closer.h"
#include "broker/monitor/kernel/node.h"
#include "broker/monitor/kernel/rules.h"
#include "broker/shared/alias.h"
#include "broker/shared/netlink/link.h"
#include "proto/broker.h"

#include <stdbool.h>
#include <sys/types.h>

/* The shield, as the monitor reaches into it from outside: what was opened there by root. */
struct shield {
	int netns;               /* the namespace; -1: there is none */
	struct link_socket link; /* in it, as all the others */
	struct rules rules;
	struct node_source node; /* its own opener's */
};

/* What making a device needs, the same for every device. */
struct workshop {
	struct link_socket link;
	struct node_source node;
	struct shield shield;
	struct closer *closer;
	struct rules *rules; /* what locks devices in the host's network namespace */
	uid_t own_uid;       /* the monitor's: they own tun and tap devices that nobody is to open by name */
	gid_t own_gid;
	int ipv6_conf; /* /proc/sys/net/ipv6/conf; -1 if the kernel has no IPv6 */
};

/* What to make: all checked against the ceiling before. */
struct device_order {
	const struct network *network;
	const char *name; /* NULL: device_make() chooses. With alias.given: of the device that is there */
	struct alias alias;
	uint32_t queues;
	bool vnet_hdr;
	bool vhost;    /* with one vhost-net for each queue */
	bool by_name;  /* it is its client's, without an fd */
	bool traits;   /* the client wants to be told of the network's */
	bool shielded; /* a tap in the shield, with a port here */
	int netns;     /* the network namespace that it is moved to, and set up only there; -1: it stays here */
	int client;    /* with netns: a socket that was made there */
};

/* How a tap's own address begins; the rest is its user's. A bridge takes the lowest address of its ports: with this
 * one, the highest there is, it keeps its own. */
#define TAP_MAC_FIRST 0xfe

/* What was made, or why not. */
struct device {
	struct tb_made made;          /* what the clerk is told */
	uint32_t inner;               /* ifindex in the shield of the inner end of its veth; 0: it is not shielded */
	int fds[TB_QUEUES_MAX];       /* owned by whoever holds the struct */
	uint32_t queues;              /* fds that are open */
	int vhost_fds[TB_QUEUES_MAX]; /* the same of vhost-net */
	uint32_t vhosts;
};

#endif

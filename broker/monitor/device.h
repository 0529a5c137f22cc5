/* Making one device. Runs in the monitor; USES CAP_NET_ADMIN.
 *
 * Everything that protects the host and its neighbours from the device's holder is in place, and has been read back,
 * before the device is up.
 */
#ifndef TB_DEVICE_H
#define TB_DEVICE_H

#include "broker/config/table.h"
#include "broker/monitor/answer.h"
#include "broker/monitor/link.h"
#include "broker/monitor/node.h"
#include "proto/message.h"

#include <stdbool.h>
#include <sys/types.h>

/* What making a device needs, the same for every device. */
struct workshop {
	struct link_socket link;
	struct node_source node;
	uid_t own_uid; /* the monitor's: they own tun and tap devices that nobody is to open by name */
	gid_t own_gid;
	int ipv6_conf; /* /proc/sys/net/ipv6/conf; -1 if the kernel has no IPv6 */
};

/* What to make: all checked against the ceiling before. */
struct device_order {
	const struct network *network;
	const char *name; /* NULL: device_make() chooses */
	const char *alias;
	const uint8_t *mac; /* for the device's user */
	uint32_t mtu;
	uint32_t queues;
	bool vnet_hdr;
	bool vhost;      /* with one vhost-net for each queue */
	bool persistent; /* it stays without a fd, and its user opens it by name */
	bool away;       /* it is moved to another network namespace, and set up only there */
	uid_t uid;       /* its user */
	gid_t gid;
};

/* How a tap's own address begins; the rest is its user's. A bridge takes the lowest address of its ports: with this
 * one, the highest there is, it keeps its own. */
#define TAP_MAC_FIRST 0xfe

/* What was made. */
struct device {
	char name[TB_NAME_SIZE];
	uint32_t ifindex;
	uint32_t master;              /* ifindex of its bridge; 0: none */
	int fds[TB_QUEUES_MAX];       /* owned by whoever holds the struct */
	uint32_t queues;              /* fds that are open */
	int vhost_fds[TB_QUEUES_MAX]; /* the same of vhost-net */
	uint32_t vhosts;
};

/* Makes the device. Returns true and fills in device, or returns false and fills in failure: TB_NAME_TAKEN,
 * TB_LOWER_MISSING, TB_NODE_REFUSED, TB_NO_VHOST or TB_KERNEL; the log wants stage and error of each. Then device may
 * still have fds that are to be closed, and an ifindex that is to be deleted if its alias is ours: both take the kernel
 * long, and are the reaper's. */
bool device_make(struct workshop *workshop, const struct device_order *order, struct device *device,
		 struct outcome *failure);

#endif

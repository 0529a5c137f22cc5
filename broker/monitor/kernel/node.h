/* Device nodes: /dev/net/tun and /dev/vhost-net, which the monitor opens itself where everybody may, and otherwise the
 * opener does; and /dev/tapN, which only the opener can open. Runs in the monitor. */
#ifndef TB_NODE_H
#define TB_NODE_H

#include "broker/monitor/kernel/closer.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NODE_TUN_PATH "/dev/net/tun"
#define NODE_VHOST_PATH "/dev/vhost-net"

/* Where sysfs tells the number of a macvtap's node. */
#define NODE_SYSFS_PATH "/sys/devices/virtual/net"

struct node_source {
	int opener;        /* the channel; -1 if no opener runs */
	int sysfs;         /* NODE_SYSFS_PATH; -1 where no network has macvtaps */
	bool tun_direct;   /* the monitor's own uid may open /dev/net/tun */
	bool vhost_direct; /* the same for /dev/vhost-net; false where no network has it */
	uint32_t serial;   /* of the last request to the opener */
	struct closer *closer;
};

/* Opens /dev/net/tun. Returns the fd, which is the caller's, or a negative errno; -ETIMEDOUT: the opener is late. */
int node_open_tun(struct node_source *source);

/* Opens /dev/vhost-net. Returns the fd, as above; -ENOENT or -ENODEV if this kernel does not have it. */
int node_open_vhost(struct node_source *source);

/* Opens the node of the macvtap with this name and ifindex, and lets this user open it, too, beside root. Returns the
 * fd, as above; -ESTALE if the node under that name in /dev belongs to another device. */
int node_open_tap(struct node_source *source, const char *name, uint32_t ifindex, uid_t uid);

#endif

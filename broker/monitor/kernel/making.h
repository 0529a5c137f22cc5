/* One device that is being made: what the files that make it share; for nobody else. Runs in the monitor; USES
 * CAP_NET_ADMIN. */
#ifndef TB_MAKING_H
#define TB_MAKING_H

#include "broker/monitor/kernel/workshop.h"

/* One device that is being made. */
struct making {
	struct workshop *workshop;
	struct device_order *order;
	struct device *device;
	char alias[ALIAS_SIZE];       /* while nobody has it yet */
	uint8_t own_mac[TB_MAC_SIZE]; /* of a tap itself and of its port; of its user: the alias */
	uint32_t lower;               /* ifindex of the network's bridge or parent; 0: it has none */
	uint32_t mtu;                 /* of the device itself; of its user: the alias */
	uid_t owner;                  /* of a tun or tap: who may open it by name */
	gid_t group;
};

bool making_macvtap(const struct device_order *order);

/* The ifindex of the interface with this name, in the network namespace in which this socket was made, whatever kind it
 * is of. Returns 0 or a negative errno. */
int making_ifindex_of(int sock, const char *name, uint32_t *ifindex);

/* Attaches one open node to the device of that name, with the flags that the order asks for and these. Returns 0 or a
 * negative errno. */
int making_attach(int fd, const char *name, int flags);
int making_queue_flags(const struct device_order *order);

/* Makes the device under the name that was asked for, or under names of our own until one is free. make() returns
 * -EEXIST for a name that is taken. */
int making_named(struct making *making, int (*make)(struct making *making));

/* The steps, each in the order in which device.c takes them. They return 0 or a negative errno; a status of
 * device->made that they have set says more than that. */
int making_tun_create(struct making *making);
int making_tun_persist(struct making *making);
int making_tun_take(struct making *making);
int making_macvtap_create(struct making *making);
int making_limit_ipv6(struct making *making);
int making_harden(struct making *making);
int making_lock(struct making *making);
int making_join(struct making *making);
int making_verify(struct making *making);

#endif

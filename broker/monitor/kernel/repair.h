/* Putting a device right that another program of the host has changed. Runs in the monitor's reaper threads; USES
 * CAP_NET_ADMIN. */
#ifndef TB_REPAIR_H
#define TB_REPAIR_H

#include "broker/monitor/kernel/rules.h"
#include "broker/shared/netlink/link.h"
#include "proto/broker.h"

/* shield is a socket there, for an order about a port. rules are the host's, for a device without a port. ipv6_conf is
 * /proc/sys/net/ipv6/conf, or -1. The kernel's own flags, and the MTU that an administrator has given it, stay: only
 * who becomes a port gets its bridge's. Returns 0; -EPERM if the device is not this lease's, or its network is off,
 * gone or of another kind; -ENODEV if the device or the bridge is not there; or another negative errno. */
int repair_device(struct link_socket *sock, struct link_socket *shield, struct rules *rules, int ipv6_conf,
		  const struct tb_repair *order);

#endif

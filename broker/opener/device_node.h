/* Opens one device node, after checking that it is the node of the right device. Runs in tapbroker-opener. */
#ifndef TB_OPENER_DEVICE_NODE_H
#define TB_OPENER_DEVICE_NODE_H

#include <fcntl.h>
#include <stdint.h>

/* What every node is opened with; the filter permits no other way to write. opener_lockdown.c says why O_TRUNC. */
#define DEVICE_NODE_FLAGS (O_RDWR | O_TRUNC | O_NOFOLLOW | O_CLOEXEC)

/* Opens the node that tun and tap devices are made with, dev/net/tun. Returns an fd that is the caller's, -ESTALE if
 * the node is another device's, or another negative errno. */
int tun_node_open(const char *dev);

/* Opens the node of vhost-net, dev/vhost-net, which may make the kernel load its module. Returns an fd as above;
 * -ENOENT or -ENODEV if this kernel does not have it or the node is another device's; or another negative errno. */
int vhost_node_open(const char *dev);

/* Opens the node of the macvtap with this name and ifindex. net is where sysfs shows the virtual interfaces, name
 * is one that tb_name_valid() accepts.
 * Returns an fd that is the caller's, -ESTALE if the node is missing or belongs to another device, or if the interface
 * has another index, -ENOENT if sysfs shows no such macvtap, or another negative errno. */
int tap_node_open(const char *dev, const char *net, const char *name, uint32_t ifindex);

/* Lets one user open the node behind this fd, beside root, by an access control list: root owns the node, so it needs
 * no capability. name is for the log. Returns 0 or a negative errno. */
int tap_node_grant(int fd, const char *name, uint32_t uid);

#endif

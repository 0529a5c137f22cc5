/* Links, by rtnetlink: making, changing and deleting them. Runs in the monitor; everything here USES CAP_NET_ADMIN. */
#ifndef TB_LINK_CHANGE_H
#define TB_LINK_CHANGE_H

#include "broker/shared/netlink/link.h"

/* What is changed of a link of ours, in one message. What is 0 or NULL stays as it is. */
struct link_setup {
	const char *alias;
	uint32_t mtu; /* bytes */
	const uint8_t *mac;
	uint32_t arp_ignore; /* see network_arp_ignore(); with it comes rp_filter=1 */
	uint32_t master;     /* ifindex of a bridge */
	const int *netns;    /* an fd of the network namespace that it is moved to */
	uint32_t flags;      /* IFF_*, of those in flags_changed */
	uint32_t flags_changed;
};

/* What a macvtap is made with. Text is NUL-padded. */
struct link_macvtap {
	uint32_t ifindex;
	char name[TB_NAME_SIZE];
	uint32_t parent; /* ifindex */
	uint32_t mode;   /* MACVLAN_MODE_* */
	uint32_t queues;
	uint8_t mac[TB_MAC_SIZE];
	char alias[LINK_ALIAS_SIZE - 1]; /* the kernel adds the NUL */
};

/* Creates a macvtap, down, in the link group ALIAS_LINK_GROUP, and gives it the alias. That takes two messages, in one
 * system call, so that wherever the monitor is killed there is no macvtap of ours without its alias; between the two
 * its group tells that it is ours. Its address is in the first: udev changes only one that the kernel has drawn.
 * Returns 0 or a negative errno; -EEXIST: the name or the ifindex is taken. */
int link_create_macvtap(struct link_socket *sock, const struct link_macvtap *macvtap);

/* Sets what the network says of IPv6 on the link of that name; conf is /proc/sys/net/ipv6/conf, or -1 if the kernel has
 * no IPv6. Returns 0 or a negative errno. */
int link_limit_ipv6(int conf, const char *name, bool disabled);

/* Changes a link of ours. Returns 0 or a negative errno. */
int link_set(struct link_socket *sock, uint32_t ifindex, const struct link_setup *setup);

struct link_port_options {
	uint32_t ifindex;
	uint8_t set[PORT_OPTIONS]; /* 0 or 1, for each bit of enum link_port */
};

/* Sets the options of a bridge's port: enum link_port. Returns 0 or a negative errno. */
int link_set_port(struct link_socket *sock, uint32_t ifindex, uint32_t options);

/* Sets the link up and gives it another alias, in one message. netns is -1, or an fd of a network namespace: the link
 * is moved there with its name in the same message, because a link that was moved and is still down is nowhere to be
 * seen. Its address and MTU go with it; its sysctls are those that a new link gets there. That takes the kernel about
 * 16 ms. Returns 0, -EEXIST if an interface there has the name, or another negative errno. */
int link_up(struct link_socket *sock, uint32_t ifindex, const char *alias, int netns);

/* Deletes the link with this ifindex, in the network namespace that has this number here, or in our own (-1). Takes the
 * kernel about 16 ms. Returns 0, -ENODEV, or another negative errno. */
int link_delete(struct link_socket *sock, int32_t nsid, uint32_t ifindex);

/* The same only if its alias is this lease's and it is a tun, tap or macvtap; else -EPERM. One that somebody else has
 * made here only loses its alias. */
int link_delete_ours(struct link_socket *sock, int32_t nsid, uint32_t ifindex, const uint8_t lease[TB_ID_SIZE]);

/* An entry of a bridge's forwarding table. */
struct link_fdb {
	uint32_t port;  /* ifindex */
	uint16_t state; /* NUD_* */
	uint8_t flags;  /* NTF_* */
	uint8_t mac[TB_MAC_SIZE];
	uint16_t vlan; /* 0: in none */
};

/* Adds the entry to the table of the bridge whose port it names; its flags say NTF_MASTER. An entry that the bridge has
 * learned meanwhile makes room. Returns 0 or a negative errno. */
int link_add_fdb(struct link_socket *sock, const struct link_fdb *entry);

/* The port, the state and the flags that the bridge of this one's port has for the same address in the same VLAN.
 * Returns 0, -ENOENT if there is none, or another negative errno. */
int link_find_fdb(struct link_socket *sock, const struct link_fdb *like, struct link_fdb *entry);

#endif

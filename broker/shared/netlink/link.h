/* Links, by rtnetlink: what there is. Linked into the monitor and the clerk; needs no right.
 *
 * A link is named by its ifindex once it is known: names can be taken by others, and altnames match too.
 */
#ifndef TB_LINK_H
#define TB_LINK_H

#include "proto/message.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_ALIAS_SIZE 256 /* the kernel's IFALIASZ */
#define LINK_KIND_SIZE 16

/* Counted by the link: received is what came from the device's user. It is the beginning of the kernel's struct
 * rtnl_link_stats64. */
struct link_counters {
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t rx_bytes;
	uint64_t tx_bytes;
};

/* The options of a bridge's port that we set, and read back. */
enum link_port {
	PORT_ISOLATED = 1 << 0,   /* reaches no other isolated port */
	PORT_LOCKED = 1 << 1,     /* only sources that have an entry for this port come in */
	PORT_LEARNS = 1 << 2,     /* the bridge learns where sources are */
	PORT_FLOODED = 1 << 3,    /* gets frames to an address that the bridge does not know */
	PORT_BPDU_GUARD = 1 << 4, /* closed by a BPDU, with STP on */
	PORT_ROOT_BLOCK = 1 << 5, /* never the way to the root, with STP on */
	PORT_OPTIONS = 6
};

/* The kernel's attribute for bit N of these: IFLA_BRPORT_*. */
extern const uint16_t link_port_attributes[PORT_OPTIONS];

/* What the kernel says of a link. What it did not say is zero. */
struct link {
	uint32_t ifindex;
	uint32_t flags; /* IFF_* */
	uint32_t mtu;
	uint32_t master;            /* ifindex of the bridge */
	uint32_t lower;             /* ifindex of a macvtap's parent */
	char master_name[IFNAMSIZ]; /* only where it was asked for */
	char name[IFNAMSIZ];
	char kind[LINK_KIND_SIZE];
	char alias[LINK_ALIAS_SIZE];
	uint8_t mac[TB_MAC_SIZE];
	bool tun_owned; /* tun, tap: owner and group are set, to these */
	uint32_t tun_owner;
	uint32_t tun_group;
	bool tun_persistent;
	uint32_t tun_queues;   /* 0: single queue */
	uint32_t macvlan_mode; /* MACVLAN_MODE_* */
	uint32_t port;         /* as a bridge's: enum link_port */
	bool vlan_filtering;   /* bridge */
	uint16_t default_vlan; /* bridge: where a new port is, without tags; 0: in none */
	uint32_t rp_filter;
	uint32_t arp_ignore;
	bool has_ipv6;
	uint32_t disable_ipv6;
	uint32_t accept_ra;
	struct link_counters counters;
};

/* The kernel cuts nothing at this size: a dump is sent in pieces of at most 32 KiB, and one link has at most 64 KiB of
 * altnames, which who has rights in its network namespace may give it, and little else. */
#define LINK_BUFFER_SIZE (96 * 1024)

/* A socket for asking the kernel, one answer at a time; each thread has its own. */
struct link_socket {
	int fd;
	uint32_t port;
	uint32_t sequence;
	/* One datagram of an answer. On a thread's stack all of it would cost memory, here only what was used does. */
	char buffer[LINK_BUFFER_SIZE] __attribute__((aligned(4)));
};

/* Opens a netlink socket of this protocol (NETLINK_ROUTE, NETLINK_NETFILTER) that hears these groups (RTMGRP_*).
 * Returns the fd or a negative errno. */
int link_netlink_open(int protocol, uint32_t groups);

/* Opens a socket for questions. Returns 0 or a negative errno. */
int link_socket_open(struct link_socket *sock, int protocol);

/* Uses a socket that another process has used before; what that has not read is dropped. Returns 0 or a negative
 * errno. */
int link_socket_take(struct link_socket *sock, int fd);

/* Reads one link. Returns 0, -ENODEV, or another negative errno. */
int link_get(struct link_socket *sock, uint32_t ifindex, struct link *link);

/* The same by name; an altname does not count: -ENODEV. */
int link_find(struct link_socket *sock, const char *name, struct link *link);

/* Calls each() for every link, or every one of this kind; kind may be NULL. Returns 0, a negative errno, or -EINTR if
 * links changed meanwhile: then some may be missing, or come twice. */
int link_dump(struct link_socket *sock, const char *kind, void (*each)(void *context, const struct link *link),
	      void *context);

/* True if the address is one of this host's. The kernel answers without waiting for a change of links. */
bool link_has_address(struct link_socket *sock, uint8_t family, const uint8_t *address);

/* True if a whole message begins here, and left bytes are there. libmnl's own check lets a length pass that is negative
 * as an int. */
struct nlmsghdr;
bool link_message_ok(const struct nlmsghdr *message, int left);

/* True if the link is of a kind that we make. */
bool link_kind_ours(const struct link *link);

/* Parses one RTM_NEWLINK or RTM_DELLINK message. Returns 0, or -EBADMSG if it is malformed. */
int link_parse(const struct nlmsghdr *message, struct link *link);

#endif

/* The ceiling: what the network files of the administrator allow. tapbrokerd makes the table as root, before lock-down,
 * and seals it; after that monitor and clerk only read it.
 */
#ifndef TB_TABLE_H
#define TB_TABLE_H

#include "proto/message.h"
#include "proto/prefix.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NETWORKS_MAX 256        /* network files in all */
#define NETWORK_NAMES_MAX 16    /* patterns in Names= */
#define NETWORK_PREFIXES_MAX 16 /* in Addresses=, and in Routes= */

#define LOCK_LIST_MAX 8 /* entries of a list that a lock compares with */

/* The beginning of an address, in network order, or a whole one. */
struct prefix {
	uint8_t bits;
	uint8_t bytes[16];
};

struct prefix_list {
	uint32_t count;
	struct prefix items[LOCK_LIST_MAX];
};

/* What is locked on a bridge's port or a macvtap, beside what is always: see the table in tapbroker-network(5). */
enum network_lock {
	LOCK_MAC = 1 << 0,    /* the source is the lease's address, or one of macs */
	LOCK_TYPE = 1 << 1,   /* the EtherType is one of ether_types */
	LOCK_TAG = 1 << 2,    /* no VLAN tag */
	LOCK_ROUTER = 1 << 3, /* no router advertisement, no redirect */
	LOCK_DHCP = 1 << 4,   /* no answer of a DHCP server */
	LOCK_IPV4 = 1 << 5,   /* the source is one of sources4 */
	LOCK_IPV6 = 1 << 6,   /* the same of sources6 */
};

#define LOCKS_DEFAULT (LOCK_MAC | LOCK_TYPE | LOCK_TAG | LOCK_ROUTER | LOCK_DHCP)

/* Whose network namespace a device may be in. */
enum network_netns {
	NETNS_HOST,   /* the broker's */
	NETNS_CALLER, /* that of the client's socket */
	NETNS_COUNT
};

/* An address of the host's on a network, and how many of its bits are the network's; 0 bits: there is none. */
struct network_ipv4 {
	uint32_t address; /* host order */
	uint8_t prefix;
};

struct network_ipv6 {
	uint8_t address[16];
	uint8_t prefix;
};

/* What the guests of a network with a bridge of its own reach beyond that bridge, by routing. */
enum network_reach {
	REACH_INTERNET, /* not the host, and no network that is private to somebody */
	REACH_HOST,     /* the host's addresses on the bridge */
	REACH_ALL,      /* the host, and whatever it reaches */
	REACH_NONE,
	REACH_COUNT
};

/* Bits: which of the two is forwarded, or masqueraded. */
#define NETWORK_IPV4 1u
#define NETWORK_IPV6 2u

#define NETWORK_ALLOW_MAX 16 /* prefixes in Allow= */

#define NETWORK_PUBLISH_MAX 16 /* in Publish= */
#define PUBLISH_PORTS_MAX 1024 /* of one range there */

/* The addresses that a lease has on a network with a bridge of its own. */
struct guest {
	uint8_t mac[TB_MAC_SIZE];
	struct tb_guest told;
};

/* All addresses that begin alike. */
struct network_prefix {
	uint8_t address[16]; /* the first 4 bytes, or all */
	uint8_t bits;        /* how many are the same */
	bool is_ipv6;
};

/* Ports of the host that lead to the guest of a name that Names= spells out. */
struct network_publish {
	bool udp;             /* else TCP */
	bool one_address;     /* at that address of the host's alone; else at each of these families */
	uint8_t address[16];  /* the first 4 bytes, or all */
	uint32_t families;    /* NETWORK_IPV4, NETWORK_IPV6 */
	uint16_t port, count; /* of the host: the first one, and how many */
	uint16_t guest_port;  /* to which the first one leads */
	char name[TB_NAME_SIZE];
};

/* The beginning of the name of a bridge that belongs to a network and was made by tapbroker-setup. */
#define NETWORK_BRIDGE_PREFIX "tb-"

/* The same of the interface by which the host reaches its guests on a macvtap's parent. */
#define NETWORK_HOST_PREFIX "th-"

/* How the names begin that the broker chooses for the devices of a network. */
#define NETWORK_CHOSEN_NAME "%.8s-"

/* Prefixes without bits behind them. */
struct network_prefixes {
	struct tb_prefix prefixes[NETWORK_PREFIXES_MAX];
	size_t count;
};

/* One network file, checked. If the file has a mistake, off is true, name and kind are known (or TB_KIND_ANY), and all
 * else is 0, so that nothing is allowed. Devices of it that were handed out before are left as they are. */
struct network {
	char name[TB_NETWORK_SIZE];
	bool off;
	enum tb_kind kind;
	char bridge[TB_NAME_SIZE]; /* tap; empty: none */
	bool own_bridge;           /* tapbroker-setup makes it */
	bool routed;               /* no device is a port of it: each is a link of its own between host and guest */
	struct network_ipv4 ipv4;  /* of that bridge, or of host_interface */
	struct network_ipv6 ipv6;
	bool ipv4_auto;      /* tapbroker-setup finds a free address: see guests_set_all() */
	bool ipv6_auto;      /* the same */
	uint32_t guests;     /* leases have addresses of their own, with numbers below this one, see guest.h; 0: none */
	uint32_t host[2];    /* the numbers that the host's own addresses have */
	struct guest guest;  /* what is the same for all numbers: all addresses end in zeros */
	uint32_t forward;    /* NETWORK_IPV4, NETWORK_IPV6 */
	uint32_t masquerade; /* the same; none that is not in forward */
	bool dhcp;           /* guests are served addresses, by IPv4 */
	bool dns;            /* and answers to questions for names */
	bool ra;             /* and router advertisements, if there is an IPv6 address */
	enum network_reach reach;
	struct network_prefix allow[NETWORK_ALLOW_MAX];
	size_t allow_count;
	struct network_publish publish[NETWORK_PUBLISH_MAX];
	size_t publish_count;
	uint32_t router;                   /* NETWORK_IPV4, NETWORK_IPV6: the host is the guests' router */
	char parent[TB_NAME_SIZE];         /* macvtap */
	char device[TB_NAME_SIZE];         /* tun, tap: one that others have made, and keep; or "" */
	char host_interface[TB_NAME_SIZE]; /* the host's own macvlan there, with these addresses, or "" */
	enum tb_macvtap_mode mode;         /* macvtap; else TB_MODE_NONE */
	uint32_t macvlan_mode;             /* what the kernel calls it: MACVLAN_MODE_*; else 0 */
	char names[NETWORK_NAMES_MAX][TB_NAME_SIZE + 1]; /* a name, or a prefix and '*' */
	size_t names_count;
	uint32_t mtu;            /* bytes; the ceiling and the default */
	uint32_t queues;         /* at most */
	uint32_t max_per_user;   /* devices */
	uint32_t max;            /* devices in all */
	uint32_t max_lease_time; /* seconds that a lease lasts at most; 0: as long as its holder likes */
	bool vnet_hdr;           /* may be asked for */
	bool vhost;              /* the same; only where vnet_hdr is */
	bool direct;             /* tap with a bridge: it stands on the bridge itself, and not in the shield */
	bool isolated;           /* the bridge port reaches no other isolated port */
	uint32_t vlan;           /* of the bridge port, which has no tags; 0: where the bridge puts it */
	bool ipv6_disabled;      /* true: disable_ipv6=1 on the device; false: accept_ra=0 only */
	bool host_replies;       /* tap that is no port: the host answers ARP requests for its addresses there */
	bool all_multicast;      /* macvtap: every multicast frame reaches the device */
	bool listed;             /* `tapctl networks` shows it */
	uint32_t locks;          /* enum network_lock; of a tap with a bridge, or a macvtap */
	struct prefix_list macs;
	struct prefix_list ether_types;
	struct prefix_list sources4;
	struct prefix_list sources6;
	uint32_t rate_from_guest; /* Mbit/s; 0: no limit */
	uint32_t rate_to_guest;   /* the same */
	uint32_t lifetimes;       /* bit N: a lease may have the lifetime N of enum tb_lifetime */
	uint32_t netns;           /* bit N: a device may be in the N of enum network_netns */
	uint32_t traits;          /* enum tb_network_traits, of which a client is told with its device */

	/* What its user may have a device of it configured with. */
	struct network_prefixes addresses; /* none: no configuration at all */
	struct network_prefixes routes;    /* destinations, beside those of the addresses */
	bool default_route;                /* every destination */
	enum tb_scope scope;               /* the widest: TB_SCOPE_USER, or TB_SCOPE_HOST */
	bool kill_switch;                  /* may be asked for */

	/* For who is refused: where its file has the key of that enum tb_check (0: nowhere), and the file (empty: its
	 * name is too long to be told). */
	uint16_t lines[TB_LINES_MAX];
	char path[TB_PATH_SIZE];
};

#define SUBORDINATES_MAX 1024 /* ranges of subordinate uids */

/* Uids that a user may use in user namespaces of its own: what they hold counts as the user's. */
struct subordinate {
	uid_t first;
	uint32_t count;
	uid_t owner;
};

/* The networks, sorted by name; and whose subordinate uids these are. */
struct network_table {
	char release[TB_RELEASE_SIZE]; /* of the tapbrokerd that has made it */
	struct network networks[NETWORKS_MAX];
	size_t count;
	struct subordinate subordinates[SUBORDINATES_MAX];
	size_t subordinates_count;
};

/* What the devices of this network have for arp_ignore: they answer no ARP request, or only for addresses of
 * their own. */
uint32_t network_arp_ignore(const struct network *network);

/* The name of the bridge that a network of this name would have of its own. */
void network_bridge_name(const char *network, char bridge[TB_NAME_SIZE]);

/* The name of the interface that the host would have for a network of this name. */
void network_host_name(const char *network, char interface[TB_NAME_SIZE]);

/* True if one of its devices may have this name. */
bool network_has_device(const struct network *network, const char *name);

/* The bridge that its devices are ports of, or "". */
static inline const char *network_bridge(const struct network *network)
{
	return network->routed ? "" : network->bridge;
}

static inline bool network_has_ports(const struct network *network)
{
	return network_bridge(network)[0] != '\0';
}
/* True if its devices are locked: others share what they are on. */
bool network_is_locked(const struct network *network);

/* True if a tap of this network stands in the shield. */
bool network_shielded(const struct network *network);

/* The network of that name, or NULL. The name is NUL-terminated. */
const struct network *network_find(const struct network_table *table, const char *name);

#endif

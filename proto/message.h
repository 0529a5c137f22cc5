/* The messages between a client and the broker: every struct, every number. Those between the broker's own processes
 * stand in broker.h.
 *
 * Linked into: all of our programs and libtapbroker.
 * Never here: malloc, logging, stdio, policy.
 *
 * One SOCK_SEQPACKET datagram is one message. Fields have fixed width and host order, reserved bytes are sent as zero,
 * and a name is padded with NULs and holds nothing after the first. Requests are even, their answers are the next odd
 * number. tapbroker-protocol(7) describes the public channel for those who write a client of their own.
 *
 * Client and broker may be of different releases. The broker takes a request only if it understands all of it: the
 * exact size, no unknown flag, reserved bytes zero. A client is as strict about an answer that brings a device. All
 * other answers may grow: the client takes the size from the header, ignores the bytes behind the struct that it knows
 * and the reserved ones, and shows a number that it does not know as a number.
 */
#ifndef TB_MESSAGE_H
#define TB_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#define TB_MAGIC 0x42504154u /* "TAPB" in memory on a little-endian machine */
#define TB_VERSION 1

#define TB_NETWORK_SIZE 32 /* a network's name, NUL-padded, so at most 31 characters */
#define TB_NAME_SIZE 16    /* an interface's name, NUL-padded, so at most 15 characters: the kernel's IFNAMSIZ */
#define TB_ID_SIZE 16      /* a lease id or a ticket: 128 random bits */
#define TB_MAC_SIZE 6
#define TB_QUEUES_MAX 16               /* queues of one device */
#define TB_FDS_MAX (2 * TB_QUEUES_MAX) /* fds in one answer: for each queue one, and one of vhost-net */
#define TB_MTU_MIN 68                  /* the least that the kernel lets an IPv4 interface have */
#define TB_MTU_MAX 65535
#define TB_PATTERNS_SIZE 64    /* of the names that a network allows, as one text */
#define TB_RELEASE_SIZE 32     /* the text of a release, NUL-padded */
#define TB_EXTERNAL_ID_SIZE 88 /* an external id, NUL-padded */
#define TB_EXTERNAL_ID_MAX 80  /* characters of an external id: a container's 64 digits, and an interface's name */

/* Types of messages. Those of the broker's own channels begin at 32, see broker.h. */
enum tb_type {
	TB_REQ_OPEN = 2,       /* struct tb_request, and items behind it */
	TB_ANS_OPEN = 3,       /* struct tb_answer; TB_OK brings one fd per queue, then those of vhost-net */
	TB_REQ_NETWORKS = 4,   /* struct tb_request */
	TB_ANS_NETWORK = 5,    /* struct tb_network, one message per network, and what is published behind it */
	TB_ANS_END = 7,        /* struct tb_end: the lease has ended, no answer is expected */
	TB_REQ_LIST = 8,       /* struct tb_request: the caller's leases; with TB_REQUEST_ALL everybody's */
	TB_ANS_LEASE = 9,      /* struct tb_lease, one message per lease */
	TB_REQ_RELEASE = 10,   /* struct tb_request: ends a lease of the caller's */
	TB_ANS_RELEASE = 11,   /* struct tb_done */
	TB_REQ_REVOKE = 12,    /* struct tb_request: ends anybody's lease */
	TB_ANS_REVOKE = 13,    /* struct tb_done */
	TB_REQ_WATCH = 14,     /* struct tb_request: tell what happens from now on; with TB_REQUEST_ALL, to everybody */
	TB_ANS_EVENT = 15,     /* struct tb_event, until the client hangs up */
	TB_REQ_ABOUT = 16,     /* struct tb_request: what can this broker do? */
	TB_ANS_ABOUT = 17,     /* struct tb_about */
	TB_REQ_CONFIGURE = 18, /* struct tb_request and items: addresses and routes of a device of the caller's */
	TB_ANS_CONFIGURE = 19, /* struct tb_done */
	TB_REQ_UNBLOCK = 20,   /* struct tb_request: ends the block that a kill switch has left */
	TB_ANS_UNBLOCK = 21,   /* struct tb_done */
	TB_REQ_EXPLAIN = 22,   /* struct tb_request as for TB_REQ_OPEN: what would become of that? nothing is made */
	TB_ANS_EXPLAIN = 23,   /* struct tb_explanation */
	TB_REQ_EXPLAIN_CONFIGURE = 24, /* struct tb_request and items: what would become of that configuration? */
	TB_ANS_EXPLAIN_CONFIGURE = 25, /* struct tb_configure_explanation */
	TB_REQ_SHOW = 26,              /* struct tb_request: what has a lease's device been configured with? */
	TB_ANS_SHOW = 27,              /* struct tb_shown, one message per TB_SHOWN_ITEMS items */
	TB_REQ_BLOCKS =
		28, /* struct tb_request: what have the caller's kill switches left blocked; ALL: everybody's? */
	TB_ANS_BLOCKS = 29, /* struct tb_blocks, one message per TB_BLOCKS_TOLD blocks */
	TB_REQ_DROPS = 30,  /* struct tb_request: what the locks of a lease's device have dropped */
	TB_ANS_DROPS = 31,  /* struct tb_drops */
};

enum tb_kind {
	TB_KIND_ANY = 0, /* in a request: whatever the network is */
	TB_KIND_TAP = 1,
	TB_KIND_TUN = 2,
	TB_KIND_MACVTAP = 3,
};

enum tb_macvtap_mode {
	TB_MODE_NONE = 0, /* not a macvtap */
	TB_MODE_BRIDGE = 1,
	TB_MODE_VEPA = 2,
	TB_MODE_PRIVATE = 3,
	TB_MODE_PASSTHRU = 4,
};

enum tb_lifetime {
	TB_LIFETIME_SESSION = 0, /* until the client's connection ends */
	TB_LIFETIME_FD = 1,      /* until the kernel destroys the device with its last fd; tun and tap only */
	TB_LIFETIME_PERSISTENT =
		2, /* until released; the device belongs to the user and is opened by name: no fds come */
	TB_LIFETIME_NAMESPACE = 3, /* the same, or until the network namespace ends that it is in: only with NETNS */
	TB_LIFETIME_NAMED = 4,     /* until the client's connection ends; the device is opened by name, too */
	TB_LIFETIME_COUNT
};

/* Bits: the lifetimes of a device that belongs to its user, who opens it by name; and those that end with the
 * connection. */
#define TB_LIFETIMES_BY_NAME (1u << TB_LIFETIME_PERSISTENT | 1u << TB_LIFETIME_NAMESPACE | 1u << TB_LIFETIME_NAMED)
#define TB_LIFETIMES_CONNECTED (1u << TB_LIFETIME_SESSION | 1u << TB_LIFETIME_NAMED)

/* Whose packets the routes of a configuration are for. */
enum tb_scope {
	TB_SCOPE_NETWORK = 0, /* in a request: whatever the network file says */
	TB_SCOPE_USER = 1,    /* of the lease's user alone */
	TB_SCOPE_HOST = 2,    /* everybody's */
	TB_SCOPE_COUNT
};

/* What became of a request. Until the request is authorized there is one word for every refusal: TB_DENIED.
 * TB_MALFORMED, TB_BUSY, TB_QUOTA_USER, TB_NOT_OWN_NETNS and TB_CONNECTIONS may come earlier because they tell nothing
 * but the caller's own doings. */
enum tb_status {
	TB_OK = 0,
	TB_DENIED = 1,         /* no network allows it, or polkit did not say yes */
	TB_MALFORMED = 2,      /* not a request of this version of the protocol */
	TB_BUSY = 3,           /* not now: too much is waiting, or polkit was too slow; see check, and try again */
	TB_QUOTA_USER = 4,     /* this user holds as many devices as one user may; see quota, held and limit */
	TB_QUOTA_NETWORK = 5,  /* the network, or the broker, has handed out all that it may; see quota */
	TB_NAME_TAKEN = 6,     /* an interface of that name exists */
	TB_LOWER_MISSING = 7,  /* the network's bridge or parent does not exist, or is not what it should be */
	TB_NODE_REFUSED = 8,   /* the device node was not the one of our device, several times over */
	TB_KERNEL = 9,         /* the kernel refused; see error and stage */
	TB_NO_LEASE = 10,      /* the caller has no such lease */
	TB_NO_VHOST = 11,      /* vhost-net was asked for, and this kernel does not have it, or has not loaded it */
	TB_NOT_OWN_NETNS = 12, /* the network namespace of the client's socket is not one of its user's own */
	TB_CONNECTIONS = 13,   /* this user has too many connections to the broker */
	TB_IN_USE = 14,        /* an address or a destination is another's already; see check */
	TB_STATUS_COUNT
};

/* Which check refused. It stands beside the status and apart from any errno. TB_CHECK_NONE where there is none, or
 * where the caller may not be told: that is the broker's to decide. */
enum tb_check {
	TB_CHECK_NONE = 0,
	TB_CHECK_SYNTAX = 1, /* the message itself */

	/* The ceiling: the rows of broker/shared/ceiling.c. */
	TB_CHECK_NETWORK = 2, /* there is no such network */
	TB_CHECK_KIND = 3,
	TB_CHECK_NAME = 4,
	TB_CHECK_MTU = 5,
	TB_CHECK_QUEUES = 6,
	TB_CHECK_VNET_HDR = 7,
	TB_CHECK_VHOST = 8,
	TB_CHECK_LIFETIME = 9,
	TB_CHECK_NETNS = 10,
	TB_CHECK_UID = 11, /* a uid to whom nothing is handed out: one of the broker's own, or one that nobody has */

	/* polkit. */
	TB_CHECK_POLKIT_NO = 12,
	TB_CHECK_POLKIT_CHALLENGE = 13, /* it wants a password, and the client did not allow the question */
	TB_CHECK_POLKIT_DISMISSED = 14, /* somebody closed the password dialog */
	TB_CHECK_POLKIT_ERROR = 15,     /* it could not be asked, or answered with an error */
	TB_CHECK_POLKIT_TIMEOUT = 16,   /* it did not answer in time */

	/* What is waiting. */
	TB_CHECK_QUEUE_TIMEOUT = 17, /* polkit was not asked in time */
	TB_CHECK_WAITING = 18,       /* requests of this user that wait */
	TB_CHECK_REQUESTS = 19,      /* requests of all users */
	TB_CHECK_WATCHES = 20,       /* watches */
	TB_CHECK_CONNECTIONS = 21,   /* connections of this user */
	TB_CHECK_RESTART = 22,       /* the broker is being started again: ask once more */

	/* Quotas. */
	TB_CHECK_MAX_PER_USER = 23,        /* MaxPerUser= */
	TB_CHECK_MAX = 24,                 /* Max= */
	TB_CHECK_MAX_LEASES_PER_USER = 25, /* --max-leases-per-user */
	TB_CHECK_MAX_LEASES = 26,          /* --max-leases */

	/* The caller and its lease. */
	TB_CHECK_PEER_GONE = 27, /* the client has hung up, or its process has ended */
	TB_CHECK_LEASE = 28,     /* there is no such lease */

	/* Never on the wire: libtapbroker found that an fd is not the device that the answer names. */
	TB_CHECK_DEVICE = 29,

	/* The ceiling of configurations: broker/shared/tunnel_ceiling.c. */
	TB_CHECK_ADDRESSES = 30,     /* Addresses= */
	TB_CHECK_ROUTES = 31,        /* Routes= */
	TB_CHECK_DEFAULT_ROUTE = 32, /* DefaultRoute= */
	TB_CHECK_SCOPE = 33,         /* Scope= */
	TB_CHECK_KILL_SWITCH = 34,   /* KillSwitch= */
	TB_CHECK_NOT_HERE = 35, /* the device is a bridge's port, a macvtap, or not in the host's network namespace */

	/* TB_IN_USE. */
	TB_CHECK_ADDRESS_IN_USE = 36, /* another interface has the address */
	TB_CHECK_ROUTE_IN_USE = 37,   /* another tunnel of this user's, or one of the host's, has the destination */

	/* TB_LOWER_MISSING. */
	TB_CHECK_NO_FILTERING = 38, /* VLAN=, and the bridge filters no VLANs */
	TB_CHECK_NO_VLAN = 39,      /* the bridge filters VLANs, and would put the device into none */

	/* TB_IN_USE, of a device. */
	TB_CHECK_OVERLAP = 40, /* another interface leads to some of the network's addresses */

	/* TB_LOWER_MISSING. */
	TB_CHECK_NO_ADDRESS = 41, /* Address=auto, and the bridge had no address when the broker was started */
	TB_CHECK_COUNT
};

/* What polkit would say, without asking anybody. */
enum tb_access {
	TB_ACCESS_NONE = 0, /* it was not asked */
	TB_ACCESS_YES = 1,
	TB_ACCESS_PASSWORD = 2, /* yes after a password */
	TB_ACCESS_NO = 3,
};

/* Whose quota is used up. */
enum tb_quota {
	TB_QUOTA_NONE = 0,
	TB_QUOTA_OF_NETWORK = 1, /* MaxPerUser= or Max= of the network file */
	TB_QUOTA_OF_BROKER = 2,  /* --max-leases-per-user or --max-leases, over all networks */
};

/* Why a lease ended. */
enum tb_reason {
	TB_REASON_DEVICE_GONE = 1,   /* the device was deleted, or its last fd was closed */
	TB_REASON_NOT_COLLECTED = 2, /* the client did not read its answer in time */
	TB_REASON_PROTOCOL = 3,      /* the client sent something when nothing was expected */
	TB_REASON_CLIENT = 4,        /* the client has hung up */
	TB_REASON_RELEASED = 5,      /* its user has released it */
	TB_REASON_REVOKED = 6,       /* an administrator has revoked it */
	TB_REASON_GUARD_MAC = 7,     /* the holder changed the device's address */
	TB_REASON_GUARD_OWNER = 8,   /* the holder gave the device to another owner or group */
	TB_REASON_GUARD_PERSIST = 9, /* the holder made the device persistent */
	TB_REASON_GUARD_MASTER = 10, /* somebody moved the device to another bridge */
	TB_REASON_GUARD_ALIAS = 11,  /* somebody changed the device's alias */
	TB_REASON_GUARD_FLOOD = 12,  /* the holder changed the device too often */
	TB_REASON_EXPIRED = 13,      /* it has lasted as long as the network's leases may */
	TB_REASON_COUNT
};

/* What the monitor was doing when the kernel refused. */
enum tb_stage {
	TB_STAGE_NONE = 0,
	TB_STAGE_NODE = 1,    /* open the device node */
	TB_STAGE_CREATE = 2,  /* create the device, set owner and group */
	TB_STAGE_HARDEN = 3,  /* write the device's sysctls, lock it */
	TB_STAGE_LINK = 4,    /* alias, MTU, address, bridge port */
	TB_STAGE_VERIFY = 5,  /* what was read back is not what was asked for */
	TB_STAGE_UP = 6,      /* set the device up, and before that move it, if it was to go elsewhere */
	TB_STAGE_ADDRESS = 7, /* give the device an address */
	TB_STAGE_ROUTE = 8,   /* make a route */
	TB_STAGE_RULE = 9,    /* make the rules that lead to the routes */
};

/* The most that any answer may ever grow to, in bytes. */
#define TB_ANSWER_MAX 4096

struct tb_header {
	uint32_t magic;
	uint16_t version;
	uint16_t type;
	uint32_t size; /* of the whole message, this header included, in bytes */
	uint32_t reserved;
};

enum tb_request_flags {
	TB_REQUEST_INTERACTIVE = 1 << 0, /* polkit may ask somebody for a password */
	TB_REQUEST_VNET_HDR = 1 << 1,    /* each packet is preceded by a struct virtio_net_hdr */
	TB_REQUEST_BRIDGE = 1 << 2,      /* network may also be the bridge of exactly one network of taps */
	TB_REQUEST_ALL = 1 << 3,         /* LIST, WATCH, SHOW, BLOCKS: everybody's leases */
	TB_REQUEST_NETNS = 1 << 4,       /* the device is wanted in the network namespace of the client's socket */
	TB_REQUEST_VHOST = 1 << 5,       /* one vhost-net per queue as well; only with VNET_HDR, and with fds */
	TB_REQUEST_KILL_SWITCH = 1 << 6, /* CONFIGURE: the block outlives the lease */
	TB_REQUEST_EXTERNAL_ID = 1 << 7, /* OPEN: the lease has an external id, which ends the message */
	TB_REQUEST_AGAIN = 1 << 8,       /* in an answer: the device was the caller's already */
	TB_REQUEST_TRAITS = 1 << 9,      /* OPEN: the answer is to tell the network's traits */
	TB_REQUEST_OPEN_FLAGS = TB_REQUEST_INTERACTIVE | TB_REQUEST_VNET_HDR | TB_REQUEST_BRIDGE | TB_REQUEST_NETNS |
				TB_REQUEST_VHOST | TB_REQUEST_EXTERNAL_ID | TB_REQUEST_TRAITS,
};

/* The one message that a client sends: this head, behind it so many struct tb_item as items says, and then, with
 * TB_REQUEST_EXTERNAL_ID, the TB_EXTERNAL_ID_SIZE bytes of that. header.size is that of all. What a request does not
 * use is zero: NETWORKS and ABOUT have nothing but their header; LIST and WATCH have flags (INTERACTIVE, ALL); RELEASE
 * has flags (INTERACTIVE) and either lease, or name, which is looked for among the caller's own leases; REVOKE has
 * flags (INTERACTIVE) and lease; SHOW has flags (INTERACTIVE, ALL), and lease or name as RELEASE, but with ALL any
 * lease; BLOCKS has what LIST has; DROPS has flags (INTERACTIVE, ALL) and lease. CONFIGURE has flags (INTERACTIVE,
 * KILL_SWITCH), lease or name as RELEASE, mtu, scope and items; EXPLAIN_CONFIGURE has them too, but network in place
 * of a lease; UNBLOCK has flags (INTERACTIVE, ALL), network, and with ALL uid. */
struct tb_request {
	struct tb_header header;
	char network[TB_NETWORK_SIZE];
	char name[TB_NAME_SIZE]; /* of the interface; empty: the broker chooses */
	uint32_t kind;           /* enum tb_kind */
	uint32_t flags;          /* enum tb_request_flags */
	uint32_t mtu;            /* bytes; 0: the network's */
	uint32_t queues;         /* 0 means 1 */
	uint32_t lifetime;       /* enum tb_lifetime */
	uint8_t lease[TB_ID_SIZE];
	uint32_t items; /* behind this head */
	uint32_t scope; /* enum tb_scope */
	uint32_t uid;   /* with ALL, UNBLOCK: whose block; EXPLAIN_CONFIGURE: for whom; else 0 */
	uint8_t reserved[32];
};

enum tb_item_kind {
	TB_ITEM_ADDRESS = 1, /* of the device; peer: of the other end, if it is a point-to-point link */
	TB_ITEM_ROUTE = 2,   /* leads into the device; peer: the gateway, if there is one */
	TB_ITEM_EXCLUDE = 3, /* a prefix that does not lead into the device, whatever the routes say */
	TB_ITEM_SERVER = 4,  /* the host at the tunnel's other end, which stays reachable outside the tunnel */
	TB_ITEM_KIND_COUNT
};

/* The most items of one kind in one family. */
#define TB_ADDRESSES_MAX 8
#define TB_ROUTES_MAX 128
#define TB_EXCLUDES_MAX 32
#define TB_SERVERS_MAX 8
#define TB_ITEMS_MAX (2 * (TB_ADDRESSES_MAX + TB_ROUTES_MAX + TB_EXCLUDES_MAX + TB_SERVERS_MAX))

/* The largest metric of a route: those above are the broker's own. */
#define TB_METRIC_MAX 0x7fffffffu

/* One entry of a request's list. Addresses have network order; an IPv4 address is followed by zero bytes. */
struct tb_item {
	uint16_t kind;       /* enum tb_item_kind */
	uint8_t family;      /* 4 or 6 */
	uint8_t prefix;      /* bits: at most 32 or 128; SERVER: exactly so many */
	uint32_t metric;     /* ROUTE: at most TB_METRIC_MAX, 0 means the kernel's own; else 0 */
	uint8_t address[16]; /* ROUTE, EXCLUDE: no bit behind the prefix is set */
	uint8_t peer[16];    /* ADDRESS, ROUTE: zero means none; else zero */
	uint8_t reserved[8];
};

/* The largest request, in bytes. */
#define TB_REQUEST_MAX (sizeof(struct tb_request) + TB_ITEMS_MAX * sizeof(struct tb_item))

/* What a device's user should use as its own addresses, and by whom it leaves the network; network order, and zero
 * where there is none. */
struct tb_guest {
	uint8_t ipv4[4];
	uint8_t gateway4[4];
	uint8_t ipv6[16];
	uint8_t gateway6[16];
	uint8_t ipv4_prefix; /* bits */
	uint8_t ipv6_prefix;
	uint8_t reserved[2];
};

struct tb_answer {
	struct tb_header header;
	uint32_t status;  /* enum tb_status; if it is not TB_OK, only the fields that it names are set, and check */
	uint32_t check;   /* enum tb_check: which one refused */
	int32_t error;    /* TB_KERNEL: a positive errno */
	uint32_t stage;   /* TB_KERNEL: enum tb_stage */
	uint32_t held;    /* TB_QUOTA_USER: devices that this user holds */
	uint32_t limit;   /* TB_QUOTA_USER: devices that this user may hold */
	uint32_t kind;    /* enum tb_kind */
	uint32_t flags;   /* TB_REQUEST_VNET_HDR if the device has it, TB_REQUEST_NETNS if it is there, _AGAIN */
	uint32_t ifindex; /* in the network namespace of the device */
	uint32_t mtu;     /* bytes */
	uint32_t queues;  /* and so many fds come with this message first */
	char name[TB_NAME_SIZE];
	uint8_t mac[TB_MAC_SIZE]; /* that the device's user should use as its own; zero for a tun */
	uint8_t reserved_mac[2];
	uint8_t lease[TB_ID_SIZE];
	uint32_t quota;  /* TB_QUOTA_USER, TB_QUOTA_NETWORK: enum tb_quota */
	uint32_t vhosts; /* and so many fds of vhost-net come after those of the queues: queues or 0 */
	struct tb_guest guest;
	uint32_t traits; /* TB_REQUEST_TRAITS: enum tb_network_traits, what the network file says; else 0 */
	uint8_t reserved[4];
};

enum tb_network_traits {
	TB_NETWORK_OFF = 1 << 0,        /* its file has a mistake: nothing is handed out, and kind may be TB_KIND_ANY */
	TB_NETWORK_UNLISTED = 1 << 1,   /* other users do not see it */
	TB_NETWORK_TOLD = 1 << 2,       /* the caller may know where the devices lead */
	TB_NETWORK_ISOLATED = 1 << 3,   /* TOLD: its ports of a bridge do not reach each other */
	TB_NETWORK_HOST = 1 << 4,       /* a device may be in the host's network namespace, */
	TB_NETWORK_CALLER = 1 << 5,     /* and in that of the client's socket: TB_REQUEST_NETNS */
	TB_NETWORK_MORE_NAMES = 1 << 6, /* not all of the names fit */
	TB_NETWORK_TOLD_ALL = 1 << 7,   /* the caller may know of the devices of all users */
	TB_NETWORK_NO_QEMU_MACS = 1 << 8, /* frames from the addresses that QEMU chooses, 52:54:00:*, are dropped */
};

/* One network in the answer to TB_REQ_NETWORKS. A list of all networks must fit into a socket's buffer, where the
 * kernel counts no more for 192 bytes than for 128. */
struct tb_network {
	struct tb_header header;
	uint32_t status; /* TB_OK, or of a refusal: then nothing follows and nothing else is set but check */
	uint32_t check;  /* enum tb_check */
	uint32_t left;   /* messages that follow this one */
	uint32_t count;  /* networks in the whole answer; 0: there is none, and this message is all */
	char network[TB_NETWORK_SIZE];
	uint32_t kind;                /* enum tb_kind */
	uint32_t mtu;                 /* bytes */
	uint32_t queues;              /* at most */
	uint32_t flags;               /* those of TB_REQUEST_VNET_HDR and TB_REQUEST_VHOST that may be asked for */
	uint32_t limit;               /* devices that one user may hold at a time */
	uint32_t held;                /* devices that the caller holds */
	uint32_t lifetimes;           /* bits: enum tb_lifetime, those that may be asked for */
	uint32_t traits;              /* enum tb_network_traits */
	uint32_t mode;                /* TB_NETWORK_TOLD: enum tb_macvtap_mode */
	uint32_t max;                 /* TB_NETWORK_TOLD_ALL: devices that all users together may hold at a time */
	char lower[TB_NAME_SIZE];     /* TB_NETWORK_TOLD: the bridge of a tap, the parent of a macvtap; empty: none */
	char names[TB_PATTERNS_SIZE]; /* names that may be asked for, prefixes with a '*', blanks between; NUL-padded */
	uint32_t access;              /* enum tb_access: polkit's answer about the network's default device */
	uint32_t vlan;                /* TB_NETWORK_TOLD: of a tap's port, without tags; 0: where the bridge puts it */
	uint32_t published;           /* TB_NETWORK_TOLD: struct tb_published, so many, stand right behind */
	uint32_t reserved;
};

#define TB_PUBLISHED_MAX 16

enum tb_protocol {
	TB_PROTOCOL_TCP = 6, /* the numbers of IPPROTO_TCP and so on */
	TB_PROTOCOL_UDP = 17,
};

/* Ports of the host that lead to a guest. */
struct tb_published {
	uint16_t port;                 /* of the host, the first one */
	uint16_t count;                /* of the ports */
	uint16_t guest_port;           /* that the first one leads to */
	uint8_t protocol;              /* enum tb_protocol */
	uint8_t host_family;           /* 4, 6: of the host's address, at which alone they are; 0: at each of them */
	uint8_t host_address[16];      /* the first 4 bytes, or all */
	uint8_t guest_ipv4[4];         /* zero: not by IPv4, or not known yet */
	uint8_t guest_ipv6[16];        /* the same of IPv6 */
	char guest_name[TB_NAME_SIZE]; /* of the guest's device */
};

struct tb_end {
	struct tb_header header;
	uint32_t reason; /* enum tb_reason */
	uint8_t reserved[12];
	uint8_t lease[TB_ID_SIZE];
};

/* One lease in the answer to TB_REQ_LIST. */
struct tb_lease {
	struct tb_header header;
	uint32_t status; /* TB_OK, or of a refusal: then nothing follows and nothing else is set but check */
	uint32_t check;  /* enum tb_check */
	uint32_t left;   /* messages that follow this one */
	uint32_t count;  /* leases in the whole answer; 0: there is none, and this message is all */
	uint32_t ifindex;
	uint32_t uid;      /* whose it is */
	uint32_t pid;      /* of the process that asked for it */
	uint32_t kind;     /* enum tb_kind */
	uint64_t since;    /* seconds after 1970 */
	uint64_t rx_bytes; /* as the link counts: what a tap's user has sent, what came to a macvtap */
	uint64_t tx_bytes;
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint32_t lifetime; /* enum tb_lifetime */
	uint32_t mtu;      /* bytes */
	uint32_t flags;    /* TB_REQUEST_NETNS if the device is in its client's own network namespace;
			    * TB_REQUEST_KILL_SWITCH if a block outlives the lease */
	char network[TB_NETWORK_SIZE];
	char name[TB_NAME_SIZE];
	uint8_t lease[TB_ID_SIZE];
	uint8_t mac[TB_MAC_SIZE];
	uint8_t ipv4_prefix; /* of these, as in struct tb_guest */
	uint8_t ipv6_prefix;
	uint8_t ipv4[4];
	uint8_t ipv6[16];

	/* What TB_REQ_CONFIGURE has made of the device: TB_REQ_SHOW tells all of it. */
	uint32_t scope;      /* enum tb_scope; TB_SCOPE_NETWORK: it has not been configured */
	uint32_t items;      /* so many */
	uint8_t own_ipv4[4]; /* the device's first address of each family; zero: none */
	uint8_t own_ipv4_prefix;
	uint8_t own_ipv6_prefix;
	uint8_t reserved[2];
	char external_id[TB_EXTERNAL_ID_SIZE]; /* empty: none */
	uint8_t own_ipv6[16];
};

#define TB_SHOWN_ITEMS 64 /* in one message */

/* What a lease's device has been configured with: as many of these messages as it takes, one if there is nothing. */
struct tb_shown {
	struct tb_header header;
	uint32_t status; /* TB_OK, or of a refusal: then nothing follows and nothing else is set but check */
	uint32_t check;  /* enum tb_check */
	uint32_t left;   /* messages that follow this one */
	uint32_t count;  /* messages in the whole answer, never 0 */
	uint32_t uid;    /* whose the lease is */
	uint32_t scope;  /* enum tb_scope; TB_SCOPE_NETWORK: it has not been configured */
	uint32_t flags;  /* TB_REQUEST_KILL_SWITCH */
	uint32_t mtu;    /* bytes, that were asked for with it; 0: none, or by an earlier broker */
	char network[TB_NETWORK_SIZE];
	char name[TB_NAME_SIZE];
	uint8_t lease[TB_ID_SIZE];
	uint32_t items; /* in this message; those behind are zero */
	uint8_t reserved[12];
	struct tb_item item[TB_SHOWN_ITEMS];
};

#define TB_BLOCKS_TOLD 64 /* in one message */

/* What a kill switch has left behind: nothing else of this user's leads anywhere, until TB_REQ_UNBLOCK. */
struct tb_block {
	uint32_t uid;
	char network[TB_NETWORK_SIZE]; /* empty: it is configured no more */
};

struct tb_blocks {
	struct tb_header header;
	uint32_t status; /* as in struct tb_shown */
	uint32_t check;
	uint32_t left;
	uint32_t count;
	uint32_t blocks; /* in this message; those behind are zero */
	uint32_t reserved;
	struct tb_block block[TB_BLOCKS_TOLD];
};

/* The answer to TB_REQ_RELEASE, TB_REQ_REVOKE, TB_REQ_CONFIGURE and TB_REQ_UNBLOCK. */
struct tb_done {
	struct tb_header header;
	uint32_t status; /* TB_OK, TB_DENIED, TB_MALFORMED, TB_BUSY, TB_NO_LEASE, TB_IN_USE or TB_KERNEL */
	uint32_t check;  /* enum tb_check */
	int32_t error;   /* TB_KERNEL: a positive errno */
	uint32_t stage;  /* TB_KERNEL: enum tb_stage */
};

enum tb_event_what {
	TB_EVENT_WATCHING = 0, /* the first message: the watch has begun; or status says why not */
	TB_EVENT_OPENED = 1,
	TB_EVENT_ENDED = 2,
	TB_EVENT_CONFIGURED = 3, /* its device has been: TB_REQ_SHOW tells with what */
	TB_EVENT_UNBLOCKED =
		4, /* what a kill switch had blocked on the network is free: only uid and network are set */
	TB_EVENT_COUNT
};

/* What happened to a lease. */
struct tb_event {
	struct tb_header header;
	uint32_t status; /* TB_OK, or of a refusal: then it is the only message */
	uint32_t check;  /* enum tb_check */
	uint32_t what;   /* enum tb_event_what */
	uint32_t reason; /* TB_EVENT_ENDED: enum tb_reason */
	uint32_t lost;   /* events before this one that the client was too slow for */
	uint32_t kind;   /* enum tb_kind */
	uint64_t when;   /* seconds after 1970 */
	uint32_t uid;
	uint32_t pid;
	uint32_t lifetime; /* enum tb_lifetime */
	char network[TB_NETWORK_SIZE];
	char name[TB_NAME_SIZE];
	uint8_t lease[TB_ID_SIZE];
	uint32_t items;    /* TB_EVENT_CONFIGURED: so many, 0: what there was is undone */
	uint32_t flags;    /* TB_REQUEST_KILL_SWITCH: there is one, or TB_EVENT_ENDED: its block stays */
	uint32_t replaces; /* TB_EVENT_CONFIGURED: 1 in place of another configuration, else 0 */
	uint8_t reserved[16];
	char external_id[TB_EXTERNAL_ID_SIZE]; /* of the lease; empty: none */
};

/* The answer to TB_REQ_ABOUT: what this broker knows, whether or not it is allowed to the caller. tb_about_fill() of
 * about.h fills it in. In a set of bits, bit N stands for the number N. */
struct tb_about {
	struct tb_header header;
	uint32_t status;               /* TB_OK, or of a refusal: then nothing else is set but check */
	uint32_t check;                /* enum tb_check */
	uint32_t protocol;             /* TB_VERSION */
	uint32_t items_max;            /* items in one request; 0: none */
	uint64_t requests;             /* bits: enum tb_type, the even ones */
	uint64_t kinds;                /* bits: enum tb_kind */
	uint64_t lifetimes;            /* bits: enum tb_lifetime */
	uint64_t item_kinds;           /* bits: enum tb_item_kind that a request may bring */
	uint64_t flags;                /* enum tb_request_flags, which are bits already */
	char release[TB_RELEASE_SIZE]; /* for people, such as "0.1" */
	uint8_t reserved[24];
};

#define TB_LINES_MAX 64     /* checks that a line of a network file can belong to */
#define TB_PATH_SIZE 256    /* of a network file; a longer one is left out */
#define TB_ACTION_SIZE 64   /* of the id of polkit's action */
#define TB_DETAILS_SIZE 768 /* of polkit's details, as one text */

/* The answer to TB_REQ_EXPLAIN. TB_DENIED: the caller may know nothing that it did not say itself, and nothing else is
 * set. */
struct tb_explanation {
	struct tb_header header;
	uint32_t status;  /* TB_OK, or of a refusal: then nothing else is set but check */
	uint32_t check;   /* enum tb_check */
	uint64_t forbids; /* bits: enum tb_check, all that forbid the device now */
	uint32_t access;  /* enum tb_access: polkit's answer to what was asked; for uid 0 YES */
	uint32_t traits;  /* enum tb_network_traits of the network */

	/* The device that was asked for; where nothing was said, what the network has. */
	uint32_t kind;     /* enum tb_kind */
	uint32_t flags;    /* enum tb_request_flags */
	uint32_t mtu;      /* bytes */
	uint32_t queues;   /* never 0 */
	uint32_t lifetime; /* enum tb_lifetime */

	/* What the network file allows. */
	uint32_t network_kind;      /* enum tb_kind */
	uint32_t network_mtu;       /* bytes */
	uint32_t network_queues;    /* at most */
	uint32_t network_flags;     /* those of TB_REQUEST_VNET_HDR and TB_REQUEST_VHOST that may be asked for */
	uint32_t network_lifetimes; /* bits: enum tb_lifetime */
	uint32_t held;              /* devices of this network that the caller holds */
	uint32_t limit;             /* that one user may hold */
	uint32_t max;               /* TB_NETWORK_TOLD_ALL: that all users together may hold, */
	uint32_t held_by_all;       /* and that they hold */
	char network[TB_NETWORK_SIZE];
	char name[TB_NAME_SIZE];      /* that was asked for; empty: the broker chooses */
	char lower[TB_NAME_SIZE];     /* the bridge of a tap, the parent of a macvtap; empty: none */
	char names[TB_PATTERNS_SIZE]; /* as in struct tb_network */
	uint16_t lines[TB_LINES_MAX]; /* where the file has the key of the check with that number; 0: nowhere */
	char path[TB_PATH_SIZE];      /* of the network file, NUL-padded */

	/* What polkit is asked. */
	char action[TB_ACTION_SIZE];
	char details[TB_DETAILS_SIZE]; /* KEY=VALUE, a newline behind each; NUL-padded */

	uint32_t held_overall;  /* devices of all networks that the caller holds, */
	uint32_t limit_overall; /* and that one user may hold */
};

#define TB_PREFIXES_MAX 16          /* in Addresses=, and in Routes= */
#define TB_TUNNEL_DETAILS_SIZE 1536 /* of polkit's details of a configuration, as one text */

/* A prefix that a network file allows. */
struct tb_allowed {
	uint8_t family; /* 4 or 6; 0: there are no more */
	uint8_t length; /* bits */
	uint8_t reserved[2];
	uint8_t address[16]; /* as in struct tb_item */
};

/* The answer to TB_REQ_EXPLAIN_CONFIGURE, as that to TB_REQ_EXPLAIN. */
struct tb_configure_explanation {
	struct tb_header header;
	uint32_t status;  /* TB_OK, or of a refusal: then nothing else is set but check */
	uint32_t check;   /* enum tb_check */
	uint64_t forbids; /* bits: enum tb_check, all that forbid the configuration; and, where a request would be told
			   * so, ADDRESS_IN_USE or ROUTE_IN_USE */
	uint32_t access;  /* enum tb_access */
	uint32_t scope;   /* enum tb_scope: that was asked for, or the network's */

	/* What the network file allows. */
	uint32_t network_scope; /* enum tb_scope: the widest */
	uint32_t network_mtu;   /* bytes */
	uint32_t allows;        /* enum tb_configure_allows */
	uint32_t traits;        /* enum tb_network_traits */
	struct tb_allowed addresses[TB_PREFIXES_MAX];
	struct tb_allowed routes[TB_PREFIXES_MAX];
	uint8_t items[TB_ITEMS_MAX];  /* enum tb_check: what forbids the item of that number of the request */
	uint16_t lines[TB_LINES_MAX]; /* as in struct tb_explanation */
	char path[TB_PATH_SIZE];

	/* What polkit is asked. */
	char action[TB_ACTION_SIZE];
	char details[TB_TUNNEL_DETAILS_SIZE]; /* KEY=VALUE, a newline behind each; NUL-padded */

	uint8_t holder[TB_ID_SIZE]; /* TB_NETWORK_TOLD_ALL: the lease whose tunnel has what is in use; zero: none has */
};

enum tb_configure_allows {
	TB_ALLOWS_DEFAULT_ROUTE = 1 << 0, /* DefaultRoute=yes */
	TB_ALLOWS_KILL_SWITCH = 1 << 1,   /* KillSwitch=yes */
};

#define TB_DROPS_MAX 24      /* reasons */
#define TB_DROP_WORD_SIZE 16 /* of a reason, NUL-padded */

/* What was dropped for one reason, since the rules were made. */
struct tb_drop {
	char reason[TB_DROP_WORD_SIZE]; /* as tapbroker-network(5) has it under "counted as" */
	uint64_t packets;
	uint64_t bytes; /* without the Ethernet header of what comes out of a tap */
};

/* The answer to TB_REQ_DROPS. */
struct tb_drops {
	struct tb_header header;
	uint32_t status; /* TB_OK, or of a refusal: then nothing else is set but check */
	uint32_t check;  /* enum tb_check */
	uint32_t count;  /* of what follows; 0: the device has no locks, and nothing is dropped */
	uint32_t reserved;
	struct tb_drop drops[TB_DROPS_MAX]; /* in the order in which a frame is looked at; those behind are zero */
};

#define TB_STATUS_STANDS_FIRST(type)                                                         \
	_Static_assert(offsetof(struct type, status) == sizeof(struct tb_header) &&          \
			       offsetof(struct type, check) == sizeof(struct tb_header) + 4, \
		       "whatever was asked, its answer begins with the status and the check")
TB_STATUS_STANDS_FIRST(tb_answer);
TB_STATUS_STANDS_FIRST(tb_network);
TB_STATUS_STANDS_FIRST(tb_lease);
TB_STATUS_STANDS_FIRST(tb_done);
TB_STATUS_STANDS_FIRST(tb_event);
TB_STATUS_STANDS_FIRST(tb_about);
TB_STATUS_STANDS_FIRST(tb_explanation);
TB_STATUS_STANDS_FIRST(tb_configure_explanation);
TB_STATUS_STANDS_FIRST(tb_shown);
TB_STATUS_STANDS_FIRST(tb_blocks);
TB_STATUS_STANDS_FIRST(tb_drops);
_Static_assert(sizeof(struct tb_header) == 16, "wire layout");
_Static_assert(sizeof(struct tb_request) == 144, "wire layout");
_Static_assert(sizeof(struct tb_item) == 48, "wire layout");
_Static_assert(sizeof(struct tb_answer) == 160, "wire layout");
_Static_assert(sizeof(struct tb_network) == 200, "wire layout");
_Static_assert(sizeof(struct tb_published) == 60, "wire layout");
_Static_assert(sizeof(struct tb_end) == 48, "wire layout");
_Static_assert(sizeof(struct tb_lease) == 312, "wire layout");
_Static_assert(sizeof(struct tb_done) == 32, "wire layout");
_Static_assert(sizeof(struct tb_event) == 240, "wire layout");
_Static_assert(sizeof(struct tb_about) == 128, "wire layout");
_Static_assert(sizeof(struct tb_explanation) == 1448 && sizeof(struct tb_explanation) <= TB_ANSWER_MAX, "wire layout");
_Static_assert(sizeof(struct tb_allowed) == 20, "wire layout");
_Static_assert(sizeof(struct tb_drops) == 800 && sizeof(struct tb_drops) <= TB_ANSWER_MAX, "wire layout");
_Static_assert(sizeof(struct tb_configure_explanation) == 3048 &&
		       sizeof(struct tb_configure_explanation) <= TB_ANSWER_MAX,
	       "wire layout");
_Static_assert(sizeof(struct tb_shown) == 3200 && sizeof(struct tb_shown) <= TB_ANSWER_MAX, "wire layout");
_Static_assert(sizeof(struct tb_blocks) == 2344 && sizeof(struct tb_blocks) <= TB_ANSWER_MAX, "wire layout");
_Static_assert(TB_CHECK_MAX < TB_LINES_MAX, "each key of a network file has its line");

#endif

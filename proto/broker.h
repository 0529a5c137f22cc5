/* The messages between the broker's own processes: see message.h for the form that all messages have.
 *
 * Linked into: the broker's processes. Never here: malloc, logging, stdio, policy.
 *
 * Between our own processes everything unknown is a compromise: whoever receives it ends, and with it the broker. A
 * late answer, or one that says that something failed, is neither: it fails the one request that waits for it.
 *
 *	clerk --ASK--> authority            polkit is asked
 *	authority --YES--> monitor          the whole question, for which polkit said yes
 *	authority --VERDICT--> clerk        sent after the YES
 *	clerk --ORDER, socket--> monitor    make the device, and hand it to the client behind this socket
 *	monitor --MADE--> clerk             what became of the order
 *	clerk --ASK_CONFIGURE--> authority --YES_CONFIGURE--> monitor, and clerk --CONFIGURE, socket--> monitor:
 *	                                    the same of addresses and routes
 *	clerk --COUNT--> monitor            the monitor asks the kernel, which answers on a socket that the clerk reads
 *	clerk --DELETE--> reaper's threads  a channel of its own
 *	clerk --REPAIR--> reaper's threads  the same
 *
 * A monitor that is to stop shuts its side of the orders' channel down for writing: the clerk has deleted what has
 * ended, and exits; then the monitor does. Any other end of a channel is the end of the whole set.
 */
#ifndef TB_BROKER_H
#define TB_BROKER_H

#include "proto/message.h"

enum tb_broker_type {
	/* Clerk and authority. */
	TB_REQ_ASK = 34,     /* struct tb_question */
	TB_ANS_VERDICT = 35, /* struct tb_verdict: exactly one for each question, when polkit has answered it, cancelled
			      * or not */
	TB_REQ_CANCEL = 36,  /* struct tb_cancel: nobody waits for this verdict any more; it brings no YES */

	/* Monitor and opener. */
	TB_REQ_NODE = 38, /* struct tb_node_request */
	TB_ANS_NODE = 39, /* struct tb_node_answer: the last word; with error 0, NODE_FD has come before */
	TB_NODE_FD = 40,  /* struct tb_node_answer, error 0, with one fd, of which the opener has no copy when it says
			     * ANS_NODE */

	/* Authority to monitor. */
	TB_YES = 44, /* struct tb_yes: polkit said yes to a TB_ACTION_OPEN; there is no answer */

	/* Clerk and monitor, on the channel of orders. */
	TB_REQ_ORDER = 46, /* struct tb_order with one fd, the client's socket */
	TB_ANS_MADE = 47,  /* struct tb_made: exactly one for each order */
	TB_VOID = 48,      /* struct tb_void: a yes with this ticket is worth nothing */
	TB_ANS_VOID = 49,  /* struct tb_void: its place is free; exactly one for each */
	TB_REQ_STORE = 50, /* struct tb_store with one fd, a lifeline that the supervisor did not take before */
	TB_ANS_STORE = 51, /* struct tb_stored */
	TB_REQ_DROP = 52,  /* struct tb_store without an fd: what is stored of this lease is to be dropped */
	TB_ANS_DROP = 53,  /* struct tb_stored */
	TB_READY =
		58, /* struct tb_ready: the clerk has taken over what an earlier broker left, and serves; no answer */

	/* Addresses and routes. */
	TB_REQ_ASK_CONFIGURE = 62,   /* struct tb_configure_question, clerk to authority; VERDICT answers */
	TB_YES_CONFIGURE = 64,       /* the same, authority to monitor; there is no answer */
	TB_REQ_ORDER_CONFIGURE = 66, /* struct tb_configure_order with one fd, the client's socket, to the monitor */
	TB_ANS_CONFIGURED = 67,      /* struct tb_configured: exactly one for each */
	TB_REQ_TUNNEL = 68,          /* struct tb_tunnel_order, without an fd, to the monitor */
	TB_ANS_TUNNEL = 69,          /* struct tb_configured: exactly one for each */

	/* What locks have dropped. */
	TB_COUNT = 70, /* struct tb_count, to the monitor; the kernel's answer is the only one */

	/* Clerk and the monitor's reaper threads, on a channel of their own. */
	TB_REQ_DELETE = 54,  /* struct tb_delete */
	TB_ANS_DELETED = 55, /* struct tb_deleted: exactly one for each, in any order */
	TB_PUT_BACK = 56,    /* struct tb_fdb_entry: a bridge's entry that a port of ours has pushed out; no answer */
	TB_REPAIR =
		60, /* struct tb_repair: another program has changed a device; no answer: the kernel's news is one */
};

/* The flags of a request that the authority is told of. */
#define TB_QUESTION_FLAGS \
	(TB_REQUEST_INTERACTIVE | TB_REQUEST_VNET_HDR | TB_REQUEST_NETNS | TB_REQUEST_VHOST | TB_REQUEST_TRAITS)

enum tb_action {
	TB_ACTION_OPEN = 1,      /* open a device; everything below is set */
	TB_ACTION_LIST_ALL = 2,  /* see everybody's leases; of the device nothing is set */
	TB_ACTION_CONFIGURE = 4, /* struct tb_configuration: kind, mtu (0: as it is), lifetime, network, name are set */
	TB_ACTION_REVOKE = 3, /* end a lease of owner's; lifetime, kind, mode, network, name, bridge, parent are set */
	TB_ACTION_WOULD_OPEN = 5, /* as OPEN, but a yes opens nothing, and nobody is asked for a password; the network
				   * may be one that there is not, and the device one that no network has */
	TB_ACTION_EXPLAIN = 6,    /* know all about every network; nobody is asked for a password, and of the device
				   * network is set */
	TB_ACTION_WOULD_CONFIGURE = 7, /* as CONFIGURE, but a yes configures nothing, and nobody is asked for a
					* password; the network may be one that there is not, and no device is named */
};

struct tb_question {
	struct tb_header header;
	uint8_t ticket[TB_ID_SIZE];
	uint64_t start_time; /* of the subject, in clock ticks after boot: field 22 of /proc/PID/stat */
	uint32_t uid;
	uint32_t pid;
	uint32_t action;   /* enum tb_action */
	uint32_t owner;    /* uid; TB_ACTION_REVOKE: whose lease it is */
	uint32_t kind;     /* enum tb_kind, never ANY */
	uint32_t mode;     /* enum tb_macvtap_mode */
	uint32_t flags;    /* of TB_QUESTION_FLAGS */
	uint32_t mtu;      /* bytes, never 0 */
	uint32_t queues;   /* never 0 */
	uint32_t lifetime; /* enum tb_lifetime */
	char network[TB_NETWORK_SIZE];
	char name[TB_NAME_SIZE];               /* empty: the broker chooses */
	char bridge[TB_NAME_SIZE];             /* empty: none */
	char parent[TB_NAME_SIZE];             /* empty: none */
	char external_id[TB_EXTERNAL_ID_SIZE]; /* TB_ACTION_OPEN, _WOULD_OPEN and _REVOKE; empty: none */
};

/* The flags of a configuration that the authority is told of. */
#define TB_CONFIGURE_FLAGS (TB_REQUEST_INTERACTIVE | TB_REQUEST_KILL_SWITCH)

/* What polkit is asked about a configuration, and what is ordered. What a request leaves to the network is filled in.
 * */
struct tb_configuration {
	struct tb_question question; /* of TB_ACTION_CONFIGURE */
	uint8_t lease[TB_ID_SIZE];
	uint32_t scope; /* TB_SCOPE_USER or TB_SCOPE_HOST */
	uint32_t count; /* of the items; those behind are zero */
	struct tb_item items[TB_ITEMS_MAX];
};

struct tb_configure_question {
	struct tb_header header;
	struct tb_configuration configuration;
};

/* A device's configuration, as it stands in the kernel. */
struct tb_tunnel {
	uint32_t number;  /* of its table and its rules, see broker/shared/tunnel_numbers.h */
	uint32_t ifindex; /* of the device */
	struct tb_configuration wanted;
};

/* Configure the device, which is the lease's, for the client behind the socket that comes with it. The number is free.
 */
struct tb_configure_order {
	struct tb_header header;
	uint32_t gid;      /* of the client: the socket must say the same */
	uint32_t replaces; /* 1: the old one, which has the same device; 0: that is zero */
	struct tb_tunnel tunnel;
	struct tb_tunnel old; /* byte for byte as it was made */
};

/* Make again what there is of the tunnel, or remove it. */
struct tb_tunnel_order {
	struct tb_header header;
	uint32_t remove; /* 0 or 1 */
	uint32_t reserved;
	struct tb_tunnel tunnel; /* byte for byte as it was made */
};

/* What became of the first: TB_OK, or TB_KERNEL, stage and error, or TB_DENIED and order_check. The second succeeds. */
struct tb_configured {
	struct tb_header header;
	uint32_t status;      /* enum tb_status */
	uint32_t order_check; /* enum tb_order_check */
	uint32_t stage;       /* enum tb_stage */
	int32_t error;        /* a positive errno */
};

/* Anything but YES is no. The others tell the log why. */
enum tb_verdict_word {
	TB_VERDICT_YES = 1,
	TB_VERDICT_NO = 2,        /* polkit said no */
	TB_VERDICT_CHALLENGE = 3, /* polkit wants a password, and the client did not allow the question */
	TB_VERDICT_DISMISSED = 4, /* somebody closed the password dialog */
	TB_VERDICT_ERROR = 5,     /* polkit could not be asked, or answered with an error */
	TB_VERDICT_CANCELLED = 6, /* the answer to TB_REQ_CANCEL */
};

struct tb_verdict {
	struct tb_header header;
	uint8_t ticket[TB_ID_SIZE];
	uint32_t verdict; /* enum tb_verdict_word */
	uint32_t reserved;
};

struct tb_cancel {
	struct tb_header header;
	uint8_t ticket[TB_ID_SIZE];
};

enum tb_node {
	TB_NODE_TUN = 1,   /* /dev/net/tun */
	TB_NODE_TAP = 2,   /* /dev/tapN of the macvtap with this name and ifindex */
	TB_NODE_VHOST = 3, /* /dev/vhost-net */
};

struct tb_node_request {
	struct tb_header header;
	uint32_t node; /* enum tb_node */
	uint32_t ifindex;
	char name[TB_NAME_SIZE];
	uint32_t uid;    /* TB_NODE_TAP: who may open the node, too, from now on; 0: root alone */
	uint32_t serial; /* comes back in each answer to this request, so that a late one is told apart */
};

struct tb_node_answer {
	struct tb_header header;
	int32_t error;   /* 0 or a positive errno; ESTALE: the node belongs to another device */
	uint32_t serial; /* of the request */
};

/* So many yeses of polkit's the monitor keeps: those that are being asked for, and those that wait for their orders.
 * One user has few requests at a time, so several whose orders take long leave room for the questions of others. */
#define TB_YES_MAX 64

/* A yes of polkit's to a device: the authority's own copy of the question. It is spent by the first order that bears
 * its ticket. */
struct tb_yes {
	struct tb_header header;
	struct tb_question question;
};

/* Make the device that the question describes, for the client behind the socket that comes with it. For uid 0, about
 * which polkit is not asked, the ticket is zero. */
struct tb_order {
	struct tb_header header;
	struct tb_question question; /* of TB_ACTION_OPEN, byte for byte as it was asked */
	uint32_t gid;                /* of the client: the socket must say the same */
	uint32_t guest; /* the number of its addresses, where a lease has some of its own, see guest.h; else 0 */
};

/* What became of an order. With TB_OK the client has its answer; else the clerk is to give it one, and has what is
 * there deleted. */
struct tb_made {
	struct tb_header header;
	uint32_t status;  /* enum tb_status */
	int32_t error;    /* TB_KERNEL: a positive errno */
	uint32_t stage;   /* TB_KERNEL: enum tb_stage */
	uint32_t check;   /* TB_DENIED: enum tb_order_check */
	uint32_t ifindex; /* in the device's own network namespace; of one that is shielded: the port's */
	uint32_t tap;     /* ifindex of the tap in the shield; 0: it is not shielded */
	uint32_t master;  /* ifindex of its bridge; 0: none */
	uint32_t mtu;     /* bytes */
	uint32_t stored;  /* enum tb_stored_state */
	uint32_t lower;   /* TB_LOWER_MISSING: enum tb_check: what of the bridge does not fit; none: it is not there */
	int32_t nsid;     /* of a device by name that is away: the number of its network namespace here; else -1 */
	uint32_t there;   /* 1: the device was made, or a part of it that does not go by itself */
	uint64_t since;   /* seconds after 1970, as the alias says it */
	char name[TB_NAME_SIZE];
	uint8_t mac[TB_MAC_SIZE]; /* for the device's user, see struct tb_answer */
	uint8_t reserved_mac[2];
	uint8_t lease[TB_ID_SIZE]; /* drawn by the monitor */
};

/* What has become of the lifeline. */
enum tb_stored_state {
	TB_STORED_NONE = 0,    /* no supervisor keeps any */
	TB_STORED_YES = 1,     /* the supervisor keeps it; of a device that was not handed out: it may, to be dropped */
	TB_STORED_NOT_YET = 2, /* the supervisor did not take it: to be tried again */
};

/* Why the monitor refused an order that an honest clerk can give. Any other wrong order is a compromise. */
enum tb_order_check {
	TB_ORDER_FINE = 0,
	TB_ORDER_PEER_GONE = 1, /* the client has hung up, or its process has ended */
	TB_ORDER_NO_YES = 2,    /* no yes of polkit's fits it (any more) */
	TB_ORDER_NETNS = 3,     /* TB_NOT_OWN_NETNS: the client's network namespace is not its user's own */
};

struct tb_void {
	struct tb_header header;
	uint8_t ticket[TB_ID_SIZE];
};

/* About what the supervisor's store keeps of one lease. */
struct tb_store {
	struct tb_header header;
	uint8_t lease[TB_ID_SIZE];
};

struct tb_stored {
	struct tb_header header;
	uint8_t lease[TB_ID_SIZE];
	int32_t error; /* 0, or a positive errno: EAGAIN if the supervisor does not read at the moment */
	uint32_t reserved;
};

struct tb_ready {
	struct tb_header header;
	uint32_t leases; /* that were taken over */
	uint32_t reserved;
};

/* Where a device is. */
enum tb_place {
	TB_PLACE_HERE = 0,   /* on the host */
	TB_PLACE_AWAY = 1,   /* in its client's own network namespace: the monitor has an fd of it */
	TB_PLACE_SHIELD = 2, /* in the shield: a tap, with a port here */
	TB_PLACE_COUNT
};

/* Ask the kernel for the rules of the lease's device, which say what they have counted. */
struct tb_count {
	struct tb_header header;
	uint8_t lease[TB_ID_SIZE];
	uint32_t place;     /* TB_PLACE_HERE or _SHIELD */
	uint32_t to_holder; /* 1: those for what comes to the holder; 0: the others */
	uint32_t sequence;  /* of the kernel's answer */
	uint32_t reserved;
};

/* Delete the device of this lease. The monitor deletes nothing whose alias does not begin with this lease's id. */
struct tb_delete {
	struct tb_header header;
	uint8_t lease[TB_ID_SIZE]; /* SHIELD: as much of it as the name of its veth tells; the rest may be zero */
	uint32_t ifindex;          /* there; SHIELD: 0 if the tap is gone, and only its port and chains are left */
	uint32_t place;            /* enum tb_place */
};

struct tb_deleted {
	struct tb_header header;
	uint8_t lease[TB_ID_SIZE];
	uint32_t ifindex; /* as in the order */
	int32_t error;    /* 0, or a positive errno: ENODEV if it was gone already, EPERM if it is not this lease's */
};

/* One entry of a bridge's forwarding table that an administrator made. */
struct tb_fdb_entry {
	struct tb_header header;
	uint32_t port;  /* ifindex */
	uint16_t state; /* NUD_*: with NUD_NOARP, or it is none of an administrator's */
	uint16_t vlan;  /* 0: none */
	uint32_t flags; /* NTF_* */
	uint8_t mac[TB_MAC_SIZE];
	uint8_t reserved[6];
};

/* Make the device of this lease again what it was made as: its address, its sysctls, and a port of its network's bridge
 * if it has no master. The monitor touches nothing whose alias does not name this lease and this address. */
struct tb_repair {
	struct tb_header header;
	uint8_t lease[TB_ID_SIZE];
	uint32_t ifindex;
	uint32_t tap;             /* its ifindex in the shield: what is made again is its port; 0: it is not shielded */
	uint8_t mac[TB_MAC_SIZE]; /* for the device's user, see struct tb_answer */
	uint8_t reserved[2];
};

_Static_assert(sizeof(struct tb_question) == 248, "wire layout");
_Static_assert(sizeof(struct tb_yes) == 264, "wire layout");
_Static_assert(sizeof(struct tb_order) == 272, "wire layout");
_Static_assert(sizeof(struct tb_configuration) == 272 + TB_ITEMS_MAX * 48, "wire layout");
_Static_assert(sizeof(struct tb_configure_question) == sizeof(struct tb_configuration) + 16, "wire layout");
_Static_assert(sizeof(struct tb_tunnel) == sizeof(struct tb_configuration) + 8, "wire layout");
_Static_assert(sizeof(struct tb_configure_order) == 2 * sizeof(struct tb_tunnel) + 24, "wire layout");
_Static_assert(sizeof(struct tb_tunnel_order) == sizeof(struct tb_tunnel) + 24, "wire layout");
_Static_assert(sizeof(struct tb_made) == 112, "wire layout");
_Static_assert(sizeof(struct tb_delete) == 40 && sizeof(struct tb_deleted) == 40, "wire layout");
_Static_assert(sizeof(struct tb_count) == 48, "wire layout");
_Static_assert(sizeof(struct tb_fdb_entry) == 40 && sizeof(struct tb_repair) == 48, "wire layout");

#endif

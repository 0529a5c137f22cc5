/* libtapbroker: an open tun, tap or macvtap device for a program without privileges. See libtapbroker(3).
 *
 * Every function may be called from any thread, on different handles at the same time. The library keeps no global
 * state, starts no thread, prints nothing, changes no signal's disposition, and every fd it makes is close-on-exec.
 *
 * Structs grow at their end in later versions, and each begins with its size. What a program passes may be as short as
 * the first version of that struct was, and longer than this library knows if the rest is zero. Of what the library
 * passes, a program must not read more than the size that stands in it. There is never padding at the end, so a new
 * member always means a new size.
 *
 * The broker may be newer than this library: lists, events and failures may hold a kind, lifetime, reason, event,
 * status, check or flag that this header has no name for. Programs take such a number as it is.
 *
 * Each function has two names, tap_open() and tapbroker_open(). A program that has a tap_open() of its own, as QEMU
 * has, defines TAPBROKER_NO_SHORT_NAMES before it includes this header: then only the long names are declared here, and
 * in the libraries the short ones are weak, so that the program's own prevail. Types and constants have one name.
 *
 * Functions that ask the broker have the same arguments in the same place: flags; the timeout in milliseconds (0: 30 s,
 * or 150 s with TAP_INTERACTIVE; -1: none); and NULL, or the struct tap_failure in which they tell what errno alone
 * does not say. A flag that a function does not know is E2BIG.
 *
 * NULL in place of a pointer is allowed where this header says so: for a failure, for what each() is given as arg, and
 * for what is closed. Elsewhere it is EINVAL, and nothing is done. A handle's functions that cannot return -1 return
 * what a device has that has nothing then: 0, "", or an address of zeros.
 */
#ifndef TAPBROKER_H
#define TAPBROKER_H

#include <stddef.h>
#include <stdint.h>

#ifdef TAPBROKER_NO_SHORT_NAMES
#define tap_open tapbroker_open
#define tap_open_request tapbroker_open_request
#define tap_open_connected tapbroker_open_connected
#define tap_open_begin tapbroker_open_begin
#define tap_open_finish tapbroker_open_finish
#define tap_open_cancel tapbroker_open_cancel
#define tap_reserve tapbroker_reserve
#define tap_close tapbroker_close
#define tap_detach tapbroker_detach
#define tap_take_fd tapbroker_take_fd
#define tap_wait tapbroker_wait
#define tap_fd tapbroker_fd
#define tap_queues tapbroker_queues
#define tap_vhost_fd tapbroker_vhost_fd
#define tap_vhosts tapbroker_vhosts
#define tap_lifeline tapbroker_lifeline
#define tap_name tapbroker_name
#define tap_ifindex tapbroker_ifindex
#define tap_kind tapbroker_kind
#define tap_flags tapbroker_flags
#define tap_mtu tapbroker_mtu
#define tap_traits tapbroker_traits
#define tap_mac tapbroker_mac
#define tap_address tapbroker_address
#define tap_address6 tapbroker_address6
#define tap_gateway tapbroker_gateway
#define tap_gateway6 tapbroker_gateway6
#define tap_lease_id tapbroker_lease_id
#define tap_follow tapbroker_follow
#define tap_ended tapbroker_ended
#define tap_reason tapbroker_reason
#define tap_networks tapbroker_networks
#define tap_explain tapbroker_explain
#define tap_explain_configuration tapbroker_explain_configuration
#define tap_leases tapbroker_leases
#define tap_drops tapbroker_drops
#define tap_release tapbroker_release
#define tap_configure tapbroker_configure
#define tap_read_configuration tapbroker_read_configuration
#define tap_blocks tapbroker_blocks
#define tap_unblock tapbroker_unblock
#define tap_revoke tapbroker_revoke
#define tap_watch tapbroker_watch
#define tap_watch_next tapbroker_watch_next
#define tap_watch_close tapbroker_watch_close
#define tap_about tapbroker_about
#define tap_version tapbroker_version
#define tap_strerror tapbroker_strerror
#define tap_stage tapbroker_stage
#define tap_check tapbroker_check
#define tap_confine tapbroker_confine
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of device. */
enum tap_kinds {
	TAP_KIND_ANY = 0, /* in a request: whatever the network is */
	TAP_KIND_TAP = 1,
	TAP_KIND_TUN = 2,
	TAP_KIND_MACVTAP = 3
};

/* Flags of a request. */
enum tap_request_flags {
	TAP_INTERACTIVE = 1 << 0, /* polkit may ask somebody for a password; the call waits for it */
	TAP_VNET_HDR = 1 << 1,    /* each packet is preceded by a struct virtio_net_hdr */
	TAP_BRIDGE = 1 << 2,      /* network may also be the bridge of exactly one network of taps */
	TAP_ALL = 1 << 3,         /* tap_leases(), tap_watch() and so on: everybody's leases, not the caller's only */
	TAP_NETNS = 1 << 4,       /* the device is wanted in the network namespace that the caller is in */
	TAP_VHOST = 1 << 5,       /* a vhost-net fd for each queue as well; only together with TAP_VNET_HDR */
	TAP_KILL_SWITCH = 1 << 6, /* tap_configure(): everything stays blocked when the lease has ended */
	TAP_AGAIN = 1 << 8,       /* tap_flags() alone: the device was the caller's already: tap_reserve() */
	TAP_TRAITS = 1 << 9       /* tap_traits() is to tell of the network */
};

/* How long a lease lasts. */
enum tap_lifetimes {
	TAP_LIFETIME_SESSION = 0,    /* until the last copy of the lifeline is closed */
	TAP_LIFETIME_FD = 1,         /* until the last copy of the device's last fd is closed; tun and tap only */
	TAP_LIFETIME_PERSISTENT = 2, /* until released; the device is the user's, who opens it by name: tap_reserve() */
	TAP_LIFETIME_NAMESPACE = 3,  /* the same, or until the network namespace ends that it is in: with TAP_NETNS */
	TAP_LIFETIME_NAMED = 4       /* as SESSION, but opened by name: tap_reserve() */
};

/* The handle of one device: its fds, what is known of it, and the lease's lifeline. */
struct tap;

/* What errno alone does not say of a failure. Begin with TAP_FAILURE_INIT. Members that the library does not know are
 * zero, and after a success all are. */
struct tap_failure {
	size_t size;           /* sizeof(struct tap_failure) */
	unsigned int status;   /* TAP_STATUS_*: the broker's word for it; 0: the broker has said none */
	unsigned int check;    /* TAP_CHECK_*: which check refused, if that may be told; tap_check() has a text */
	unsigned int stage;    /* EIO: what the kernel refused; tap_stage() has a text */
	int error;             /* EIO: the kernel's errno */
	unsigned int quota;    /* EDQUOT, ENOSPC: TAP_QUOTA_*, whose quota is used up */
	unsigned int held;     /* EDQUOT: devices that this user holds */
	unsigned int limit;    /* EDQUOT: devices that this user may hold */
	unsigned int reserved; /* 0 */
};

#define TAP_FAILURE_INIT                                           \
	{                                                          \
		sizeof(struct tap_failure), 0, 0, 0, 0, 0, 0, 0, 0 \
	}

/* What the broker says of a request that it does not grant. Each has an errno of its own, see libtapbroker(3). */
enum tap_statuses {
	TAP_STATUS_NONE = 0,
	TAP_STATUS_DENIED = 1,
	TAP_STATUS_MALFORMED = 2,
	TAP_STATUS_BUSY = 3,
	TAP_STATUS_QUOTA_USER = 4,
	TAP_STATUS_QUOTA_NETWORK = 5,
	TAP_STATUS_NAME_TAKEN = 6,
	TAP_STATUS_LOWER_MISSING = 7,
	TAP_STATUS_NODE_REFUSED = 8,
	TAP_STATUS_KERNEL = 9,
	TAP_STATUS_NO_LEASE = 10,
	TAP_STATUS_NO_VHOST = 11,
	TAP_STATUS_NOT_OWN_NETNS = 12,
	TAP_STATUS_CONNECTIONS = 13,
	TAP_STATUS_IN_USE = 14
};

/* Whose quota is used up. */
enum tap_quotas {
	TAP_QUOTA_NONE = 0,
	TAP_QUOTA_NETWORK = 1, /* MaxPerUser= (EDQUOT) or Max= (ENOSPC) of the network file */
	TAP_QUOTA_BROKER = 2   /* --max-leases-per-user (EDQUOT) or --max-leases (ENOSPC), over all networks */
};

/* Which check refused. */
enum tap_checks {
	TAP_CHECK_NONE = 0,                 /* none, or the broker does not tell this caller */
	TAP_CHECK_SYNTAX = 1,               /* the message itself */
	TAP_CHECK_NETWORK = 2,              /* there is no such network */
	TAP_CHECK_KIND = 3,                 /* Kind= of the network file */
	TAP_CHECK_NAME = 4,                 /* Names= */
	TAP_CHECK_MTU = 5,                  /* MTU= */
	TAP_CHECK_QUEUES = 6,               /* Queues= */
	TAP_CHECK_VNET_HDR = 7,             /* VnetHeader= */
	TAP_CHECK_VHOST = 8,                /* Vhost= */
	TAP_CHECK_LIFETIME = 9,             /* Lifetimes= */
	TAP_CHECK_NETNS = 10,               /* Netns= */
	TAP_CHECK_UID = 11,                 /* a uid that gets no devices */
	TAP_CHECK_POLKIT_NO = 12,           /* polkit said no */
	TAP_CHECK_POLKIT_CHALLENGE = 13,    /* polkit wants a password, and TAP_INTERACTIVE is not set */
	TAP_CHECK_POLKIT_DISMISSED = 14,    /* somebody closed the password dialog */
	TAP_CHECK_POLKIT_ERROR = 15,        /* polkit could not be asked */
	TAP_CHECK_POLKIT_TIMEOUT = 16,      /* polkit did not answer in time */
	TAP_CHECK_QUEUE_TIMEOUT = 17,       /* polkit was not asked in time */
	TAP_CHECK_WAITING = 18,             /* requests of this user that wait */
	TAP_CHECK_REQUESTS = 19,            /* requests of all users */
	TAP_CHECK_WATCHES = 20,             /* watches */
	TAP_CHECK_CONNECTIONS = 21,         /* connections of this user */
	TAP_CHECK_RESTART = 22,             /* the broker is being started again */
	TAP_CHECK_MAX_PER_USER = 23,        /* MaxPerUser= */
	TAP_CHECK_MAX = 24,                 /* Max= */
	TAP_CHECK_MAX_LEASES_PER_USER = 25, /* --max-leases-per-user */
	TAP_CHECK_MAX_LEASES = 26,          /* --max-leases */
	TAP_CHECK_PEER_GONE = 27,           /* the process that asked has ended */
	TAP_CHECK_LEASE = 28,               /* there is no such lease */
	TAP_CHECK_DEVICE = 29,        /* EPROTO: an fd is not the device that the answer names; found by this library */
	TAP_CHECK_ADDRESSES = 30,     /* Addresses= */
	TAP_CHECK_ROUTES = 31,        /* Routes= */
	TAP_CHECK_DEFAULT_ROUTE = 32, /* DefaultRoute= */
	TAP_CHECK_SCOPE = 33,         /* Scope= */
	TAP_CHECK_KILL_SWITCH = 34,   /* KillSwitch= */
	TAP_CHECK_NOT_HERE = 35,      /* a bridge's port, a macvtap, or not in the host's network namespace */
	TAP_CHECK_ADDRESS_IN_USE = 36, /* EADDRINUSE: another interface has the address */
	TAP_CHECK_ROUTE_IN_USE = 37,   /* EADDRINUSE: another tunnel leads there */
	TAP_CHECK_NO_FILTERING = 38,   /* ENODEV: VLAN=, and the bridge filters no VLANs */
	TAP_CHECK_NO_VLAN = 39,        /* ENODEV: the bridge filters VLANs, and would put the device into none */
	TAP_CHECK_OVERLAP = 40,        /* EADDRINUSE: another interface leads to the network's addresses */
	TAP_CHECK_NO_ADDRESS = 41      /* ENODEV: Address=auto, and the broker was started before one was found */
};

/* What is asked for. Begin with TAP_REQUEST_INIT, then set what matters; what is zero means "the network's own". A
 * program that sets a member or a flag that the library does not know gets E2BIG. */
struct tap_request {
	size_t size;         /* sizeof(struct tap_request) */
	const char *network; /* which network file; must be set */
	const char *name;    /* of the interface, at most 15 characters; NULL or "": the broker chooses */
	unsigned int kind;   /* TAP_KIND_*; another kind than the network's is refused */
	unsigned int flags;  /* TAP_INTERACTIVE, TAP_VNET_HDR, TAP_BRIDGE, TAP_VHOST, TAP_NETNS, TAP_TRAITS */
	unsigned int mtu;    /* in bytes, 68 to 65535; 0: the network's */
	unsigned int queues; /* 1 to 16, one fd each; 0 means 1 */
	int timeout;         /* in milliseconds for the whole call; 0: 30 s, or 150 s with TAP_INTERACTIVE; -1: none */
	unsigned int lifetime; /* TAP_LIFETIME_SESSION or _FD */
	struct tap_failure
		*failure;        /* NULL, or one with its size set: where a call writes what it knows of its failure */
	const char *external_id; /* the caller's own name for the lease, that of a container for example; NULL: none.
				  * [A-Za-z0-9][A-Za-z0-9_.@/-]*, at most 80 characters */
};

#define TAP_REQUEST_INIT                                                                                           \
	{                                                                                                          \
		sizeof(struct tap_request), NULL, NULL, TAP_KIND_ANY, 0, 0, 0, 0, TAP_LIFETIME_SESSION, NULL, NULL \
	}

/* Asks for a device of the named network with that network's own settings, without interaction.
 * Returns its fd, which belongs to *tap: do not close it, call tap_close(). On failure returns -1, sets errno (see
 * tap_strerror) and *tap to NULL. */
int tap_open(const char *network, struct tap **tap);

/* The same for everything that a request can say. Returns the fd of queue 0. */
int tap_open_request(const struct tap_request *request, struct tap **tap);

/* The same over a SOCK_SEQPACKET socket that is already connected to the broker, and on which nothing has been sent:
 * for a process that may not open sockets itself. The socket becomes the lifeline and belongs to the handle; on
 * failure it is still the caller's. */
int tap_open_connected(int sock, const struct tap_request *request, struct tap **tap);

/* A request that is under way, for a program with a loop of its own. */
struct tap_opening;

/* Sends the request of a tap_open_request(), and does not wait for the answer. Returns an fd to poll for POLLIN, which
 * belongs to *opening; then call tap_open_finish(). On failure returns -1, sets errno and *opening to NULL; EAGAIN: the
 * broker takes no connection at the moment. The request's timeout is not used: the loop has a clock, and
 * tap_open_cancel(). Its failure must live until the opening ends. */
int tap_open_begin(const struct tap_request *request, struct tap_opening **opening);

/* Looks, without waiting, if the answer has come. Returns 0 if it has not: poll again. Else the opening has ended and
 * is freed: returns 1 and the device in *tap, or -1 and errno as tap_open_request(), and *tap is NULL. EAGAIN may also
 * mean that the broker has been started again: begin anew. */
int tap_open_finish(struct tap_opening *opening, struct tap **tap);

/* Ends an opening without an answer. NULL is allowed. errno is kept. */
void tap_open_cancel(struct tap_opening *opening);

/* Asks for a device that lasts until it is released (TAP_LIFETIME_PERSISTENT, whatever the request says, unless that is
 * TAP_LIFETIME_NAMESPACE: then also no longer than the network namespace that it is in, with TAP_NETNS): the caller
 * owns it, and opens it by its name, as programs do that take the name of a device. With TAP_LIFETIME_NAMED it lasts
 * until the last copy of the lifeline is closed. A device that is the caller's already, of this network, name
 * and lifetime (PERSISTENT or NAMED), with this MTU and external id if they are given, is got again: tap_flags() has
 * TAP_AGAIN, and the lifeline is lost at once; it ends as it would have ended. So no fd comes: tap_queues() is 0,
 * and this call returns 0. It is not tap_open_request() because that returns an fd, and 0 is one. On failure returns -1
 * and sets errno. */
int tap_reserve(const struct tap_request *request, struct tap **tap);

/* Closes the device's fds, those of vhost-net and the lifeline, and frees the handle. That ends the lease of a session;
 * that of a lifetime fd if nobody has another copy of the fds; and it ends no persistent one, which tap_release() does.
 * NULL is allowed. errno is kept. */
void tap_close(struct tap *tap);

/* Frees the handle, but leaves all these fds and the lifeline open: they are the caller's from now on, to inherit or to
 * pass on. The lease of a session goes on until the last copy of the lifeline is closed. The other lifetimes do not
 * hang on it: there it only brings the news of the lease's end, and may be closed at once. */
void tap_detach(struct tap *tap);

/* Takes the fd of that queue out of the handle: it is the caller's from now on, and tap_fd() knows it no more. Returns
 * the fd, or -1 and EINVAL if there is none. The lease hangs on the handle as before. */
int tap_take_fd(struct tap *tap, unsigned int queue);

/* What the handle knows. Strings and arrays live as long as the handle. */
int tap_fd(const struct tap *tap, unsigned int queue); /* of that queue; -1 and EINVAL if there is none */
unsigned int tap_queues(const struct tap *tap);        /* 0: the device is opened by name */
int tap_lifeline(const struct tap *tap);               /* poll for POLLIN: see tap_ended() */
const char *tap_name(const struct tap *tap);
unsigned int tap_ifindex(const struct tap *tap); /* in the network namespace of the device */
unsigned int tap_kind(const struct tap *tap);    /* TAP_KIND_TAP, _TUN or _MACVTAP */
unsigned int tap_flags(const struct tap *tap);   /* TAP_VNET_HDR if it has that, TAP_NETNS if it is there, TAP_AGAIN */
unsigned int tap_mtu(const struct tap *tap);     /* in bytes */

/* What the network file says of the device's network that a request with TAP_TRAITS wants to be told: TAP_NETWORK_*, at
 * the moment TAP_NETWORK_NO_QEMU_MACS or nothing. Without TAP_TRAITS it is 0. A broker that does not know that flag
 * refuses the request with EBADMSG: ask again without. */
unsigned int tap_traits(const struct tap *tap);

const uint8_t *tap_mac(const struct tap *tap); /* 6 bytes, for the device's user to use; zero for a tun */

/* The addresses that the network gives to the device's user, with the lengths of their prefixes ("10.0.77.2/24"), and
 * by whom it leaves the network ("10.0.77.1"); "" where there is none. It may send from no others than these, unless
 * the network file says so. */
const char *tap_address(const struct tap *tap);
const char *tap_address6(const struct tap *tap);
const char *tap_gateway(const struct tap *tap);
const char *tap_gateway6(const struct tap *tap);

const char *tap_lease_id(const struct tap *tap); /* the lease's id, 32 hexadecimal digits as in the broker's log */

/* What came with TAP_VHOST: for each queue one fd of vhost-net (/dev/vhost-net), on which nothing has been done. It is
 * closed, or left open, with the device's fds, but no part of the lease: it stays open when that ends. */
int tap_vhost_fd(const struct tap *tap, unsigned int queue); /* of that queue; -1 and EINVAL if there is none */
unsigned int tap_vhosts(const struct tap *tap);              /* tap_queues(), or 0 if it was not asked for */

/* What an entry of a configuration is. */
enum tap_entry_kinds {
	TAP_ENTRY_ADDRESS = 1, /* an address of the device; peer: of the other end of a point-to-point link */
	TAP_ENTRY_ROUTE = 2,   /* a destination that leads into the device; peer: the gateway */
	TAP_ENTRY_EXCLUDE = 3, /* a destination that does not, whatever the routes say */
	TAP_ENTRY_SERVER = 4   /* the host at the tunnel's other end: it stays reachable outside the tunnel */
};

/* One entry. This struct never grows. */
struct tap_entry {
	const char *prefix;  /* "10.8.0.2/24", "fd00:8::/64", or an address alone, which means all its bits; as text,
			     * without a zone. "default" and "default6" are all of IPv4 and all of IPv6 */
	const char *peer;    /* an address of the same family; NULL: none */
	unsigned int kind;   /* TAP_ENTRY_* */
	unsigned int metric; /* TAP_ENTRY_ROUTE: the smaller is preferred, at most 0x7fffffff; 0: the kernel's own */
};

/* The most entries of one kind in one family. */
#define TAP_ADDRESSES_MAX 8
#define TAP_ROUTES_MAX 128
#define TAP_EXCLUDES_MAX 32
#define TAP_SERVERS_MAX 8

/* Whose packets the routes are for. */
enum tap_scopes {
	TAP_SCOPE_NETWORK = 0, /* whatever the network file says */
	TAP_SCOPE_USER = 1,    /* of the lease's user alone */
	TAP_SCOPE_HOST = 2     /* everybody's */
};

/* What a leased device is to be, beside what tap_open() made it. Begin with TAP_CONFIGURATION_INIT. */
struct tap_configuration {
	size_t size;       /* sizeof(struct tap_configuration) */
	const char *lease; /* of the caller's own: its id, or the name of its interface; must be set */
	const struct tap_entry *entries;
	size_t entries_count;
	unsigned int flags; /* TAP_INTERACTIVE, TAP_KILL_SWITCH */
	unsigned int scope; /* TAP_SCOPE_* */
	unsigned int mtu;   /* in bytes, 68 to 65535, with an IPv6 entry at least 1280; 0: what the device has */
	int timeout;        /* in milliseconds for the whole call, as in struct tap_request */
	struct tap_failure *failure; /* NULL, or one with its size set */
	unsigned int uid;            /* tap_explain_configuration() with TAP_ALL: for whom; else 0 */
	unsigned int reserved;       /* 0 */
};

#define TAP_CONFIGURATION_INIT                                                                          \
	{                                                                                               \
		sizeof(struct tap_configuration), NULL, NULL, 0, 0, TAP_SCOPE_NETWORK, 0, 0, NULL, 0, 0 \
	}

/* Gives a device of the caller's, of kind tun or tap and in the host's network namespace, these addresses, routes and
 * MTU, as far as the network file (Addresses=, Routes=, DefaultRoute=, Scope=, KillSwitch=) and polkit permit. All is
 * done or nothing; what an earlier call has set and this one does not say is undone, so no entries at all undo
 * everything. It ends with the lease, but for the block of TAP_KILL_SWITCH: see tap_unblock().
 * Returns 0, or -1 and errno: ENXIO if the caller has no such lease, EACCES if it may not, EADDRINUSE if an address or
 * a destination is another's already, EIO if the kernel refused. Then everything is as it was before. */
int tap_configure(const struct tap_configuration *configuration);

/* Calls each() once with what the device of a lease of the caller's has been configured with; with TAP_ALL in flags of
 * anybody's, by its id, as for tap_leases(). lease is the lease's id, or the name of its interface. The struct lives
 * only during that call; in it lease is the id, flags has TAP_KILL_SWITCH or not, scope is 0 if there is nothing, and
 * mtu is 0 if none was asked for. It may be given back to tap_configure(). Of what an earlier broker has made, an
 * address has all bits as its prefix, whose route stands beside it, a server is an excluded destination, and no mtu is
 * told. Returns what each() says, or -1 and errno: ENXIO if there is no such lease. */
int tap_read_configuration(const char *lease, unsigned int flags, int timeout, struct tap_failure *failure,
			   int (*each)(const struct tap_configuration *configuration, void *arg), void *arg);

/* What a kill switch has left blocked when its lease ended. This struct may grow. */
struct tap_block {
	size_t size;         /* of this struct, as the library writes it */
	const char *network; /* "": it is configured no more */
	unsigned int uid;    /* whose packets lead nowhere */
	unsigned int reserved;
};

/* Calls each() for every such block of the caller's; with TAP_ALL in flags for everybody's, as tap_leases() does. The
 * struct lives only during that call. If each() returns other than 0, stops and returns that. Returns 0, or -1 and
 * errno. */
int tap_blocks(unsigned int flags, int timeout, struct tap_failure *failure,
	       int (*each)(const struct tap_block *block, void *arg), void *arg);

/* Ends the block that a configuration with TAP_KILL_SWITCH of this user's has left behind on that network; with TAP_ALL
 * in flags that of the user with this uid, which root may do. Returns 0, also if there is none, or -1 and errno. */
int tap_unblock(const char *network, unsigned int flags, unsigned int uid, int timeout, struct tap_failure *failure);

/* Why a lease ended. */
enum tap_reasons {
	TAP_ENDED_LOST = 0,          /* nobody said so: the connection to the broker is lost, and the device is there */
	TAP_ENDED_DEVICE_GONE = 1,   /* the device was deleted, or its last fd was closed */
	TAP_ENDED_NOT_COLLECTED = 2, /* the answer was not read in time */
	TAP_ENDED_PROTOCOL = 3,      /* something was written to the lifeline */
	TAP_ENDED_CLIENT = 4,        /* the lifeline was closed; only a watch tells */
	TAP_ENDED_RELEASED = 5,      /* its user has released it */
	TAP_ENDED_REVOKED = 6,       /* an administrator has revoked it */
	TAP_ENDED_GUARD_MAC = 7,     /* the holder changed the device's address */
	TAP_ENDED_GUARD_OWNER = 8,   /* the holder gave the device to another owner or group */
	TAP_ENDED_GUARD_PERSIST = 9, /* the holder changed whether the device is persistent */
	TAP_ENDED_GUARD_MASTER = 10, /* somebody moved the device to another bridge */
	TAP_ENDED_GUARD_ALIAS = 11,  /* somebody changed the device's alias */
	TAP_ENDED_GUARD_FLOOD = 12,  /* the holder changed the device too often */
	TAP_ENDED_EXPIRED = 13,      /* it has lasted as long as the network's leases may */
	TAP_ENDED_UNSEEN = 255       /* it did while the connection to the broker was lost: see tap_follow() */
};

/* Looks, without waiting, if the lease has ended. Returns 0 if it has not, 1 and the reason in *reason (which may be
 * NULL) if it has; from then on it always says the same. A revoked macvtap's fd gives no sign by itself, so a program
 * that holds one polls the lifeline. TAP_ENDED_LOST is no end: a broker that is started again takes over the lease of
 * a process that still runs, but this handle hears no more of it, unless it follows the lease. */
int tap_ended(struct tap *tap, unsigned int *reason);

/* Follows the lease also where the connection to the broker is lost. Returns an fd to poll for POLLIN in place of the
 * lifeline, or -1 and errno. It is always the same fd and belongs to the handle. When it is readable call tap_ended(),
 * which tells no TAP_ENDED_LOST any more: without waiting, and once a second at most, it looks for a broker and asks it
 * for this lease. The fd is for this process alone; others are given the lifeline. */
int tap_follow(struct tap *tap);

/* What tap_wait() has waited for. */
enum tap_wait_results {
	TAP_WAIT_PACKET = 1, /* a queue has something to read */
	TAP_WAIT_ENDED = 2   /* the lease has ended, or the device is gone: tap_ended() may know why */
};

/* Waits until a queue that is still the handle's has something to read, or the lease has ended, for at most timeout
 * milliseconds; -1: for ever. Returns TAP_WAIT_*, 0 if the time is over, or -1 and errno: EINTR for a signal. The end
 * comes before packets. It follows the lease, as tap_follow() does. */
int tap_wait(struct tap *tap, int timeout);

/* A text for a reason of tap_ended() or of struct tap_event. Never NULL. */
const char *tap_reason(unsigned int reason);

/* Traits of a network. */
enum tap_traits {
	TAP_NETWORK_OFF = 1 << 0,         /* its file has a mistake: nothing is handed out; kind may be TAP_KIND_ANY */
	TAP_NETWORK_UNLISTED = 1 << 1,    /* other users do not see it */
	TAP_NETWORK_TOLD = 1 << 2,        /* the caller may know where the devices lead */
	TAP_NETWORK_ISOLATED = 1 << 3,    /* TOLD: its ports of a bridge do not reach each other */
	TAP_NETWORK_HOST = 1 << 4,        /* a device may be in the host's network namespace */
	TAP_NETWORK_CALLER = 1 << 5,      /* a device may be in the caller's network namespace: TAP_NETNS */
	TAP_NETWORK_MORE_NAMES = 1 << 6,  /* names is not complete */
	TAP_NETWORK_TOLD_ALL = 1 << 7,    /* the caller may know of the devices of all users */
	TAP_NETWORK_NO_QEMU_MACS = 1 << 8 /* frames from the addresses that QEMU chooses, 52:54:00:*, are dropped */
};

/* What polkit would say. */
enum tap_accesses {
	TAP_ACCESS_NONE = 0, /* it was not asked */
	TAP_ACCESS_YES = 1,
	TAP_ACCESS_PASSWORD = 2, /* yes after a password */
	TAP_ACCESS_NO = 3
};

/* Ports of the host that lead to a guest. This struct never grows. */
struct tap_published {
	const char *host_address;   /* of the host's, at which alone they are; "": at each of them */
	const char *guest_name;     /* of the guest's device */
	const char *guest_address;  /* "": not by IPv4, or not known yet */
	const char *guest_address6; /* the same of IPv6 */
	unsigned int protocol;      /* IPPROTO_TCP, IPPROTO_UDP */
	unsigned int port;          /* of the host, the first one */
	unsigned int count;         /* of the ports */
	unsigned int guest_port;    /* that the first one leads to */
};

/* One configured network. */
struct tap_network {
	size_t size; /* of this struct, as the library writes it */
	const char *name;
	unsigned int kind;      /* TAP_KIND_TAP, _TUN or _MACVTAP */
	unsigned int flags;     /* those of TAP_VNET_HDR and TAP_VHOST that may be asked for */
	unsigned int mtu;       /* in bytes */
	unsigned int queues;    /* at most */
	unsigned int limit;     /* devices that one user may hold at a time */
	unsigned int held;      /* devices that the caller holds now */
	const char *names;      /* that may be asked for: names, and prefixes with a '*', with blanks between */
	const char *lower;      /* TOLD: the bridge of a tap, the parent of a macvtap; "": none */
	unsigned int lifetimes; /* bits: TAP_LIFETIME_*, those that may be asked for */
	unsigned int traits;    /* TAP_NETWORK_* */
	unsigned int mode;      /* TOLD: of a macvtap, as the kernel numbers it; else 0 */
	unsigned int max;       /* TOLD_ALL: devices that all users together may hold at a time */
	unsigned int access;    /* TAP_ACCESS_*: what polkit would say to a device without any wish */
	unsigned int vlan;      /* TOLD: of a tap's port on the bridge, without tags; 0: where the bridge puts it */
	const struct tap_published *published; /* TOLD: Publish=, so many: */
	unsigned int published_count;
	unsigned int reserved; /* 0 */
};

/* Calls each() for every network that the broker lists; the struct lives only during that call. If each() returns
 * other than 0, stops and returns that. Returns 0, or -1 and errno. flags is 0. */
int tap_networks(unsigned int flags, int timeout, struct tap_failure *failure,
		 int (*each)(const struct tap_network *network, void *arg), void *arg);

/* What would become of a request, and why. Begin with TAP_EXPLANATION_INIT. Texts end with a NUL. */
struct tap_explanation {
	size_t size;      /* sizeof(struct tap_explanation) */
	uint64_t forbids; /* bits: TAP_CHECK_*, all of the network file and of the quotas that forbid the device now */
	unsigned int access; /* TAP_ACCESS_*: polkit's answer; YES for root, about whom it is not asked */
	unsigned int traits; /* TAP_NETWORK_* of the network */

	/* The device that was asked for; where nothing was said, what the network has. */
	unsigned int kind;     /* TAP_KIND_* */
	unsigned int flags;    /* TAP_VNET_HDR and so on */
	unsigned int mtu;      /* in bytes */
	unsigned int queues;   /* never 0 */
	unsigned int lifetime; /* TAP_LIFETIME_* */

	/* What the network file allows. */
	unsigned int network_kind;
	unsigned int network_mtu;       /* in bytes, at most */
	unsigned int network_queues;    /* at most */
	unsigned int network_flags;     /* those of TAP_VNET_HDR and TAP_VHOST that may be asked for */
	unsigned int network_lifetimes; /* bits: TAP_LIFETIME_* */
	unsigned int held;              /* devices of this network that the caller holds */
	unsigned int limit;             /* that one user may hold */
	unsigned int max;               /* TAP_NETWORK_TOLD_ALL: that all users together may hold, */
	unsigned int held_by_all;       /* and that they hold */
	char network[32];
	char name[16];      /* that was asked for; "": the broker chooses */
	char lower[16];     /* the bridge of a tap, the parent of a macvtap; "": none */
	char names[64];     /* that may be asked for, as in struct tap_network */
	uint16_t lines[64]; /* where the file has the key that the check with that number compares with; 0: nowhere */
	char path[256];     /* of the network file; "": it is not told */

	/* What polkit is asked. */
	char action[64];   /* the id of the action */
	char details[768]; /* KEY=VALUE, a newline behind each */

	unsigned int held_overall;  /* devices of all networks that the caller holds, */
	unsigned int limit_overall; /* and that one user may hold */
};

#define TAP_EXPLANATION_INIT                                                                                           \
	{                                                                                                              \
		sizeof(struct tap_explanation), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0}, {0}, {0}, {0}, \
			{0}, {0}, {0}, {0}, 0, 0                                                                       \
	}

/* Asks what would become of the request, of any lifetime. Nothing is made, no quota is used, and nobody is asked for a
 * password. Returns 0, or -1 and errno: EACCES if the network file's word is not for this caller, who then gets no such
 * device either. */
int tap_explain(const struct tap_request *request, struct tap_explanation *explanation);

/* The most entries of a configuration. */
#define TAP_ENTRIES_MAX 352

/* More than addresses and routes that a network file allows: bits of allows. */
enum tap_allows {
	TAP_ALLOWS_DEFAULT_ROUTE = 1, /* DefaultRoute=yes */
	TAP_ALLOWS_KILL_SWITCH = 2    /* KillSwitch=yes */
};

/* What would become of a configuration, and why. Begin with TAP_CONFIGURATION_EXPLANATION_INIT. Texts end with a
 * NUL. */
struct tap_configuration_explanation {
	size_t size;         /* sizeof(struct tap_configuration_explanation) */
	uint64_t forbids;    /* bits: TAP_CHECK_*, all of the network file that forbid it; and what is in use, if
			      * tap_configure() would tell this caller so */
	unsigned int access; /* TAP_ACCESS_*: polkit's answer; YES for root, about whom it is not asked */
	unsigned int scope;  /* TAP_SCOPE_USER or _HOST: that was asked for, or the network's */

	/* What the network file allows. */
	unsigned int network_scope; /* TAP_SCOPE_*: the widest */
	unsigned int network_mtu;   /* in bytes, at most */
	unsigned int allows;        /* TAP_ALLOWS_* */
	unsigned int traits;        /* TAP_NETWORK_* */
	char addresses[1024];       /* prefixes in which addresses may be, with blanks between */
	char routes[1024];          /* where routes may lead, beside those */
	unsigned char entries[352]; /* TAP_CHECK_*: what forbids the entry of that number; 0: nothing */
	uint16_t lines[64];         /* as in struct tap_explanation */
	char path[256];             /* of the network file; "": it is not told */

	/* What polkit is asked. */
	char action[64];    /* the id of the action */
	char details[1536]; /* KEY=VALUE, a newline behind each; one that would be cut short is left out */

	char holder[40]; /* TAP_NETWORK_TOLD_ALL: the id of the lease that has what is in use; "": none has */
};

#define TAP_CONFIGURATION_EXPLANATION_INIT                                                                            \
	{                                                                                                             \
		sizeof(struct tap_configuration_explanation), 0, 0, 0, 0, 0, 0, 0, {0}, {0}, {0}, {0}, {0}, {0}, {0}, \
		{                                                                                                     \
			0                                                                                             \
		}                                                                                                     \
	}

/* Asks what would become of a tap_configure() of a device of that network, of which there need be none; the
 * configuration's lease is not used. Nothing is made, and nobody is asked for a password. Returns 0, or -1 and errno,
 * as tap_explain(). */
int tap_explain_configuration(const char *network, const struct tap_configuration *configuration,
			      struct tap_configuration_explanation *explanation);

/* One lease. */
struct tap_lease {
	size_t size;    /* of this struct, as the library writes it */
	const char *id; /* 32 hexadecimal digits */
	const char *network;
	const char *name;      /* of the interface */
	unsigned int kind;     /* TAP_KIND_TAP, _TUN or _MACVTAP */
	unsigned int lifetime; /* TAP_LIFETIME_* */
	unsigned int flags;    /* TAP_NETNS if the device is in its holder's own network namespace; TAP_KILL_SWITCH */
	unsigned int ifindex;
	unsigned int mtu; /* in bytes; 0: the device has just gone */
	unsigned int uid; /* whose it is */
	unsigned int pid; /* of the process that asked for it */
	uint8_t mac[6];   /* as tap_mac() */
	uint8_t reserved[6];
	int64_t since;     /* in seconds after 1970 */
	uint64_t rx_bytes; /* the interface's counters, as `ip -s link` shows them */
	uint64_t rx_packets;
	uint64_t tx_bytes;
	uint64_t tx_packets;
	const char *external_id; /* that it was asked for with; "": none */
	char address[48];        /* as tap_address(); "": none */
	char address6[48];       /* as tap_address6() */
	unsigned int scope;      /* TAP_SCOPE_*, if it has been configured: tap_read_configuration(); else 0 */
	unsigned int entries;    /* so many */
	char own_address[48]; /* the first that the device itself has been given so, such as "10.8.0.2/24"; "": none */
	char own_address6[48];
};

/* Calls each() for every lease of the caller's; with TAP_ALL in flags for everybody's, which polkit must permit, with
 * TAP_INTERACTIVE after asking for a password. The struct lives only during that call. If each() returns other than 0,
 * stops and returns that. Returns 0, or -1 and errno. */
int tap_leases(unsigned int flags, int timeout, struct tap_failure *failure,
	       int (*each)(const struct tap_lease *lease, void *arg), void *arg);

/* What the locks of a lease's device have dropped for one reason. */
struct tap_drop {
	size_t size;        /* of this struct, as the library writes it */
	const char *reason; /* as tapbroker-network(5) has it under "counted as" */
	uint64_t packets;   /* since the rules were made: a start of the broker begins to count anew */
	uint64_t bytes;     /* without the Ethernet header of what comes out of a tap */
};

/* Calls each() for every reason for which the lease's device drops something, also where nothing was dropped yet; never
 * for a device without locks. lease is the id of one of the caller's; with TAP_ALL in flags of anybody's, which polkit
 * must permit as for tap_leases(). Else as that. Returns 0, what each() returned last, or -1 and errno: ENXIO if there
 * is no such lease, EBADMSG from a broker that is too old. */
int tap_drops(const char *lease, unsigned int flags, int timeout, struct tap_failure *failure,
	      int (*each)(const struct tap_drop *drop, void *arg), void *arg);

/* Ends a lease of the caller's, and returns when its device is gone. lease is the lease's id, or the name of its
 * interface, which is looked for among the caller's own leases. flags is 0. Returns 0, or -1 and errno: ENXIO if there
 * is none. */
int tap_release(const char *lease, unsigned int flags, int timeout, struct tap_failure *failure);

/* Ends anybody's lease, which polkit must permit. lease is its id. flags is 0 or TAP_INTERACTIVE. Its holder is told
 * TAP_ENDED_REVOKED. Returns 0, or -1 and errno; who may not revoke gets EACCES for a lease that there is not, too. */
int tap_revoke(const char *lease, unsigned int flags, int timeout, struct tap_failure *failure);

/* What happened to a lease. */
enum tap_events {
	TAP_EVENT_OPENED = 1,     /* somebody has got a device */
	TAP_EVENT_ENDED = 2,      /* see reason */
	TAP_EVENT_CONFIGURED = 3, /* its device has been: see entries, and tap_read_configuration() */
	TAP_EVENT_UNBLOCKED = 4   /* what kill switches had blocked on the network is free: see network and uid */
};

/* One event. A later broker may tell of others: who does not know what one means passes over it. */
struct tap_event {
	size_t size;    /* of this struct, as the library writes it */
	const char *id; /* of the lease, 32 hexadecimal digits */
	const char *network;
	const char *name;    /* of the interface */
	int64_t when;        /* in seconds after 1970 */
	unsigned int what;   /* TAP_EVENT_* */
	unsigned int reason; /* TAP_EVENT_ENDED: TAP_ENDED_*; else 0 */
	unsigned int lost;   /* events before this one that the caller was too slow for */
	unsigned int kind;
	unsigned int lifetime;
	unsigned int uid;        /* whose lease it is */
	unsigned int pid;        /* of the process that asked for it */
	unsigned int flags;      /* TAP_KILL_SWITCH: there is one; TAP_EVENT_ENDED: its block stays */
	unsigned int entries;    /* TAP_EVENT_CONFIGURED: so many; 0: what there was is undone */
	unsigned int replaces;   /* TAP_EVENT_CONFIGURED: 1 in place of another configuration, else 0 */
	const char *external_id; /* of the lease; "": none */
};

/* The handle of one watch. */
struct tap_watcher;

/* Begins to watch what happens to the caller's leases; with TAP_ALL to everybody's, as for tap_leases(). What happens
 * after this call has returned is not missed. Returns an fd to poll for POLLIN, which belongs to *watch; on failure -1,
 * sets errno and *watch to NULL. */
int tap_watch(unsigned int flags, int timeout, struct tap_failure *failure, struct tap_watcher **watch);

/* Takes the next event, without waiting. Returns 1 and the event in *event, which lives until the next call for this
 * watch; 0 if there is none now; or -1 and errno, ECONNRESET if the broker is gone: then the watch is over. */
int tap_watch_next(struct tap_watcher *watch, const struct tap_event **event);

/* Ends the watch and closes its fd. NULL is allowed. errno is kept. */
void tap_watch_close(struct tap_watcher *watch);

#define TAP_RELEASE_SIZE 32

/* What the broker can do, whether or not this user may have it. Begin with TAP_BROKER_INIT. In a set of bits, bit N
 * stands for the number N. */
struct tap_broker {
	size_t size;                    /* sizeof(struct tap_broker) */
	unsigned int protocol;          /* the version of the protocol, of tapbroker-protocol(7) */
	unsigned int items_max;         /* entries of lists that one request may bring */
	uint64_t requests;              /* bits: the types of request, of tapbroker-protocol(7) */
	uint64_t kinds;                 /* bits: TAP_KIND_* */
	uint64_t lifetimes;             /* bits: TAP_LIFETIME_* */
	uint64_t item_kinds;            /* bits: the kinds of such entries */
	uint64_t flags;                 /* TAP_VNET_HDR and so on, which are bits already */
	char release[TAP_RELEASE_SIZE]; /* for people, such as "0.1" */
};

#define TAP_BROKER_INIT                                         \
	{                                                       \
		sizeof(struct tap_broker), 0, 0, 0, 0, 0, 0, 0, \
		{                                               \
			0                                       \
		}                                               \
	}

/* Asks the broker what it can do. Returns 0, or -1 and errno. flags is 0. */
int tap_about(unsigned int flags, int timeout, struct tap_failure *failure, struct tap_broker *about);

/* The release of this library, such as "0.1". */
const char *tap_version(void);

/* What went wrong, by which check, and what to do next, for an errno of the functions above. Never NULL; a constant,
 * in English. libtapbroker(3) lists the errors. */
const char *tap_strerror(int error);

/* A text for the stage of a struct tap_failure: what the broker was doing when the kernel refused. Never NULL. */
const char *tap_stage(unsigned int stage);

/* A text for the check of a struct tap_failure: which one refused, and what to do next. Never NULL. */
const char *tap_check(unsigned int check);

/* Flags of tap_confine(). */
enum tap_confine_flags {
	TAP_CONFINE_QUEUES = 1 << 0 /* turning queues on and off stays allowed, as QEMU wants it with several */
};

/* For good, in all threads of this process and in all that it starts: no_new_privs, and a seccomp filter by which
 * ioctl() fails with EPERM for what would change a device for others: TUNSETPERSIST, TUNSETOWNER, TUNSETGROUP,
 * SIOCSIFHWADDR, TUNSETLINK, TUNSETCARRIER, TUNSETDEBUG, and TUNSETQUEUE without TAP_CONFINE_QUEUES. All else stays as
 * it was, and so this library works as before. A call by another ABI, as a 32-bit program on a 64-bit kernel makes
 * them, kills. Returns 0, or -1 and errno, which is the kernel's: ESRCH if another thread has a filter of its own,
 * EOPNOTSUPP if there are no filters, E2BIG for an unknown flag; after a failure no_new_privs may be set. It allocates
 * memory, so it is not for a signal handler, nor for the child of a fork() of a process with threads. */
int tap_confine(unsigned int flags);

#ifdef __cplusplus
}
#endif

#ifdef TAPBROKER_NO_SHORT_NAMES
#undef tap_open
#undef tap_open_request
#undef tap_open_connected
#undef tap_open_begin
#undef tap_open_finish
#undef tap_open_cancel
#undef tap_reserve
#undef tap_close
#undef tap_detach
#undef tap_take_fd
#undef tap_wait
#undef tap_fd
#undef tap_queues
#undef tap_vhost_fd
#undef tap_vhosts
#undef tap_lifeline
#undef tap_name
#undef tap_ifindex
#undef tap_kind
#undef tap_flags
#undef tap_mtu
#undef tap_traits
#undef tap_mac
#undef tap_address
#undef tap_address6
#undef tap_gateway
#undef tap_gateway6
#undef tap_lease_id
#undef tap_follow
#undef tap_ended
#undef tap_reason
#undef tap_networks
#undef tap_explain
#undef tap_explain_configuration
#undef tap_leases
#undef tap_drops
#undef tap_release
#undef tap_configure
#undef tap_read_configuration
#undef tap_blocks
#undef tap_unblock
#undef tap_revoke
#undef tap_watch
#undef tap_watch_next
#undef tap_watch_close
#undef tap_about
#undef tap_version
#undef tap_strerror
#undef tap_stage
#undef tap_check
#undef tap_confine
#endif

#endif

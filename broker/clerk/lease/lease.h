/* Leases: who holds which device. Runs in the clerk; tables of fixed size, allocated once.
 *
 * This file counts and finds; lease_state.h says what becomes of a lease. A lease counts from the order to make its
 * device until the kernel has deleted that, its turn is over, and its client cannot hold an answer that it never read:
 * not until the client hung up.
 */
#ifndef TB_LEASE_H
#define TB_LEASE_H

#include "broker/clerk/lease/pace.h"
#include "broker/config/table.h"
#include "broker/shared/netlink/link.h"
#include "proto/broker.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

/* The picture of a lease's life is the table in lease_state.c. */
enum lease_state {
	LEASE_FREE,         /* nobody's slot */
	LEASE_ORDERED,      /* the monitor makes the device */
	LEASE_UNFETCHED,    /* the device is there, and the client has not read its answer yet */
	LEASE_HELD,         /* the device is there, and somebody's */
	LEASE_WAITING,      /* it has ended; its device waits for a turn to be deleted */
	LEASE_JUMPED,       /* the same, and the device is being deleted before its turn */
	LEASE_WAITING_GONE, /* the same, and the device is gone already */
	LEASE_DELETING,     /* it has its turn: the device is being deleted */
	LEASE_RESTING,      /* the same, and the device is gone before the turn's time is over */
	LEASE_LATE,         /* the turn's time is over before the device is gone */
	LEASE_UNCLAIMED,    /* all is gone, but the client may still hold an answer that it never read */
	LEASE_STATES
};

/* Where a link of a lease is. A device is one link, but one that is shielded is two: the tap in the shield, and its
 * port here. */
enum lease_side { SIDE_HERE, SIDE_SHIELD, SIDES };

/* What the guard has seen of one link. */
struct lease_sight {
	uint32_t looked_at; /* the last look at all devices that has seen this one */
	uint8_t looks;      /* at this one alone that are under way: 0, 1, or 2: one is, and one more is due */
};

struct lease {
	TAILQ_ENTRY(lease) link;  /* in the list of free ones, or of the others in order of age */
	TAILQ_ENTRY(lease) queue; /* of those with this state: the unfetched, those that wait, those that have a turn */
	enum lease_state state;
	uint8_t id[TB_ID_SIZE];
	uint64_t until; /* milliseconds of the monotonic clock: it is to be fetched by then, or its turn is over */

	/* Whose, and of which network. */
	const struct network *network; /* NULL: the network of an adopted lease is configured no more */
	char network_name[TB_NETWORK_SIZE];
	enum tb_kind kind;
	enum tb_lifetime lifetime;
	uid_t uid;
	uid_t account; /* the user that this uid counts as */
	gid_t gid;
	pid_t pid;
	uint64_t start_time;
	uint64_t since;                        /* seconds after 1970 */
	char external_id[TB_EXTERNAL_ID_SIZE]; /* that its user has given it; empty: none */

	/* The device, as it was made. */
	char name[TB_NAME_SIZE];
	uint32_t ifindex;         /* of one that is shielded, its port's; 0: there is none (yet, or any more) */
	uint32_t tap;             /* its ifindex in the shield; 0: it is not shielded */
	bool given;               /* somebody else has made it: it is left as it is, and stays */
	bool away;                /* it is in its client's own network namespace, and so is ifindex */
	int32_t nsid;             /* TB_LIFETIME_NAMESPACE: the number of that namespace here */
	uint32_t master;          /* ifindex of its bridge; 0: none */
	uint32_t mtu;             /* bytes */
	uint8_t mac[TB_MAC_SIZE]; /* for the device's user, see struct tb_answer */

	/* Its holder. */
	int lifeline;     /* owned; the client's socket, -1 once it has ended */
	int holder;       /* owned; a pidfd of the client in place of a lifeline that was lost, or -1 */
	bool stored;      /* the supervisor has a copy of the lifeline */
	uint64_t ends_at; /* milliseconds of the monotonic clock: MaxLeaseTimeSec= is over; 0: there is none */
	uint64_t left_at; /* milliseconds of the monotonic clock: when the lifeline ended; 0: it has not */

	/* The guard, see guard.c. */
	struct lease_sight sights[SIDES];
	uint32_t changes; /* in the second that began at changes_since */
	uint64_t changes_since;
	struct link_counters counters; /* as of the last look */

	/* What others did to the device, see mend.c. Times are milliseconds of the monotonic clock. */
	uint64_t made_at; /* 0: by an earlier broker */
	uint64_t look_at; /* look at it again; 0: need not */
	struct pace repairs;
	bool way_lost;          /* to its guest; see mend.h */
	struct pace port_tries; /* to make it a port again, since the bridge appeared */
	uint32_t port_bridge;   /* ifindex of the bridge that appeared; 0: the first one */
	uint64_t port_tried_at;
	bool port_hope; /* since the last try it was a port, or its bridge was seen */
};

TAILQ_HEAD(lease_list, lease);

/* Which quota is used up, and how far. */
struct lease_quota {
	enum tb_status status; /* TB_QUOTA_USER or TB_QUOTA_NETWORK */
	enum tb_check check;
	enum tb_quota quota;
	uint32_t held; /* TB_QUOTA_USER */
	uint32_t limit;
};

/* Leases that only uid 0 can fill, so that an administrator gets a device on a full broker. */
#define LEASES_RESERVED_FOR_ROOT 4

struct lease_limits {
	uint32_t leases; /* in all; some more are kept for uid 0 */
	uint32_t per_user;
	uid_t owner_uid; /* the monitor's: they own tun and tap devices that nobody is to open by name */
	gid_t owner_gid;
};

/* Allocates the tables, and forgets what was in them. Returns 0 or -ENOMEM. */
int leases_init(const struct network_table *networks, const struct lease_limits *limits);
void leases_destroy(void);

const struct lease_limits *leases_limits(void);

/* Every lease, the oldest first. */
struct lease_list *leases_all(void);
/* How many there are, and how many of them have not ended. */
uint32_t leases_count(void);
uint32_t leases_live(void);
bool leases_table_full(void);

/* The user that a uid counts as: the owner of a range of subordinate uids; every other uid counts for itself. Quotas
 * and turns are an account's, so that nobody multiplies them by user namespaces of his own. */
uid_t lease_account(uid_t uid);

/* Devices that the user holds of this network. */
uint32_t leases_held(uid_t account, const struct network *network);

/* Devices of this network that all users hold. */
uint32_t leases_held_by_all(const struct network *network);

/* True if the user may not have one more device, over all networks, or of this one; then *full says so. */
bool leases_user_full(uid_t account, struct lease_quota *full);
bool leases_user_network_full(uid_t account, const struct network *network, struct lease_quota *full);

/* Takes a free slot, in the state ORDERED, and counts it. What is not a parameter is zero, and no fd is there: -1.
 * Returns NULL if the user may not have one more, or nobody may of this network, or the table is full; then *full says
 * so. */
struct lease *lease_begin(const struct network *network, uid_t uid, struct lease_quota *full);

/* The same for a device that is there already: limits are for new ones, so only a full table says no. network is NULL
 * if there is none of that name any more. */
struct lease *lease_begin_again(const struct network *network, const char name[TB_NETWORK_SIZE], uid_t uid);

/* The lease has this id from now on, by which it is found. */
void lease_set_id(struct lease *lease, const uint8_t id[TB_ID_SIZE]);

/* Its device has this name and ifindex from now on; or there is none any more. */
void lease_set_device(struct lease *lease, const char name[TB_NAME_SIZE], uint32_t ifindex);
void lease_clear_device(struct lease *lease);

/* It is shielded: the tap itself has this ifindex in the shield. */
void lease_set_tap(struct lease *lease, uint32_t tap);

/* Frees the slot, and counts it no more. Nothing of the lease is left. */
void lease_free(struct lease *lease);

/* True while its device is to be deleted, or its turn is not over: it will count no more in a moment, by itself. */
bool lease_is_ending(const struct lease *lease);

/* True if the user may have room in a moment: it has a lease that is ending, or one that begins, whose client may have
 * hung up already. And if anybody has one that is ending, of a device with this name. */
bool leases_room_soon(uid_t account);
bool leases_name_free_soon(const char *name);

bool lease_has_name(const struct lease *lease, const char *name); /* "": nobody has it */

/* True if as many leases of the network are there as it may have. */
bool leases_network_full(const struct network *network);

/* True if the table is full for this user; or that, or the network. */
bool leases_table_full_for(uid_t uid);
bool leases_place_taken(const struct network *network, uid_t uid);

/* True if the place is taken, but this user may have one in a moment: a lease is ending, whoever had it. */
bool leases_place_soon(const struct network *network, uid_t uid);

/* True if rules lock the lease's device, which do not go with it. */
bool lease_is_locked(const struct lease *lease);

/* The address that the device itself has: a tap's is not its user's. */
void lease_device_mac(const struct lease *lease, uint8_t mac[TB_MAC_SIZE]);

/* The lease of that device or port, or of that tap in the shield; with that id, with that number; or the user's of the
 * device with that name. NULL: none. Devices that are away are not found by ifindex, which means nothing here. */
struct lease *lease_by_ifindex(uint32_t ifindex);
struct lease *lease_by_tap(uint32_t tap);
struct lease *lease_by_id(const uint8_t id[TB_ID_SIZE]);
struct lease *lease_by_number(uint32_t number);
struct lease *lease_by_name(uid_t uid, const char *name);
uint32_t lease_number(const struct lease *lease);

#endif

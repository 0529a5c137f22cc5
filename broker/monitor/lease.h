/* Leases: who holds which device. Runs in the monitor; tables of fixed size, allocated once.
 *
 * A lease is counted until the kernel has deleted the device and the client cannot hold an answer that it never read:
 * not until the client hung up.
 */
#ifndef TB_LEASE_H
#define TB_LEASE_H

#include "broker/config/table.h"
#include "broker/monitor/answer.h"
#include "broker/monitor/map.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

/* The longest alias that lease_alias() makes, its NUL included; the kernel has room for 256. */
#define LEASE_ALIAS_SIZE 224

/* What the alias of every device of ours begins with. */
#define LEASE_ALIAS_PREFIX "tapbroker:1:"

/* Where a lease is that has ended, see turns.h. */
enum lease_turn {
	TURN_NONE,
	TURN_WAITING,
	TURN_TAKEN, /* until its time is over, at least */
	TURN_LATE,  /* until its device is gone */
};

struct lease {
	TAILQ_ENTRY(lease) link;        /* in the list of free ones, or of live ones in order of age */
	TAILQ_ENTRY(lease) uncollected; /* while in_uncollected */
	const struct network *network;  /* NULL: this slot is free */
	uint8_t id[TB_ID_SIZE];
	enum tb_lifetime lifetime;
	uid_t uid;
	gid_t gid;
	pid_t pid;
	uint64_t start_time;
	uint64_t since; /* seconds after 1970 */

	/* The device, as we made it. */
	char name[TB_NAME_SIZE];
	uint32_t ifindex;         /* 0: there is none (any more) */
	bool away;                /* it is in its client's own network namespace, and so is ifindex */
	int device;               /* owned; away: an fd of the device, which finds it; else -1 */
	uint32_t master;          /* ifindex of its bridge; 0: none */
	uint8_t mac[TB_MAC_SIZE]; /* for the device's user, see struct tb_answer */

	/* What keeps it. */
	int lifeline;        /* owned; the client's socket, -1 once it has ended */
	int holder;          /* owned; a pidfd of the client in place of a lifeline that was lost, or -1 */
	bool in_uncollected; /* the client may not have read its answer yet */
	bool ending;         /* it has ended: the device is to be deleted, or gone */
	uint64_t collect_by; /* milliseconds of the monotonic clock */

	/* Its end, see turns.h. */
	enum lease_turn turn;
	TAILQ_ENTRY(lease) turns; /* while it waits for a turn, or the turn for its time */
	uint64_t turn_until;      /* milliseconds of the monotonic clock */
	bool deleting;            /* the reaper has been told to delete the device */

	uint32_t looked_at; /* the last of the monitor's looks at many devices that has seen this one */

	/* The guard, see guard.c. */
	bool guarded;           /* the kernel has told of the finished device */
	uint32_t changes;       /* in the second that began at changes_since */
	uint64_t changes_since; /* milliseconds of the monotonic clock */
};

TAILQ_HEAD(lease_list, lease);

struct lease_table {
	struct lease *leases;
	uint32_t capacity;
	uint32_t count;
	uint32_t used;         /* slots that were ever used */
	uint32_t max_per_user; /* over all networks */
	struct lease_list free;
	struct lease_list live;
	struct lease_list uncollected; /* in order of collect_by */
	struct map by_ifindex;         /* to the number of the lease */
	struct map held;               /* (uid, network) and (uid, all networks) to a count */
	uint32_t per_network[NETWORKS_MAX];
	const struct network_table *networks;
};

/* Allocates the table. Returns 0 or -ENOMEM. */
int leases_init(struct lease_table *table, const struct network_table *networks, uint32_t capacity,
		uint32_t max_per_user);
void leases_destroy(struct lease_table *table);

/* Devices that the user holds of this network. */
uint32_t leases_held(const struct lease_table *table, uid_t uid, const struct network *network);

/* True if the user may not have one more device, over all networks, or of this one; then *full says so. */
bool leases_user_full(const struct lease_table *table, uid_t uid, struct outcome *full);
bool leases_user_network_full(const struct lease_table *table, uid_t uid, const struct network *network,
			      struct outcome *full);

/* True if nobody may have one more of this network, or the table is full; then *full says so. Some slots are kept for
 * uid 0. */
bool leases_full(const struct lease_table *table, uid_t uid, const struct network *network, struct outcome *full);

/* Takes a free slot and counts it. There is one: ask leases_full() first. What is not a parameter is zero, and
 * no fd is there: -1. */
struct lease *lease_begin(struct lease_table *table, const struct network *network, uid_t uid, const uint8_t *id);

/* The lease's device has this name and ifindex from now on; or there is none any more. */
void lease_set_device(struct lease_table *table, struct lease *lease, const char *name, uint32_t ifindex);
void lease_clear_device(struct lease_table *table, struct lease *lease);

/* The same for a device that is away. The lease owns the fd from now on. */
void lease_set_device_away(struct lease *lease, const char *name, uint32_t ifindex, int device);

/* Frees the slot, and counts it no more. The lifeline has been closed. */
void lease_free(struct lease_table *table, struct lease *lease);

/* The lease of that device, or NULL. Those that are away are not found: their ifindex means nothing here. */
struct lease *lease_by_ifindex(const struct lease_table *table, uint32_t ifindex);

/* Numbers for events and for the reaper. */
uint32_t lease_number(const struct lease_table *table, const struct lease *lease);
struct lease *lease_by_number(const struct lease_table *table, uint32_t number);

/* The lease with this id, or the user's lease of the device with this name; NULL if there is none. */
struct lease *lease_by_id(const struct lease_table *table, const uint8_t id[TB_ID_SIZE]);
struct lease *lease_by_name(const struct lease_table *table, uid_t uid, const char *name);

/* Writes the alias of the lease's device, which is all that a later monitor knows of it:
 * tapbroker:1:LEASE:UID:GID:PID:STARTTIME:SINCE:LIFETIME:MAC:NETWORK, LEASE and MAC in hexadecimal, LIFETIME as its
 * number. */
void lease_alias(const struct lease *lease, char alias[LEASE_ALIAS_SIZE]);

/* Reads what lease_alias() wrote into a lease that is not in the table, and the network's name. Returns 0, or -EBADMSG
 * if the alias is not exactly what we would write. */
int lease_parse_alias(const char *alias, struct lease *lease, char network[TB_NETWORK_SIZE]);

/* The address that the device itself has: a tap's is not its user's. */
void lease_device_mac(const struct lease *lease, uint8_t mac[TB_MAC_SIZE]);

#endif

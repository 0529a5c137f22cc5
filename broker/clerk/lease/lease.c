/* Leases: see lease.h. Runs in the clerk; needs no right. */
#include "broker/clerk/lease/lease.h"

#include "broker/clerk/lease/map.h"
#include "broker/shared/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Longer than the kernel takes to delete a device with its last fd, also on a busy machine. */
#define LEAVING_MS 1000

/* In the key of a count over all networks. */
#define ALL_NETWORKS UINT32_MAX

/* How the address of a tap itself begins; the rest is its user's. A bridge takes the lowest address of its ports: with
 * this one, the highest there is, it keeps its own. */
#define TAP_MAC_FIRST 0xfe

static struct {
	struct lease *slots;
	uint32_t capacity;
	uint32_t used; /* slots that were ever used */
	uint32_t count;
	struct lease_list free;
	struct lease_list all;
	struct map by_ifindex; /* to the slot's number, as the next */
	struct map by_tap;
	struct map by_id;
	struct map held; /* uid and network's number, to a count */
	uint32_t per_network[NETWORKS_MAX];
	const struct network_table *networks;
	struct lease_limits limits;
} table;

int leases_init(const struct network_table *networks, const struct lease_limits *limits)
{
	leases_destroy();
	TAILQ_INIT(&table.free);
	TAILQ_INIT(&table.all);
	table.networks = networks;
	table.limits = *limits;
	table.capacity = limits->leases + LEASES_RESERVED_FOR_ROOT;
	table.slots = calloc(table.capacity, sizeof(*table.slots));
	/* Each lease counts under two keys. */
	if (table.slots == NULL || map_init(&table.by_ifindex, table.capacity) < 0 ||
	    map_init(&table.by_tap, table.capacity) < 0 || map_init(&table.by_id, table.capacity) < 0 ||
	    map_init(&table.held, 2 * table.capacity) < 0) {
		leases_destroy();
		return -ENOMEM;
	}
	return 0;
}

void leases_destroy(void)
{
	free(table.slots);
	map_destroy(&table.by_ifindex);
	map_destroy(&table.by_tap);
	map_destroy(&table.by_id);
	map_destroy(&table.held);
	memset(&table, 0, sizeof(table));
}

const struct lease_limits *leases_limits(void)
{
	return &table.limits;
}

struct lease_list *leases_all(void)
{
	return &table.all;
}

uint32_t leases_count(void)
{
	return table.count;
}

bool leases_table_full(void)
{
	return table.count >= table.capacity;
}

uint32_t leases_live(void)
{
	const struct lease *lease;
	uint32_t count = 0;

	TAILQ_FOREACH(lease, &table.all, link)
		count += lease->state == LEASE_UNFETCHED || lease->state == LEASE_HELD;
	return count;
}

static uint32_t network_number(const struct network *network)
{
	return (uint32_t)(network - table.networks->networks);
}

static uint64_t held_key(uid_t account, uint32_t network)
{
	return (uint64_t)account << 32 | network;
}

static uint32_t held(uid_t account, uint32_t network)
{
	const uint32_t *count = map_find(&table.held, held_key(account, network));

	return count != NULL ? *count : 0;
}

static void tally_up(uid_t account, uint32_t network)
{
	(*map_insert(&table.held, held_key(account, network)))++;
}

static void tally_down(uid_t account, uint32_t network)
{
	uint32_t *count = map_find(&table.held, held_key(account, network));

	if (--*count == 0)
		map_remove(&table.held, held_key(account, network));
}

uid_t lease_account(uid_t uid)
{
	const struct network_table *networks = table.networks;

	for (size_t i = 0; i < networks->subordinates_count; i++) {
		const struct subordinate *range = &networks->subordinates[i];

		if (uid >= range->first && uid - range->first < range->count)
			return range->owner;
	}
	return uid;
}

uint32_t leases_held(uid_t account, const struct network *network)
{
	return held(account, network_number(network));
}

uint32_t leases_held_by_all(const struct network *network)
{
	return table.per_network[network_number(network)];
}

bool leases_user_full(uid_t account, struct lease_quota *full)
{
	*full = (struct lease_quota){.status = TB_QUOTA_USER,
				     .check = TB_CHECK_MAX_LEASES_PER_USER,
				     .quota = TB_QUOTA_OF_BROKER,
				     .held = held(account, ALL_NETWORKS),
				     .limit = table.limits.per_user};
	return full->held >= full->limit;
}

bool leases_user_network_full(uid_t account, const struct network *network, struct lease_quota *full)
{
	*full = (struct lease_quota){.status = TB_QUOTA_USER,
				     .check = TB_CHECK_MAX_PER_USER,
				     .quota = TB_QUOTA_OF_NETWORK,
				     .held = leases_held(account, network),
				     .limit = network->max_per_user};
	return full->held >= full->limit;
}

/* Memory that was never used stays untouched, and so costs nothing. */
static struct lease *take_slot(void)
{
	struct lease *lease = TAILQ_FIRST(&table.free);

	if (lease != NULL)
		TAILQ_REMOVE(&table.free, lease, link);
	else if (table.used < table.capacity)
		lease = &table.slots[table.used++];
	return lease;
}

struct lease *lease_begin_again(const struct network *network, const char name[TB_NETWORK_SIZE], uid_t uid)
{
	struct lease *lease = take_slot();

	if (lease == NULL)
		return NULL;
	memset(lease, 0, sizeof(*lease));
	lease->state = LEASE_ORDERED;
	lease->network = network;
	memcpy(lease->network_name, name, sizeof(lease->network_name));
	lease->kind = network != NULL ? network->kind : TB_KIND_ANY;
	lease->uid = uid;
	lease->account = lease_account(uid);
	lease->lifeline = -1;
	lease->holder = -1;
	TAILQ_INSERT_TAIL(&table.all, lease, link);
	table.count++;
	tally_up(lease->account, ALL_NETWORKS);
	if (network != NULL) {
		table.per_network[network_number(network)]++;
		tally_up(lease->account, network_number(network));
	}
	return lease;
}

bool leases_network_full(const struct network *network)
{
	return leases_held_by_all(network) >= network->max;
}

bool leases_table_full_for(uid_t uid)
{
	return table.count >= (uid == 0 ? table.capacity : table.limits.leases);
}

bool leases_place_taken(const struct network *network, uid_t uid)
{
	return leases_table_full_for(uid) || leases_network_full(network);
}

/* How many there are altogether is nobody's business. */
struct lease *lease_begin(const struct network *network, uid_t uid, struct lease_quota *full)
{
	bool network_full = leases_network_full(network);

	if (leases_user_full(lease_account(uid), full) || leases_user_network_full(lease_account(uid), network, full))
		return NULL;
	*full = (struct lease_quota){.status = TB_QUOTA_NETWORK,
				     .check = network_full ? TB_CHECK_MAX : TB_CHECK_MAX_LEASES,
				     .quota = network_full ? TB_QUOTA_OF_NETWORK : TB_QUOTA_OF_BROKER};
	return network_full || leases_table_full_for(uid) ? NULL : lease_begin_again(network, network->name, uid);
}

/* Ids are random: a part of one is as good as a hash of it. */
static uint64_t id_key(const uint8_t id[TB_ID_SIZE])
{
	uint64_t key;

	memcpy(&key, id, sizeof(key));
	return key;
}

void lease_set_id(struct lease *lease, const uint8_t id[TB_ID_SIZE])
{
	memcpy(lease->id, id, TB_ID_SIZE);
	*map_insert(&table.by_id, id_key(id)) = lease_number(lease);
}

void lease_set_device(struct lease *lease, const char name[TB_NAME_SIZE], uint32_t ifindex)
{
	memcpy(lease->name, name, sizeof(lease->name));
	lease->ifindex = ifindex;
	if (!lease->away)
		*map_insert(&table.by_ifindex, ifindex) = lease_number(lease);
}

void lease_clear_device(struct lease *lease)
{
	if (!lease->away && lease_by_ifindex(lease->ifindex) == lease)
		map_remove(&table.by_ifindex, lease->ifindex);
	if (lease_by_tap(lease->tap) == lease)
		map_remove(&table.by_tap, lease->tap);
	lease->ifindex = 0;
}

void lease_set_tap(struct lease *lease, uint32_t tap)
{
	lease->tap = tap;
	*map_insert(&table.by_tap, tap) = lease_number(lease);
}

void lease_free(struct lease *lease)
{
	lease_clear_device(lease);
	if (lease_by_id(lease->id) == lease)
		map_remove(&table.by_id, id_key(lease->id));
	tally_down(lease->account, ALL_NETWORKS);
	if (lease->network != NULL) {
		table.per_network[network_number(lease->network)]--;
		tally_down(lease->account, network_number(lease->network));
	}
	table.count--;
	lease->state = LEASE_FREE;
	TAILQ_REMOVE(&table.all, lease, link);
	TAILQ_INSERT_HEAD(&table.free, lease, link);
}

bool lease_is_ending(const struct lease *lease)
{
	return lease->state >= LEASE_WAITING && lease->state <= LEASE_LATE;
}

/* Its client has left just now, and may have closed the device's last fd with that: the kernel tells of the end a
 * moment later. */
static bool may_be_ending(const struct lease *lease)
{
	return lease->lifetime == TB_LIFETIME_FD && lease->state <= LEASE_HELD && lease->left_at != 0 &&
	       monotonic_ms() - lease->left_at < LEAVING_MS;
}

/* Of the user's own leases, also one that begins: its client may have hung up already. */
static bool may_make_room(const struct lease *lease, uid_t account)
{
	return lease_is_ending(lease) ||
	       (lease->account == account && (lease->state == LEASE_ORDERED || may_be_ending(lease)));
}

bool leases_room_soon(uid_t account)
{
	const struct lease *lease;

	TAILQ_FOREACH(lease, &table.all, link)
		if (lease->account == account && may_make_room(lease, account))
			return true;
	return false;
}

bool leases_place_soon(const struct network *network, uid_t uid)
{
	bool any = leases_table_full_for(uid);
	const struct lease *lease;

	if (!leases_place_taken(network, uid))
		return false;
	TAILQ_FOREACH(lease, &table.all, link)
		if ((any || lease->network == network) && may_make_room(lease, lease_account(uid)))
			return true;
	return false;
}

bool lease_has_name(const struct lease *lease, const char *name)
{
	return name[0] != '\0' && strncmp(lease->name, name, sizeof(lease->name)) == 0;
}

bool leases_name_free_soon(const char *name)
{
	const struct lease *lease;

	TAILQ_FOREACH(lease, &table.all, link)
		if (lease_is_ending(lease) && lease_has_name(lease, name))
			return true;
	return false;
}

bool lease_is_locked(const struct lease *lease)
{
	return lease->kind == TB_KIND_MACVTAP || lease->master != 0;
}

void lease_device_mac(const struct lease *lease, uint8_t mac[TB_MAC_SIZE])
{
	memcpy(mac, lease->mac, TB_MAC_SIZE);
	if (lease->kind == TB_KIND_TAP)
		mac[0] = TAP_MAC_FIRST;
	if (lease->kind == TB_KIND_TUN)
		memset(mac, 0, TB_MAC_SIZE);
}

struct lease *lease_by_ifindex(uint32_t ifindex)
{
	const uint32_t *number = map_find(&table.by_ifindex, ifindex);

	return number != NULL ? &table.slots[*number] : NULL;
}

struct lease *lease_by_tap(uint32_t tap)
{
	const uint32_t *number = map_find(&table.by_tap, tap);

	return number != NULL ? &table.slots[*number] : NULL;
}

struct lease *lease_by_id(const uint8_t id[TB_ID_SIZE])
{
	const uint32_t *number = map_find(&table.by_id, id_key(id));
	struct lease *lease = number != NULL ? &table.slots[*number] : NULL;

	return lease != NULL && memcmp(lease->id, id, TB_ID_SIZE) == 0 ? lease : NULL;
}

uint32_t lease_number(const struct lease *lease)
{
	return (uint32_t)(lease - table.slots);
}

struct lease *lease_by_number(uint32_t number)
{
	return number < table.used && table.slots[number].state != LEASE_FREE ? &table.slots[number] : NULL;
}

struct lease *lease_by_name(uid_t uid, const char *name)
{
	struct lease *found = NULL;
	struct lease *lease;

	/* A name is free for the next device before the lease of the last one is. */
	TAILQ_FOREACH(lease, &table.all, link)
		if (lease->uid == uid && (lease->ifindex != 0 || lease->away) && lease->state != LEASE_UNCLAIMED &&
		    strcmp(lease->name, name) == 0)
			if (found == NULL || lease_is_ending(found))
				found = lease;
	return found;
}

/* Leases: see lease.h. Runs in the monitor; needs no right. */
#include "broker/monitor/lease.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Leases that only uid 0 can fill, so that an administrator gets a device on a full broker. */
#define RESERVED_FOR_ROOT 4

/* In the key of a count over all networks. */
#define ALL_NETWORKS UINT32_MAX

int leases_init(struct lease_table *table, const struct network_table *networks, uint32_t capacity,
		uint32_t max_per_user)
{
	memset(table, 0, sizeof(*table));
	TAILQ_INIT(&table->free);
	TAILQ_INIT(&table->live);
	TAILQ_INIT(&table->uncollected);
	table->networks = networks;
	table->capacity = capacity + RESERVED_FOR_ROOT;
	table->max_per_user = max_per_user;
	table->leases = calloc(table->capacity, sizeof(*table->leases));
	/* Each lease counts under two keys. */
	if (table->leases == NULL || map_init(&table->by_ifindex, table->capacity) < 0 ||
	    map_init(&table->held, 2 * table->capacity) < 0) {
		leases_destroy(table);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < table->capacity; i++)
		TAILQ_INSERT_TAIL(&table->free, &table->leases[i], link);
	return 0;
}

void leases_destroy(struct lease_table *table)
{
	free(table->leases);
	table->leases = NULL;
	map_destroy(&table->by_ifindex);
	map_destroy(&table->held);
}

static uint32_t network_number(const struct lease_table *table, const struct network *network)
{
	return (uint32_t)(network - table->networks->networks);
}

static uint64_t held_key(uid_t uid, uint32_t network)
{
	return (uint64_t)uid << 32 | network;
}

static uint32_t held(const struct lease_table *table, uid_t uid, uint32_t network)
{
	const uint32_t *count = map_find(&table->held, held_key(uid, network));

	return count != NULL ? *count : 0;
}

static void count_up(struct lease_table *table, uid_t uid, uint32_t network)
{
	(*map_insert(&table->held, held_key(uid, network)))++;
}

static void count_down(struct lease_table *table, uid_t uid, uint32_t network)
{
	uint32_t *count = map_find(&table->held, held_key(uid, network));

	if (--*count == 0)
		map_remove(&table->held, held_key(uid, network));
}

uint32_t leases_held(const struct lease_table *table, uid_t uid, const struct network *network)
{
	return held(table, uid, network_number(table, network));
}

bool leases_user_full(const struct lease_table *table, uid_t uid, uint32_t *user_held, uint32_t *limit)
{
	*user_held = held(table, uid, ALL_NETWORKS);
	*limit = table->max_per_user;
	return *user_held >= *limit;
}

bool leases_user_network_full(const struct lease_table *table, uid_t uid, const struct network *network,
			      uint32_t *user_held, uint32_t *limit)
{
	*user_held = leases_held(table, uid, network);
	*limit = network->max_per_user;
	return *user_held >= *limit;
}

bool leases_network_full(const struct lease_table *table, uid_t uid, const struct network *network)
{
	uint32_t usable = uid == 0 ? table->capacity : table->capacity - RESERVED_FOR_ROOT;

	return table->count >= usable || table->per_network[network_number(table, network)] >= network->max;
}

struct lease *lease_begin(struct lease_table *table, const struct network *network, uid_t uid, const uint8_t *id)
{
	struct lease *lease = TAILQ_FIRST(&table->free);

	TAILQ_REMOVE(&table->free, lease, link);
	memset(lease, 0, sizeof(*lease));
	lease->network = network;
	lease->uid = uid;
	lease->lifeline = -1;
	memcpy(lease->id, id, TB_ID_SIZE);
	TAILQ_INSERT_TAIL(&table->live, lease, link);
	table->count++;
	table->per_network[network_number(table, network)]++;
	count_up(table, uid, network_number(table, network));
	count_up(table, uid, ALL_NETWORKS);
	return lease;
}

void lease_set_device(struct lease_table *table, struct lease *lease, const char *name, uint32_t ifindex)
{
	memcpy(lease->name, name, sizeof(lease->name));
	lease->ifindex = ifindex;
	*map_insert(&table->by_ifindex, ifindex) = lease_number(table, lease);
}

void lease_clear_device(struct lease_table *table, struct lease *lease)
{
	map_remove(&table->by_ifindex, lease->ifindex);
	lease->ifindex = 0;
}

void lease_free(struct lease_table *table, struct lease *lease)
{
	uint32_t network = network_number(table, lease->network);

	if (lease->in_uncollected)
		TAILQ_REMOVE(&table->uncollected, lease, uncollected);
	count_down(table, lease->uid, network);
	count_down(table, lease->uid, ALL_NETWORKS);
	table->per_network[network]--;
	table->count--;
	TAILQ_REMOVE(&table->live, lease, link);
	lease->network = NULL;
	TAILQ_INSERT_TAIL(&table->free, lease, link);
}

struct lease *lease_by_ifindex(const struct lease_table *table, uint32_t ifindex)
{
	const uint32_t *number = map_find(&table->by_ifindex, ifindex);

	return number != NULL ? &table->leases[*number] : NULL;
}

uint32_t lease_number(const struct lease_table *table, const struct lease *lease)
{
	return (uint32_t)(lease - table->leases);
}

struct lease *lease_by_number(const struct lease_table *table, uint32_t number)
{
	return number < table->capacity ? &table->leases[number] : NULL;
}

void lease_hex(const uint8_t id[TB_ID_SIZE], char hex[LEASE_HEX_SIZE])
{
	for (size_t i = 0; i < TB_ID_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
}

void lease_alias(const struct lease *lease, char alias[LEASE_ALIAS_SIZE])
{
	char hex[LEASE_HEX_SIZE];

	lease_hex(lease->id, hex);
	snprintf(alias, LEASE_ALIAS_SIZE, LEASE_ALIAS_PREFIX "%s:%u:%d:%llu:%s", hex, (unsigned int)lease->uid,
		 (int)lease->pid, (unsigned long long)lease->start_time, lease->network->name);
}

/* Leases: see lease.h. Runs in the monitor; needs no right. */
#include "broker/monitor/lease.h"

#include "broker/monitor/device.h"
#include "proto/hex.h"
#include "proto/name.h"

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

bool leases_user_full(const struct lease_table *table, uid_t uid, struct outcome *full)
{
	*full = (struct outcome){.status = TB_QUOTA_USER,
				 .quota = TB_QUOTA_OF_BROKER,
				 .held = held(table, uid, ALL_NETWORKS),
				 .limit = table->max_per_user};
	return full->held >= full->limit;
}

bool leases_user_network_full(const struct lease_table *table, uid_t uid, const struct network *network,
			      struct outcome *full)
{
	*full = (struct outcome){.status = TB_QUOTA_USER,
				 .quota = TB_QUOTA_OF_NETWORK,
				 .held = leases_held(table, uid, network),
				 .limit = network->max_per_user};
	return full->held >= full->limit;
}

/* How many there are altogether is nobody's business. */
bool leases_full(const struct lease_table *table, uid_t uid, const struct network *network, struct outcome *full)
{
	uint32_t usable = uid == 0 ? table->capacity : table->capacity - RESERVED_FOR_ROOT;
	bool network_full = table->per_network[network_number(table, network)] >= network->max;

	*full = (struct outcome){.status = TB_QUOTA_NETWORK,
				 .quota = network_full ? TB_QUOTA_OF_NETWORK : TB_QUOTA_OF_BROKER};
	return network_full || table->count >= usable;
}

struct lease *lease_begin(struct lease_table *table, const struct network *network, uid_t uid, const uint8_t *id)
{
	struct lease *lease = TAILQ_FIRST(&table->free);

	/* Memory that was never used stays untouched, and so costs nothing. */
	if (lease != NULL)
		TAILQ_REMOVE(&table->free, lease, link);
	else
		lease = &table->leases[table->used++];
	memset(lease, 0, sizeof(*lease));
	lease->network = network;
	lease->uid = uid;
	lease->lifeline = -1;
	lease->holder = -1;
	lease->device = -1;
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

void lease_set_device_away(struct lease *lease, const char *name, uint32_t ifindex, int device)
{
	memcpy(lease->name, name, sizeof(lease->name));
	lease->ifindex = ifindex;
	lease->away = true;
	lease->device = device;
}

void lease_clear_device(struct lease_table *table, struct lease *lease)
{
	if (!lease->away)
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
	TAILQ_INSERT_HEAD(&table->free, lease, link);
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

struct lease *lease_by_id(const struct lease_table *table, const uint8_t id[TB_ID_SIZE])
{
	struct lease *lease;

	TAILQ_FOREACH(lease, &table->live, link)
		if (memcmp(lease->id, id, TB_ID_SIZE) == 0)
			return lease;
	return NULL;
}

struct lease *lease_by_name(const struct lease_table *table, uid_t uid, const char *name)
{
	struct lease *found = NULL;
	struct lease *lease;

	/* A name is free for the next device a moment before the lease of the last one is. */
	TAILQ_FOREACH(lease, &table->live, link)
		if (lease->uid == uid && lease->ifindex != 0 && strcmp(lease->name, name) == 0)
			if (found == NULL || found->ending)
				found = lease;
	return found;
}

static void write_alias(const struct lease *lease, const char *network, char alias[LEASE_ALIAS_SIZE])
{
	char id[TB_ID_TEXT];
	char mac[TB_HEX_SIZE(TB_MAC_SIZE)];

	tb_hex_write(lease->id, TB_ID_SIZE, id);
	tb_hex_write(lease->mac, TB_MAC_SIZE, mac);
	snprintf(alias, LEASE_ALIAS_SIZE, LEASE_ALIAS_PREFIX "%s:%u:%u:%d:%llu:%llu:%u:%s:%s", id, lease->uid,
		 lease->gid, lease->pid, (unsigned long long)lease->start_time, (unsigned long long)lease->since,
		 (unsigned int)lease->lifetime, mac, network);
}

void lease_alias(const struct lease *lease, char alias[LEASE_ALIAS_SIZE])
{
	write_alias(lease, lease->network->name, alias);
}

int lease_parse_alias(const char *alias, struct lease *lease, char network[TB_NETWORK_SIZE])
{
	char id[TB_ID_TEXT] = "";
	char mac[TB_HEX_SIZE(TB_MAC_SIZE)] = "";
	char again[LEASE_ALIAS_SIZE];
	unsigned long long start_time;
	unsigned long long since;
	unsigned int lifetime;

	memset(lease, 0, sizeof(*lease));
	memset(network, 0, TB_NETWORK_SIZE);
	if (sscanf(alias, LEASE_ALIAS_PREFIX "%32[0-9a-f]:%u:%u:%d:%llu:%llu:%u:%12[0-9a-f]:%31s", id, &lease->uid,
		   &lease->gid, &lease->pid, &start_time, &since, &lifetime, mac, network) != 9)
		return -EBADMSG;
	if (tb_hex_read(id, lease->id, TB_ID_SIZE) < 0 || tb_hex_read(mac, lease->mac, TB_MAC_SIZE) < 0 ||
	    lifetime >= TB_LIFETIME_COUNT || !tb_network_valid(network, TB_NETWORK_SIZE))
		return -EBADMSG;
	lease->start_time = start_time;
	lease->since = since;
	lease->lifetime = lifetime;
	/* Numbers can be written in many ways; we write them in one. */
	write_alias(lease, network, again);
	return strcmp(again, alias) == 0 ? 0 : -EBADMSG;
}

void lease_device_mac(const struct lease *lease, uint8_t mac[TB_MAC_SIZE])
{
	memcpy(mac, lease->mac, TB_MAC_SIZE);
	if (lease->network->kind == TB_KIND_TAP)
		mac[0] = TAP_MAC_FIRST;
}

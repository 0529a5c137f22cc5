/* A hash map of fixed size: see map.h. Runs in the monitor; needs no right. */
#include "broker/monitor/map.h"

#include <errno.h>
#include <stdlib.h>

#define NONE UINT32_MAX

int map_init(struct map *map, uint32_t capacity)
{
	map->buckets_count = 1;
	while (map->buckets_count < capacity)
		map->buckets_count *= 2;
	map->entries = calloc(capacity, sizeof(*map->entries));
	map->buckets = calloc(map->buckets_count, sizeof(*map->buckets));
	if (map->entries == NULL || map->buckets == NULL) {
		map_destroy(map);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < map->buckets_count; i++)
		map->buckets[i] = NONE;
	for (uint32_t i = 0; i < capacity; i++)
		map->entries[i].next = i + 1 < capacity ? i + 1 : NONE;
	map->free = 0;
	return 0;
}

void map_destroy(struct map *map)
{
	free(map->entries);
	free(map->buckets);
	map->entries = NULL;
	map->buckets = NULL;
}

/* Keys are ifindexes, and uids beside network numbers: small numbers. The multiplication spreads them. */
static uint32_t *bucket_of(const struct map *map, uint64_t key)
{
	uint64_t mixed = key * UINT64_C(0x9e3779b97f4a7c15);

	return &map->buckets[(mixed >> 32) & (map->buckets_count - 1)];
}

uint32_t *map_find(const struct map *map, uint64_t key)
{
	for (uint32_t i = *bucket_of(map, key); i != NONE; i = map->entries[i].next)
		if (map->entries[i].key == key)
			return &map->entries[i].value;
	return NULL;
}

uint32_t *map_insert(struct map *map, uint64_t key)
{
	uint32_t *value = map_find(map, key);
	uint32_t *bucket = bucket_of(map, key);
	uint32_t i = map->free;

	if (value != NULL)
		return value;
	if (i == NONE)
		abort();
	map->free = map->entries[i].next;
	map->entries[i] = (struct map_entry){.key = key, .value = 0, .next = *bucket};
	*bucket = i;
	return &map->entries[i].value;
}

void map_remove(struct map *map, uint64_t key)
{
	for (uint32_t *link = bucket_of(map, key); *link != NONE; link = &map->entries[*link].next) {
		uint32_t i = *link;

		if (map->entries[i].key == key) {
			*link = map->entries[i].next;
			map->entries[i].next = map->free;
			map->free = i;
			return;
		}
	}
}

/* A hash map of fixed size: see map.h. Runs in the clerk; needs no right. */
#include "broker/clerk/lease/map.h"

#include <errno.h>
#include <stdlib.h>

int map_init(struct map *map, uint32_t capacity)
{
	map->buckets_count = 1;
	while (map->buckets_count < capacity)
		map->buckets_count *= 2;
	map->capacity = capacity;
	map->used = 0;
	map->free = 0;
	map->entries = calloc((size_t)capacity + 1, sizeof(*map->entries));
	map->buckets = calloc(map->buckets_count, sizeof(*map->buckets));
	if (map->entries == NULL || map->buckets == NULL) {
		map_destroy(map);
		return -ENOMEM;
	}
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
	for (uint32_t i = *bucket_of(map, key); i != 0; i = map->entries[i].next)
		if (map->entries[i].key == key)
			return &map->entries[i].value;
	return NULL;
}

/* A free entry; there is one. */
static uint32_t take_entry(struct map *map)
{
	uint32_t i = map->free;

	if (i != 0)
		map->free = map->entries[i].next;
	else if (map->used < map->capacity)
		i = ++map->used;
	else
		abort();
	return i;
}

uint32_t *map_insert(struct map *map, uint64_t key)
{
	uint32_t *value = map_find(map, key);
	uint32_t *bucket = bucket_of(map, key);
	uint32_t i;

	if (value != NULL)
		return value;
	i = take_entry(map);
	map->entries[i] = (struct map_entry){.key = key, .value = 0, .next = *bucket};
	*bucket = i;
	return &map->entries[i].value;
}

void map_remove(struct map *map, uint64_t key)
{
	for (uint32_t *link = bucket_of(map, key); *link != 0; link = &map->entries[*link].next) {
		uint32_t i = *link;

		if (map->entries[i].key == key) {
			*link = map->entries[i].next;
			map->entries[i].next = map->free;
			map->free = i;
			return;
		}
	}
}

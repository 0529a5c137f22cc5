/* A hash map from a 64-bit number to a 32-bit one. Runs in the clerk; allocates once, at the start, and a full map
 * is never written to: its owner makes it as large as the table that it indexes. */
#ifndef TB_MAP_H
#define TB_MAP_H

#include <stdint.h>

struct map_entry {
	uint64_t key;
	uint32_t value;
	uint32_t next; /* in the same bucket, or in the list of free entries; 0: none */
};

/* Memory that was never used stays untouched, and so costs nothing. */
struct map {
	struct map_entry *entries; /* entry 0 is not used */
	uint32_t *buckets;         /* the first entry of each; 0: none */
	uint32_t buckets_count;    /* a power of two */
	uint32_t capacity;
	uint32_t used; /* entries that were ever used */
	uint32_t free; /* the first of those that are free again; 0: none */
};

/* Makes an empty map for at most capacity keys. Returns 0 or -ENOMEM. */
int map_init(struct map *map, uint32_t capacity);

/* Frees what map_init() allocated. */
void map_destroy(struct map *map);

/* The value of the key, or NULL. The pointer is good until the key is removed. */
uint32_t *map_find(const struct map *map, uint64_t key);

/* The value of the key, which is 0 if the key was not there before. */
uint32_t *map_insert(struct map *map, uint64_t key);

/* Removes the key, if it is there. */
void map_remove(struct map *map, uint64_t key);

#endif

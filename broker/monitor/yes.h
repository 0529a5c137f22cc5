/* polkit's yeses, as the authority has sent them: each is one whole question, and lets one order through. Runs in the
 * monitor; a table of fixed size. */
#ifndef TB_YES_H
#define TB_YES_H

#include "proto/broker.h"

#include <stdbool.h>
#include <stdint.h>

/* How long one is kept that no order comes for, in milliseconds. */
#define YES_LIFE_MS 30000

/* A question is a struct tb_question, or a struct tb_configuration, which begins with one; size says which. */
struct yes {
	union {
		struct tb_question question;
		struct tb_configuration configuration;
	};
	uint64_t until; /* milliseconds of the monotonic clock; 0: this place is free */
};

struct yes_table {
	struct yes places[TB_YES_MAX];
};

/* Keeps a yes. Returns 0, -ENOSPC if there is no place, or -EEXIST if there is one with this ticket. */
int yes_add(struct yes_table *table, const struct tb_question *question, size_t size, uint64_t now);

/* Spends the yes with the question's ticket. Returns true if there was one, and its question is this one, byte for
 * byte. */
bool yes_spend(struct yes_table *table, const struct tb_question *question, size_t size);

/* Takes the yes with this ticket back, if there is one. */
void yes_void(struct yes_table *table, const uint8_t ticket[TB_ID_SIZE]);

/* Drops what is too old: for a moment at which no order waits that it could be for. */
void yes_expire(struct yes_table *table, uint64_t now);

/* Milliseconds until the next one is too old, or -1 if there is none. */
int yes_timeout(const struct yes_table *table, uint64_t now);

#endif

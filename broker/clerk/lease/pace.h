/* How often something is done again that others go on undoing: so many times in a while, and then not until the while
 * is over. Nobody is kept busy by it, and it never ends for good. Runs in the clerk. */
#ifndef TB_PACE_H
#define TB_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	uint32_t times; /* in the while that began at began */
	uint64_t began; /* milliseconds of the monotonic clock */
};

struct pace_limit {
	uint32_t times;
	uint32_t while_ms;
};

/* True if it may be done once more now. */
bool pace_allows(const struct pace *pace, const struct pace_limit *limit, uint64_t now);

/* It is done. */
void pace_count(struct pace *pace, const struct pace_limit *limit, uint64_t now);

/* When it may be done again, whatever is done until then. */
uint64_t pace_over(const struct pace *pace, const struct pace_limit *limit);

#endif

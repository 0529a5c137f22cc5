/* The time. Linked into the monitor and the clerk. */
#ifndef TB_CLOCK_H
#define TB_CLOCK_H

#include <stdint.h>

/* Milliseconds of the monotonic clock, and seconds after 1970. */
uint64_t monotonic_ms(void);
uint64_t realtime_seconds(void);

#endif

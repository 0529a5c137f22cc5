/* Samples of a duration, their median and their 99th percentile. Linked into every bench program. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>

struct samples {
	double *us; /* microseconds, in the order in which they were measured until a percentile is asked for */
	size_t count;
	size_t room;
};

/* Microseconds of the monotonic clock. */
double now_us(void);

/* Makes room for so many samples; ends the program if there is no memory. */
void samples_init(struct samples *samples, size_t room);

/* Adds one; what does not fit any more is dropped. */
void samples_add(struct samples *samples, double us);

/* The sample that percent of all are not above. Sorts them. 0 if there is none. */
double samples_percentile(struct samples *samples, unsigned int percent);

/* Ends the program with a message and what errno says. */
_Noreturn void fail(const char *what);

#endif

/* Samples of a duration. See stats.h. */

#include "tests/bench/stats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

void samples_init(struct samples *samples, size_t room)
{
	samples->us = calloc(room, sizeof(*samples->us));
	if (!samples->us)
		fail("calloc");
	samples->count = 0;
	samples->room = room;
}

void samples_add(struct samples *samples, double us)
{
	if (samples->count < samples->room)
		samples->us[samples->count++] = us;
}

static int ascending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double samples_percentile(struct samples *samples, unsigned int percent)
{
	if (!samples->count)
		return 0;
	qsort(samples->us, samples->count, sizeof(*samples->us), ascending);
	return samples->us[(samples->count - 1) * percent / 100];
}

void fail(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

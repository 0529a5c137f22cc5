/* For unit tests of what the monitor does with leases: a monitor with one network, room for leases, and a reaper
 * without threads. */
#ifndef TEST_MONITOR_H
#define TEST_MONITOR_H

#include "broker/monitor/monitor.h"

#include <string.h>
#include <unistd.h>

/* Returns 0 or a negative errno. */
static inline int monitor_start(struct monitor *monitor, uint32_t capacity)
{
	int ret;

	memset(monitor, 0, sizeof(*monitor));
	monitor->supervisor = -1;
	monitor->networks.count = 1;
	strcpy(monitor->networks.networks[0].name, "lan");
	requests_init(&monitor->requests);
	ret = leases_init(&monitor->leases, &monitor->networks, capacity, capacity);
	if (ret == 0)
		ret = turns_init(&monitor->turns, capacity);
	return ret == 0 ? reaper_open(&monitor->reaper, capacity) : ret;
}

static inline void monitor_end(struct monitor *monitor)
{
	close(monitor->reaper.jobs);
	close(monitor->reaper.answers);
	close(monitor->reaper.threads_jobs);
	close(monitor->reaper.threads_answers);
	turns_destroy(&monitor->turns);
	leases_destroy(&monitor->leases);
}

#endif

/* Devices that are away: see away.h. Runs in the monitor and its reaper threads; needs no right. */
#include "broker/monitor/kernel/away.h"

#include "broker/config/table.h"
#include "broker/shared/fd.h"
#include "broker/shared/locked.h"

#include <errno.h>
#include <string.h>

static struct away_device *find_away(struct away *away, const uint8_t lease[TB_ID_SIZE])
{
	for (uint32_t i = 0; i < away->count; i++)
		if (memcmp(away->devices[i].lease, lease, TB_ID_SIZE) == 0)
			return &away->devices[i];
	return NULL;
}

int away_add(struct away *away, const struct away_device *device)
{
	TB_LOCKED(&away->lock);
	if (away->count == away->capacity)
		return -ENOSPC;
	away->devices[away->count++] = *device;
	return 0;
}

const struct away_device *away_hold(struct away *away, const uint8_t lease[TB_ID_SIZE])
{
	pthread_mutex_lock(&away->lock);
	return find_away(away, lease);
}

void away_let_go(struct away *away)
{
	pthread_mutex_unlock(&away->lock);
}

int away_begin(struct away *away, const uint8_t lease[TB_ID_SIZE], struct away_device *begun)
{
	struct away_device *device;

	TB_LOCKED(&away->lock);
	device = find_away(away, lease);
	if (device == NULL || device->fd < 0 || device->deleting)
		return -ENODEV;
	device->deleting = true;
	*begun = *device;
	return 0;
}

int away_deleted(struct away *away, const uint8_t lease[TB_ID_SIZE])
{
	struct away_device *device;

	TB_LOCKED(&away->lock);
	device = find_away(away, lease);
	return device != NULL ? tb_take(&device->fd) : -1;
}

void away_forget(struct away *away, const uint8_t lease[TB_ID_SIZE])
{
	struct away_device *device;

	TB_LOCKED(&away->lock);
	device = find_away(away, lease);
	if (device != NULL && device->fd < 0)
		*device = away->devices[--away->count];
}

void away_count(struct away *away, uint32_t *counts)
{
	TB_LOCKED(&away->lock);
	for (uint32_t i = 0; i < away->count; i++)
		if (away->devices[i].fd >= 0 && away->devices[i].network < NETWORKS_MAX)
			counts[away->devices[i].network]++;
}

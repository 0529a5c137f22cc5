/* Making the table of devices that are away: see away.h. Runs in tapbrokerd before lock-down; needs no right. */
#include "broker/monitor/kernel/away.h"

#include <errno.h>
#include <stdlib.h>

int away_init(struct away *away, uint32_t capacity)
{
	away->devices = calloc(capacity, sizeof(*away->devices));
	away->capacity = capacity;
	away->count = 0;
	return away->devices == NULL ? -ENOMEM : -pthread_mutex_init(&away->lock, NULL);
}

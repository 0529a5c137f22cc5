/* How many devices of each network there are: see count.h. Runs in the monitor; needs no right. Must never parse an
 * alias: the network is what stands behind its last ':'. */
#include "broker/monitor/kernel/count.h"

#include "broker/shared/alias.h"
#include "broker/shared/clock.h"

#include <errno.h>
#include <string.h>

/* The pause after a question that found a network full, in times of what it took: where links are many, one takes long
 * and keeps the kernel's lock on them. After one that found room a device is made, which takes longer. */
#define PAUSE_TIMES 10

/* How often a dump is tried again because links changed while it was made: it may have left some out. */
#define DUMP_TRIES 3

struct counting {
	const struct network_table *networks;
	uint32_t devices[NETWORKS_MAX];
};

static void count_link(void *context, const struct link *link)
{
	struct counting *counting = context;
	const char *name = strrchr(link->alias, ':');
	const struct network *network;

	if (!link_kind_ours(link) || strncmp(link->alias, ALIAS_PREFIX, strlen(ALIAS_PREFIX)) != 0)
		return;
	network = network_find(counting->networks, name + 1);
	if (network != NULL)
		counting->devices[network - counting->networks->networks]++;
}

int count_again(struct count *count, struct workshop *workshop)
{
	struct counting counting;
	int ret = -EINTR;

	for (int i = 0; ret == -EINTR && i < DUMP_TRIES; i++) {
		counting = (struct counting){.networks = count->networks};
		ret = link_dump(&workshop->link, "tun", count_link, &counting);
		if (ret == 0)
			ret = link_dump(&workshop->link, "macvtap", count_link, &counting);
		if (ret == 0 && workshop->shield.netns >= 0)
			ret = link_dump(&workshop->shield.link, "tun", count_link, &counting);
	}
	if (ret < 0)
		return ret;
	away_count(count->away, counting.devices);
	memcpy(count->devices, counting.devices, sizeof(count->devices));
	return 0;
}

static bool says_full(const struct count *count, const struct network *network)
{
	return count->devices[network - count->networks->networks] >= network->max;
}

bool count_full(struct count *count, struct workshop *workshop, const struct network *network)
{
	uint64_t begun = monotonic_ms();

	if (!says_full(count, network))
		return false;
	if (begun < count->next)
		return true;
	if (count_again(count, workshop) == 0 && !says_full(count, network))
		return false;
	count->next = monotonic_ms() + PAUSE_TIMES * (monotonic_ms() - begun);
	return true;
}

void count_up(struct count *count, const struct network *network)
{
	count->devices[network - count->networks->networks]++;
}

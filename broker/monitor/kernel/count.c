/* How many devices of each network there are: see count.h. Runs in the monitor and its reaper threads; needs no right.
 * Must never parse an alias: the network is what stands behind its last ':'. */
#include "broker/monitor/kernel/count.h"

#include "broker/shared/alias.h"
#include "broker/shared/clock.h"

#include <errno.h>
#include <string.h>

/* The pause between two questions to the kernel, in times of what the last one took: where links are many, one takes long
 * and keeps the kernel's lock on them. */
#define PAUSE_TIMES 10

/* How often a dump is tried again because links changed while it was made: it may have left some out. */
#define DUMP_TRIES 3

struct counting {
	const struct network_table *networks;
	uint32_t devices[NETWORKS_MAX];
};

int count_init(struct count *count, const struct network_table *networks, struct away *away)
{
	memset(count, 0, sizeof(*count));
	count->networks = networks;
	count->away = away;
	return -pthread_mutex_init(&count->lock, NULL);
}

uint32_t count_network_of(const struct network_table *networks, const char *alias)
{
	const char *name = strrchr(alias, ':');
	const struct network *network = name != NULL ? network_find(networks, name + 1) : NULL;

	return network != NULL ? (uint32_t)(network - networks->networks) : NETWORKS_MAX;
}

static void count_link(void *context, const struct link *link)
{
	struct counting *counting = context;
	uint32_t network;

	if (!link_kind_ours(link) || strncmp(link->alias, ALIAS_PREFIX, strlen(ALIAS_PREFIX)) != 0)
		return;
	network = count_network_of(counting->networks, link->alias);
	if (network < NETWORKS_MAX)
		counting->devices[network]++;
}

static int count_dump(struct link_socket *sock, struct counting *counting)
{
	int ret = -EINTR;

	for (int i = 0; ret == -EINTR && i < DUMP_TRIES; i++) {
		memset(counting->devices, 0, sizeof(counting->devices));
		ret = link_dump(sock, "tun", count_link, counting);
		if (ret == 0)
			ret = link_dump(sock, "macvtap", count_link, counting);
	}
	return ret;
}

int count_again(struct count *count, struct link_socket *sock)
{
	struct counting counting = {.networks = count->networks};
	uint64_t begun = monotonic_ms();
	uint64_t now;
	int ret;

	pthread_mutex_lock(&count->lock);
	count->epoch++;
	pthread_mutex_unlock(&count->lock);
	ret = count_dump(sock, &counting);
	if (ret == 0)
		away_count(count->away, counting.devices);
	now = monotonic_ms();
	pthread_mutex_lock(&count->lock);
	/* A device whose deletion began before may be in the answer or not: it is not taken off a second time. */
	count->epoch++;
	if (ret == 0)
		memcpy(count->devices, counting.devices, sizeof(count->devices));
	count->next = now + PAUSE_TIMES * (now - begun);
	pthread_mutex_unlock(&count->lock);
	return ret;
}

static uint32_t number_of(const struct count *count, const struct network *network)
{
	return (uint32_t)(network - count->networks->networks);
}

static bool says_full(struct count *count, const struct network *network)
{
	bool full;

	pthread_mutex_lock(&count->lock);
	full = count->devices[number_of(count, network)] >= network->max;
	pthread_mutex_unlock(&count->lock);
	return full;
}

bool count_full(struct count *count, struct link_socket *sock, const struct network *network)
{
	if (!says_full(count, network))
		return false;
	if (monotonic_ms() < count->next)
		return true;
	return count_again(count, sock) < 0 || says_full(count, network);
}

void count_up(struct count *count, const struct network *network)
{
	pthread_mutex_lock(&count->lock);
	count->devices[number_of(count, network)]++;
	pthread_mutex_unlock(&count->lock);
}

uint64_t count_begin(struct count *count)
{
	uint64_t epoch;

	pthread_mutex_lock(&count->lock);
	epoch = count->epoch;
	pthread_mutex_unlock(&count->lock);
	return epoch;
}

void count_down(struct count *count, uint64_t begun, uint32_t network)
{
	pthread_mutex_lock(&count->lock);
	if (begun == count->epoch && network < NETWORKS_MAX && count->devices[network] > 0)
		count->devices[network]--;
	pthread_mutex_unlock(&count->lock);
}

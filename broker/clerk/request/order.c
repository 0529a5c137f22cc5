/* Handing a device over: what happens once gate.c has let a request through. Runs in the monitor; USES CAP_NET_ADMIN
 * through device.c. */
#include "broker/monitor/monitor.h"
#include "broker/monitor/netns.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/random.h"
#include "proto/channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How long a client may leave its answer, and the fds in it, unread: they count against the broker. */
#define COLLECT_DEADLINE_MS 5000

/* While a device moves, for about 16 ms, nobody on the machine can make or change a link. This is how long others have
 * their turn before the next one moves. */
#define MOVE_PAUSE_MS 50

/* How often a macvtap's node may turn out to be another device's. */
#define NODE_TRIES 4

static struct device_order make_order(const struct request *request, const struct lease *lease, const char *alias)
{
	const struct tb_request *message = &request->message;

	return (struct device_order){
		.network = request->network,
		.name = message->name[0] != '\0' ? message->name : NULL,
		.alias = alias,
		.mac = lease->mac,
		.mtu = message->mtu != 0 ? message->mtu : request->network->mtu,
		.queues = message->queues != 0 ? message->queues : 1,
		.vnet_hdr = (message->flags & TB_REQUEST_VNET_HDR) != 0,
		.vhost = (message->flags & TB_REQUEST_VHOST) != 0,
		.persistent = lease->lifetime == TB_LIFETIME_PERSISTENT,
		.away = (message->flags & TB_REQUEST_NETNS) != 0,
		.uid = lease->uid,
		.gid = lease->gid,
	};
}

/* What the lease is to say of its holder and its device. A tun has no address. */
static void describe(struct lease *lease, const struct request *request)
{
	lease->lifetime = request->message.lifetime;
	lease->gid = request->peer.gid;
	lease->pid = request->peer.pid;
	lease->start_time = request->peer.start_time;
	lease->since = realtime_seconds();
	if (lease->network->kind == TB_KIND_TUN)
		return;
	if (tb_random(lease->mac, sizeof(lease->mac)) < 0)
		tb_die("the kernel gives no random numbers");
	lease->mac[0] = 0x02; /* unicast, locally administered */
}

static void fill_answer(struct tb_answer *answer, const struct device_order *order, const struct device *device,
			const struct lease *lease)
{
	memset(answer, 0, sizeof(*answer));
	tb_header_set(&answer->header, TB_ANS_OPEN, sizeof(*answer));
	answer->status = TB_OK;
	answer->kind = order->network->kind;
	answer->flags = (order->vnet_hdr ? TB_REQUEST_VNET_HDR : 0) | (order->away ? TB_REQUEST_NETNS : 0);
	answer->ifindex = device->ifindex;
	answer->mtu = order->mtu;
	answer->queues = order->persistent ? 0 : device->queues;
	answer->vhosts = device->vhosts;
	memcpy(answer->name, device->name, sizeof(answer->name));
	memcpy(answer->mac, lease->mac, sizeof(answer->mac));
	memcpy(answer->lease, lease->id, sizeof(answer->lease));
}

/* The log has all of it; where the status says enough, the client is told no more. */
static void answer_failure(int sock, const struct outcome *failure)
{
	struct outcome told = {.status = failure->status};

	answer_outcome(sock, TB_REQ_OPEN, failure->status == TB_KERNEL ? failure : &told);
}

static const char *stage_word(enum tb_stage stage)
{
	static const char *const words[] = {"none", "node", "create", "harden", "link", "verify", "up"};

	return words[stage];
}

static void log_failure(const struct request *request, const struct outcome *failure)
{
	char reason[64]; /* create-EBUSY */

	if (failure->status == TB_NO_VHOST) {
		request_log(request, "failed", "no-vhost", NULL);
		return;
	}
	snprintf(reason, sizeof(reason), "%s-%s", stage_word(failure->stage), strerrorname_np(failure->error));
	request_log(request, "failed", reason, NULL);
}

/* Our own copies of the fds: the client has its own by now, or nobody has. If the client has closed its copies already,
 * closing ours destroys the device, which is the reaper's work; the last of a vhost-net costs an RCU period, too. The
 * lease of a device that is away keeps the first. */
static void release_fds(struct monitor *monitor, const struct device *device, bool away)
{
	for (uint32_t i = away ? 1 : 0; i < device->queues; i++)
		reaper_close(&monitor->reaper, device->fds[i]);
	for (uint32_t i = 0; i < device->vhosts; i++)
		reaper_close(&monitor->reaper, device->vhost_fds[i]);
}

/* A tun or tap that its user opens by name must not be in use when the answer comes. It stays without a fd, so that
 * closing ours costs little. */
static void free_for_its_user(struct device *device)
{
	while (device->queues > 0)
		tb_close(&device->fds[--device->queues]);
}

/* The lease takes the client's socket over from the request, as its lifeline. */
static int attach_lifeline(struct monitor *monitor, struct lease *lease, struct request *request)
{
	int ret = monitor_watch(monitor, request->peer.sock, SOURCE_LEASE, lease_number(&monitor->leases, lease));

	if (ret == 0) {
		lease->lifeline = request->peer.sock;
		request->peer.sock = -1;
	}
	return ret;
}

/* Sends the device to its client. From here on the client's answer is uncollected until the kernel says otherwise. */
static int hand_over(struct monitor *monitor, struct lease *lease, const struct device_order *order,
		     const struct device *device)
{
	struct tb_answer answer;
	int fds[TB_FDS_MAX];
	int ret;

	fill_answer(&answer, order, device, lease);
	memcpy(fds, device->fds, answer.queues * sizeof(int));
	memcpy(fds + answer.queues, device->vhost_fds, answer.vhosts * sizeof(int));
	ret = tb_send(lease->lifeline, &answer, sizeof(answer), fds, answer.queues + answer.vhosts);
	if (ret == 0) {
		lease->in_uncollected = true;
		lease->collect_by = monotonic_ms() + COLLECT_DEADLINE_MS;
		TAILQ_INSERT_TAIL(&monitor->leases.uncollected, lease, uncollected);
		if (lease->lifetime == TB_LIFETIME_SESSION)
			store_put(monitor->supervisor, lease);
	}
	return ret;
}

static bool deliver(struct monitor *monitor, struct lease *lease, struct request *request,
		    const struct device_order *order, const struct device *device)
{
	int ret = attach_lifeline(monitor, lease, request);

	if (ret == 0)
		ret = hand_over(monitor, lease, order, device);
	if (ret < 0) {
		request_log(request, "failed", strerrorname_np(-ret), NULL);
	} else {
		request_log(request, "granted", NULL, lease);
		watchers_tell(monitor, lease, TB_EVENT_OPENED, 0);
	}
	return ret == 0;
}

/* The device is wanted where its client is. Until it has been moved there, it waits with its fds in the request, and
 * the lease has none: what the kernel tells of it meanwhile concerns nobody. */
static void await_move(struct request *request, struct lease *lease, const struct device *device)
{
	request->state = REQUEST_MOVING;
	request->deadline = UINT64_MAX;
	request->lease = lease;
	request->device = *device;
}

/* Has the reaper move the device, unless nobody waits for it any more. Returns 0 or a negative errno. */
static int begin_move(struct monitor *monitor, struct request *request)
{
	int netns TB_CLOSE = -1;
	int ret;

	if (request->peer.sock < 0)
		return -ECANCELED;
	netns = netns_of_client(request->peer.sock, request->peer.uid, monitor->workshop.link.fd);
	ret = netns < 0 ? netns : request_watch(monitor, request);
	if (ret == 0) {
		reaper_move(&monitor->reaper, request->device.ifindex, tb_take(&netns),
			    lease_number(&monitor->leases, request->lease));
		monitor->moving = request;
	}
	return ret;
}

/* Says where the device is after a move, which may have succeeded and have failed all the same. Returns 0 if it
 * arrived, or a negative errno. */
static int settle_down(struct monitor *monitor, struct lease *lease, struct device *device, int moved)
{
	struct link link;
	int found = netns_find_device(&monitor->workshop.link, device->fds[0], &link);

	if (found == -EXDEV) {
		lease_set_device(&monitor->leases, lease, device->name, device->ifindex);
		return moved < 0 ? moved : found;
	}
	if (found == 0)
		device->ifindex = link.ifindex;
	lease_set_device_away(lease, device->name, device->ifindex, device->fds[0]);
	return moved < 0 ? moved : found;
}

/* Delivers a device that has arrived, or tells why it has not. If nobody waits any more, the log knows of it
 * already. */
static bool answer_move(struct monitor *monitor, struct request *request, int ret)
{
	struct device_order order = make_order(request, request->lease, NULL);
	struct outcome failure = {.status = ret == -EEXIST ? TB_NAME_TAKEN : TB_KERNEL,
				  .stage = TB_STAGE_UP,
				  .error = -ret};

	if (request->peer.sock < 0)
		return false;
	if (ret < 0) {
		log_failure(request, &failure);
		answer_failure(request->peer.sock, &failure);
		return false;
	}
	if (!peer_alive(&request->peer) || !peer_quiet(&request->peer)) {
		request_log(request, "denied", "peer-gone", NULL);
		return false;
	}
	return deliver(monitor, request->lease, request, &order, &request->device);
}

/* The end of a request whose device was to be moved. */
static void finish_move(struct monitor *monitor, struct request *request, int result)
{
	struct lease *lease = request->lease;
	int ret = settle_down(monitor, lease, &request->device, result);
	bool delivered = answer_move(monitor, request, ret);

	release_fds(monitor, &request->device, lease->away);
	if (!delivered)
		lease_discard(monitor, lease);
	request_free(&monitor->requests, request);
}

static struct request *next_to_move(struct request_table *table)
{
	struct request *request;

	TAILQ_FOREACH(request, &table->used, link)
		if (request->state == REQUEST_MOVING)
			return request;
	return NULL;
}

int moves_proceed(struct monitor *monitor)
{
	struct request *request;

	while (monitor->moving == NULL && (request = next_to_move(&monitor->requests)) != NULL) {
		uint64_t now = monotonic_ms();
		int ret;

		if (now < monitor->next_move)
			return (int)(monitor->next_move - now);
		ret = begin_move(monitor, request);
		if (ret < 0)
			finish_move(monitor, request, ret);
	}
	return -1;
}

void grant_moved(struct monitor *monitor, int result)
{
	struct request *request = monitor->moving;

	monitor->moving = NULL;
	monitor->next_move = monotonic_ms() + MOVE_PAUSE_MS;
	finish_move(monitor, request, result);
}

/* Makes one device under one lease, and delivers it or lets it wait for its move. Returns false if the macvtap's node
 * turned out to be another device's and it may be tried again: then nothing of it is left but what the reaper has. */
static bool try_grant(struct monitor *monitor, struct request *request, bool last_try)
{
	uint8_t id[TB_ID_SIZE];
	char alias[LEASE_ALIAS_SIZE];
	struct outcome failure;
	struct device_order order;
	struct device device;
	struct lease *lease;
	bool delivered = false;
	bool again = false;
	bool made;

	if (tb_random(id, sizeof(id)) < 0)
		tb_die("the kernel gives no random numbers");
	lease = lease_begin(&monitor->leases, request->network, request->peer.uid, id);
	describe(lease, request);
	lease_alias(lease, alias);
	order = make_order(request, lease, alias);
	made = device_make(&monitor->workshop, &order, &device, &failure);
	if (made && order.away) {
		await_move(request, lease, &device);
		return true;
	}
	if (device.ifindex != 0)
		lease_set_device(&monitor->leases, lease, device.name, device.ifindex);
	if (made) {
		lease->master = device.master;
		if (lease->lifetime == TB_LIFETIME_PERSISTENT && lease->network->kind != TB_KIND_MACVTAP)
			free_for_its_user(&device);
		delivered = deliver(monitor, lease, request, &order, &device);
	} else {
		log_failure(request, &failure);
		again = failure.status == TB_NODE_REFUSED && !last_try;
		if (!again)
			answer_failure(request->peer.sock, &failure);
	}
	release_fds(monitor, &device, false);
	if (!delivered)
		lease_discard(monitor, lease);
	return !again;
}

void grant(struct monitor *monitor, struct request *request)
{
	int tries = 1;

	turns_serve(monitor, request->peer.uid);
	/* Somebody may have planted a node under our device's name; the next try has another ifindex. A name that was
	 * asked for is taken until the reaper is done with the device that had it. */
	while (!try_grant(monitor, request, tries == NODE_TRIES || request->message.name[0] != '\0'))
		tries++;
	if (request->state != REQUEST_MOVING)
		request_free(&monitor->requests, request);
}

/* Handing a device over: see hand_over.h. Runs in the monitor; USES CAP_NET_ADMIN through kernel/. Until the alias says
 * that the device is handed out, and what is to outlive the broker is stored, the client gets nothing. */
#include "broker/monitor/hand_over.h"

#include "broker/config/guest.h"
#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/store.h"
#include "broker/shared/clock.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/random.h"
#include "broker/shared/siphash.h"
#include "proto/channel.h"

#include <errno.h>
#include <string.h>

static void draw_bytes(uint8_t *bytes, size_t size)
{
	if (tb_random(bytes, size) < 0)
		tb_die("the kernel gives no random numbers");
}

/* The same address for the same user, network and name, on this machine alone. */
static void derive_mac(const struct monitor *monitor, const struct tb_question *question, uint8_t mac[TB_MAC_SIZE])
{
	uint8_t bytes[sizeof(question->uid) + TB_NETWORK_SIZE + TB_NAME_SIZE];
	uint64_t hash;

	memcpy(bytes, &question->uid, sizeof(question->uid));
	memcpy(bytes + sizeof(question->uid), question->network, TB_NETWORK_SIZE);
	memcpy(bytes + sizeof(question->uid) + TB_NETWORK_SIZE, question->name, TB_NAME_SIZE);
	hash = siphash(bytes, sizeof(bytes), monitor->mac_key);
	memcpy(mac, &hash, TB_MAC_SIZE);
}

/* A lease id of our own, and an address for the device's user: that of its number, or else a name that was asked for
 * has one of its own. A tun has none, and bears its number as if it had. */
static void draw(const struct monitor *monitor, const struct tb_order *order, const struct network *network,
		 struct alias *alias)
{
	const struct tb_question *question = &order->question;
	struct guest guest;

	draw_bytes(alias->lease, sizeof(alias->lease));
	if (network->own_bridge) {
		guest_make(network, order->guest, &guest);
		memcpy(alias->mac, guest.mac, sizeof(alias->mac));
	} else if (question->kind == TB_KIND_TUN) {
		return;
	} else if (question->name[0] != '\0') {
		derive_mac(monitor, question, alias->mac);
	} else {
		draw_bytes(alias->mac, sizeof(alias->mac));
	}
	alias->mac[0] = 0x02; /* unicast, locally administered */
}

static struct device_order device_order(const struct monitor *monitor, const struct tb_order *order,
					const struct network *network, int netns, int client)
{
	const struct tb_question *question = &order->question;
	struct device_order wanted = {
		.network = network,
		.name = question->name[0] != '\0' ? question->name : NULL,
		.alias = {.state = ALIAS_MADE,
			  .given = network->device[0] != '\0',
			  .uid = question->uid,
			  .gid = order->gid,
			  .pid = (pid_t)question->pid,
			  .start_time = question->start_time,
			  .since = realtime_seconds(),
			  .lifetime = question->lifetime,
			  .mtu = question->mtu},
		.by_name = (1u << question->lifetime & TB_LIFETIMES_BY_NAME) != 0,
		.queues = question->queues,
		.vnet_hdr = (question->flags & TB_REQUEST_VNET_HDR) != 0,
		.vhost = (question->flags & TB_REQUEST_VHOST) != 0,
		.traits = (question->flags & TB_REQUEST_TRAITS) != 0,
		.shielded = network_shielded(network),
		.netns = netns,
		.client = client,
	};

	memcpy(wanted.alias.network, network->name, sizeof(wanted.alias.network));
	memcpy(wanted.alias.external_id, question->external_id, sizeof(wanted.alias.external_id));
	draw(monitor, order, network, &wanted.alias);
	return wanted;
}

/* What became of it, and what is there of it also if it was not handed out. */
static void tell_made(struct tb_made *made, const struct device_order *order, const struct device *device)
{
	*made = device->made;
	made->mtu = order->alias.mtu;
	made->nsid = order->by_name ? made->nsid : -1;
	made->since = order->alias.since;
	memcpy(made->mac, order->alias.mac, sizeof(made->mac));
	memcpy(made->lease, order->alias.lease, sizeof(made->lease));
}

/* Sends the device to its client: the answer to its request. By name, no fds of a macvtap come either. */
static int send_device(int client, const struct device_order *order, const struct device *device)
{
	struct tb_answer answer;
	int fds[TB_FDS_MAX];

	memset(&answer, 0, sizeof(answer));
	tb_header_set(&answer.header, TB_ANS_OPEN, sizeof(answer));
	answer.status = TB_OK;
	answer.kind = order->network->kind;
	answer.flags = (order->vnet_hdr ? TB_REQUEST_VNET_HDR : 0) | (order->netns >= 0 ? TB_REQUEST_NETNS : 0);
	answer.ifindex = device->made.ifindex;
	answer.mtu = order->alias.mtu;
	answer.queues = order->by_name ? 0 : device->queues;
	answer.vhosts = device->vhosts;
	memcpy(answer.name, device->made.name, sizeof(answer.name));
	if (order->network->kind != TB_KIND_TUN)
		memcpy(answer.mac, order->alias.mac, sizeof(answer.mac));
	memcpy(answer.lease, order->alias.lease, sizeof(answer.lease));
	guest_tell(order->network, order->alias.mac, &answer.guest);
	answer.traits = order->traits ? order->network->traits : 0;
	memcpy(fds, device->fds, answer.queues * sizeof(int));
	memcpy(fds + answer.queues, device->vhost_fds, answer.vhosts * sizeof(int));
	return tb_send(client, &answer, sizeof(answer), fds, answer.queues + answer.vhosts);
}

/* The table of devices that are away keeps the first of the fds; after this the device is found by it alone. One by
 * name has none, and is found by its place: there the fd, of nothing, stands for it in the supervisor's store, without
 * which no later broker would know of the device. */
static int keep_away(struct monitor *monitor, const struct device_order *order, const struct device *device)
{
	struct stored_device stored = {.ifindex = device->made.ifindex, .nsid = device->made.nsid};
	struct away_device away = {.network = (uint32_t)(order->network - monitor->networks->networks),
				   .nsid = order->by_name ? device->made.nsid : -1,
				   .ifindex = device->made.ifindex};
	int ret;

	memcpy(stored.name, device->made.name, sizeof(stored.name));
	memcpy(away.lease, order->alias.lease, sizeof(away.lease));
	ret = alias_write_device(&order->alias, &stored, away.stored);
	if (ret < 0)
		return ret;
	away.fd = order->by_name ? node_open_tun(&monitor->workshop.node) : device->fds[0];
	ret = away.fd < 0 ? away.fd : away_add(&monitor->away, &away);
	if (ret < 0 && order->by_name)
		tb_close(&away.fd);
	if (ret == 0 && order->by_name && store_put_lease(monitor->supervisor, &monitor->away, away.lease, -1) < 0)
		tb_log(TB_LOG_WARNING, "the supervisor does not take %s: the next broker will not know it",
		       away.stored);
	return ret;
}

/* The connection of a session is to outlive the broker; the other lifetimes do not hang on one. */
static enum tb_stored_state store_lifeline(struct monitor *monitor, const struct device_order *order, int client)
{
	if ((1u << order->alias.lifetime & TB_LIFETIMES_CONNECTED) == 0 || monitor->supervisor < 0)
		return TB_STORED_NONE;
	return store_put_lease(monitor->supervisor, &monitor->away, order->alias.lease, client) == 0
		       ? TB_STORED_YES
		       : TB_STORED_NOT_YET;
}

/* Nobody got the device. What the supervisor keeps of it, and its place in the table of devices that are away, are the
 * clerk's to drop, who repeats what the supervisor does not take. By name the device does not go with its fds, nor
 * can the clerk have it deleted where it is. */
static void forget(struct monitor *monitor, const struct device_order *order, struct device *device)
{
	int fd = order->netns >= 0 ? away_deleted(&monitor->away, order->alias.lease) : -1;

	if (order->netns >= 0 && order->by_name) {
		tb_close(&fd);
		link_delete_ours(&monitor->workshop.link, device->made.nsid, device->made.ifindex, order->alias.lease);
	}
	device->made.stored = TB_STORED_YES;
}

static void deliver(struct monitor *monitor, const struct device_order *order, struct device *device, int client)
{
	struct tb_made *made = &device->made;
	int ret = order->netns >= 0 ? keep_away(monitor, order, device) : 0;

	if (ret == 0) {
		made->stored = store_lifeline(monitor, order, client);
		ret = send_device(client, order, device);
	}
	if (ret < 0) {
		forget(monitor, order, device);
		made->status = TB_KERNEL;
		made->stage = TB_STAGE_UP;
		made->error = -ret;
	} else if (order->netns >= 0) {
		device->fds[0] = -1;
	}
	if (ret == -EPIPE)
		made->check = TB_ORDER_PEER_GONE;
}

void hand_over(struct monitor *monitor, const struct tb_order *order, const struct network *network, int netns,
	       int client, struct tb_made *made)
{
	struct device_order wanted = device_order(monitor, order, network, netns, client);
	struct device device;

	if (device_make(&monitor->workshop, &wanted, &device) && device_set_up(&monitor->workshop, &wanted, &device)) {
		deliver(monitor, &wanted, &device, client);
		device_release(&monitor->workshop, &device);
	}
	if (device.made.there || device.made.status == TB_OK)
		count_up(&monitor->count, network);
	tell_made(made, &wanted, &device);
}

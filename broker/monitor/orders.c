/* The orders of the clerk: see orders.h. Runs in the monitor; USES CAP_NET_ADMIN through kernel/.
 *
 * This file decides which devices come into being, and for whom. It believes the clerk nothing that the kernel, the
 * network files or the authority can say. An order that no honest clerk gives ends the broker; it must never be obeyed
 * in part.
 */
#include "broker/monitor/orders.h"

#include "broker/config/guest.h"
#include "broker/monitor/hand_over.h"
#include "broker/monitor/kernel/netns.h"
#include "broker/monitor/store.h"
#include "broker/shared/ceiling.h"
#include "broker/shared/clock.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/tunnel_ceiling.h"
#include "proto/channel.h"
#include "proto/name.h"

#include <errno.h>
#include <string.h>

/* What the kernel calls every user that it cannot name here. */
#define OVERFLOW_UID 65534

/* Sends the clerk an answer, which begins with its header. While the broker stops nobody hears it any more. */
static void answer_order(const struct monitor *monitor, uint16_t type, void *message, size_t size)
{
	int ret;

	tb_header_set(message, type, size);
	ret = tb_send(monitor->clerk.channel, message, size, NULL, 0);
	if (ret < 0 && ret != -EPIPE && ret != -ECONNRESET)
		tb_die("the clerk does not listen: %s", strerror(-ret));
}

/* ---- yeses ---- */

static bool is_open_question(const struct tb_question *question)
{
	return tb_header_valid(&question->header, TB_REQ_ASK, sizeof(*question)) && question->action == TB_ACTION_OPEN;
}

static bool is_configuration(const struct tb_configuration *configuration)
{
	const struct tb_question *question = &configuration->question;

	return tb_header_valid(&question->header, TB_REQ_ASK, sizeof(*question)) &&
	       question->action == TB_ACTION_CONFIGURE &&
	       tb_network_valid(question->network, sizeof(question->network)) && configuration->count <= TB_ITEMS_MAX &&
	       (question->flags & ~TB_CONFIGURE_FLAGS) == 0 && configuration->scope != TB_SCOPE_NETWORK &&
	       configuration->scope < TB_SCOPE_COUNT;
}

/* What polkit has said yes to is kept as it stands behind the header. */
static int keep_yes(struct monitor *monitor, const struct tb_yes *yes)
{
	size_t size = yes->header.size - sizeof(yes->header);
	int ret = yes_add(&monitor->yes, &yes->question, size, monotonic_ms());

	if (ret == -EEXIST)
		tb_die("the authority speaks nonsense: two yeses to one question");
	if (ret < 0)
		tb_log(TB_LOG_WARNING, "there is no place for one more yes of polkit's: it is worth nothing");
	return 0;
}

static int take_yes(void *context, const void *message, const int *fds)
{
	const struct tb_yes *yes = message;

	(void)fds;
	if (yes == NULL || !is_open_question(&yes->question))
		tb_die("the authority speaks nonsense: a yes to what is no question for a device");
	return keep_yes(context, yes);
}

static int take_configure_yes(void *context, const void *message, const int *fds)
{
	const struct tb_configure_question *yes = message;

	(void)fds;
	if (!is_configuration(&yes->configuration))
		tb_die("the authority speaks nonsense: a yes to what is no configuration");
	return keep_yes(context, message);
}

static const struct tb_row yeses[] = {
	{TB_YES, sizeof(struct tb_yes), 0, take_yes},
	{TB_YES_CONFIGURE, sizeof(struct tb_configure_question), 0, take_configure_yes},
	{0, 0, 0, take_yes},
};

int yeses_take(struct monitor *monitor)
{
	int ret;

	do {
		ret = tb_dispatch(monitor->authority.channel, yeses, monitor);
	} while (ret == 0);
	return ret == -EAGAIN ? 0 : ret;
}

/* ---- what is checked ---- */

static bool order_valid(const struct tb_order *order)
{
	const struct tb_question *question = &order->question;

	return is_open_question(question) && (question->flags & ~TB_QUESTION_FLAGS) == 0 &&
	       tb_network_valid(question->network, sizeof(question->network)) &&
	       (tb_field_empty(question->name, TB_NAME_SIZE) || tb_name_valid(question->name, TB_NAME_SIZE)) &&
	       (tb_field_empty(question->external_id, TB_EXTERNAL_ID_SIZE) ||
		tb_external_id_valid(question->external_id, TB_EXTERNAL_ID_SIZE));
}

static bool broker_itself(const struct monitor *monitor, uid_t uid)
{
	for (size_t i = 0; i < sizeof(monitor->own_uids) / sizeof(monitor->own_uids[0]); i++)
		if (uid == monitor->own_uids[i])
			return true;
	return false;
}

/* The client is who the order says. Returns 0, -ESRCH if it is gone, or -EMFILE if no fd was free to look. */
static int check_client(const struct monitor *monitor, const struct tb_question *question, gid_t gid, int client)
{
	int ret = client >= 0 ? peer_check_origin(client, &monitor->origin) : -EMFILE;

	if (ret == -EPROTOTYPE)
		tb_die("the clerk lies: this socket is no client's");
	if (ret == 0)
		ret = peer_check(client, question->uid, gid, (pid_t)question->pid);
	if (ret == -EPERM)
		tb_die("the clerk lies: the client is somebody else");
	/* No process of the broker asks for a device, and the overflow uid is nobody in particular. */
	if (broker_itself(monitor, question->uid) || question->uid == OVERFLOW_UID)
		tb_die("the clerk lies: uid %u never gets a device", question->uid);
	return ret;
}

/* The network that the order is for; below its ceiling, or the broker ends. */
static const struct network *network_of_order(const struct monitor *monitor, const struct tb_order *order)
{
	const struct network *network = network_find(monitor->networks, order->question.network);
	uint64_t forbidden = ceiling_all(network, &order->question);

	if (forbidden != 0)
		tb_die("the clerk lies: an order above the ceiling (checks %#llx)", (unsigned long long)forbidden);
	if (!guest_allowed(network, order->guest))
		tb_die("the clerk lies: a guest of this network has no number %u", order->guest);
	return network;
}

/* Opens the network namespace that the device is wanted in, if it is not ours. Returns false if it is not the user's
 * own. */
static bool open_netns_of(const struct monitor *monitor, const struct tb_question *question, int client, int *netns)
{
	if ((question->flags & TB_REQUEST_NETNS) == 0)
		return true;
	*netns = netns_of_client(client, question->uid, monitor->workshop.link.fd);
	return *netns >= 0;
}

/* Judges the order, and does it; client is -1 if no fd was free for its socket. The yes is spent before anything else
 * is looked at, whatever comes of the order. polkit is not asked about root: it always says yes to it. */
static void judge_order(struct monitor *monitor, const struct tb_order *order, int client, struct tb_made *made)
{
	const struct tb_question *question = &order->question;
	bool authorized = yes_spend(&monitor->yes, question, sizeof(*question)) || question->uid == 0;
	int ret = check_client(monitor, question, order->gid, client);
	const struct network *network = network_of_order(monitor, order);
	int netns TB_CLOSE = -1;

	if (ret == -ESRCH) {
		made->check = TB_ORDER_PEER_GONE;
	} else if (ret < 0) {
		made->status = TB_KERNEL;
		made->stage = TB_STAGE_NODE;
		made->error = -ret;
	} else if (!authorized) {
		made->check = TB_ORDER_NO_YES;
	} else if (!open_netns_of(monitor, question, client, &netns)) {
		made->check = TB_ORDER_NETNS;
	} else if (count_full(&monitor->count, &monitor->workshop, network)) {
		made->status = TB_QUOTA_NETWORK;
	} else {
		hand_over(monitor, order, network, netns, client, made);
	}
	if (made->check != TB_ORDER_FINE)
		made->status = made->check == TB_ORDER_NETNS ? TB_NOT_OWN_NETNS : TB_DENIED;
}

/* ---- the channel of orders ---- */

/* The clerk's channel is read in order, but the authority's word may have been sent before it. */
static void hear_authority(struct monitor *monitor)
{
	if (yeses_take(monitor) < 0 && !monitor->stopping)
		child_lost(&monitor->authority);
}

static int take_order(void *context, const void *message, const int *fds)
{
	struct monitor *monitor = context;
	const struct tb_order *order = message;
	int client TB_CLOSE = fds != NULL ? fds[0] : -1;
	struct tb_made made = {.status = TB_OK};

	if (!order_valid(order))
		tb_die("the clerk speaks nonsense: an order");
	hear_authority(monitor);
	judge_order(monitor, order, client, &made);
	answer_order(monitor, TB_ANS_MADE, &made, sizeof(made));
	return 0;
}

/* The device's old configuration is one that we made, and the new one has a number of its own. */
static bool configure_order_valid(const struct monitor *monitor, const struct tb_configure_order *order)
{
	return is_configuration(&order->tunnel.wanted) && order->tunnel.number < TUNNELS_MAX &&
	       monitor->tunnels.made[order->tunnel.number] == 0 &&
	       (order->replaces == 0 ? order->old.wanted.count == 0
				     : order->old.ifindex == order->tunnel.ifindex &&
					       tunnel_was_made(&monitor->tunnels, &order->old));
}

/* The yes is spent before anything else is looked at, as for a device. */
static int take_configure(void *context, const void *message, const int *fds)
{
	struct monitor *monitor = context;
	const struct tb_configure_order *order = message;
	const struct tb_configuration *wanted = &order->tunnel.wanted;
	int client TB_CLOSE = fds != NULL ? fds[0] : -1;
	struct tb_configured answer = {.status = TB_DENIED};
	bool authorized;

	if (!configure_order_valid(monitor, order))
		tb_die("the clerk speaks nonsense: a configuration");
	if (tunnel_ceiling_all(network_find(monitor->networks, wanted->question.network), wanted) != 0)
		tb_die("the clerk lies: a configuration above the ceiling");
	hear_authority(monitor);
	authorized = yes_spend(&monitor->yes, &wanted->question, sizeof(*wanted)) || wanted->question.uid == 0;
	if (check_client(monitor, &wanted->question, order->gid, client) < 0) {
		answer.order_check = TB_ORDER_PEER_GONE;
	} else if (!authorized) {
		answer.order_check = TB_ORDER_NO_YES;
	} else {
		answer.error = -tunnel_configure(&monitor->tunnels, order, &answer.stage);
		answer.status = answer.error == 0 ? TB_OK : TB_KERNEL;
	}
	answer_order(monitor, TB_ANS_CONFIGURED, &answer, sizeof(answer));
	return 0;
}

static int take_tunnel(void *context, const void *message, const int *fds)
{
	struct monitor *monitor = context;
	const struct tb_tunnel_order *order = message;
	struct tb_configured answer = {.status = TB_OK};

	(void)fds;
	if (!tunnel_was_made(&monitor->tunnels, &order->tunnel))
		tb_die("the clerk lies: a tunnel that was never made so");
	if (order->remove != 0)
		tunnel_remove(&monitor->tunnels, &order->tunnel, NULL);
	else
		tunnel_make_again(&monitor->tunnels, &order->tunnel);
	answer_order(monitor, TB_ANS_TUNNEL, &answer, sizeof(answer));
	return 0;
}

static int take_void(void *context, const void *message, const int *fds)
{
	struct monitor *monitor = context;
	struct tb_void order = *(const struct tb_void *)message;

	(void)fds;
	hear_authority(monitor);
	yes_void(&monitor->yes, order.ticket);
	answer_order(monitor, TB_ANS_VOID, &order, sizeof(order));
	return 0;
}

static int take_store(void *context, const void *message, const int *fds)
{
	struct monitor *monitor = context;
	const struct tb_store *order = message;
	bool drop = order->header.type == TB_REQ_DROP;
	int client TB_CLOSE = !drop && fds != NULL ? fds[0] : -1;
	struct tb_stored answer = {.error = EMFILE};

	if (client >= 0 && peer_check_origin(client, &monitor->origin) == -EPROTOTYPE)
		tb_die("the clerk lies: this socket is no client's");
	if (drop)
		answer.error = -store_drop_lease(monitor->supervisor, &monitor->away, order->lease);
	else if (client >= 0)
		answer.error = -store_put_lease(monitor->supervisor, &monitor->away, order->lease, client);
	memcpy(answer.lease, order->lease, sizeof(answer.lease));
	answer_order(monitor, drop ? TB_ANS_DROP : TB_ANS_STORE, &answer, sizeof(answer));
	return 0;
}

static int take_ready(void *context, const void *message, const int *fds)
{
	struct monitor *monitor = context;
	const struct tb_ready *ready = message;

	(void)fds;
	if (monitor->ready || ready->reserved != 0)
		tb_die("the clerk speaks nonsense: it is ready");
	monitor->ready = true;
	tb_log(TB_LOG_NOTICE, "ready: %zu networks, %u leases were taken over", monitor->networks->count,
	       ready->leases);
	store_tell_ready(monitor->supervisor);
	return 0;
}

/* The kernel's answer is the clerk's to read. */
static int take_count(void *context, const void *message, const int *fds)
{
	struct monitor *monitor = context;
	const struct tb_count *order = message;
	bool shielded = order->place == TB_PLACE_SHIELD;

	(void)fds;
	if ((shielded && monitor->workshop.shield.netns < 0) || (!shielded && order->place != TB_PLACE_HERE))
		tb_die("the clerk speaks nonsense: what to count");
	rules_ask(shielded ? &monitor->workshop.shield.rules : &monitor->rules, order->lease,
		  order->to_holder != 0 ? RULES_TO_HOLDER : "", order->sequence);
	return 0;
}

static int refuse_order_message(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	tb_die("the clerk speaks nonsense");
}

_Static_assert(sizeof(struct tb_configure_order) <= TB_MESSAGE_MAX, "the largest message");

static const struct tb_row orders[] = {
	{TB_REQ_ORDER, sizeof(struct tb_order), 1, take_order},
	{TB_VOID, sizeof(struct tb_void), 0, take_void},
	{TB_REQ_STORE, sizeof(struct tb_store), 1, take_store},
	{TB_REQ_DROP, sizeof(struct tb_store), 0, take_store},
	{TB_READY, sizeof(struct tb_ready), 0, take_ready},
	{TB_REQ_ORDER_CONFIGURE, sizeof(struct tb_configure_order), 1, take_configure},
	{TB_REQ_TUNNEL, sizeof(struct tb_tunnel_order), 0, take_tunnel},
	{TB_COUNT, sizeof(struct tb_count), 0, take_count},
	{0, 0, 0, refuse_order_message},
};

int orders_take(struct monitor *monitor)
{
	int ret = tb_dispatch(monitor->clerk.channel, orders, monitor);

	return ret == -EAGAIN ? 0 : ret;
}

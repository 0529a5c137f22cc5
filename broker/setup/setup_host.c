/* The host's own interface beside its guests on a macvtap's parent: HostInterface=. Runs in tapbroker-setup, as root,
 * and its check as anybody. It must never lead to guests what the host reaches otherwise, nor touch an interface that
 * it did not make.
 *
 * A parent gives nothing that its macvtaps send to the host, nor the other way round. A macvlan on the same parent is
 * their neighbour, and the host's. Only what SourceAddresses= gives to guests is led over it: the rest of that
 * network is reached by the parent, as before.
 */
#include "broker/setup/setup.h"
#include "broker/setup/setup_inet.h"
#include "broker/setup/setup_link.h"
#include "broker/setup/setup_setting.h"

#include "broker/shared/log.h"
#include "broker/shared/netlink/link_batch.h"
#include "broker/shared/tunnel_numbers.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <string.h>

#define HOST_KIND "macvlan"

static bool wants_host_interface(const struct setup *setup, size_t index)
{
	return setup->networks->networks[index].host_interface[0] != '\0' && !setup->refused[index];
}

/* What is led to guests, by number; false behind the last one. */
static bool led_prefix(const struct network *network, size_t index, struct network_prefix *prefix)
{
	size_t ipv4 = network->ipv4.prefix != 0 ? network->sources4.count : 0;
	size_t ipv6 = network->ipv6.prefix != 0 ? network->sources6.count : 0;
	const struct prefix *source;

	if (index >= ipv4 + ipv6)
		return false;
	source = index < ipv4 ? &network->sources4.items[index] : &network->sources6.items[index - ipv4];
	*prefix = (struct network_prefix){.bits = source->bits, .is_ipv6 = index >= ipv4};
	memcpy(prefix->address, source->bytes, sizeof(prefix->address));
	return true;
}

/* Looks for a route of the host, over another interface, that the new one would take packets from, or lose them to. */
struct rival {
	const struct network_prefix *wanted;
	uint32_t own; /* ifindex of the host's interface, or 0 */
	bool found;
	struct inet_address route;
};

static void rival_look(void *context, const struct inet_address *route)
{
	struct rival *rival = context;

	if (rival->found || (rival->own != 0 && route->ifindex == rival->own))
		return;
	if (route->prefix.bits >= rival->wanted->bits && inet_meet(&route->prefix, rival->wanted)) {
		rival->found = true;
		rival->route = *route;
	}
}

/* Returns 1 if there is one, or if nobody knows, and has logged that. */
static unsigned int refuse_rival(struct setup *setup, const struct network *network,
				 const struct network_prefix *wanted, const char *key)
{
	struct rival rival = {.wanted = wanted, .own = if_nametoindex(network->host_interface)};
	char text[INET_TEXT_SIZE], route[INET_TEXT_SIZE], name[32] = "several interfaces";
	int ret = inet_routes(setup->link, rival_look, &rival);

	if (ret < 0)
		tb_log(TB_LOG_ERROR, "network %s: cannot list the host's routes: %s", network->name, strerror(-ret));
	if (ret < 0 || !rival.found)
		return ret < 0;
	if_indextoname(rival.route.ifindex, name);
	tb_log(TB_LOG_ERROR,
	       "network %s: HostInterface= would take %s (%s=) from %s, which this host has or reaches by %s; choose a part of that network that is the guests' alone",
	       network->name, inet_text(wanted, text), key, inet_text(&rival.route.prefix, route), name);
	return 1;
}

static unsigned int refuse_rivals(struct setup *setup, const struct network *network)
{
	struct network_prefix prefix;
	unsigned int wrong = 0;

	for (int is_ipv6 = 0; is_ipv6 <= 1; is_ipv6++)
		if (inet_of_network(network, is_ipv6 == 1, &prefix))
			wrong += refuse_rival(setup, network, &prefix, "HostInterface");
	for (size_t i = 0; led_prefix(network, i, &prefix); i++)
		wrong += refuse_rival(setup, network, &prefix, "SourceAddresses");
	return wrong;
}

/* Of a network whose file says what cannot be, nothing is made, and what there is of it is taken away. */
static unsigned int hosts_resolve(struct setup *setup)
{
	unsigned int problems = 0;

	for (size_t i = 0; i < setup->networks->count; i++) {
		unsigned int wrong;

		if (!wants_host_interface(setup, i))
			continue;
		wrong = refuse_rivals(setup, &setup->networks->networks[i]);
		setup->refused[i] = wrong > 0;
		problems += wrong;
	}
	return problems;
}

static int host_make(struct link_socket *sock, const struct network *network, const struct link *parent)
{
	struct batch batch;
	struct nlattr *info, *data;
	uint8_t mac[TB_MAC_SIZE];

	setup_link_mac(network->host_interface, mac);
	batch_begin(&batch, sock);
	message_begin(&batch, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(batch.message, IFLA_IFNAME, network->host_interface);
	mnl_attr_put(batch.message, IFLA_ADDRESS, sizeof(mac), mac);
	mnl_attr_put_u32(batch.message, IFLA_LINK, parent->ifindex);
	info = mnl_attr_nest_start(batch.message, IFLA_LINKINFO);
	mnl_attr_put_strz(batch.message, IFLA_INFO_KIND, HOST_KIND);
	data = mnl_attr_nest_start(batch.message, IFLA_INFO_DATA);
	mnl_attr_put_u32(batch.message, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
	mnl_attr_nest_end(batch.message, data);
	mnl_attr_nest_end(batch.message, info);
	message_end(&batch);
	return batch_run(&batch);
}

/* Finds the host's interface on this parent, or makes it. Returns 0 or a negative errno: -EEXIST if there is one that
 * is not ours. */
static int host_find(struct link_socket *sock, const struct network *network, const struct link *parent,
		     struct link *link)
{
	int ret = link_find(sock, network->host_interface, link);

	if (ret == 0 && !setup_link_is_ours(link, HOST_KIND, NETWORK_HOST_PREFIX))
		return -EEXIST;
	if (ret == 0 && link->lower != parent->ifindex) {
		ret = setup_link_delete(sock, link->ifindex);
		if (ret == 0)
			ret = -ENODEV;
	}
	if (ret == -ENODEV) {
		ret = host_make(sock, network, parent);
		if (ret == 0)
			ret = link_find(sock, network->host_interface, link);
	}
	return ret;
}

/* What it has from an earlier file. */
struct stale {
	uint32_t ifindex;
	const struct network *network;
	struct network_prefix routes[2 * LOCK_LIST_MAX];
	size_t count;
};

static void stale_take(void *context, const struct inet_address *route)
{
	struct stale *stale = context;
	struct network_prefix wanted;

	if (route->ifindex != stale->ifindex || route->protocol != TUNNEL_PROTOCOL ||
	    stale->count == sizeof(stale->routes) / sizeof(stale->routes[0]))
		return;
	for (size_t i = 0; led_prefix(stale->network, i, &wanted); i++)
		if (memcmp(&wanted, &route->prefix, sizeof(wanted)) == 0)
			return;
	stale->routes[stale->count++] = route->prefix;
}

/* It is up, so that it can have routes. */
static int host_routes(struct link_socket *sock, uint32_t ifindex, const struct network *network)
{
	struct stale stale = {.ifindex = ifindex, .network = network};
	struct network_prefix prefix, from;
	int ret = inet_routes(sock, stale_take, &stale);

	for (size_t i = 0; ret == 0 && i < stale.count; i++)
		ret = inet_route_remove(sock, ifindex, &stale.routes[i]);
	for (size_t i = 0; ret == 0 && led_prefix(network, i, &prefix); i++) {
		inet_of_network(network, prefix.is_ipv6, &from);
		ret = inet_route_add(sock, ifindex, &prefix, &from);
	}
	return ret;
}

/* Nobody but the guests is answered there, and no packet of the host's names an address of another interface to them:
 * the neighbours would believe that the host is in two places. */
static int host_configure(struct link_socket *sock, const struct link *link, const struct network *network,
			  uint32_t mtu)
{
	int ret = setup_link_settings(link->name, network);

	if (ret == 0)
		ret = setting_write("ipv4", link->name, "arp_announce", "2");
	if (ret == 0)
		ret = setup_link_addresses(sock, link->ifindex, network);
	if (ret == 0)
		ret = setup_link_set_up(sock, link->ifindex, mtu);
	if (ret == 0)
		ret = host_routes(sock, link->ifindex, network);
	return ret;
}

static void complain_of_host(const struct network *network, int ret)
{
	if (ret == -EEXIST)
		tb_log(TB_LOG_ERROR, "network %s: HostInterface=: there is an interface %s that somebody else made",
		       network->name, network->host_interface);
	else if (ret == -ENODEV)
		tb_log(TB_LOG_ERROR,
		       "network %s: Parent=%s is not there, and so the host has no interface to its guests; when it is there, do: tapbroker-setup start",
		       network->name, network->parent);
	else if (ret == -EBUSY)
		tb_log(TB_LOG_ERROR,
		       "network %s: Parent=%s is a port of a bridge: neither the host nor a guest gets an interface on it",
		       network->name, network->parent);
	else
		tb_log(TB_LOG_ERROR, "network %s: the host's interface %s cannot be set up: %s", network->name,
		       network->host_interface, strerror(-ret));
}

static unsigned int host_start(struct setup *setup, const struct network *network)
{
	struct link parent, link;
	int ret = link_find(setup->link, network->parent, &parent);

	if (ret == 0)
		ret = host_find(setup->link, network, &parent, &link);
	if (ret == 0)
		ret = host_configure(setup->link, &link, network, parent.mtu);
	if (ret < 0)
		complain_of_host(network, ret);
	return ret < 0;
}

/* What a network had that is off now stays: there may be leases of it. */
static bool host_needed(const void *context, const char *interface)
{
	const struct setup *setup = context;

	for (size_t i = 0; i < setup->networks->count; i++) {
		const struct network *network = &setup->networks->networks[i];
		char own[TB_NAME_SIZE];

		network_host_name(network->name, own);
		if ((wants_host_interface(setup, i) || network->off) && strcmp(own, interface) == 0)
			return true;
	}
	return false;
}

static unsigned int hosts_start(struct setup *setup)
{
	unsigned int problems = hosts_resolve(setup);

	problems += setup_link_sweep(setup->link, HOST_KIND, NETWORK_HOST_PREFIX, host_needed, setup);
	for (size_t i = 0; i < setup->networks->count; i++)
		if (wants_host_interface(setup, i))
			problems += host_start(setup, &setup->networks->networks[i]);
	return problems;
}

static unsigned int hosts_stop(struct setup *setup)
{
	return setup_link_sweep(setup->link, HOST_KIND, NETWORK_HOST_PREFIX, NULL, NULL);
}

static unsigned int hosts_check(struct setup *setup)
{
	unsigned int problems = hosts_resolve(setup);

	for (size_t i = 0; i < setup->networks->count; i++) {
		const struct network *network = &setup->networks->networks[i];
		struct link link;

		if (!wants_host_interface(setup, i))
			continue;
		if (link_find(setup->link, network->parent, &link) < 0) {
			complain_of_host(network, -ENODEV);
			problems++;
		} else if (link_find(setup->link, network->host_interface, &link) < 0) {
			tb_log(TB_LOG_WARNING,
			       "network %s: the host's interface %s is not there yet; do: tapbroker-setup start",
			       network->name, network->host_interface);
		} else if (!setup_link_is_ours(&link, HOST_KIND, NETWORK_HOST_PREFIX)) {
			complain_of_host(network, -EEXIST);
			problems++;
		}
	}
	return problems;
}

const struct setup_part setup_host = {.name = "host", .start = hosts_start, .stop = hosts_stop, .check = hosts_check};

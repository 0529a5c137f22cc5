/* Addresses and routes of the host: see setup_inet.h. Runs in tapbroker-setup, as root. */
#include "broker/setup/setup_inet.h"

#include "broker/shared/netlink/link_batch.h"
#include "broker/shared/tunnel_numbers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <string.h>

static size_t inet_size(const struct network_prefix *prefix)
{
	return prefix->is_ipv6 ? 16 : 4;
}

static int inet_family(const struct network_prefix *prefix)
{
	return prefix->is_ipv6 ? AF_INET6 : AF_INET;
}

/* Whom to call for each address or route. */
struct inet_listing {
	void (*each)(void *context, const struct inet_address *address);
	void *context;
};

/* False if the attribute is no address of this family. */
static bool inet_copy(struct network_prefix *prefix, const struct nlattr *attribute)
{
	if (mnl_attr_get_payload_len(attribute) != inet_size(prefix))
		return false;
	memcpy(prefix->address, mnl_attr_get_payload(attribute), inet_size(prefix));
	return true;
}

/* An address that points to another one (a peer's) has its own in IFA_LOCAL, which comes second. */
static void inet_take_address(void *context, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	const struct inet_listing *listing = context;
	struct inet_address address = {.ifindex = 0};
	const struct nlattr *attribute;
	bool found = false;

	if (message->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return;
	address.ifindex = header->ifa_index;
	address.prefix.bits = header->ifa_prefixlen;
	address.prefix.is_ipv6 = header->ifa_family == AF_INET6;
	address.link_local = header->ifa_scope == RT_SCOPE_LINK;
	mnl_attr_for_each(attribute, message, sizeof(*header))
	{
		uint16_t type = mnl_attr_get_type(attribute);

		if (type == IFA_LOCAL || (type == IFA_ADDRESS && !found))
			found = inet_copy(&address.prefix, attribute);
	}
	if (found)
		listing->each(listing->context, &address);
}

static int inet_dump(struct link_socket *sock, uint16_t type, size_t size,
		     void (*take)(void *, const struct nlmsghdr *), struct inet_listing *listing)
{
	struct answer answer = {.take = take, .context = listing};
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin_as(&batch, type, NLM_F_DUMP, size);
	message_end(&batch);
	return batch_send(&batch, &answer);
}

int inet_addresses(struct link_socket *sock, void (*each)(void *context, const struct inet_address *address),
		   void *context)
{
	struct inet_listing listing = {.each = each, .context = context};

	return inet_dump(sock, RTM_GETADDR, sizeof(struct ifaddrmsg), inet_take_address, &listing);
}

/* A default route leads to no address in particular, and has no RTA_DST. */
static void inet_take_route(void *context, const struct nlmsghdr *message)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct inet_listing *listing = context;
	struct inet_address route = {.ifindex = 0};
	const struct nlattr *attribute;
	bool found = false;

	if (message->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
	    (header->rtm_type != RTN_UNICAST && header->rtm_type != RTN_LOCAL) ||
	    (header->rtm_flags & RTM_F_CLONED) != 0)
		return;
	route.prefix.bits = header->rtm_dst_len;
	route.prefix.is_ipv6 = header->rtm_family == AF_INET6;
	route.protocol = header->rtm_protocol;
	mnl_attr_for_each(attribute, message, sizeof(*header))
	{
		if (mnl_attr_get_type(attribute) == RTA_DST)
			found = inet_copy(&route.prefix, attribute);
		if (mnl_attr_get_type(attribute) == RTA_OIF && mnl_attr_get_payload_len(attribute) == sizeof(uint32_t))
			route.ifindex = mnl_attr_get_u32(attribute);
	}
	if (found)
		listing->each(listing->context, &route);
}

int inet_routes(struct link_socket *sock, void (*each)(void *context, const struct inet_address *route), void *context)
{
	struct inet_listing listing = {.each = each, .context = context};

	return inet_dump(sock, RTM_GETROUTE, sizeof(struct rtmsg), inet_take_route, &listing);
}

static int address_change(struct link_socket *sock, uint32_t ifindex, uint16_t type, uint16_t flags,
			  const struct network_prefix *address)
{
	struct batch batch;
	struct ifaddrmsg *message;

	batch_begin(&batch, sock);
	message = message_begin_as(&batch, type, (uint16_t)(NLM_F_ACK | flags), sizeof(*message));
	message->ifa_family = (uint8_t)inet_family(address);
	message->ifa_prefixlen = address->bits;
	message->ifa_index = ifindex;
	/* Nobody else is on the bridge yet; without a port the kernel would wait for ever before it believes that. */
	message->ifa_flags = address->is_ipv6 ? IFA_F_NODAD : 0;
	mnl_attr_put(batch.message, IFA_LOCAL, inet_size(address), address->address);
	mnl_attr_put(batch.message, IFA_ADDRESS, inet_size(address), address->address);
	message_end(&batch);
	return batch_run(&batch);
}

int inet_address_add(struct link_socket *sock, uint32_t ifindex, const struct network_prefix *address)
{
	return address_change(sock, ifindex, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, address);
}

int inet_address_remove(struct link_socket *sock, uint32_t ifindex, const struct network_prefix *address)
{
	int ret = address_change(sock, ifindex, RTM_DELADDR, 0, address);

	return ret == -EADDRNOTAVAIL ? 0 : ret;
}

static void route_begin(struct batch *batch, struct link_socket *sock, uint16_t type, uint16_t flags, uint32_t ifindex,
			const struct network_prefix *prefix)
{
	struct rtmsg *message;

	batch_begin(batch, sock);
	message = message_begin_as(batch, type, (uint16_t)(NLM_F_ACK | flags), sizeof(*message));
	message->rtm_family = (uint8_t)inet_family(prefix);
	message->rtm_dst_len = prefix->bits;
	message->rtm_table = RT_TABLE_MAIN;
	message->rtm_protocol = TUNNEL_PROTOCOL;
	message->rtm_scope = prefix->is_ipv6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	message->rtm_type = RTN_UNICAST;
	mnl_attr_put(batch->message, RTA_DST, inet_size(prefix), prefix->address);
	mnl_attr_put_u32(batch->message, RTA_OIF, ifindex);
}

int inet_route_add(struct link_socket *sock, uint32_t ifindex, const struct network_prefix *prefix,
		   const struct network_prefix *from)
{
	struct batch batch;
	int ret;

	route_begin(&batch, sock, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, ifindex, prefix);
	/* For IPv6 an address of the interface itself is taken anyway (RFC 6724). */
	if (!prefix->is_ipv6)
		mnl_attr_put(batch.message, RTA_PREFSRC, inet_size(from), from->address);
	message_end(&batch);
	ret = batch_run(&batch);
	return ret == -EEXIST ? 0 : ret;
}

int inet_route_remove(struct link_socket *sock, uint32_t ifindex, const struct network_prefix *prefix)
{
	struct batch batch;
	int ret;

	route_begin(&batch, sock, RTM_DELROUTE, 0, ifindex, prefix);
	message_end(&batch);
	ret = batch_run(&batch);
	return ret == -ESRCH ? 0 : ret;
}

bool inet_of_network(const struct network *network, bool is_ipv6, struct network_prefix *prefix)
{
	uint32_t ipv4 = htonl(network->ipv4.address);

	*prefix = (struct network_prefix){.is_ipv6 = is_ipv6,
					  .bits = is_ipv6 ? network->ipv6.prefix : network->ipv4.prefix};
	if (is_ipv6)
		memcpy(prefix->address, network->ipv6.address, 16);
	else
		memcpy(prefix->address, &ipv4, sizeof(ipv4));
	return prefix->bits != 0;
}

bool inet_meet(const struct network_prefix *a, const struct network_prefix *b)
{
	uint8_t bits = a->bits < b->bits ? a->bits : b->bits;

	if (a->is_ipv6 != b->is_ipv6)
		return false;
	for (uint8_t bit = 0; bit < bits; bit++)
		if (((a->address[bit / 8] ^ b->address[bit / 8]) & 0x80 >> bit % 8) != 0)
			return false;
	return true;
}

const char *inet_text(const struct network_prefix *prefix, char text[INET_TEXT_SIZE])
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(inet_family(prefix), prefix->address, address, sizeof(address));
	snprintf(text, INET_TEXT_SIZE, "%s/%u", address, prefix->bits);
	return text;
}

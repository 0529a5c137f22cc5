/* What the kernel tells of routes, rules and addresses that are removed: see link_events.h. Linked into the monitor and
 * the clerk; needs no right. */
#include "broker/shared/netlink/link_events.h"

#include "broker/shared/tunnel_numbers.h"

#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

/* The attribute's bytes as a number; 0 if it is not there. */
static uint32_t removed_number(const struct nlmsghdr *message, size_t header, uint16_t type)
{
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, header)
	{
		if (mnl_attr_get_type(attribute) != type)
			continue;
		if (mnl_attr_get_payload_len(attribute) >= sizeof(uint32_t))
			return mnl_attr_get_u32(attribute);
		return mnl_attr_get_payload_len(attribute) == 1 ? mnl_attr_get_u8(attribute) : 0;
	}
	return 0;
}

static void look_at_removed(const struct nlmsghdr *message, void (*removed)(uint32_t number, uint32_t ifindex))
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	const struct ifaddrmsg *address = mnl_nlmsg_get_payload(message);
	uint32_t number = UINT32_MAX;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*route) && message->nlmsg_type != RTM_DELADDR)
		return;
	switch (message->nlmsg_type) {
	case RTM_DELROUTE:
		if (route->rtm_protocol == TUNNEL_PROTOCOL)
			number = removed_number(message, sizeof(*route), RTA_TABLE) - TUNNEL_TABLE;
		if (route->rtm_protocol == TUNNEL_PROTOCOL && route->rtm_table == RT_TABLE_MAIN)
			removed(TUNNELS_MAX, removed_number(message, sizeof(*route), RTA_OIF));
		break;
	case RTM_DELRULE:
		if (removed_number(message, sizeof(struct fib_rule_hdr), FRA_PROTOCOL) == TUNNEL_PROTOCOL)
			number =
				(removed_number(message, sizeof(struct fib_rule_hdr), FRA_PRIORITY) - TUNNEL_PRIORITY) %
				TUNNELS_MAX;
		break;
	case RTM_DELADDR:
		if (mnl_nlmsg_get_payload_len(message) >= sizeof(*address) &&
		    removed_number(message, sizeof(*address), IFA_PROTO) == TUNNEL_PROTOCOL)
			removed(TUNNELS_MAX, address->ifa_index);
		break;
	default:
		break;
	}
	if (number < TUNNELS_MAX)
		removed(number, 0);
}

void link_events_removed(const void *datagram, size_t size, void (*removed)(uint32_t number, uint32_t ifindex))
{
	int left = (int)size;

	for (const struct nlmsghdr *message = datagram; link_message_ok(message, left);
	     message = mnl_nlmsg_next(message, &left))
		look_at_removed(message, removed);
}

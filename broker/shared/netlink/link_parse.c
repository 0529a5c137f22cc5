/* What the kernel says of links: the reading half of link.h. Linked into the monitor and the clerk; needs no right. The
 * bytes come from the kernel, but names and aliases in them may be anybody's. */
#include "broker/shared/netlink/link.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

/* The attributes of one level, by type; what is longer than the table knows is of a newer kernel, and passed over. */
#define TABLE_SIZE 80

const uint16_t link_port_attributes[PORT_OPTIONS] = {IFLA_BRPORT_ISOLATED, IFLA_BRPORT_LOCKED,
						     IFLA_BRPORT_LEARNING, IFLA_BRPORT_UNICAST_FLOOD,
						     IFLA_BRPORT_GUARD,    IFLA_BRPORT_PROTECT};

struct attributes {
	const struct nlattr *by_type[TABLE_SIZE];
};

bool link_message_ok(const struct nlmsghdr *message, int left)
{
	/* libmnl takes the length for a signed number. It looks for attributes up to the next multiple of four, where
	 * the kernel's messages end; of the largest numbers that is 0. */
	return mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left &&
	       MNL_ALIGN(message->nlmsg_len) <= (uint32_t)left;
}

static int keep(const struct nlattr *attribute, void *context)
{
	struct attributes *attributes = context;
	uint16_t type = mnl_attr_get_type(attribute);

	if (type < TABLE_SIZE)
		attributes->by_type[type] = attribute;
	return MNL_CB_OK;
}

static void parse_nested(const struct nlattr *nest, struct attributes *attributes)
{
	memset(attributes, 0, sizeof(*attributes));
	if (nest != NULL)
		mnl_attr_parse_nested(nest, keep, attributes);
}

/* Copies the beginning of the attribute; the value stays as it is if the attribute is not there or too short. */
static void get_bytes(const struct attributes *attributes, uint16_t type, void *value, size_t size)
{
	const struct nlattr *attribute = attributes->by_type[type];

	if (attribute != NULL && mnl_attr_get_payload_len(attribute) >= size)
		memcpy(value, mnl_attr_get_payload(attribute), size);
}

static bool get_bool(const struct attributes *attributes, uint16_t type)
{
	uint8_t value = 0;

	get_bytes(attributes, type, &value, sizeof(value));
	return value != 0;
}

/* Copies a string, which has a NUL only if the kernel felt like it; a longer one is cut. */
static void get_string(const struct attributes *attributes, uint16_t type, char *string, size_t size)
{
	const struct nlattr *attribute = attributes->by_type[type];

	if (attribute != NULL)
		snprintf(string, size, "%.*s", (int)mnl_attr_get_payload_len(attribute),
			 (const char *)mnl_attr_get_payload(attribute));
}

/* One number of an array of 32-bit ones, as the kernel dumps a device's sysctls; 0 if the array is shorter. */
static uint32_t get_element(const struct nlattr *array, size_t index)
{
	uint32_t value = 0;

	if (array != NULL && mnl_attr_get_payload_len(array) >= (index + 1) * sizeof(value))
		memcpy(&value, (const char *)mnl_attr_get_payload(array) + index * sizeof(value), sizeof(value));
	return value;
}

static void parse_info(const struct nlattr *nest, struct link *link)
{
	char slave_kind[LINK_KIND_SIZE] = "";
	struct attributes info;
	struct attributes data;

	parse_nested(nest, &info);
	get_string(&info, IFLA_INFO_KIND, link->kind, sizeof(link->kind));
	parse_nested(info.by_type[IFLA_INFO_DATA], &data);
	if (strcmp(link->kind, "tun") == 0) {
		link->tun_owned = data.by_type[IFLA_TUN_OWNER] != NULL && data.by_type[IFLA_TUN_GROUP] != NULL;
		get_bytes(&data, IFLA_TUN_OWNER, &link->tun_owner, sizeof(link->tun_owner));
		get_bytes(&data, IFLA_TUN_GROUP, &link->tun_group, sizeof(link->tun_group));
		link->tun_persistent = get_bool(&data, IFLA_TUN_PERSIST);
		get_bytes(&data, IFLA_TUN_NUM_QUEUES, &link->tun_queues, sizeof(link->tun_queues));
	} else if (strcmp(link->kind, "macvtap") == 0) {
		get_bytes(&data, IFLA_MACVLAN_MODE, &link->macvlan_mode, sizeof(link->macvlan_mode));
	} else if (strcmp(link->kind, "bridge") == 0) {
		link->vlan_filtering = get_bool(&data, IFLA_BR_VLAN_FILTERING);
		get_bytes(&data, IFLA_BR_VLAN_DEFAULT_PVID, &link->default_vlan, sizeof(link->default_vlan));
	}
	/* The same numbers mean something else on the ports of other masters. */
	get_string(&info, IFLA_INFO_SLAVE_KIND, slave_kind, sizeof(slave_kind));
	parse_nested(info.by_type[IFLA_INFO_SLAVE_DATA], &data);
	for (int i = 0; strcmp(slave_kind, "bridge") == 0 && i < PORT_OPTIONS; i++)
		link->port |= get_bool(&data, link_port_attributes[i]) ? 1u << i : 0;
}

static void parse_families(const struct nlattr *nest, struct link *link)
{
	struct attributes families;
	struct attributes family;

	parse_nested(nest, &families);
	parse_nested(families.by_type[AF_INET], &family);
	link->rp_filter = get_element(family.by_type[IFLA_INET_CONF], IPV4_DEVCONF_RP_FILTER - 1);
	link->arp_ignore = get_element(family.by_type[IFLA_INET_CONF], IPV4_DEVCONF_ARP_IGNORE - 1);
	link->has_ipv6 = families.by_type[AF_INET6] != NULL;
	parse_nested(families.by_type[AF_INET6], &family);
	link->disable_ipv6 = get_element(family.by_type[IFLA_INET6_CONF], DEVCONF_DISABLE_IPV6);
	link->accept_ra = get_element(family.by_type[IFLA_INET6_CONF], DEVCONF_ACCEPT_RA);
}

int link_parse(const struct nlmsghdr *message, struct link *link)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct attributes attributes;

	memset(link, 0, sizeof(*link));
	memset(&attributes, 0, sizeof(attributes));
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*info))
		return -EBADMSG;
	if (mnl_attr_parse(message, sizeof(*info), keep, &attributes) < 0)
		return -EBADMSG;
	link->ifindex = (uint32_t)info->ifi_index;
	link->flags = info->ifi_flags;
	get_bytes(&attributes, IFLA_MTU, &link->mtu, sizeof(link->mtu));
	get_bytes(&attributes, IFLA_MASTER, &link->master, sizeof(link->master));
	get_bytes(&attributes, IFLA_LINK, &link->lower, sizeof(link->lower));
	get_string(&attributes, IFLA_IFNAME, link->name, sizeof(link->name));
	get_string(&attributes, IFLA_IFALIAS, link->alias, sizeof(link->alias));
	get_bytes(&attributes, IFLA_ADDRESS, link->mac, sizeof(link->mac));
	get_bytes(&attributes, IFLA_STATS64, &link->counters, sizeof(link->counters));
	parse_info(attributes.by_type[IFLA_LINKINFO], link);
	parse_families(attributes.by_type[IFLA_AF_SPEC], link);
	return 0;
}

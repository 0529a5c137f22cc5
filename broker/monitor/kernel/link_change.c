/* Changing links: see link_change.h. Runs in the monitor, and link_delete_ours() in its reaper threads. USES
 * CAP_NET_ADMIN; must never touch a link that is not ours. */
#include "broker/monitor/kernel/link_change.h"

#include "broker/shared/alias.h"
#include "broker/shared/fd.h"
#include "broker/shared/netlink/link_batch.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The IPv4 sysctls of the device, without opening a file: rp_filter=1 (a packet whose answer would leave elsewhere is
 * dropped) and arp_ignore. */
static void put_ipv4_conf(struct nlmsghdr *message, uint32_t arp_ignore)
{
	struct nlattr *families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *inet = mnl_attr_nest_start(message, AF_INET);
	struct nlattr *conf = mnl_attr_nest_start(message, IFLA_INET_CONF);

	mnl_attr_put_u32(message, IPV4_DEVCONF_RP_FILTER, 1);
	mnl_attr_put_u32(message, IPV4_DEVCONF_ARP_IGNORE, arp_ignore);
	mnl_attr_nest_end(message, conf);
	mnl_attr_nest_end(message, inet);
	mnl_attr_nest_end(message, families);
}

/* The options of a bridge port go by the bridge's own table, so the port must be one already: a message of its own. */
static void put_port(struct batch *batch, uint32_t ifindex, uint32_t options)
{
	struct nlattr *info;
	struct nlattr *data;

	message_begin(batch, RTM_NEWLINK, NLM_F_ACK, ifindex);
	info = mnl_attr_nest_start(batch->message, IFLA_LINKINFO);
	mnl_attr_put_strz(batch->message, IFLA_INFO_SLAVE_KIND, "bridge");
	data = mnl_attr_nest_start(batch->message, IFLA_INFO_SLAVE_DATA);
	for (int i = 0; i < PORT_OPTIONS; i++)
		mnl_attr_put_u8(batch->message, link_port_attributes[i], (options & 1u << i) != 0);
	mnl_attr_nest_end(batch->message, data);
	mnl_attr_nest_end(batch->message, info);
	message_end(batch);
}

int link_set(struct link_socket *sock, uint32_t ifindex, const struct link_setup *setup)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_NEWLINK, NLM_F_ACK, ifindex);
	batch.info->ifi_flags = setup->flags;
	batch.info->ifi_change = setup->flags_changed;
	mnl_attr_put_strz(batch.message, IFLA_IFALIAS, setup->alias);
	mnl_attr_put_u32(batch.message, IFLA_MTU, setup->mtu);
	if (setup->mac != NULL)
		mnl_attr_put(batch.message, IFLA_ADDRESS, TB_MAC_SIZE, setup->mac);
	put_ipv4_conf(batch.message, setup->arp_ignore);
	message_end(&batch);
	return batch_run(&batch);
}

int link_join(struct link_socket *sock, uint32_t ifindex, uint32_t bridge, uint32_t options)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_NEWLINK, NLM_F_ACK, ifindex);
	mnl_attr_put_u32(batch.message, IFLA_MASTER, bridge);
	message_end(&batch);
	put_port(&batch, ifindex, options);
	return batch_run(&batch);
}

int link_set_port(struct link_socket *sock, uint32_t ifindex, uint32_t options)
{
	struct batch batch;

	batch_begin(&batch, sock);
	put_port(&batch, ifindex, options);
	return batch_run(&batch);
}

/* A router advertisement changes nothing, whatever is written to all of the host's devices later: accept_ra is set also
 * where disable_ipv6 is, which one write to "all" undoes; and the others say the same once more, for a program that
 * writes accept_ra alone. */
int link_limit_ipv6(int conf, const char *name, bool disabled)
{
	static const char *const files[] = {"accept_ra", "accept_ra_defrtr", "accept_ra_pinfo", "accept_redirects",
					    "disable_ipv6"};

	for (size_t i = 0; conf >= 0 && i < (disabled ? 5 : 4); i++) {
		char path[TB_NAME_SIZE + 24];
		int fd TB_CLOSE = -1;

		snprintf(path, sizeof(path), "%s/%s", name, files[i]);
		fd = openat(conf, path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, i == 4 ? "1" : "0", 1) != 1)
			return -errno;
	}
	return 0;
}

int link_set_mtu(struct link_socket *sock, uint32_t ifindex, uint32_t mtu)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_NEWLINK, NLM_F_ACK, ifindex);
	mnl_attr_put_u32(batch.message, IFLA_MTU, mtu);
	message_end(&batch);
	return batch_run(&batch);
}

uint32_t link_macvlan_mode(enum tb_macvtap_mode mode)
{
	static const uint32_t modes[] = {
		[TB_MODE_BRIDGE] = MACVLAN_MODE_BRIDGE,
		[TB_MODE_VEPA] = MACVLAN_MODE_VEPA,
		[TB_MODE_PRIVATE] = MACVLAN_MODE_PRIVATE,
		[TB_MODE_PASSTHRU] = MACVLAN_MODE_PASSTHRU,
	};

	return mode < sizeof(modes) / sizeof(modes[0]) ? modes[mode] : 0;
}

int link_create_macvtap(struct link_socket *sock, uint32_t ifindex, const char *name,
			const struct link_macvtap *macvtap, const char *alias)
{
	struct batch batch;
	struct nlattr *info;
	struct nlattr *data;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, ifindex);
	mnl_attr_put_strz(batch.message, IFLA_IFNAME, name);
	mnl_attr_put_u32(batch.message, IFLA_LINK, macvtap->parent);
	mnl_attr_put(batch.message, IFLA_ADDRESS, TB_MAC_SIZE, macvtap->mac);
	mnl_attr_put_u32(batch.message, IFLA_GROUP, macvtap->group);
	mnl_attr_put_u32(batch.message, IFLA_NUM_TX_QUEUES, macvtap->queues);
	mnl_attr_put_u32(batch.message, IFLA_NUM_RX_QUEUES, macvtap->queues);
	info = mnl_attr_nest_start(batch.message, IFLA_LINKINFO);
	mnl_attr_put_strz(batch.message, IFLA_INFO_KIND, "macvtap");
	data = mnl_attr_nest_start(batch.message, IFLA_INFO_DATA);
	mnl_attr_put_u32(batch.message, IFLA_MACVLAN_MODE, link_macvlan_mode(macvtap->mode));
	mnl_attr_nest_end(batch.message, data);
	mnl_attr_nest_end(batch.message, info);
	message_end(&batch);
	message_begin(&batch, RTM_NEWLINK, NLM_F_ACK, ifindex);
	mnl_attr_put_strz(batch.message, IFLA_IFALIAS, alias);
	message_end(&batch);
	return batch_run(&batch);
}

int link_up(struct link_socket *sock, uint32_t ifindex, const char *alias, int netns)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_NEWLINK, NLM_F_ACK, ifindex);
	batch.info->ifi_flags = IFF_UP;
	batch.info->ifi_change = IFF_UP;
	if (netns >= 0)
		mnl_attr_put_u32(batch.message, IFLA_NET_NS_FD, (uint32_t)netns);
	mnl_attr_put_strz(batch.message, IFLA_IFALIAS, alias);
	message_end(&batch);
	return batch_run(&batch);
}

int link_set_alias(struct link_socket *sock, uint32_t ifindex, const char *alias)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_NEWLINK, NLM_F_ACK, ifindex);
	mnl_attr_put_strz(batch.message, IFLA_IFALIAS, alias);
	message_end(&batch);
	return batch_run(&batch);
}

/* Without one the bridge adds the entry for all VLANs of the port, and finds the one of none. */
static void put_fdb_vlan(struct batch *batch, uint16_t vlan)
{
	if (vlan != 0)
		mnl_attr_put_u16(batch->message, NDA_VLAN, vlan);
}

int link_add_fdb(struct link_socket *sock, uint32_t port, const uint8_t mac[TB_MAC_SIZE], uint16_t vlan, uint16_t state,
		 uint8_t flags)
{
	struct batch batch;
	struct ndmsg *info;

	batch_begin(&batch, sock);
	info = message_begin_as(&batch, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, sizeof(*info));
	info->ndm_family = AF_BRIDGE;
	info->ndm_ifindex = (int)port;
	info->ndm_state = state;
	info->ndm_flags = flags | NTF_MASTER;
	mnl_attr_put(batch.message, NDA_LLADDR, TB_MAC_SIZE, mac);
	put_fdb_vlan(&batch, vlan);
	message_end(&batch);
	return batch_run(&batch);
}

static void take_fdb(void *context, const struct nlmsghdr *message)
{
	struct link_fdb *entry = context;
	const struct ndmsg *info = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type == RTM_NEWNEIGH && mnl_nlmsg_get_payload_len(message) >= sizeof(*info))
		*entry = (struct link_fdb){(uint32_t)info->ndm_ifindex, info->ndm_state, info->ndm_flags};
}

int link_find_fdb(struct link_socket *sock, uint32_t port, const uint8_t mac[TB_MAC_SIZE], uint16_t vlan,
		  struct link_fdb *entry)
{
	struct answer answer = {.take = take_fdb, .context = entry};
	struct batch batch;
	struct ndmsg *info;

	memset(entry, 0, sizeof(*entry));
	batch_begin(&batch, sock);
	info = message_begin_as(&batch, RTM_GETNEIGH, NLM_F_ACK, sizeof(*info));
	info->ndm_family = AF_BRIDGE;
	info->ndm_ifindex = (int)port;
	info->ndm_flags = NTF_MASTER;
	mnl_attr_put(batch.message, NDA_LLADDR, TB_MAC_SIZE, mac);
	put_fdb_vlan(&batch, vlan);
	message_end(&batch);
	return batch_send(&batch, &answer);
}

int link_delete(struct link_socket *sock, int32_t nsid, uint32_t ifindex)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_DELLINK, NLM_F_ACK, ifindex);
	if (nsid >= 0)
		mnl_attr_put_u32(batch.message, IFLA_TARGET_NETNSID, (uint32_t)nsid);
	message_end(&batch);
	return batch_run(&batch);
}

int link_delete_ours(struct link_socket *sock, int32_t nsid, uint32_t ifindex, const char *start)
{
	struct link link;
	int ret = link_ask(sock, nsid, ifindex, NULL, &link);

	if (ret < 0)
		return ret;
	if (!link_kind_ours(&link) || strncmp(link.alias, start, strlen(start)) != 0)
		return -EPERM;
	if (nsid < 0 && link.alias[strlen(start)] == ALIAS_GIVEN)
		return link_set_alias(sock, ifindex, "");
	return link_delete(sock, nsid, ifindex);
}

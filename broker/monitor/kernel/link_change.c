/* Changing links: see link_change.h. Runs in the monitor, and link_delete_ours() in its reaper threads. USES
 * CAP_NET_ADMIN; must never touch a link that is not ours. */
#include "broker/monitor/kernel/link_change.h"

#include "broker/monitor/kernel/template.h"
#include "broker/shared/alias.h"
#include "broker/shared/fd.h"
#include "broker/shared/netlink/link_batch.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/ip.h>
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

int link_set(struct link_socket *sock, uint32_t ifindex, const struct link_setup *setup)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_NEWLINK, NLM_F_ACK, ifindex);
	batch.info->ifi_flags = setup->flags;
	batch.info->ifi_change = setup->flags_changed;
	if (setup->alias != NULL)
		mnl_attr_put_strz(batch.message, IFLA_IFALIAS, setup->alias);
	if (setup->mtu != 0)
		mnl_attr_put_u32(batch.message, IFLA_MTU, setup->mtu);
	if (setup->mac != NULL)
		mnl_attr_put(batch.message, IFLA_ADDRESS, TB_MAC_SIZE, setup->mac);
	if (setup->arp_ignore != 0)
		put_ipv4_conf(batch.message, setup->arp_ignore);
	if (setup->master != 0)
		mnl_attr_put_u32(batch.message, IFLA_MASTER, setup->master);
	if (setup->netns != NULL)
		mnl_attr_put_u32(batch.message, IFLA_NET_NS_FD, (uint32_t)*setup->netns);
	message_end(&batch);
	return batch_run(&batch);
}

int link_up(struct link_socket *sock, uint32_t ifindex, const char *alias, int netns)
{
	const struct link_setup setup = {.alias = alias,
					 .netns = netns >= 0 ? &netns : NULL,
					 .flags = IFF_UP,
					 .flags_changed = IFF_UP};

	return link_set(sock, ifindex, &setup);
}

int link_set_port(struct link_socket *sock, uint32_t ifindex, uint32_t options)
{
	struct link_port_options values = {.ifindex = ifindex};

	for (int i = 0; i < PORT_OPTIONS; i++)
		values.set[i] = (options & 1u << i) != 0;
	return template_run(sock, &link_templates[LINK_PORT_OPTIONS], &values);
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

int link_create_macvtap(struct link_socket *sock, const struct link_macvtap *macvtap)
{
	return template_run(sock, &link_templates[LINK_NEW_MACVTAP], macvtap);
}

int link_add_fdb(struct link_socket *sock, const struct link_fdb *entry)
{
	return template_run(sock, &link_templates[entry->vlan != 0 ? LINK_ADD_FDB_IN_VLAN : LINK_ADD_FDB], entry);
}

static void take_fdb(void *context, const struct nlmsghdr *message)
{
	struct link_fdb *entry = context;
	const struct ndmsg *info = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type == RTM_NEWNEIGH && mnl_nlmsg_get_payload_len(message) >= sizeof(*info))
		*entry = (struct link_fdb){.port = (uint32_t)info->ndm_ifindex,
					   .state = info->ndm_state,
					   .flags = info->ndm_flags};
}

int link_find_fdb(struct link_socket *sock, const struct link_fdb *like, struct link_fdb *entry)
{
	struct answer answer = {.take = take_fdb, .context = entry};

	*entry = (struct link_fdb){.port = 0};
	return template_ask(sock, &link_templates[like->vlan != 0 ? LINK_FIND_FDB_IN_VLAN : LINK_FIND_FDB], like,
			    &answer);
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

int link_delete_ours(struct link_socket *sock, int32_t nsid, uint32_t ifindex, const uint8_t lease[TB_ID_SIZE])
{
	static const struct link_setup no_alias = {.alias = ""};
	struct link link;
	int ret = link_ask(sock, nsid, ifindex, NULL, &link);

	if (ret < 0)
		return ret;
	if (!link_kind_ours(&link) || !alias_has_lease(link.alias, lease))
		return -EPERM;
	if (nsid < 0 && link.alias[ALIAS_START_SIZE - 1] == ALIAS_GIVEN)
		return link_set(sock, ifindex, &no_alias);
	return link_delete(sock, nsid, ifindex);
}

/* Ports: see pair.h. Runs in the monitor, and pair_delete() in its reaper threads; USES CAP_NET_ADMIN. Must never
 * touch a veth of the host's that does not lead into the shield. */
#include "broker/monitor/kernel/pair.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/shared/alias.h"
#include "broker/shared/netlink/link_batch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <string.h>

static void put_end(struct nlmsghdr *message, const char *name, const struct pair_setup *setup)
{
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put(message, IFLA_ADDRESS, TB_MAC_SIZE, setup->mac);
	mnl_attr_put_u32(message, IFLA_MTU, setup->mtu);
	mnl_attr_put_u32(message, IFLA_GROUP, ALIAS_LINK_GROUP);
}

int pair_create(struct link_socket *host, const struct pair_setup *setup)
{
	char inner[TB_NAME_SIZE];
	struct batch batch;
	struct nlattr *info;
	struct nlattr *data;
	struct nlattr *nest;

	shield_inner_name(setup->lease, inner);
	batch_begin(&batch, host);
	message_begin(&batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0);
	put_end(batch.message, setup->name, setup);
	info = mnl_attr_nest_start(batch.message, IFLA_LINKINFO);
	mnl_attr_put_strz(batch.message, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(batch.message, IFLA_INFO_DATA);
	nest = mnl_attr_nest_start(batch.message, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(batch.message, sizeof(struct ifinfomsg));
	put_end(batch.message, inner, setup);
	mnl_attr_put_u32(batch.message, IFLA_NET_NS_FD, (uint32_t)setup->netns);
	mnl_attr_nest_end(batch.message, nest);
	mnl_attr_nest_end(batch.message, data);
	mnl_attr_nest_end(batch.message, info);
	message_end(&batch);
	return batch_run(&batch);
}

int pair_find(struct link_socket *shield, const uint8_t lease[TB_ID_SIZE], struct link *inner)
{
	char name[TB_NAME_SIZE];
	int ret;

	shield_inner_name(lease, name);
	ret = link_find(shield, name, inner);
	return ret == 0 && strcmp(inner->kind, "veth") != 0 ? -ENODEV : ret;
}

int pair_delete(struct link_socket *shield, struct rules *rules, const uint8_t lease[TB_ID_SIZE])
{
	struct link inner;
	int ret = rules_remove(rules, lease);

	if (ret == 0)
		ret = pair_find(shield, lease, &inner);
	if (ret == 0)
		ret = link_delete(shield, -1, inner.ifindex);
	return ret == -ENODEV ? 0 : ret;
}

/* The messages about links that are written before lock-down: see link_templates.h. Runs in tapbrokerd; needs no
 * right. */
#include "broker/monitor/kernel/link_templates.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/pair.h"
#include "broker/monitor/kernel/port_vlan.h"
#include "broker/monitor/kernel/template_write.h"
#include "broker/shared/alias.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/veth.h>

#define VLAN_LAST 4094

/* A field of these values. */
#define OF(values, field) offsetof(struct values, field), sizeof(((struct values *)0)->field)

/* A message about the link whose ifindex is in the values there. */
static void about_link(struct batch *batch, struct template *template, uint16_t type, size_t from)
{
	message_begin(batch, type, NLM_F_ACK, 0);
	template_field(batch, template, &batch->info->ifi_index, from, sizeof(batch->info->ifi_index));
}

/* The alias comes in a message of its own. */
static void write_macvtap(struct batch *batch, struct template *template)
{
	struct nlattr *info;
	struct nlattr *data;

	about_link(batch, template, RTM_NEWLINK, offsetof(struct link_macvtap, ifindex));
	batch->message->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	template_attribute(batch, template, IFLA_IFNAME, OF(link_macvtap, name));
	template_attribute(batch, template, IFLA_LINK, OF(link_macvtap, parent));
	template_attribute(batch, template, IFLA_ADDRESS, OF(link_macvtap, mac));
	mnl_attr_put_u32(batch->message, IFLA_GROUP, ALIAS_LINK_GROUP);
	template_attribute(batch, template, IFLA_NUM_TX_QUEUES, OF(link_macvtap, queues));
	template_attribute(batch, template, IFLA_NUM_RX_QUEUES, OF(link_macvtap, queues));
	info = mnl_attr_nest_start(batch->message, IFLA_LINKINFO);
	mnl_attr_put_strz(batch->message, IFLA_INFO_KIND, "macvtap");
	data = mnl_attr_nest_start(batch->message, IFLA_INFO_DATA);
	template_attribute(batch, template, IFLA_MACVLAN_MODE, OF(link_macvtap, mode));
	mnl_attr_nest_end(batch->message, data);
	mnl_attr_nest_end(batch->message, info);
	message_end(batch);
	about_link(batch, template, RTM_NEWLINK, offsetof(struct link_macvtap, ifindex));
	template_attribute(batch, template, IFLA_IFALIAS, OF(link_macvtap, alias));
	message_end(batch);
}

static void put_end(struct batch *batch, struct template *template, size_t name)
{
	template_attribute(batch, template, IFLA_IFNAME, name, TB_NAME_SIZE);
	template_attribute(batch, template, IFLA_ADDRESS, OF(pair_setup, mac));
	template_attribute(batch, template, IFLA_MTU, OF(pair_setup, mtu));
	mnl_attr_put_u32(batch->message, IFLA_GROUP, ALIAS_LINK_GROUP);
}

static void write_veth(struct batch *batch, struct template *template)
{
	struct nlattr *info;
	struct nlattr *data;
	struct nlattr *nest;

	message_begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0);
	put_end(batch, template, offsetof(struct pair_setup, name));
	info = mnl_attr_nest_start(batch->message, IFLA_LINKINFO);
	mnl_attr_put_strz(batch->message, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(batch->message, IFLA_INFO_DATA);
	nest = mnl_attr_nest_start(batch->message, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(batch->message, sizeof(struct ifinfomsg));
	put_end(batch, template, offsetof(struct pair_setup, inner));
	template_attribute(batch, template, IFLA_NET_NS_FD, OF(pair_setup, netns));
	mnl_attr_nest_end(batch->message, nest);
	mnl_attr_nest_end(batch->message, data);
	mnl_attr_nest_end(batch->message, info);
	message_end(batch);
}

/* The options of a bridge port go by the bridge's own table, so the port must be one already. */
static void write_port_options(struct batch *batch, struct template *template)
{
	struct nlattr *info;
	struct nlattr *data;

	about_link(batch, template, RTM_NEWLINK, offsetof(struct link_port_options, ifindex));
	info = mnl_attr_nest_start(batch->message, IFLA_LINKINFO);
	mnl_attr_put_strz(batch->message, IFLA_INFO_SLAVE_KIND, "bridge");
	data = mnl_attr_nest_start(batch->message, IFLA_INFO_SLAVE_DATA);
	for (size_t i = 0; i < PORT_OPTIONS; i++)
		template_attribute(batch, template, link_port_attributes[i],
				   offsetof(struct link_port_options, set) + i, 1);
	mnl_attr_nest_end(batch->message, data);
	mnl_attr_nest_end(batch->message, info);
	message_end(batch);
}

/* A message of the bridge's own family. */
static struct nlattr *begin_vlans(struct batch *batch, struct template *template, uint16_t type)
{
	about_link(batch, template, type, offsetof(struct port_vlan, port));
	batch->info->ifi_family = AF_BRIDGE;
	return mnl_attr_nest_start(batch->message, IFLA_AF_SPEC);
}

/* A new port is in the bridge's default VLAN. */
static void write_port_vlan(struct batch *batch, struct template *template)
{
	const struct bridge_vlan_info first = {BRIDGE_VLAN_INFO_RANGE_BEGIN, 1};
	const struct bridge_vlan_info last = {BRIDGE_VLAN_INFO_RANGE_END, VLAN_LAST};
	struct nlattr *nest = begin_vlans(batch, template, RTM_DELLINK);

	mnl_attr_put(batch->message, IFLA_BRIDGE_VLAN_INFO, sizeof(first), &first);
	mnl_attr_put(batch->message, IFLA_BRIDGE_VLAN_INFO, sizeof(last), &last);
	mnl_attr_nest_end(batch->message, nest);
	message_end(batch);
	nest = begin_vlans(batch, template, RTM_SETLINK);
	template_attribute(batch, template, IFLA_BRIDGE_VLAN_INFO, OF(port_vlan, own));
	mnl_attr_nest_end(batch->message, nest);
	message_end(batch);
}

/* About an entry of a bridge's table. Without a VLAN the bridge adds the entry for all VLANs of the port, and finds the
 * one of none. */
static void write_fdb(struct batch *batch, struct template *template, uint16_t type, uint16_t flags, bool in_vlan)
{
	struct ndmsg *info = message_begin_as(batch, type, NLM_F_ACK | flags, sizeof(*info));

	info->ndm_family = AF_BRIDGE;
	template_field(batch, template, &info->ndm_ifindex, OF(link_fdb, port));
	if (type == RTM_NEWNEIGH) {
		template_field(batch, template, &info->ndm_state, OF(link_fdb, state));
		template_field(batch, template, &info->ndm_flags, OF(link_fdb, flags));
	} else {
		info->ndm_flags = NTF_MASTER;
	}
	template_attribute(batch, template, NDA_LLADDR, OF(link_fdb, mac));
	if (in_vlan)
		template_attribute(batch, template, NDA_VLAN, OF(link_fdb, vlan));
	message_end(batch);
}

static void write_add_fdb(struct batch *batch, struct template *template)
{
	write_fdb(batch, template, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, false);
}

static void write_add_fdb_in_vlan(struct batch *batch, struct template *template)
{
	write_fdb(batch, template, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, true);
}

static void write_find_fdb(struct batch *batch, struct template *template)
{
	write_fdb(batch, template, RTM_GETNEIGH, 0, false);
}

static void write_find_fdb_in_vlan(struct batch *batch, struct template *template)
{
	write_fdb(batch, template, RTM_GETNEIGH, 0, true);
}

static void write_number(struct batch *batch, struct template *template, uint16_t type)
{
	message_begin_as(batch, type, NLM_F_ACK, sizeof(struct rtgenmsg));
	template_attribute(batch, template, NETNSA_FD, 0, sizeof(int));
	if (type == RTM_NEWNSID)
		mnl_attr_put_u32(batch->message, NETNSA_NSID, (uint32_t)NETNSA_NSID_NOT_ASSIGNED);
	message_end(batch);
}

static void write_give_number(struct batch *batch, struct template *template)
{
	write_number(batch, template, RTM_NEWNSID);
}

static void write_tell_number(struct batch *batch, struct template *template)
{
	write_number(batch, template, RTM_GETNSID);
}

int link_templates_write(void)
{
	static void (*const write[LINK_TEMPLATES])(struct batch * batch, struct template * template) = {
		[LINK_NEW_MACVTAP] = write_macvtap,       [LINK_NEW_PAIR] = write_veth,
		[LINK_PORT_OPTIONS] = write_port_options, [LINK_PORT_VLAN] = write_port_vlan,
		[LINK_ADD_FDB] = write_add_fdb,           [LINK_ADD_FDB_IN_VLAN] = write_add_fdb_in_vlan,
		[LINK_FIND_FDB] = write_find_fdb,         [LINK_FIND_FDB_IN_VLAN] = write_find_fdb_in_vlan,
		[LINK_GIVE_NUMBER] = write_give_number,   [LINK_TELL_NUMBER] = write_tell_number,
	};
	struct batch batch;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < LINK_TEMPLATES; i++) {
		template_begin(&batch, &link_templates[i]);
		write[i](&batch, &link_templates[i]);
		ret = template_finish(&batch, &link_templates[i]);
	}
	return ret;
}

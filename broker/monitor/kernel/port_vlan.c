/* The VLAN of a bridge's port: see port_vlan.h. Runs in the monitor and its reaper threads; USES CAP_NET_ADMIN. Must
 * never leave a port in a second VLAN. */
#include "broker/monitor/kernel/port_vlan.h"

#include "broker/shared/netlink/link_batch.h"

#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>

#define VLAN_LAST 4094

static void put_vlan(struct batch *batch, uint16_t flags, uint16_t vlan)
{
	const struct bridge_vlan_info info = {.flags = flags, .vid = vlan};

	mnl_attr_put(batch->message, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info);
}

static struct nlattr *begin_change(struct batch *batch, uint16_t type, uint32_t port)
{
	message_begin(batch, type, NLM_F_ACK, port);
	batch->info->ifi_family = AF_BRIDGE;
	return mnl_attr_nest_start(batch->message, IFLA_AF_SPEC);
}

static void end_change(struct batch *batch, struct nlattr *vlans)
{
	mnl_attr_nest_end(batch->message, vlans);
	message_end(batch);
}

/* A new port is in the bridge's default VLAN. */
int port_vlan(struct link_socket *sock, uint32_t port, uint16_t vlan)
{
	struct nlattr *vlans;
	struct batch batch;

	batch_begin(&batch, sock);
	vlans = begin_change(&batch, RTM_DELLINK, port);
	put_vlan(&batch, BRIDGE_VLAN_INFO_RANGE_BEGIN, 1);
	put_vlan(&batch, BRIDGE_VLAN_INFO_RANGE_END, VLAN_LAST);
	end_change(&batch, vlans);
	vlans = begin_change(&batch, RTM_SETLINK, port);
	put_vlan(&batch, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED, vlan);
	end_change(&batch, vlans);
	return batch_run(&batch);
}

/* The VLAN of a bridge's port: see port_vlan.h. Runs in the monitor and its reaper threads; USES CAP_NET_ADMIN. Must
 * never leave a port in a second VLAN. */
#include "broker/monitor/kernel/port_vlan.h"

#include "broker/shared/netlink/link_batch.h"

#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>

#define VLAN_LAST 4094

/* They go by the bridge's own family. */
static void put_vlans(struct batch *batch, uint16_t type, uint32_t port, const struct bridge_vlan_info *vlans,
		      size_t count)
{
	struct nlattr *nest;

	message_begin(batch, type, NLM_F_ACK, port);
	batch->info->ifi_family = AF_BRIDGE;
	nest = mnl_attr_nest_start(batch->message, IFLA_AF_SPEC);
	for (size_t i = 0; i < count; i++)
		mnl_attr_put(batch->message, IFLA_BRIDGE_VLAN_INFO, sizeof(vlans[i]), &vlans[i]);
	mnl_attr_nest_end(batch->message, nest);
	message_end(batch);
}

/* A new port is in the bridge's default VLAN. */
int port_vlan(struct link_socket *sock, uint32_t port, uint16_t vlan)
{
	const struct bridge_vlan_info all[] = {{BRIDGE_VLAN_INFO_RANGE_BEGIN, 1},
					       {BRIDGE_VLAN_INFO_RANGE_END, VLAN_LAST}};
	const struct bridge_vlan_info own = {BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED, vlan};
	struct batch batch;

	batch_begin(&batch, sock);
	put_vlans(&batch, RTM_DELLINK, port, all, 2);
	put_vlans(&batch, RTM_SETLINK, port, &own, 1);
	return batch_run(&batch);
}

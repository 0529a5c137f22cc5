/* The VLAN of a bridge's port: see port_vlan.h. Runs in the monitor and its reaper threads; USES CAP_NET_ADMIN. Must
 * never leave a port in a second VLAN. */
#include "broker/monitor/kernel/port_vlan.h"

#include "broker/monitor/kernel/template.h"

int port_vlan(struct link_socket *sock, uint32_t port, uint16_t vlan)
{
	const struct port_vlan values = {port, {BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED, vlan}};

	return template_run(sock, &link_templates[LINK_PORT_VLAN], &values);
}

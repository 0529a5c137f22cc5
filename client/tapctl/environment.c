/* The environment of a tunnel program's child: see environment.h. Runs as the user. */
#include "client/tapctl/environment.h"

#include "client/tapctl/openvpn.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/variables.h"

int environment_read(struct tunnel *tunnel)
{
	*tunnel = (struct tunnel){.sock = -1, .kind = TAP_KIND_TUN};
	dns_read(&tunnel->dns);
	if (variable("VPNFD") != NULL)
		return openconnect_read(tunnel);
	if (variable("TUNTAP_SOCKET_FD") != NULL || variable("script_type") != NULL)
		return openvpn_read(tunnel);
	complain(
		"the environment is neither OpenVPN's (TUNTAP_SOCKET_FD) nor openconnect's (VPNFD): this is for them to start, as with --dev-node unix:PROGRAM or --script-tun --script PROGRAM");
	return EXIT_USAGE;
}

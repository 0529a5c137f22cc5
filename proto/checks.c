/* The words for what refuses: see checks.h. No malloc, no stdio. */
#include "checks.h"

#include "message.h"

#include <stddef.h>

struct check_words {
	const char *word;
	const char *key;
	const char *text;
};

static const struct check_words checks[TB_CHECK_COUNT] = {
	[TB_CHECK_NONE] = {"none", NULL, "the broker does not tell which check refused"},
	[TB_CHECK_SYNTAX] = {"malformed", NULL,
			     "the broker does not understand the request; install the same release of both"},
	[TB_CHECK_NETWORK] = {"no-network", NULL,
			      "there is no network of that name; \"tapctl networks\" shows those that are listed"},
	[TB_CHECK_KIND] = {"ceiling-kind", "Kind",
			   "the network has devices of another kind; ask without a kind (Kind= of the network file)"},
	[TB_CHECK_NAME] =
		{"ceiling-name", "Names",
		 "the network does not allow that name; ask for another or for none (Names= of the network file)"},
	[TB_CHECK_MTU] = {"ceiling-mtu", "MTU",
			  "the network does not allow so large an MTU; ask for less (MTU= of the network file)"},
	[TB_CHECK_QUEUES] = {"ceiling-queues", "Queues",
			     "the network does not allow so many queues; ask for fewer (Queues= of the network file)"},
	[TB_CHECK_VNET_HDR] = {"ceiling-vnet-hdr", "VnetHeader",
			       "the network does not allow the virtio header (VnetHeader= of the network file)"},
	[TB_CHECK_VHOST] = {"ceiling-vhost", "Vhost",
			    "the network does not allow vhost-net (Vhost= of the network file)"},
	[TB_CHECK_LIFETIME] = {"ceiling-lifetime", "Lifetimes",
			       "the network does not allow that lifetime (Lifetimes= of the network file)"},
	[TB_CHECK_NETNS] =
		{"ceiling-netns", "Netns",
		 "the network does not allow a device in that network namespace (Netns= of the network file)"},
	[TB_CHECK_UID] = {"uid", NULL, "this user gets no devices: the uid is one of the broker's own, or nobody's"},
	[TB_CHECK_POLKIT_NO] = {"polkit-no", NULL, "polkit said no; the administrator decides (tapbroker-polkit(7))"},
	[TB_CHECK_POLKIT_CHALLENGE] = {"polkit-challenge", NULL,
				       "polkit wants a password, and was not allowed to ask for it; ask interactively"},
	[TB_CHECK_POLKIT_DISMISSED] = {"polkit-dismissed", NULL, "the password dialog was closed"},
	[TB_CHECK_POLKIT_ERROR] = {"polkit-error", NULL,
				   "polkit could not be asked; look at the logs of tapbrokerd and polkitd"},
	[TB_CHECK_POLKIT_TIMEOUT] = {"polkit-timeout", NULL,
				     "polkit did not answer in time; try again, and look at the log of polkitd"},
	[TB_CHECK_QUEUE_TIMEOUT] = {"queue-timeout", NULL,
				    "polkit was busy with other requests for too long; try again"},
	[TB_CHECK_WAITING] = {"busy", NULL,
			      "too many requests of this user are waiting; try again when one of them has ended"},
	[TB_CHECK_REQUESTS] = {"busy-all", NULL, "too many requests are waiting; try again in a moment"},
	[TB_CHECK_WATCHES] = {"busy-watches", NULL, "too many programs watch; end one of them"},
	[TB_CHECK_CONNECTIONS] = {"connections", NULL, "this user has too many connections to the broker; close some"},
	[TB_CHECK_RESTART] = {"restart", NULL, "the broker is being started again; try again in a moment"},
	[TB_CHECK_MAX_PER_USER] =
		{"quota-user-network", "MaxPerUser",
		 "this user holds as many devices of this network as one user may (MaxPerUser= of the network file)"},
	[TB_CHECK_MAX] = {"quota-network", "Max",
			  "the network has handed out all its devices (Max= of the network file)"},
	[TB_CHECK_MAX_LEASES_PER_USER] =
		{"quota-user", NULL,
		 "this user holds as many devices of all networks as one user may (--max-leases-per-user)"},
	[TB_CHECK_MAX_LEASES] = {"quota-broker", NULL,
				 "the broker has handed out all the devices that it may (--max-leases)"},
	[TB_CHECK_PEER_GONE] =
		{"peer-gone", NULL,
		 "the process that asked has ended; the process that connects must live until the answer has come"},
	[TB_CHECK_LEASE] = {"no-lease", NULL, "there is no such lease"},
	[TB_CHECK_DEVICE] =
		{"no-device", NULL,
		 "the broker handed out something that is no device of that name; stop tapbrokerd and tell the administrator, because one of its processes may be in somebody else's hands"},
	[TB_CHECK_ADDRESSES] =
		{"ceiling-addresses", "Addresses",
		 "the network does not allow that address, or none at all (Addresses= of the network file)"},
	[TB_CHECK_ROUTES] = {"ceiling-routes", "Routes",
			     "the network does not allow a route to that destination (Routes= of the network file)"},
	[TB_CHECK_DEFAULT_ROUTE] = {"ceiling-default-route", "DefaultRoute",
				    "the network does not allow a default route (DefaultRoute= of the network file)"},
	[TB_CHECK_SCOPE] =
		{"ceiling-scope", "Scope",
		 "the network does not allow routes for the whole host, only for this user (Scope= of the network file)"},
	[TB_CHECK_KILL_SWITCH] = {"ceiling-kill-switch", "KillSwitch",
				  "the network does not allow a kill switch (KillSwitch= of the network file)"},
	[TB_CHECK_NOT_HERE] =
		{"not-here", NULL,
		 "only a tun or a routed tap in the host's network namespace can be configured; in one of your own, configure it yourself"},
	[TB_CHECK_ADDRESS_IN_USE] = {"address-in-use", NULL, "another interface of this host has that address"},
	[TB_CHECK_ROUTE_IN_USE] = {"route-in-use", NULL,
				   "another tunnel leads to that destination, or a kill switch blocks it"},
	[TB_CHECK_NO_FILTERING] =
		{"no-vlan-filtering", "VLAN",
		 "the network is one VLAN of its bridge, and the bridge filters no VLANs; the administrator may set vlan_filtering on it, or leave VLAN= out"},
	[TB_CHECK_NO_VLAN] =
		{"no-vlan", "VLAN",
		 "the bridge filters VLANs and would put the device into none of them; the administrator may set VLAN= in the network file, or vlan_default_pvid on the bridge"},
	[TB_CHECK_OVERLAP] =
		{"overlap", "Address",
		 "the host reaches some of the network's addresses by another interface, such as a VPN; the broker's log names it, and the administrator gives one of both other addresses (Address= of the network file)"},
	[TB_CHECK_NO_ADDRESS] =
		{"no-address", "Address",
		 "the network's bridge had no address when the broker was started; the administrator must run \"tapbroker-setup start\", and then start the broker again"},
};

static const struct check_words unknown;

static const struct check_words *words_of(uint32_t check)
{
	return check < TB_CHECK_COUNT ? &checks[check] : &unknown;
}

const char *tb_check_word(uint32_t check)
{
	return words_of(check)->word;
}

const char *tb_check_key(uint32_t check)
{
	return words_of(check)->key;
}

const char *tb_check_text(uint32_t check)
{
	return words_of(check)->text;
}

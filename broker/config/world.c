/* The machine as the networks need it: see world.h. Runs in tapbrokerd before lock-down, as root, or as whoever checks
 * the files. It reads /sys, /proc/sys and the status of files; it must never change anything or open a device.
 */
#include "broker/config/world.h"

#include "broker/config/claims.h"
#include "broker/config/findings.h"
#include "broker/config/listeners.h"
#include "broker/shared/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLICY_PATH TB_POLKIT_DIR "/org.tapbroker.policy"

#define PATH_SIZE 128

static void path_of_interface(const char *interface, const char *file, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "/sys/class/net/%s/%s", interface, file);
}

static bool interface_has(const char *interface, const char *file)
{
	char path[PATH_SIZE];

	path_of_interface(interface, file, path);
	return access(path, F_OK) == 0;
}

/* The number in a file of the kernel's; 0 if it cannot be read. */
static unsigned int number_in(const char *path)
{
	char text[32] = "";
	int fd TB_CLOSE = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	return (unsigned int)strtoul(text, NULL, 0);
}

static unsigned int interface_number(const char *interface, const char *file)
{
	char path[PATH_SIZE];

	path_of_interface(interface, file, path);
	return number_in(path);
}

/* Drivers of the kernel's wireless stack have the first, older ones one of the others. */
static bool is_wireless(const char *interface)
{
	char path[PATH_SIZE];
	char text[256] = "";
	int fd TB_CLOSE = -1;

	if (interface_has(interface, "phy80211") || interface_has(interface, "wireless"))
		return true;
	path_of_interface(interface, "uevent", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strstr(text, "DEVTYPE=wlan\n") != NULL;
}

static void warn_of_wireless(const struct network *network, const char *key, const char *interface)
{
	if (is_wireless(interface))
		found_warning(
			network->name,
			"%s=%s is wireless: it carries no packets but those of its own address, so that guests get no answer, on a macvtap or on a bridge; use the example nat.conf, which works there: see tapbroker(7)",
			key, interface);
}

/* The broker asks the kernel by names, and an interface has one alone that it answers to everywhere. Returns false if
 * this is another of its names. */
static bool warn_of_altname(const struct network *network, const char *key, const char *interface, unsigned int index)
{
	char name[IF_NAMESIZE];

	if (if_indextoname(index, name) == NULL || strcmp(name, interface) == 0)
		return true;
	found_warning(network->name, "%s=%s is an alternative name of %s: devices are refused; write %s=%s", key,
		      interface, name, key, name);
	return false;
}

/* What is the same for a bridge and a parent. Returns false if it is not there. */
static bool warn_of_lower(const struct network *network, const char *key, const char *interface)
{
	unsigned int index = if_nametoindex(interface);
	unsigned int mtu;

	if (index == 0) {
		if (network->own_bridge)
			found_warning(
				network->name,
				network->guests == 0
					? "its bridge %s has no address now, so devices are refused; do: tapbroker-setup start, then start the broker again"
					: "its bridge %s is not there now; until it is made, devices are refused; do: tapbroker-setup start",
				interface);
		else
			found_warning(network->name,
				      "%s=%s: there is no such interface now; until it is made, devices are refused",
				      key, interface);
		return false;
	}
	if (!warn_of_altname(network, key, interface, index))
		return false;
	if ((interface_number(interface, "flags") & IFF_UP) == 0)
		found_warning(network->name, "%s=%s is down: no packet passes; do: ip link set %s up", key, interface,
			      interface);
	mtu = interface_number(interface, "mtu");
	if (mtu != 0 && mtu < network->mtu)
		found_warning(network->name, "MTU=%u: a device gets no more than the %u of %s=%s", network->mtu, mtu,
			      key, interface);
	return true;
}

/* A port goes through two steps, listening and learning, before it forwards; the kernel tells
 * hundredths of a second. */
static void warn_of_stp(const struct network *network)
{
	if (interface_number(network->bridge, "bridge/stp_state") != 0)
		found_warning(
			network->name,
			"Bridge=%s has the spanning tree protocol on: each new device is silent for %u seconds, and its guest's DHCP client may give up; see tapbroker-network(5)",
			network->bridge, 2 * interface_number(network->bridge, "bridge/forward_delay") / 100);
}

/* Without VLAN= a new port is where the bridge puts it. */
static void warn_of_vlans(const struct network *network)
{
	unsigned int pvid = interface_number(network->bridge, "bridge/default_pvid");

	bool filters = interface_number(network->bridge, "bridge/vlan_filtering") != 0;

	if (network->vlan != 0 && !filters)
		found_warning(
			network->name,
			"VLAN=%u, and Bridge=%s filters no VLANs: devices are refused; do: ip link set %s type bridge vlan_filtering 1, or leave VLAN= out",
			network->vlan, network->bridge, network->bridge);
	if (network->vlan != 0 || !filters)
		return;
	if (pvid == 0)
		found_warning(network->name,
			      "Bridge=%s filters VLANs and has no default_pvid: devices are refused; add VLAN=",
			      network->bridge);
	else
		found_warning(
			network->name,
			"Bridge=%s filters VLANs: every device is in VLAN %u, its default_pvid, without tags; VLAN= says another",
			network->bridge, pvid);
}

static void warn_of_bridge(const struct network *network)
{
	if (!warn_of_lower(network, "Bridge", network->bridge))
		return;
	if (!interface_has(network->bridge, "bridge")) {
		found_warning(network->name, "Bridge=%s is no bridge: devices are refused", network->bridge);
		warn_of_wireless(network, "Bridge", network->bridge);
		return;
	}
	warn_of_stp(network);
	warn_of_vlans(network);
}

static void warn_of_parent(const struct network *network)
{
	if (!warn_of_lower(network, "Parent", network->parent))
		return;
	if (interface_number(network->parent, "type") != ARPHRD_ETHER ||
	    (interface_number(network->parent, "flags") & IFF_LOOPBACK) != 0)
		found_warning(
			network->name,
			"Parent=%s is no Ethernet interface: the kernel makes no macvtap on it, and devices are refused",
			network->parent);
	if (interface_has(network->parent, "brport"))
		found_warning(
			network->name,
			"Parent=%s is a port of a bridge: the kernel makes no macvtap on it; use the bridge, with Kind=tap",
			network->parent);
	warn_of_wireless(network, "Parent", network->parent);
}

/* True if the interface carries the alias of a lease: it is there because somebody has it. */
static bool is_leased(const char *interface)
{
	static const char ours[] = "tapbroker:";
	char path[PATH_SIZE];
	char text[sizeof(ours)] = "";
	int fd TB_CLOSE = -1;

	path_of_interface(interface, "ifalias", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strcmp(text, ours) == 0;
}

/* A name that is spelled out and taken is no use to anybody. */
static void warn_of_taken_names(const struct network *network)
{
	for (size_t i = 0; i < network->names_count; i++) {
		const char *name = network->names[i];

		if (strchr(name, '*') == NULL && if_nametoindex(name) != 0 && !is_leased(name))
			found_warning(
				network->name,
				"Names=%s: the host has an interface of that name, which is not the broker's; until it is gone, requests for the name are refused",
				name);
	}
}

void world_warn(const struct network_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct network *network = &table->networks[i];

		if (network->bridge[0] != '\0')
			warn_of_bridge(network);
		if (network->parent[0] != '\0')
			warn_of_parent(network);
		if (network->device[0] != '\0')
			warn_of_lower(network, "Device", network->device);
		else
			warn_of_taken_names(network);
		claims_warn(network);
	}
	listeners_warn(table);
}

static void warn_of_node(const char *path, const char *module)
{
	if (access(path, F_OK) < 0)
		found_warning(NULL, "%s: %s; do: modprobe %s", path, strerror(errno), module);
}

static void warn_of_nodes(const struct network_table *table)
{
	bool tun = false;
	bool vhost = false;

	for (size_t i = 0; i < table->count; i++) {
		tun |= table->networks[i].kind == TB_KIND_TAP || table->networks[i].kind == TB_KIND_TUN;
		vhost |= table->networks[i].vhost;
	}
	if (tun)
		warn_of_node("/dev/net/tun", "tun");
	if (vhost)
		warn_of_node("/dev/vhost-net", "vhost_net");
}

/* Clients of any user must come through to the socket. */
static void warn_of_socket(const char *path)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		found_warning(NULL, "%s: %s: clients find no broker; do: systemctl enable --now tapbroker.socket", path,
			      strerror(errno));
	else if (!S_ISSOCK(status.st_mode))
		found_warning(NULL, "%s is no socket; remove it, and do: systemctl restart tapbroker.socket", path);
	else if ((status.st_mode & 0666) != 0666)
		found_warning(NULL, "%s: not everybody may connect (mode %04o); do: systemctl restart tapbroker.socket",
			      path, status.st_mode & 07777);
}

/* polkitd knows the actions that are in its directory. Who cannot read them there is told no for all of them. */
static void warn_of_policy(void)
{
	struct stat status;

	if (stat(POLICY_PATH, &status) < 0)
		found_warning(NULL, "%s: %s: polkit knows no action of the broker's, and refuses everybody",
			      POLICY_PATH, strerror(errno));
	else if ((status.st_mode & 0004) == 0)
		found_warning(NULL, "%s: polkitd cannot read it (mode %04o), and refuses everybody; do: chmod 644",
			      POLICY_PATH, status.st_mode & 07777);
}

/* Then the host's firewall sees what goes from port to port. */
static void warn_of_bridge_filter(const struct network_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->networks[i].bridge[0] == '\0')
			continue;
		if (number_in("/proc/sys/net/bridge/bridge-nf-call-iptables") == 1)
			found_warning(
				NULL,
				"net.bridge.bridge-nf-call-iptables is 1: the host's firewall sees the packets of bridges too, and a policy of drop for forwarded ones, as Docker sets it, cuts guests off; see tapbroker-network(5)");
		return;
	}
}

void world_warn_of_machine(const struct network_table *table, const char *socket_path)
{
	warn_of_nodes(table);
	warn_of_socket(socket_path);
	warn_of_policy();
	warn_of_bridge_filter(table);
}

/* How the keys of one network file go together, and the defaults that depend on others. Runs in tapbrokerd and
 * tapbroker-setup before any client is met, as root, on the text of root's files. It must never let two keys through of
 * which one makes the other meaningless.
 */
#include "broker/config/network_file.h"

#include "broker/config/network.h"
#include "proto/words.h"

#include <linux/if_link.h>
#include <string.h>

#define TAP_MTU_MAX 65521 /* the kernel takes the Ethernet header off */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the kernel calls a macvtap's mode. */
static uint32_t macvlan_mode(enum tb_macvtap_mode mode)
{
	static const uint32_t modes[] = {
		[TB_MODE_NONE] = 0,
		[TB_MODE_BRIDGE] = MACVLAN_MODE_BRIDGE,
		[TB_MODE_VEPA] = MACVLAN_MODE_VEPA,
		[TB_MODE_PRIVATE] = MACVLAN_MODE_PRIVATE,
		[TB_MODE_PASSTHRU] = MACVLAN_MODE_PASSTHRU,
	};

	return modes[mode];
}

/* Between the host and its guest there is no bridge whose port it could be, nor anything that is served there. */
static void check_routed(struct network_file *file)
{
	static const enum network_key of_ports[] = {KEY_DIRECT, KEY_DHCP,    KEY_DNS,
						    KEY_RA,     KEY_PUBLISH, KEY_HOST_REPLIES};
	const struct network *network = &file->network;

	for (size_t i = 0; i < COUNT(of_ports) && network->routed; i++)
		if (file->lines[of_ports[i]] != 0 && network->kind == TB_KIND_TAP)
			network_file_error(file, file->lines[of_ports[i]],
					   "%s= says nothing with Routed=yes: no device is on the bridge",
					   network_key_name(of_ports[i]));
}

/* Values that a device of this kind cannot have. */
static void check_kind(struct network_file *file)
{
	const struct network *network = &file->network;

	if (network->kind == TB_KIND_MACVTAP && file->lines[KEY_PARENT] == 0)
		network_file_error(file, file->section_line,
				   "Parent= is missing; a macvtap needs the interface that it is on");
	if (network->kind != TB_KIND_MACVTAP && file->lines[KEY_ISOLATED] != 0 && network->bridge[0] == '\0')
		network_file_error(file, file->lines[KEY_ISOLATED],
				   "Isolated= is about a bridge's port; add Bridge= or Address=, or leave it out");
	if (network->kind == TB_KIND_TAP && file->lines[KEY_DIRECT] != 0 && network->bridge[0] == '\0')
		network_file_error(file, file->lines[KEY_DIRECT],
				   "Direct= is about a tap on a bridge; add Bridge= or Address=, or leave it out");
	/* A device by name is opened in the network namespace of whoever opens it. */
	if (network_shielded(network) && (network->lifetimes & TB_LIFETIMES_BY_NAME) != 0)
		network_file_error(
			file, file->lines[KEY_LIFETIMES],
			"Lifetimes=persistent or named: with Bridge= a tap is out of reach of programs that open it by name; Direct=yes puts it on the bridge itself, within reach of its holder's and other programs' changes");
	if (file->lines[KEY_HOST_REPLIES] != 0 && network_has_ports(network))
		network_file_error(
			file, file->lines[KEY_HOST_REPLIES],
			"HostReplies= is for a tap without Bridge=; on a bridge the host answers at the bridge itself");
	if (network->kind == TB_KIND_MACVTAP && (network->lifetimes & 1u << TB_LIFETIME_FD) != 0)
		network_file_error(file, file->lines[KEY_LIFETIMES],
				   "Lifetimes=fd: the kernel keeps a macvtap when its last fd is closed");
	if (network->kind == TB_KIND_TAP && network->mtu > TAP_MTU_MAX)
		network_file_error(file, file->lines[KEY_MTU], "MTU=%u: for a tap it is a decimal number from %u to %u",
				   network->mtu, TB_MTU_MIN, TAP_MTU_MAX);
}

/* Keys about locks say nothing where nobody else is. */
static void check_locks(struct network_file *file)
{
	static const enum network_key about_locks[] = {
		KEY_DHCP_SERVER,      KEY_ETHER_TYPES,     KEY_MACS,
		KEY_RATE_TO_GUEST,    KEY_RATE_FROM_GUEST, KEY_ROUTER_ADVERTISEMENTS,
		KEY_SOURCE_ADDRESSES, KEY_TAGGED_FRAMES,   KEY_VLAN,
	};

	for (size_t i = 0; i < COUNT(about_locks) && !network_is_locked(&file->network); i++)
		if (file->lines[about_locks[i]] != 0 && file->network.kind == TB_KIND_TAP)
			network_file_error(
				file, file->lines[about_locks[i]],
				"%s= is about what a bridge's port lets through; add Bridge= or leave it out",
				network_key_name(about_locks[i]));
}

/* What would be out of the administrator's reach in another network namespace. */
static void check_netns(struct network_file *file)
{
	const struct network *network = &file->network;
	unsigned int line = file->lines[KEY_NETNS];

	if ((network->lifetimes & 1u << TB_LIFETIME_NAMESPACE) != 0 && (network->netns & 1u << NETNS_CALLER) == 0)
		network_file_error(
			file, file->lines[KEY_LIFETIMES],
			"Lifetimes=namespace: only a device in its caller's network namespace ends with it; add Netns=caller");
	if ((network->netns & 1u << NETNS_CALLER) == 0)
		return;
	if (network->kind == TB_KIND_MACVTAP)
		network_file_error(
			file, line,
			"Netns=caller: a macvtap there would be on the host's Parent=, and its user could move it where nobody can revoke it; only a tun or a tap may be there");
	if (network->bridge[0] != '\0')
		network_file_error(
			file, line,
			"Netns=caller: a port of the bridge in line %u cannot be in another network namespace; make a network of its own, without Bridge= and Address=",
			file->lines[network->own_bridge ? KEY_ADDRESS : KEY_BRIDGE]);
	if (network->netns == 1u << NETNS_CALLER &&
	    (network->lifetimes & (1u << TB_LIFETIME_SESSION | 1u << TB_LIFETIME_NAMESPACE)) == 0)
		network_file_error(file, file->lines[KEY_LIFETIMES],
				   "Lifetimes= must have session or namespace: with Netns=caller there is no other");
	if ((network->netns & 1u << NETNS_HOST) != 0 && network->lifetimes == 1u << TB_LIFETIME_NAMESPACE)
		network_file_error(file, file->lines[KEY_LIFETIMES],
				   "Lifetimes=namespace: with Netns=host there must be another one, too");
}

/* With an address of the host's and no bridge the network has a bridge of its own. A tap is a port of it, unless the
 * file says otherwise; a tun never is. */
static void resolve_bridge(struct network_file *file)
{
	struct network *network = &file->network;

	if (network->routed && file->lines[KEY_ADDRESS] == 0)
		network_file_error(file, file->lines[KEY_ROUTED],
				   "Routed=yes needs Address=, which the devices and their guests have addresses of");
	if (network->kind == TB_KIND_MACVTAP || file->lines[KEY_ADDRESS] == 0)
		return;
	if (file->lines[KEY_BRIDGE] != 0) {
		network_file_error(
			file, file->lines[KEY_ADDRESS],
			"Address= is for a network with a bridge of its own; the bridge in line %u has the addresses that its administrator gave it: leave Address= or Bridge= out",
			file->lines[KEY_BRIDGE]);
		return;
	}
	network->own_bridge = true;
	network->routed = network->routed || network->kind == TB_KIND_TUN;
	network_bridge_name(network->name, network->bridge);
}

static void check_counts(struct network_file *file)
{
	struct network *network = &file->network;

	if (network->kind == TB_KIND_MACVTAP && network->mode == TB_MODE_PASSTHRU) {
		if (file->lines[KEY_MAX] != 0 && network->max > 1)
			network_file_error(file, file->lines[KEY_MAX],
					   "Max=%u: a passthru parent has room for 1 device", network->max);
		network->max = 1;
	}
	if (file->lines[KEY_MAX_PER_USER] == 0 && network->max_per_user > network->max)
		network->max_per_user = network->max;
	if (network->max_per_user > network->max)
		network_file_error(file, file->lines[KEY_MAX_PER_USER], "MaxPerUser=%u is more than Max=%u",
				   network->max_per_user, network->max);
}

/* Who is refused is told by which line. */
static void note_lines(struct network_file *file)
{
	static const struct {
		enum network_key key;
		enum tb_check check; /* that compares with it */
	} compared[] = {
		{KEY_KIND, TB_CHECK_KIND},
		{KEY_NAMES, TB_CHECK_NAME},
		{KEY_MTU, TB_CHECK_MTU},
		{KEY_QUEUES, TB_CHECK_QUEUES},
		{KEY_VHOST, TB_CHECK_VHOST},
		{KEY_NETNS, TB_CHECK_NETNS},
		{KEY_VNET_HEADER, TB_CHECK_VNET_HDR},
		{KEY_LIFETIMES, TB_CHECK_LIFETIME},
		{KEY_MAX, TB_CHECK_MAX},
		{KEY_MAX_PER_USER, TB_CHECK_MAX_PER_USER},
		{KEY_ADDRESSES, TB_CHECK_ADDRESSES},
		{KEY_ROUTES, TB_CHECK_ROUTES},
		{KEY_DEFAULT_ROUTE, TB_CHECK_DEFAULT_ROUTE},
		{KEY_SCOPE, TB_CHECK_SCOPE},
		{KEY_KILL_SWITCH, TB_CHECK_KILL_SWITCH},
	};

	for (size_t i = 0; i < COUNT(compared); i++)
		file->network.lines[compared[i].check] = (uint16_t)file->lines[compared[i].key];
}

/* Each entry of MACs= is an address or the beginning of some. */
static bool drops_qemu_macs(const struct network *network)
{
	static const uint8_t qemu[] = {0x52, 0x54, 0x00};

	if (!network_is_locked(network) || (network->locks & LOCK_MAC) == 0)
		return false;
	for (uint32_t i = 0; i < network->macs.count; i++) {
		const struct prefix *prefix = &network->macs.items[i];

		if (prefix->bits <= 8 * sizeof(qemu) && memcmp(prefix->bytes, qemu, prefix->bits / 8) == 0)
			return false;
	}
	return true;
}

void network_finish(struct network_file *file)
{
	struct network *network = &file->network;

	if (file->lines[KEY_KIND] == 0)
		network_file_error(file, file->section_line, "Kind= is missing; it is tap, tun or macvtap");
	if (network->kind == TB_KIND_ANY) /* missing or refused: what follows depends on it */
		return;
	note_lines(file);
	resolve_bridge(file);
	network_keys_check_kind(file);
	check_kind(file);
	check_routed(file);
	network_routing_finish(file);
	network_publish_finish(file);
	network_host_interface_finish(file);
	network_guests_finish(file);
	check_locks(file);
	network_vlan_finish(file);
	check_counts(file);
	if (network->kind != TB_KIND_MACVTAP)
		network->mode = TB_MODE_NONE;
	network->macvlan_mode = macvlan_mode(network->mode);
	if (file->lines[KEY_LIFETIMES] == 0)
		network->lifetimes =
			1u << TB_LIFETIME_SESSION | (network->kind == TB_KIND_MACVTAP ? 0 : 1u << TB_LIFETIME_FD);
	if (file->lines[KEY_NETNS] == 0)
		network->netns = 1u << NETNS_HOST;
	check_netns(file);
	if (network->bridge[0] == '\0')
		network->isolated = false;
	if (network->kind != TB_KIND_MACVTAP)
		network->all_multicast = false;
	if (file->lines[KEY_VNET_HEADER] == 0)
		network->vnet_hdr = network->kind != TB_KIND_TUN || !network->routed;
	network_tunnel_finish(file);
	if (network->vhost && !network->vnet_hdr && network->kind != TB_KIND_TUN)
		network_file_error(file, file->lines[KEY_VHOST],
				   "Vhost=yes: vhost-net needs the header that VnetHeader=no forbids");
	network_device_finish(file);
	network->traits = drops_qemu_macs(network) ? TB_NETWORK_NO_QEMU_MACS : 0;
}

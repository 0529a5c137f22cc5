/* The keys Forward=, Masquerade= and Reach= of a network file, and how they go together. Runs in tapbrokerd and
 * tapbroker-setup, as root, on the text of root's files. It must never let two keys through of which one says more than
 * the other.
 */
#include "broker/config/network_file.h"

const char *const network_reach_words[REACH_COUNT] =
	{[REACH_INTERNET] = "internet", [REACH_HOST] = "host", [REACH_ALL] = "all", [REACH_NONE] = "none"};
const char *const network_family_words[4] = {"no", "ipv4", "ipv6", "both"};

void network_reach_set(struct network_file *file, unsigned int line, const char *value)
{
	size_t found = network_take_word(file, line, "Reach", value, "it is host, internet, all or none",
					 network_reach_words, REACH_COUNT);

	if (found < REACH_COUNT)
		file->network.reach = (enum network_reach)found;
}

static void take_families(struct network_file *file, unsigned int line, const char *key, const char *value,
			  uint32_t *families)
{
	size_t found =
		network_take_word(file, line, key, value, "it is ipv4, ipv6, both or no", network_family_words, 4);

	if (found < 4)
		*families = (uint32_t)found;
}

void network_forward_set(struct network_file *file, unsigned int line, const char *value)
{
	take_families(file, line, "Forward", value, &file->network.forward);
}

void network_masquerade_set(struct network_file *file, unsigned int line, const char *value)
{
	take_families(file, line, "Masquerade", value, &file->network.masquerade);
}

static void refuse_without_address(struct network_file *file)
{
	static const enum network_key keys[] = {KEY_FORWARD, KEY_MASQUERADE, KEY_REACH, KEY_DHCP,
						KEY_DNS,     KEY_RA,         KEY_ALLOW, KEY_PUBLISH};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (file->lines[keys[i]] != 0 && file->network.kind != TB_KIND_MACVTAP)
			network_file_error(
				file, file->lines[keys[i]],
				"%s= is for a network with addresses of its own; add Address= or leave it out",
				network_key_name(keys[i]));
}

/* What is not said follows from what is: nothing is forwarded where nothing beyond the host may be reached, nor what
 * has no address. */
static void set_defaults(struct network_file *file)
{
	struct network *network = &file->network;
	bool beyond = network->reach == REACH_INTERNET || network->reach == REACH_ALL;

	if (file->lines[KEY_FORWARD] == 0)
		network->forward = beyond && (network->ipv4_auto || network->ipv4.prefix != 0) ? NETWORK_IPV4 : 0;
	if (file->lines[KEY_MASQUERADE] == 0)
		network->masquerade = NETWORK_IPV4 & network->forward;
	/* An IPv6 address is looked for only where it leads somewhere. */
	network->ipv6_auto = network->ipv4_auto && network->ipv6.prefix == 0 && (network->forward & NETWORK_IPV6) != 0;
}

/* What is served follows from DHCP=, which has the program started that serves it all. */
static void finish_serving(struct network_file *file)
{
	struct network *network = &file->network;
	bool ipv6 = network->ipv6.prefix != 0 || network->ipv6_auto;

	if (file->lines[KEY_DNS] == 0)
		network->dns = network->dhcp && network->reach != REACH_NONE;
	if (file->lines[KEY_RA] == 0)
		network->ra = network->dhcp && ipv6;
	if (network->dns && !network->dhcp)
		network_file_error(file, file->lines[KEY_DNS],
				   "DNS=yes needs DHCP=yes, which tells guests whom to ask");
	if (network->ra && !network->dhcp)
		network_file_error(file, file->lines[KEY_RA], "RA=yes needs DHCP=yes");
	if (network->ra && !ipv6)
		network_file_error(file, file->lines[KEY_RA], "RA=yes: Address= has no IPv6 address");
	if (network->dhcp && network->ipv4.prefix == 0 && !network->ipv4_auto)
		network_file_error(file, file->lines[KEY_DHCP], "DHCP=yes: Address= has no IPv4 address");
}

void network_routing_finish(struct network_file *file)
{
	struct network *network = &file->network;

	if (!network->own_bridge) {
		refuse_without_address(file);
		return;
	}
	set_defaults(file);
	finish_serving(file);
	if ((network->masquerade & ~network->forward) != 0)
		network_file_error(file, file->lines[KEY_MASQUERADE],
				   "Masquerade=%s: only what is forwarded can be masqueraded, and that is Forward=%s",
				   network_family_words[network->masquerade], network_family_words[network->forward]);
	if (network->forward != 0 && (network->reach == REACH_HOST || network->reach == REACH_NONE))
		network_file_error(file, file->lines[KEY_FORWARD],
				   "Forward=%s: with Reach=%s nothing is forwarded; leave one of them out",
				   network_family_words[network->forward], network_reach_words[network->reach]);
	if ((network->forward & NETWORK_IPV4) != 0 && network->ipv4.prefix == 0 && !network->ipv4_auto)
		network_file_error(file, file->lines[KEY_FORWARD], "Forward=%s: Address= has no IPv4 address",
				   network_family_words[network->forward]);
	if ((network->forward & NETWORK_IPV6) != 0 && network->ipv6.prefix == 0 && !network->ipv6_auto)
		network_file_error(file, file->lines[KEY_FORWARD], "Forward=%s: Address= has no IPv6 address",
				   network_family_words[network->forward]);
}

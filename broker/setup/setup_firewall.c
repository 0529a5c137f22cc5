/* Other firewalls of the host, which may drop what our own tables let pass. Where there is a place for what others add,
 * an entry for the interfaces of each network's guests is made there, and taken back: see setup_places.h. Of all others
 * the chain is named, and the line to type. Runs in tapbroker-setup, as root. It must never change a rule that it did
 * not make.
 */
#include "broker/setup/setup.h"
#include "broker/setup/setup_chains.h"
#include "broker/setup/setup_nft.h"
#include "broker/setup/setup_places.h"

#include "broker/shared/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned int firewall_clean(const struct setup *setup, bool keep)
{
	firewalld_clean(setup, keep);
	return docker_clean();
}

/* What an administrator types so that the chain lets pass what comes by this interface. */
static void firewall_say_for(const struct network *network, const struct blocking_chain *chain, const char *interface)
{
	bool published = network->publish_count > 0;
	char plus[TB_NAME_SIZE];

	guest_interface_plus(interface, plus);
	if (chain->kind == FIREWALL_UFW && chain->forward)
		tb_log(TB_LOG_WARNING,
		       "network %s: ufw (chain %s of table %s %s) drops what its guests send on; do: ufw route allow in on %s%s%s",
		       network->name, chain->chain, chain->family, chain->table, plus,
		       published ? "; ufw route allow out on " : "", published ? plus : "");
	else if (chain->kind == FIREWALL_UFW)
		tb_log(TB_LOG_WARNING,
		       "network %s: ufw (chain %s of table %s %s) drops what its guests ask this host; do: ufw allow in on %s",
		       network->name, chain->chain, chain->family, chain->table, plus);
	else if (chain->forward)
		tb_log(TB_LOG_WARNING,
		       "network %s: chain %s of table %s %s drops what its guests send on; do: nft 'insert rule %s %s %s iifname \"%s\" accept; insert rule %s %s %s oifname \"%s\" %s accept'",
		       network->name, chain->chain, chain->family, chain->table, chain->family, chain->table,
		       chain->chain, interface, chain->family, chain->table, chain->chain, interface,
		       published ? "" : "ct state established,related");
	else
		tb_log(TB_LOG_WARNING,
		       "network %s: chain %s of table %s %s drops what its guests ask this host; do: nft 'insert rule %s %s %s iifname \"%s\" accept'",
		       network->name, chain->chain, chain->family, chain->table, chain->family, chain->table,
		       chain->chain, interface);
}

static void firewall_say(const struct network *network, const struct blocking_chain *chain,
			 const struct guest_interfaces *guests)
{
	for (size_t i = 0; i < guests->count; i++)
		firewall_say_for(network, chain, guests->names[i]);
}

/* True if this chain sees packets that the network's file lets pass. */
static bool concerns(const struct network *network, const struct blocking_chain *chain)
{
	if (!chain->forward)
		return network->dhcp || network->reach == REACH_HOST || network->reach == REACH_ALL;
	if (strcmp(chain->family, "ip") == 0)
		return (network->router & NETWORK_IPV4) != 0;
	if (strcmp(chain->family, "ip6") == 0)
		return (network->router & NETWORK_IPV6) != 0;
	return network->router != 0;
}

/* Makes an entry where there is a place for it. */
static bool let_pass(const struct network *network, const struct blocking_chain *chain,
		     const struct guest_interfaces *guests)
{
	if (chain->kind == FIREWALL_DOCKER && chain->forward)
		return docker_add(strcmp(chain->family, "ip6") == 0, guests, network->publish_count > 0) == 0;
	if (chain->kind == FIREWALL_FIREWALLD)
		return firewalld_add(guests) == 0;
	return false;
}

/* What blocks the network: an entry is made if change is true, and all else is said. */
static void look_for_blocks(const struct network *network, bool change)
{
	struct blocking_chains *found = calloc(1, sizeof(*found));
	char *ruleset = nft_list("list ruleset", false);
	struct guest_interfaces guests;

	guest_interfaces_find(network, &guests);
	if (found != NULL && ruleset != NULL) {
		chains_find(ruleset, &guests, found);
		for (size_t i = 0; i < found->count; i++) {
			const struct blocking_chain *chain = &found->chains[i];

			if (concerns(network, chain) && !(change && let_pass(network, chain, &guests)))
				firewall_say(network, chain, &guests);
		}
	}
	free(ruleset);
	free(found);
}

/* An entry of ours that is there already names the guests' interfaces, so that it is not made twice. */
static unsigned int firewall_start(struct setup *setup)
{
	unsigned int problems = firewall_clean(setup, true);

	for (size_t i = 0; i < setup->networks->count; i++)
		if (setup_wants(setup, i))
			look_for_blocks(&setup->networks->networks[i], true);
	return problems;
}

static unsigned int firewall_stop(struct setup *setup)
{
	return firewall_clean(setup, false);
}

/* Who has no rights sees no rules: that is said once. */
static unsigned int firewall_check(struct setup *setup)
{
	bool can_look = geteuid() == 0;

	for (size_t i = 0; i < setup->networks->count; i++) {
		if (!setup_wants(setup, i))
			continue;
		if (!can_look) {
			tb_log(TB_LOG_NOTICE, "only root sees whether another firewall is in the way");
			break;
		}
		look_for_blocks(&setup->networks->networks[i], false);
	}
	return 0;
}

const struct setup_part setup_firewall = {.name = "firewall",
					  .start = firewall_start,
					  .stop = firewall_stop,
					  .check = firewall_check};

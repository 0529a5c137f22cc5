/* Other firewalls of the host, which may drop what our own tables let pass. Where there is a place for what others add,
 * an entry for the interfaces of each network's guests is made there, and taken back: see setup_places.h. Of all others
 * the chain is named, and the line to type. Runs in tapbroker-setup, as root. It must never change a rule that it did
 * not make.
 */
#include "broker/setup/setup.h"
#include "broker/setup/setup_chains.h"
#include "broker/setup/setup_firewall.h"
#include "broker/setup/setup_nft.h"
#include "broker/setup/setup_crossings.h"
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
static void firewall_say_for(const struct crossing *crossing, const struct blocking_chain *chain, const char *interface)
{
	char plus[TB_NAME_SIZE];

	guest_interface_plus(interface, plus);
	if (chain->kind == FIREWALL_UFW && chain->forward)
		tb_log(TB_LOG_WARNING,
		       "network %s: ufw (chain %s of table %s %s) drops what its guests send on; do: ufw route allow in on %s%s%s",
		       crossing->network, chain->chain, chain->family, chain->table, plus,
		       crossing->published ? "; ufw route allow out on " : "", crossing->published ? plus : "");
	else if (chain->kind == FIREWALL_UFW)
		tb_log(TB_LOG_WARNING,
		       "network %s: ufw (chain %s of table %s %s) drops what its guests ask this host; do: ufw allow in on %s",
		       crossing->network, chain->chain, chain->family, chain->table, plus);
	else if (chain->forward)
		tb_log(TB_LOG_WARNING,
		       "network %s: chain %s of table %s %s drops what its guests send on; do: nft 'insert rule %s %s %s iifname \"%s\" accept; insert rule %s %s %s oifname \"%s\" %s accept'",
		       crossing->network, chain->chain, chain->family, chain->table, chain->family, chain->table,
		       chain->chain, interface, chain->family, chain->table, chain->chain, interface,
		       crossing->published ? "" : "ct state established,related");
	else
		tb_log(TB_LOG_WARNING,
		       "network %s: chain %s of table %s %s drops what its guests ask this host; do: nft 'insert rule %s %s %s iifname \"%s\" accept'",
		       crossing->network, chain->chain, chain->family, chain->table, chain->family, chain->table,
		       chain->chain, interface);
}

static void firewall_say(const struct crossing *crossing, const struct blocking_chain *chain)
{
	for (size_t i = 0; i < crossing->guests.count; i++)
		firewall_say_for(crossing, chain, crossing->guests.names[i]);
}

/* True if this chain sees packets that the network's file lets pass. */
static bool concerns(const struct crossing *crossing, const struct blocking_chain *chain)
{
	if (!chain->forward)
		return crossing->input;
	if (strcmp(chain->family, "ip") == 0)
		return crossing->ipv4;
	if (strcmp(chain->family, "ip6") == 0)
		return crossing->ipv6;
	return crossing->ipv4 || crossing->ipv6;
}

/* True if this firewall has a place for others' entries about what this chain sees. */
static bool has_place(const struct blocking_chain *chain)
{
	return (chain->kind == FIREWALL_DOCKER && chain->forward) || chain->kind == FIREWALL_FIREWALLD;
}

/* Makes an entry there. Returns 0 or a negative errno. */
static int let_pass(const struct crossing *crossing, const struct blocking_chain *chain)
{
	if (chain->kind == FIREWALL_FIREWALLD)
		return firewalld_add(&crossing->guests);
	return docker_add(strcmp(chain->family, "ip6") == 0, &crossing->guests, crossing->published);
}

/* Calls each() for every chain that blocks what is to pass. Returns the sum of what these return. */
static unsigned int each_block(const struct crossing *crossing,
			       unsigned int (*each)(const struct crossing *crossing,
						    const struct blocking_chain *chain))
{
	struct blocking_chains *found = calloc(1, sizeof(*found));
	char *ruleset = nft_list("list ruleset", false);
	unsigned int problems = 0;

	if (found != NULL && ruleset != NULL) {
		chains_find(ruleset, &crossing->guests, found);
		for (size_t i = 0; i < found->count; i++)
			if (concerns(crossing, &found->chains[i]))
				problems += each(crossing, &found->chains[i]);
	}
	free(ruleset);
	free(found);
	return problems;
}

static unsigned int block_say(const struct crossing *crossing, const struct blocking_chain *chain)
{
	firewall_say(crossing, chain);
	return 0;
}

static unsigned int block_open_or_say(const struct crossing *crossing, const struct blocking_chain *chain)
{
	if (!has_place(chain) || let_pass(crossing, chain) < 0)
		firewall_say(crossing, chain);
	return 0;
}

static unsigned int block_open(const struct crossing *crossing, const struct blocking_chain *chain)
{
	if (!has_place(chain))
		return 0;
	if (let_pass(crossing, chain) < 0)
		return 1;
	tb_log(TB_LOG_NOTICE, "network %s: table %s %s lets its guests' packets pass again", crossing->network,
	       chain->family, chain->table);
	return 0;
}

static unsigned int crossing_open(const struct crossing *crossing)
{
	return each_block(crossing, block_open);
}

int firewall_again(void)
{
	firewalld_wait();
	return crossings_read(crossing_open);
}

/* An entry of ours that is there already names the guests' interfaces, so that it is not made twice. */
static unsigned int firewall_start(struct setup *setup)
{
	unsigned int problems = firewall_clean(setup, true);
	int ret = crossings_write(setup);

	if (ret < 0) {
		tb_log(TB_LOG_ERROR, "cannot write down what has to cross other firewalls: %s", strerror(-ret));
		problems++;
	}
	for (size_t i = 0; i < setup->networks->count; i++) {
		struct crossing crossing;

		if (!setup_wants(setup, i))
			continue;
		crossing_of_network(&setup->networks->networks[i], &crossing);
		problems += each_block(&crossing, block_open_or_say);
	}
	return problems;
}

/* What is forgotten first is not made again. */
static unsigned int firewall_stop(struct setup *setup)
{
	return (crossings_forget() < 0) + firewall_clean(setup, false);
}

/* Who has no rights sees no rules: that is said once. */
static unsigned int firewall_check(struct setup *setup)
{
	bool can_look = geteuid() == 0;

	for (size_t i = 0; i < setup->networks->count; i++) {
		struct crossing crossing;

		if (!setup_wants(setup, i))
			continue;
		if (!can_look) {
			tb_log(TB_LOG_NOTICE, "only root sees whether another firewall is in the way");
			break;
		}
		crossing_of_network(&setup->networks->networks[i], &crossing);
		each_block(&crossing, block_say);
	}
	return 0;
}

const struct setup_part setup_firewall = {.name = "firewall",
					  .start = firewall_start,
					  .stop = firewall_stop,
					  .check = firewall_check};

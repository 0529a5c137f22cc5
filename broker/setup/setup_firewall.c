/* Other firewalls of the host, which may drop what our own tables let pass. Where there is a place for what others add,
 * an entry for each bridge is made there, and taken back: Docker's chain DOCKER-USER, a zone of firewalld. Of all
 * others the chain is named, and the line to type. Runs in tapbroker-setup, as root. It must never change a rule that
 * it did not make.
 */
#include "broker/setup/setup.h"
#include "broker/setup/setup_chains.h"
#include "broker/setup/setup_nft.h"
#include "broker/setup/setup_program.h"

#include "broker/shared/log.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIREWALL_CMD "/usr/bin/firewall-cmd"
#define FIREWALL_ZONE "--zone=trusted" /* lets everything pass; what may pass is said by our own table */

#define DOCKER_COMMENT "tapbroker-setup"

/* By iptables itself: it refuses to read a table that has rules that nft made, and so would Docker. */
#define IPTABLES "/usr/sbin/iptables"
#define IP6TABLES "/usr/sbin/ip6tables"

#define DOCKER_WORDS_MAX 24

/* Deletes the rule that this line of `iptables -S` shows, if it is one of ours. */
static unsigned int docker_delete(const char *iptables, char *line)
{
	const char *words[DOCKER_WORDS_MAX + 1] = {iptables, "-w"};
	size_t count = 2;
	char *rest = NULL;

	if (strstr(line, "--comment " DOCKER_COMMENT) == NULL)
		return 0;
	for (char *word = strtok_r(line, " ", &rest); word != NULL && count < DOCKER_WORDS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		words[count++] = strcmp(word, "-A") == 0 ? "-D" : word;
	return program_run(words) < 0;
}

/* Deletes our rules from DOCKER-USER, of one family. The chain itself is Docker's. */
static unsigned int docker_clean(const char *iptables)
{
	const char *const words[] = {iptables, "-w", "-S", "DOCKER-USER", NULL};
	char said[8192];
	char *rest = NULL;
	unsigned int problems = 0;

	if (program_ask(words, said, sizeof(said)) < 0)
		return 0;
	for (char *line = strtok_r(said, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		problems += docker_delete(iptables, line);
	return problems;
}

/* From guests, the answers to them, and who asks them at a port that is published. */
static int docker_add(const char *iptables, const struct network *network)
{
	const char *bridge = network->bridge;
	const char *states = network->publish_count > 0 ? "RELATED,ESTABLISHED,DNAT" : "RELATED,ESTABLISHED";
	const char *const from[] = {iptables,  "-w",        "-I",           "DOCKER-USER", "-i",     bridge, "-m",
				    "comment", "--comment", DOCKER_COMMENT, "-j",          "ACCEPT", NULL};
	const char *const to[] = {iptables,    "-w",           "-I",        "DOCKER-USER", "-o", bridge,
				  "-m",        "conntrack",    "--ctstate", states,        "-m", "comment",
				  "--comment", DOCKER_COMMENT, "-j",        "ACCEPT",      NULL};
	int ret = program_run(from);

	return ret < 0 ? ret : program_run(to);
}

static bool firewalld_runs(void)
{
	static const char *const words[] = {FIREWALL_CMD, "--state", NULL};
	char said[64];

	return program_ask(words, said, sizeof(said)) == 0;
}

static int firewalld_change(const char *option, const char *bridge)
{
	char interface[64], said[256];
	const char *words[] = {FIREWALL_CMD, "--quiet", FIREWALL_ZONE, interface, NULL};

	snprintf(interface, sizeof(interface), "%s=%s", option, bridge);
	return program_ask(words, said, sizeof(said));
}

static bool firewall_wanted(const struct setup *setup, const char *bridge)
{
	for (size_t i = 0; i < setup->networks->count; i++)
		if (setup_wants(setup, i) && strcmp(setup->networks->networks[i].bridge, bridge) == 0)
			return true;
	return false;
}

/* Takes bridges of ours out of the zone, but those that are wanted if keep is true. An entry by such a name for an
 * interface that is there and is not ours is somebody else's. */
static void firewalld_clean(const struct setup *setup, bool keep)
{
	static const char *const words[] = {FIREWALL_CMD, FIREWALL_ZONE, "--list-interfaces", NULL};
	char said[4096];
	char *rest = NULL;

	if (program_ask(words, said, sizeof(said)) < 0)
		return;
	for (char *word = strtok_r(said, " \n", &rest); word != NULL; word = strtok_r(NULL, " \n", &rest)) {
		if (strncmp(word, NETWORK_BRIDGE_PREFIX, strlen(NETWORK_BRIDGE_PREFIX)) != 0 ||
		    (keep && firewall_wanted(setup, word)))
			continue;
		if (if_nametoindex(word) == 0 || setup_bridge_is_ours(setup, word))
			firewalld_change("--remove-interface", word);
	}
}

static unsigned int firewall_clean(const struct setup *setup, bool keep)
{
	unsigned int problems = docker_clean(IPTABLES) + docker_clean(IP6TABLES);

	if (firewalld_runs())
		firewalld_clean(setup, keep);
	return problems;
}

/* What an administrator types so that the chain lets this network's packets pass. */
static void firewall_say(const struct network *network, const struct blocking_chain *chain)
{
	const char *bridge = network->bridge;
	bool published = network->publish_count > 0;

	if (chain->kind == FIREWALL_UFW && chain->forward)
		tb_log(TB_LOG_WARNING,
		       "network %s: ufw (chain %s of table %s %s) drops what its guests send on; do: ufw route allow in on %s%s%s",
		       network->name, chain->chain, chain->family, chain->table, bridge,
		       published ? "; ufw route allow out on " : "", published ? bridge : "");
	else if (chain->kind == FIREWALL_UFW)
		tb_log(TB_LOG_WARNING,
		       "network %s: ufw (chain %s of table %s %s) drops what its guests ask this host; do: ufw allow in on %s",
		       network->name, chain->chain, chain->family, chain->table, bridge);
	else if (chain->forward)
		tb_log(TB_LOG_WARNING,
		       "network %s: chain %s of table %s %s drops what its guests send on; do: nft 'insert rule %s %s %s iifname %s accept; insert rule %s %s %s oifname %s %s accept'",
		       network->name, chain->chain, chain->family, chain->table, chain->family, chain->table,
		       chain->chain, bridge, chain->family, chain->table, chain->chain, bridge,
		       published ? "" : "ct state established,related");
	else
		tb_log(TB_LOG_WARNING,
		       "network %s: chain %s of table %s %s drops what its guests ask this host; do: nft 'insert rule %s %s %s iifname %s accept'",
		       network->name, chain->chain, chain->family, chain->table, chain->family, chain->table,
		       chain->chain, bridge);
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
static bool let_pass(const struct network *network, const struct blocking_chain *chain)
{
	if (chain->kind == FIREWALL_DOCKER && chain->forward)
		return docker_add(strcmp(chain->family, "ip") == 0 ? IPTABLES : IP6TABLES, network) == 0;
	if (chain->kind == FIREWALL_FIREWALLD)
		return firewalld_change("--add-interface", network->bridge) == 0;
	return false;
}

/* What blocks the network: an entry is made if change is true, and all else is said. */
static void look_for_blocks(const struct network *network, bool change)
{
	struct blocking_chains *found = calloc(1, sizeof(*found));
	char *ruleset = nft_list("list ruleset", false);

	if (found != NULL && ruleset != NULL) {
		chains_find(ruleset, network->bridge, found);
		for (size_t i = 0; i < found->count; i++)
			if (concerns(network, &found->chains[i]) && !(change && let_pass(network, &found->chains[i])))
				firewall_say(network, &found->chains[i]);
	}
	free(ruleset);
	free(found);
}

/* An entry of ours that is there already names the bridge, so that it is not made twice. */
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

/* Chains of other firewalls that packets of our networks pass. For the other files of this folder; they run as root. */
#ifndef TB_SETUP_CHAINS_H
#define TB_SETUP_CHAINS_H

#include "broker/setup/setup_guests.h"

#include <stdbool.h>
#include <stddef.h>

#define CHAINS_MAX 64
#define CHAIN_WORD_SIZE 64

enum firewall_kind { FIREWALL_OTHER, FIREWALL_DOCKER, FIREWALL_FIREWALLD, FIREWALL_UFW };

/* A base chain that ends with a drop, and whose table does not name all interfaces of the network's guests. */
struct blocking_chain {
	enum firewall_kind kind;
	bool forward; /* it filters what is forwarded; else what is for the host */
	char family[CHAIN_WORD_SIZE], table[CHAIN_WORD_SIZE], chain[CHAIN_WORD_SIZE];
};

struct blocking_chains {
	struct blocking_chain chains[CHAINS_MAX];
	size_t count;
};

/* Finds those that block guests who come by these interfaces, in the text of `nft list ruleset`, which is left as it
 * is. */
void chains_find(const char *ruleset, const struct guest_interfaces *guests, struct blocking_chains *found);

#endif

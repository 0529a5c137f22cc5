/* What `tapctl import-bridge-conf` makes of an access list: one network and one case of a polkit rule for each bridge
 * that it allows to anybody. */
#ifndef TAPCTL_IMPORT_H
#define TAPCTL_IMPORT_H

#include "client/tapctl/bridge_conf.h"

#include <stdio.h>

#define IMPORT_RULES_FILE "50-tapbroker-bridge-conf.rules"
#define IMPORT_NETWORK_SIZE 24 /* a bridge's name, and a number if another network has it */

struct import_network {
	char name[IMPORT_NETWORK_SIZE];
	char bridge[BRIDGE_NAME_SIZE];
	unsigned int mtu;
	char *who; /* a JavaScript expression, or NULL: everybody */
};

struct import {
	const struct bridge_conf *conf;
	char *const *all; /* the bridges that "allow all" means */
	size_t all_count;
	struct import_network *networks;
	size_t count;
};

/* Makes the networks from conf and all. Says what could not be kept. Returns an exit code; what is in *import is the
 * caller's in any case. */
int import_make(struct import *import);
void import_free(struct import *import);

/* Writes one network file, and the rule for all of them. path is what they were made from. */
void import_write_network(const struct import_network *network, const char *path, FILE *out);
void import_write_rules(const struct import *import, const char *path, FILE *out);

#endif

/* `tapctl revoke --network=NAME`: which leases it means, and whether they are meant. */
#ifndef TAPCTL_REVOKE_NETWORK_H
#define TAPCTL_REVOKE_NETWORK_H

#include "client/tapctl/lease_options.h"
#include "client/tapctl/leases.h"

/* Fetches the leases of the network, which need not be configured any more, and asks the user whether all of them are
 * to end; with --yes it does not ask. Returns an exit code: EXIT_OK if they are. The list is the caller's to free in
 * any case. */
int revoke_network_ask(const struct lease_options *options, struct lease_list *list);

#endif

/* Whether something else on the host has, or leads to, the addresses of a network with a bridge of its own. Runs in the
 * clerk.
 *
 * tapbroker-setup refuses that when it makes the network; a VPN may come later.
 */
#ifndef TB_CLERK_OVERLAP_H
#define TB_CLERK_OVERLAP_H

#include "broker/config/table.h"

/* True if the host has a route to some of the network's addresses over another interface than its bridge; then other is
 * the name of that. Where the routes cannot be read there is none. */
bool overlap_there(const struct network *network, char other[TB_NAME_SIZE]);

#endif

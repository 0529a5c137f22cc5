/* Stands in for the table of networks until it has moved here. */
#ifndef TB_CONFIG_NETWORK_H
#define TB_CONFIG_NETWORK_H

#include "broker/monitor/network.h"

/* Puts the table into a memory file that nobody can change any more. Returns the fd or a negative errno. */
int networks_seal(const struct network_table *table);

/* Maps such a file, for reading. Returns NULL if it is not one. */
const struct network_table *networks_map(int fd);

#endif

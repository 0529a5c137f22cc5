/* The table of networks as memory that nobody can change any more: made by tapbrokerd, mapped by the monitor and the
 * clerk. */
#ifndef TB_TABLE_MEMORY_H
#define TB_TABLE_MEMORY_H

#include "broker/config/table.h"

/* Puts the table into memory that nobody can change any more. Returns its fd, which the caller closes, or a negative
 * errno. */
int networks_seal(const struct network_table *table);

/* Maps what networks_seal() made, read-only, for the life of the process; the fd stays the caller's and may be closed.
 * Returns NULL with errno; EINVAL says that this is no such memory. */
const struct network_table *networks_map(int fd);

/* The same for who cannot be without it: the process ends if it is not mapped. */
const struct network_table *networks_must_map(int fd);

#endif

/* Reading the network files. Runs in tapbrokerd before lock-down, as root, on root's files. */
#ifndef TB_NETWORK_H
#define TB_NETWORK_H

#include "broker/config/table.h"

/* Reads VENDOR_DIR/networks.d and CONFIG_DIR/networks.d. A file of the latter replaces one of the same name of the
 * former; an empty one, or a link to /dev/null, masks it. A directory that does not exist holds no files.
 * Every file is checked for its owner and mode after it was opened; everything wrong in any file is logged with file
 * and line, so that one run names all mistakes.
 * Returns 0, or -EINVAL if anything was wrong, or another negative errno. */
int networks_read(struct network_table *table, const char *config_dir, const char *vendor_dir);

#endif

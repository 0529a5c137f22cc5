/* Reading the network files. Runs in tapbrokerd before lock-down, as root, on root's files. */
#ifndef TB_NETWORK_H
#define TB_NETWORK_H

#include "broker/config/table.h"

/* Reads VENDOR_DIR/networks.d and CONFIG_DIR/networks.d. A file of the latter replaces one of the same name of the
 * former; an empty one, or a link to /dev/null, masks it. A directory that does not exist holds no files.
 * Every file is checked for its owner and mode after it was opened. Everything wrong in any file is logged with file
 * and line, so that one run names all mistakes. A network whose file has a mistake is in the table with the flag off.
 * Returns the number of mistakes, or a negative errno. */
int networks_read(struct network_table *table, const char *config_dir, const char *vendor_dir);

/* The same for one file, of any name and anywhere. What it has in common with other networks is not looked at. */
int networks_read_file(struct network_table *table, const char *path);

/* What is locked where nothing else is said. */
void network_default_locks(struct network *network);

#endif

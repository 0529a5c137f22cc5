/* `tapbrokerd --check`. Runs as whoever calls it, and starts nothing. */
#ifndef TB_CHECK_H
#define TB_CHECK_H

#include "broker/config/table.h"

#include <stdio.h>

/* Reads the networks as the broker would, or, if path is not NULL, the file or the directory of that name; logs what is
 * wrong with them, and prints what they come to. Returns the exit status: 0, 2 if there is any mistake, 1 if the check
 * itself failed. */
int config_check(const char *path, const char *config_dir, const char *vendor_dir);

/* Prints a network as a file that says every value. */
void network_print(const struct network *network, FILE *out);

/* Logs which bridges and parents do not exist now, and which bridges are slow with new ports. That is no mistake: it
 * may be changed later. */
void networks_warn(const struct network_table *table);

#endif

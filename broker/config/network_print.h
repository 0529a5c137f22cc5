/* A network as text, for `tapbrokerd --check` and those who read it. */
#ifndef TB_NETWORK_PRINT_H
#define TB_NETWORK_PRINT_H

#include "broker/config/table.h"

#include <stdio.h>

/* Prints a network as a file that says every value. */
void network_print(const struct network *network, FILE *out);

#endif

/* `tapbrokerd --check --json`: everything that was found as one JSON object. */
#ifndef TB_CHECK_JSON_H
#define TB_CHECK_JSON_H

#include "broker/config/running.h"
#include "broker/config/table.h"

#include <stdio.h>

/* Prints it; tapbrokerd(8) says what the members mean. running is NULL if what a reload would change is not known. */
void check_print_json(const struct network_table *table, unsigned int mistakes, const struct running *running,
		      FILE *out);

#endif

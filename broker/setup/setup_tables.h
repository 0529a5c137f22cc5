/* Our tables in the host's packet filter, of the family inet. What each of them holds is written down, so that one
 * that is gone can be loaded again: `nft flush ruleset` takes them all. For the other files of this folder; they run as
 * root.
 *
 * Whoever changes a table and what is written of it does both under one lock, and nobody holds that for long.
 */
#ifndef TB_SETUP_TABLES_H
#define TB_SETUP_TABLES_H

#include "broker/setup/setup_nft.h"

#include <stdbool.h>
#include <stddef.h>

/* Loads a table, in place of what there is of that name, and writes down what it holds. text: what stands in its
 * braces. Returns 0, or a negative errno after that was logged; what there was is then as before. */
int table_load(const char *table, const char *text);

/* Deletes a table, if it is there, and what is written of it. Returns 0, or a negative errno after that was logged. */
int table_remove(const char *table);

/* Deletes all tables whose names begin so, and what is written of such, but those for which stays() is true. Returns
 * the number of problems, each of which was logged. */
unsigned int tables_sweep(const char *prefix, bool (*stays)(const void *context, const char *table),
			  const void *context);

/* Loads those that are written down and not there. Returns the number of problems, each of which was logged, as is each
 * table that was loaded. */
unsigned int tables_restore(void);

#endif

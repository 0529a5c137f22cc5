/* What a reload would change: the networks of the files beside those that the running broker has. For
 * `tapbrokerd --check` alone.
 */
#ifndef TB_CHANGES_H
#define TB_CHANGES_H

#include "broker/config/network_values.h"
#include "broker/config/running.h"

#include <stdio.h>

enum change_kind {
	CHANGE_NONE,
	CHANGE_NEW,    /* there is no network of that name yet */
	CHANGE_GONE,   /* there is none any more */
	CHANGE_OFF,    /* its file has a mistake now */
	CHANGE_ON,     /* it has none any more */
	CHANGE_VALUES, /* some of its values are others */
};

struct change {
	enum change_kind kind;
	const struct network *before; /* NULL: there is none */
	const struct network *after;
};

/* "new", "gone", "off", "on", "changed". */
const char *change_word(enum change_kind kind);

/* Calls each() for every network that changes, in the order of their names. */
void changes_find(const struct running *running, const struct network_table *after,
		  void (*each)(void *context, const struct change *change), void *context);

/* Calls each() for every key of a network that has another value; NULL: it has none. */
void change_values(const struct change *change,
		   void (*each)(void *context, const char *key, const char *before, const char *after), void *context);

/* Prints what changes, and whose leases are concerned. Returns how many networks change. */
size_t changes_print(const struct running *running, const struct network_table *after, FILE *out);

#endif

/* Each asked value beside what the network file allows: for `tapctl explain`, and for the refusals of `tapctl get`. */
#ifndef TAPCTL_EXPLAIN_ROWS_H
#define TAPCTL_EXPLAIN_ROWS_H

#include "client/tapbroker.h"

#include <stdbool.h>
#include <stddef.h>

#define ROWS_MAX 12                          /* of a device */
#define ENTRY_ROWS_MAX (TAP_ENTRIES_MAX + 5) /* of addresses and routes */
#define ROW_TEXT 160

struct explain_row {
	const char *key;        /* "mtu" */
	unsigned int check;     /* TAP_CHECK_*: which one compares */
	char asked[ROW_TEXT];   /* "9000" */
	char allowed[ROW_TEXT]; /* "MTU=1500" */
	bool wish;              /* the user has asked for it in so many words */
	bool forbids;
	unsigned int line; /* of the network file, where the key stands; 0: nowhere */
};

/* Writes them, in the order in which they are checked. Returns how many. */
size_t explain_rows(const struct tap_request *request, const struct tap_explanation *explanation,
		    struct explain_row rows[ROWS_MAX]);

/* The same for addresses and routes, in the order of the command line: explain_entries.c. */
size_t explain_entries(const struct tap_configuration *configuration,
		       const struct tap_configuration_explanation *explanation,
		       struct explain_row rows[ENTRY_ROWS_MAX]);

/* Writes KEY=VALUE as what is allowed, with the network file's own key for the row's check. */
void explain_row_allow(struct explain_row *row, const char *value);

#define REASON_TEXT (ROW_TEXT + 32)

/* Writes what a row forbids by: "MTU=1500, line 5". */
void explain_row_reason(const struct explain_row *row, char text[REASON_TEXT]);

#endif

/* What `tapctl explain` has found out of one network, and how it is printed. */
#ifndef TAPCTL_EXPLAIN_PRINT_H
#define TAPCTL_EXPLAIN_PRINT_H

#include "client/tapctl/devices.h"
#include "client/tapctl/explain_polkit.h"
#include "client/tapctl/explain_rows.h"

#include <stdbool.h>
#include <stddef.h>

/* The device, or its addresses and routes: each has both keys. */
struct explain_part {
	const char *path; /* of the network file */
	const char *action;
	const char *details;
	unsigned int access;
	const struct explain_row *rows;
	size_t count;
};

struct explain_subject {
	const struct device *device;
	const struct explain_process *process; /* NULL: ourselves */
	bool told;                             /* the rest is set: we may know it */
	struct tap_explanation explanation;
	struct explain_row rows[ROWS_MAX];
	size_t count;
	bool configures; /* addresses or routes are asked for, too: the rest is set */
	struct tap_configuration_explanation configuration;
	struct explain_row entries[ENTRY_ROWS_MAX];
	size_t entries_count;
};

/* EXIT_OK for granted, EXIT_REFUSED, or EXIT_WOULD_ASK. */
int explain_result(const struct explain_subject *subject);

/* Prints it for people, or as one JSON object on a line. */
void explain_print(const struct explain_subject *subject, bool json);

#endif

/* What `tapctl explain` has found out of one network, and how it is printed. */
#ifndef TAPCTL_EXPLAIN_PRINT_H
#define TAPCTL_EXPLAIN_PRINT_H

#include "client/tapctl/devices.h"
#include "client/tapctl/explain_polkit.h"
#include "client/tapctl/explain_rows.h"

#include <stdbool.h>
#include <stddef.h>

struct explain_subject {
	const struct device *device;
	const struct explain_process *process; /* NULL: ourselves */
	bool told;                             /* the rest is set: we may know it */
	struct tap_explanation explanation;
	struct explain_row rows[ROWS_MAX];
	size_t count;
};

/* The first row that forbids; NULL: none. */
const struct explain_row *explain_obstacle(const struct explain_subject *subject);

/* EXIT_OK for granted, EXIT_REFUSED, or EXIT_WOULD_ASK. */
int explain_result(const struct explain_subject *subject);

/* Prints it for people, or as one JSON object on a line. */
void explain_print(const struct explain_subject *subject, bool json);

#endif

/* `tapctl doctor`: what of this machine keeps the broker from working, and how that is mended. Each file of its own
 * looks at one part. It only looks; what it starts are programs of the system, by their fixed paths.
 */
#ifndef TAPCTL_DOCTOR_H
#define TAPCTL_DOCTOR_H

#include "client/tapctl/json.h"

#include <stdbool.h>

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_NOT_OK,
	DOCTOR_UNKNOWN, /* it could not be found out */
};

struct doctor {
	struct json *json; /* NULL: text */
	unsigned int not_ok;
	bool hidden; /* something more is told to root */
};

/* Says what was found about one part, and for what is not ok how it is mended (else NULL). */
void doctor_say(struct doctor *doctor, enum doctor_state state, const char *part, const char *mend, const char *format,
		...) __attribute__((format(printf, 5, 6)));

/* The parts. */
void doctor_kernel(struct doctor *doctor);
void doctor_broker(struct doctor *doctor);
void doctor_polkit(struct doctor *doctor);
void doctor_host(struct doctor *doctor);

/* doctor_rules.c: looks for words in a file of rules that neither polkit nor the broker knows. Returns how many it has
 * complained of. */
unsigned int doctor_rules(struct doctor *doctor, const char *path);

/* doctor_run.c */

#define DOCTOR_OUTPUT 16384

/* Runs a program of the system, with nothing to read, for five seconds at most. Its standard output, as far as it fits,
 * is in output; standard error goes nowhere. Returns its exit status, or -1 if it is not there or did not end. */
int doctor_run(char output[DOCTOR_OUTPUT], const char *path, const char *const arguments[]);

/* The first bytes of a file, with a NUL behind them. Returns false if it cannot be read. */
bool doctor_read(const char *path, char *text, size_t size);

/* True if the systemd of this machine says that the unit is active. */
bool doctor_unit_active(const char *unit);

#endif

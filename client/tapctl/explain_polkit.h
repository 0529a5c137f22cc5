/* polkit's part of an explanation: its answer in words, the rule that would say yes, and pkcheck. */
#ifndef TAPCTL_EXPLAIN_POLKIT_H
#define TAPCTL_EXPLAIN_POLKIT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A process that may be asked about. */
struct explain_process {
	int pid;
	unsigned int uid;
	uint64_t start_time; /* in clock ticks after boot: field 22 of /proc/PID/stat */
};

/* Finds out whose it is. Returns an exit code, after saying that there is none. */
int explain_process_read(int pid, struct explain_process *process);

/* "after a password", for TAP_ACCESS_*. */
const char *explain_access_word(unsigned int access);

#define RULE_TEXT 512

/* Writes the rule by which polkit would say yes to this user for this network, in lines; action may be "": any to
 * open a device. */
void explain_rule_write(const char *action, const char *network, const char *user, char text[RULE_TEXT]);

#define PKCHECK_TEXT 4096

/* Writes the command line that asks polkit the same; process is NULL: of a process that is still to be chosen. details
 * are as in struct tap_explanation or tap_configuration_explanation. */
void explain_pkcheck_write(const char *action, const char *details, const struct explain_process *process,
			   char text[PKCHECK_TEXT]);

/* Runs it, without a word of its own. Returns 0 and *access, or an errno. */
int explain_pkcheck_run(const char *action, const char *details, const struct explain_process *process,
			unsigned int *access);

#endif

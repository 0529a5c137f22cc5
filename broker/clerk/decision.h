/* The log lines of decisions: who asked for what, and what became of it. Runs in the clerk. */
#ifndef TB_DECISION_H
#define TB_DECISION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One line for each decision, with fixed words in a fixed order. Only what was validated may stand in it; what is not
 * known is NULL or empty. */
struct decision {
	const char *operation; /* open, end, ... */
	uid_t uid;
	uid_t account; /* the user that it counts as */
	pid_t pid;
	const char *network;
	const char *kind;
	const char *name;
	const char *verdict; /* granted, denied, failed, ended, explained */
	const char *reason;
	const uint8_t *lease;    /* NULL: none */
	const char *external_id; /* NULL or empty: none */
	const char *details;     /* of polkit's, " KEY=VALUE" each; NULL: none */
};
void decision_log(const struct decision *decision);

/* False if so many refusals of this user were logged in this second that no more are: then what would be said beside
 * one is not logged either. */
bool decision_room(uid_t account);

#endif

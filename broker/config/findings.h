/* What is wrong, or will not work, with the network files and the machine that they are for. Runs in tapbrokerd before
 * lock-down and in the other programs that read the files, as root or as whoever checks them.
 */
#ifndef TB_FINDINGS_H
#define TB_FINDINGS_H

#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>

#define FINDING_PATH_SIZE 320
#define FINDING_TEXT_SIZE 512

struct finding {
	bool mistake;                  /* or else a warning: it may be changed later, and not in the files */
	char path[FINDING_PATH_SIZE];  /* empty: it is about no file */
	unsigned int line;             /* 0: about the file as a whole */
	char network[TB_NETWORK_SIZE]; /* empty: about none alone */
	char text[FINDING_TEXT_SIZE];
};

/* From now on what is found is kept as well, for who asks below. It is logged in any case. */
void findings_keep(void);

/* Logs "PATH:LINE: TEXT" as a mistake. */
void found_mistake(const char *path, unsigned int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Logs "network NETWORK: TEXT" as a warning; network may be NULL. */
void found_warning(const char *network, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What was kept, in the order in which it was found. */
const struct finding *findings(size_t *count);

#endif

/* What is known of a device, in words. */
#ifndef TAPCTL_WORDS_H
#define TAPCTL_WORDS_H

#include "client/tapbroker.h"

#define WORD_TEXT 192 /* 16 fds of 11 characters fit */

enum word {
	WORD_FD,
	WORD_FDS,
	WORD_NAME,
	WORD_MAC,
	WORD_MTU,
	WORD_IFINDEX,
	WORD_LEASE,
	WORD_LIFELINE,
	WORD_VHOSTFD,
	WORD_VHOSTFDS,
	WORD_COUNT
};

/* The text of each word for one device. Of one that is opened by name there are no fds, of one without vhost-net none
 * of that: these texts are empty. */
struct words {
	char text[WORD_COUNT][WORD_TEXT];
};

void words_make(const struct tap *tap, struct words *words);

/* The argument with each {word} replaced that is one of ours and has a text; what else stands in braces is left as it
 * is. The result is the caller's to free; NULL if there is no memory. */
char *words_replace(const struct words *words, const char *argument);

/* Sets the TAPBROKER_ variables, and removes those without a text. Returns 0 or -1 and errno. */
int words_export(const struct words *words);

#endif

/* What is known of a device, in words: {name} in an argument, TAPBROKER_NAME in the environment. */
#ifndef TAPCTL_WORDS_H
#define TAPCTL_WORDS_H

#include "client/tapbroker.h"

#include <stddef.h>

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
	WORD_ADDRESS, /* and all that follow: empty on a network that gives none */
	WORD_PREFIX,
	WORD_GATEWAY,
	WORD_ADDRESS6,
	WORD_PREFIX6,
	WORD_GATEWAY6,
	WORD_COUNT
};

/* The text of each word for one device. Of one that is opened by name there are no fds, of one without vhost-net none
 * of that: these texts are empty. */
struct words {
	const char *alias;
	char text[WORD_COUNT][WORD_TEXT];
};

/* The alias must live as long as the words. */
void words_make(const char *alias, const struct tap *tap, struct words *words);

/* The argument with each {alias.word} replaced that is one of these devices' and has a text, and, if there is only one
 * device, also each {word}. "{{" becomes "{", and what follows it is no word. The result is the caller's to free; NULL
 * if there is no memory. */
char *words_replace(const struct words *devices, size_t count, const char *argument);

/* Sets TAPBROKER_DEVICES, the TAPBROKER_ALIAS_WORD variables of all these devices and, if there is only one, the
 * TAPBROKER_WORD variables; removes those without a text. Returns 0 or -1 and errno. */
int words_export(const struct words *devices, size_t count);

/* What is known of a device before it is there. */
struct word_owner {
	const char *alias;
	unsigned int words; /* bits: enum word, those that will have a text */
};

/* The words that a device will have that is asked for like this: bits. */
unsigned int words_of_request(const struct tap_request *request);

enum word_fault {
	WORDS_GOOD,
	WORDS_NO_DEVICE, /* it does not say which of several devices it means */
	WORDS_NO_TEXT,   /* the device will have nothing that could be put there */
	WORDS_UNKNOWN,   /* it is no word, or of no device */
};

#define BRACED_TEXT 64

/* Looks for the first {word} or {alias.word} in the argument that words_replace() could not replace: letters from a
 * to z, digits, "_", "." and "-" in braces. What else stands in braces is no word of ours. braced: that word with
 * its braces. */
enum word_fault words_check(const struct word_owner *devices, size_t count, const char *argument,
			    char braced[BRACED_TEXT]);

#define VARIABLE_TEXT 64

/* The name of a variable: "wan-2" and "fd" make TAPBROKER_WAN_2_FD; "" and "fd" make TAPBROKER_FD. */
void variable_write(const char *alias, const char *word, char text[VARIABLE_TEXT]);

#endif

/* The words that tapctl has for what the broker says in numbers. */
#ifndef TAPCTL_TERMS_H
#define TAPCTL_TERMS_H

#include "proto/number.h"

#include <stdint.h>

#define TERM_TEXT TB_NUMBER_TEXT

/* "tap", "session", why a lease ended in the words of the broker's log ("released"), and what happened ("opened"). A
 * number that has no word is written into digits, and that is returned. */
const char *kind_term(unsigned int kind, char digits[TERM_TEXT]);
const char *lifetime_term(unsigned int lifetime, char digits[TERM_TEXT]);
const char *reason_term(unsigned int reason, char digits[TERM_TEXT]);
const char *scope_term(unsigned int scope, char digits[TERM_TEXT]); /* "user"; none: "" */
const char *event_term(unsigned int what, char digits[TERM_TEXT]);

/* "host", or with TAP_NETNS in the flags "caller": whose network namespace the device is in. */
const char *netns_word(unsigned int flags);

#define MAC_TEXT sizeof("00:00:00:00:00:00")

void mac_write(const uint8_t mac[6], char text[MAC_TEXT]);

#define TIME_TEXT 32

/* A moment, in the local time. */
void time_write(int64_t seconds, char text[TIME_TEXT]);

#define USER_TEXT 64

/* A user's name, or the uid in digits if it has none. */
void user_write(unsigned int uid, char text[USER_TEXT]);

#endif

/* The words that tapctl has for what the broker says in numbers. */
#ifndef TAPCTL_TERMS_H
#define TAPCTL_TERMS_H

#include <stdint.h>

/* "tap", "session", and why a lease ended, in the words of the broker's log: "released". */
const char *kind_word(unsigned int kind);
const char *lifetime_word(unsigned int lifetime);
const char *reason_word(unsigned int reason);

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

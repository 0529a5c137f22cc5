/* The words for numbers: see terms.h. Runs as the user. */
#include "client/tapctl/terms.h"

#include "client/tapbroker.h"
#include "proto/words.h"

#include <pwd.h>
#include <stdio.h>
#include <time.h>

/* The word, or the number where a later broker has said one that has no word here. */
static const char *word_or_number(const char *word, unsigned int number, char digits[TERM_TEXT])
{
	if (word != NULL)
		return word;
	tb_number_write(number, digits);
	return digits;
}

const char *kind_term(unsigned int kind, char digits[TERM_TEXT])
{
	return word_or_number(tb_kind_word(kind), kind, digits);
}

const char *lifetime_term(unsigned int lifetime, char digits[TERM_TEXT])
{
	return word_or_number(tb_lifetime_word(lifetime), lifetime, digits);
}

const char *reason_term(unsigned int reason, char digits[TERM_TEXT])
{
	return word_or_number(tb_reason_word(reason), reason, digits);
}

const char *scope_term(unsigned int scope, char digits[TERM_TEXT])
{
	return scope == TAP_SCOPE_NETWORK ? "" : word_or_number(tb_scope_word(scope), scope, digits);
}

const char *event_term(unsigned int what, char digits[TERM_TEXT])
{
	return word_or_number(tb_event_word(what), what, digits);
}

const char *netns_word(unsigned int flags)
{
	return (flags & TAP_NETNS) != 0 ? "caller" : "host";
}

void mac_write(const uint8_t mac[6], char text[MAC_TEXT])
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

void time_write(int64_t seconds, char text[TIME_TEXT])
{
	time_t moment = (time_t)seconds;
	struct tm parts;

	if (localtime_r(&moment, &parts) == NULL || strftime(text, TIME_TEXT, "%Y-%m-%d %H:%M:%S", &parts) == 0)
		snprintf(text, TIME_TEXT, "%lld", (long long)seconds);
}

void user_write(unsigned int uid, char text[USER_TEXT])
{
	const struct passwd *user = getpwuid((uid_t)uid);

	if (user != NULL)
		snprintf(text, USER_TEXT, "%s", user->pw_name);
	else
		snprintf(text, USER_TEXT, "%u", uid);
}

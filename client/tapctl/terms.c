/* The words for numbers: see terms.h. Runs as the user. */
#include "client/tapctl/terms.h"

#include "client/tapbroker.h"

#include <pwd.h>
#include <stdio.h>
#include <time.h>

const char *kind_word(unsigned int kind)
{
	switch (kind) {
	case TAP_KIND_TAP:
		return "tap";
	case TAP_KIND_TUN:
		return "tun";
	case TAP_KIND_MACVTAP:
		return "macvtap";
	default:
		return "unknown";
	}
}

const char *lifetime_word(unsigned int lifetime)
{
	switch (lifetime) {
	case TAP_LIFETIME_SESSION:
		return "session";
	case TAP_LIFETIME_FD:
		return "fd";
	case TAP_LIFETIME_PERSISTENT:
		return "persistent";
	default:
		return "unknown";
	}
}

const char *netns_word(unsigned int flags)
{
	return (flags & TAP_NETNS) != 0 ? "caller" : "host";
}

const char *reason_word(unsigned int reason)
{
	static const char *const words[] = {
		[TAP_ENDED_LOST] = "lost",
		[TAP_ENDED_DEVICE_GONE] = "device-gone",
		[TAP_ENDED_NOT_COLLECTED] = "not-collected",
		[TAP_ENDED_PROTOCOL] = "protocol",
		[TAP_ENDED_CLIENT] = "client",
		[TAP_ENDED_RELEASED] = "released",
		[TAP_ENDED_REVOKED] = "revoked",
		[TAP_ENDED_GUARD_MAC] = "guard-mac",
		[TAP_ENDED_GUARD_OWNER] = "guard-owner",
		[TAP_ENDED_GUARD_PERSIST] = "guard-persist",
		[TAP_ENDED_GUARD_MASTER] = "guard-master",
		[TAP_ENDED_GUARD_ALIAS] = "guard-alias",
		[TAP_ENDED_GUARD_FLOOD] = "guard-flood",
	};

	return reason < sizeof(words) / sizeof(words[0]) ? words[reason] : "unknown";
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

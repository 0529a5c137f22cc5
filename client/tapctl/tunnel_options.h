/* The options that say which addresses and routes a device is to have: of `tapctl get` and `tapctl configure`. */
#ifndef TAPCTL_TUNNEL_OPTIONS_H
#define TAPCTL_TUNNEL_OPTIONS_H

#include "client/tapbroker.h"

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

/* More than the broker takes: it says of what there is too much. */
#define TUNNEL_ENTRIES_MAX 512

/* The letters of these options, which are above all others. */
enum {
	OPTION_ADDRESS = 256,
	OPTION_PEER,
	OPTION_ROUTE,
	OPTION_EXCLUDE,
	OPTION_SERVER,
	OPTION_SCOPE,
	OPTION_KILL_SWITCH
};

/* Rows of a table for getopt_long(). */
#define TUNNEL_OPTIONS                                                                                                \
	{"address", required_argument, NULL, OPTION_ADDRESS}, {"peer", required_argument, NULL, OPTION_PEER},         \
		{"route", required_argument, NULL, OPTION_ROUTE},                                                     \
		{"exclude", required_argument, NULL, OPTION_EXCLUDE},                                                 \
		{"server", required_argument, NULL, OPTION_SERVER}, {"scope", required_argument, NULL, OPTION_SCOPE}, \
	{                                                                                                             \
		"kill-switch", no_argument, NULL, OPTION_KILL_SWITCH                                                  \
	}

#define TUNNEL_USAGE                                                                                              \
	"  --address=PREFIX    give the device this address, such as 10.8.0.2/24; may be repeated, as the next\n" \
	"  --peer=ADDRESS      of the other end, for the address before it\n"                                     \
	"  --route=PREFIX[,via=ADDRESS][,metric=N]\n"                                                             \
	"                      lead what you send there into the device; \"default\" and \"default6\": all\n"     \
	"  --exclude=PREFIX    but not what you send there\n"                                                     \
	"  --server=ADDRESS    nor to the tunnel's other end\n"                                                   \
	"  --scope=SCOPE       user (as a rule the default): your packets alone; host: everybody's\n"             \
	"  --kill-switch       what the tunnel may carry stays blocked when the device is gone (tapctl unblock)\n"

struct tunnel_options {
	struct tap_entry entries[TUNNEL_ENTRIES_MAX]; /* their strings are those of argv, cut at commas */
	size_t count;                                 /* of them */
	unsigned int flags;                           /* TAP_KILL_SWITCH */
	unsigned int scope;
};

/* Takes one option with this letter and value, after a complaint in the name of that command if it is wrong. Returns an
 * exit code. */
int tunnel_option_read(const char *command, int letter, char *value, struct tunnel_options *options);

/* tunnel_check.c: say which rule is broken, in the name of that command. Return an exit code. */

/* Checks an entry that is to come behind those of the options. */
int tunnel_entry_check(const char *command, const struct tunnel_options *options, const struct tap_entry *entry);

/* Checks the other end, or the gateway, of an entry that was right; option is what stands before it, as "--peer=". */
int tunnel_peer_check(const char *command, const char *option, const char *peer, const struct tap_entry *entry);

/* Checks that a device with this MTU, or 0, can have the addresses. */
int tunnel_mtu_check(const char *command, const struct tunnel_options *options, unsigned int mtu);

/* True if anything was asked for. */
bool tunnel_options_given(const struct tunnel_options *options);

/* tunnel_ask.c: writes down what was asked for. The strings stay the options'. */
void tunnel_options_fill(const struct tunnel_options *options, struct tap_configuration *configuration);

/* Says why not, for an errno of the library's and what it knows of the failure. Returns an exit code. */
int tunnel_refused(const char *word, int error, const struct tap_failure *failure);

/* Has the device of that lease configured. word is for complaints. Returns an exit code. */
int tunnel_ask(const char *word, const char *lease, const struct tunnel_options *options, unsigned int flags,
	       unsigned int mtu, int timeout);

#endif

/* What a program wants its device to be: the addresses, routes and MTU that came so far, for a program that tells
 * them one by one, or by its environment. tap_configure() always gets all of them. */
#ifndef TAPCTL_SETTINGS_H
#define TAPCTL_SETTINGS_H

#include "client/tapbroker.h"
#include "client/tapctl/inet.h"
#include "client/tapctl/tunnel_options.h"

#include <stdbool.h>
#include <stddef.h>

#define SETTINGS_MAX (2 * (TAP_ADDRESSES_MAX + TAP_ROUTES_MAX + TAP_EXCLUDES_MAX + TAP_SERVERS_MAX))

struct setting {
	struct inet prefix;
	struct inet peer;    /* of an address the other end, of a route the gateway; family 0: none */
	unsigned int kind;   /* TAP_ENTRY_* */
	unsigned int metric; /* of a route; 0: the kernel's own */
};

struct settings {
	struct setting list[SETTINGS_MAX];
	size_t count;
	unsigned int mtu; /* in bytes; 0: what the device has */
};

/* Adds one, in place of one of the same kind and prefix. Returns 0, or -ENOSPC. */
int settings_put(struct settings *settings, const struct setting *setting);

/* Takes the one of this kind and prefix away. Returns 0, or -ESRCH if there is none. */
int settings_take(struct settings *settings, unsigned int kind, const struct inet *prefix);

/* Gives the lease's device all of it, and what is given besides on a command line, or changes nothing and says why.
 * word is for complaints. Returns an exit code. */
int settings_give(const struct settings *settings, const struct tunnel_options *given, const char *word,
		  const char *lease);

#endif

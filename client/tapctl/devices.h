/* The devices of one `tapctl get`, from the word on the command line to the end of the lease. */
#ifndef TAPCTL_DEVICES_H
#define TAPCTL_DEVICES_H

#include "client/tapbroker.h"
#include "client/tapctl/tunnel_options.h"

#include <stdbool.h>
#include <stddef.h>

#define DEVICES_MAX 16

#define ALIAS_TEXT 32 /* as long as a network's name, and a NUL */

struct device {
	const char *word;             /* as it was typed: NETWORK or ALIAS=NETWORK */
	char alias[ALIAS_TEXT];       /* what {words} and variables call it; without one, the network's name */
	struct tap_request request;   /* its strings are those of argv */
	struct tunnel_options tunnel; /* addresses and routes */
	struct tap *tap;              /* NULL: not got */
};

/* words on the command line: devices.c. Both say what is wrong, and return EXIT_OK or EXIT_USAGE. */

/* Takes one NETWORK or ALIAS=NETWORK, which goes on asking for what the request says already. */
int device_read(const char *word, const struct tap_request *request, struct device *device);

/* Checks what concerns several of them: that each has variables of its own. */
int devices_check(const struct device *devices, size_t count);

/* ask.c: asks for all of them, or has none: if one is refused, says which and why, and gives back those before it.
 * Returns an exit code. */
int devices_ask(struct device *devices, size_t count);

/* print.c: prints what is known of one. */
void device_print(const struct device *device, bool json);

/* hold.c: from now on the signals that end tapctl wait until devices_hold() hears of them. Returns an fd that tells of
 * them, for devices_hold(), or -1 after telling why. */
int devices_hold_signals(void);

/* hold.c: holds them until a signal ends tapctl, or the broker the lease of one of them. Closes signals. Returns an
 * exit code. */
int devices_hold(const struct device *devices, size_t count, int signals);

/* True if the user had the device already, and has it again. It was got. */
bool device_was_there(const struct device *device);

/* True if the device depends on us: a persistent one does not, nor one that was there. */
bool device_is_held(const struct device *device);

/* Closes those that were got. */
void devices_close(struct device *devices, size_t count);

#endif

/* What the locks of a lease's device have dropped, for `tapctl show`. */
#ifndef TAPCTL_DROPS_H
#define TAPCTL_DROPS_H

#include "client/tapbroker.h"
#include "client/tapctl/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DROPS_MAX 64         /* reasons that are shown: more than a broker tells */
#define DROPS_REASON_SIZE 32 /* of a word */

struct drops {
	struct {
		char reason[DROPS_REASON_SIZE];
		uint64_t packets;
		uint64_t bytes;
	} drops[DROPS_MAX];
	size_t count; /* 0: the device has no locks */
	bool told;    /* false: the broker did not say */
};

/* Asks the broker. flags are those of the list that has the lease. Says what went wrong; that is no reason not to show
 * the rest. */
void drops_fetch(const struct tap_lease *lease, unsigned int flags, struct drops *drops);

/* The member of an object, and a line. */
void drops_json(struct json *json, const struct drops *drops);
void drops_print(const struct drops *drops);

#endif

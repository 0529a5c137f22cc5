/* Ports of the host that lead to guests of a network. */
#ifndef TAPCTL_PUBLISHED_H
#define TAPCTL_PUBLISHED_H

#include "client/tapbroker.h"
#include "client/tapctl/json.h"

/* Copies what the library has told of them into the network, which owns the copy. Returns 0, or ENOMEM: then, too, it
 * has what is to be freed. */
int published_copy(const struct tap_network *from, struct tap_network *to);

void published_free(struct tap_network *network);

/* An array, as a member of the network's object. */
void published_json(struct json *json, const struct tap_network *network);

/* A line for each. */
void published_print(const struct tap_network *network);

#endif

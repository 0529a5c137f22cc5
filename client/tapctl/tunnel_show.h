/* What a lease's device has been configured with, as `tapctl show`, list and status tell it. */
#ifndef TAPCTL_TUNNEL_SHOW_H
#define TAPCTL_TUNNEL_SHOW_H

#include "client/tapbroker.h"
#include "client/tapctl/json.h"

/* All of it: as lines, or as a member "tunnel" of a JSON object. */
void tunnel_print(const struct tap_configuration *configuration);
void tunnel_json(struct json *json, const struct tap_configuration *configuration);

/* The device's first own address, of IPv4 if it has one; "": none. */
const char *tunnel_first_address(const struct tap_lease *lease);

/* In one line what a list says of it, "10.8.0.2/24, 3 entries, kill switch"; "": it has not been configured. */
#define TUNNEL_TEXT 160
void tunnel_write(const struct tap_lease *lease, char text[TUNNEL_TEXT]);

#endif

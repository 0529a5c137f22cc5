/* What other firewalls have to let pass for the networks' guests, as start found it in the network files. It is written
 * down, so that `watch` makes the entries again without reading these. For the other files of this folder; they run as
 * root. */
#ifndef TB_SETUP_CROSSINGS_H
#define TB_SETUP_CROSSINGS_H

#include "broker/setup/setup.h"
#include "broker/setup/setup_guests.h"

#include <stdbool.h>

/* What crosses other firewalls by one network's guests' interfaces. */
struct crossing {
	char network[TB_NETWORK_SIZE];
	bool ipv4, ipv6; /* forwarded for its guests */
	bool input;      /* the host itself serves them */
	bool published;  /* others ask them, at ports of the host */
	struct guest_interfaces guests;
};

void crossing_of_network(const struct network *network, struct crossing *crossing);

/* Writes down those of all networks that are made, in place of what was written. Returns 0 or a negative errno. */
int crossings_write(const struct setup *setup);

/* Forgets what was written. Returns 0 or a negative errno. */
int crossings_forget(void);

/* Calls each() for every one that is written. Returns the sum of what these return, or a negative errno. Nothing is
 * written: 0. */
int crossings_read(unsigned int (*each)(const struct crossing *crossing));

#endif

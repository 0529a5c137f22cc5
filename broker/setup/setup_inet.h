/* Addresses and routes of the host, by rtnetlink. For the other files of this folder; they run as root. */
#ifndef TB_SETUP_INET_H
#define TB_SETUP_INET_H

#include "broker/config/table.h"
#include "broker/shared/netlink/link.h"

/* An address of an interface, and the network that it is on. */
struct inet_address {
	uint32_t ifindex;
	struct network_prefix prefix; /* the address with all its bits, and the length of the network's prefix */
	bool link_local;              /* good on this link alone */
	uint8_t protocol;             /* who has made a route: RTPROT_* */
};

/* Calls each() for every address of the host. Returns 0 or a negative errno. */
int inet_addresses(struct link_socket *sock, void (*each)(void *context, const struct inet_address *address),
		   void *context);

/* Puts an address on an interface, or takes it off; one that is there already, or is not, is no error. Returns 0 or a
 * negative errno. */
int inet_address_add(struct link_socket *sock, uint32_t ifindex, const struct network_prefix *address);
int inet_address_remove(struct link_socket *sock, uint32_t ifindex, const struct network_prefix *address);

/* Calls each() for every route of the host to one or more addresses, its own among them, in every table. Returns 0 or a
 * negative errno. */
int inet_routes(struct link_socket *sock, void (*each)(void *context, const struct inet_address *route), void *context);

/* Leads what begins so to an interface, as ours; what is so already is no error. from is the address that the host has
 * there, for IPv4 alone. Takes such a route away, and no other. Return 0 or a negative errno. */
int inet_route_add(struct link_socket *sock, uint32_t ifindex, const struct network_prefix *prefix,
		   const struct network_prefix *from);
int inet_route_remove(struct link_socket *sock, uint32_t ifindex, const struct network_prefix *prefix);

/* The host's addresses on a network, as prefixes. False if it has none of that family. */
bool inet_of_network(const struct network *network, bool is_ipv6, struct network_prefix *prefix);

/* True if some address is in both. One of them may be longer. */
bool inet_meet(const struct network_prefix *a, const struct network_prefix *b);

/* ADDRESS/LENGTH. */
#define INET_TEXT_SIZE 56
const char *inet_text(const struct network_prefix *prefix, char text[INET_TEXT_SIZE]);

#endif

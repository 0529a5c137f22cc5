/* The interfaces by which the guests of a network come to the host, as packet filters name them. For the other files of
 * this folder; they run as root. */
#ifndef TB_SETUP_GUESTS_H
#define TB_SETUP_GUESTS_H

#include "broker/config/table.h"

#define GUEST_INTERFACES_MAX (NETWORK_NAMES_MAX + 1)

/* Names, or beginnings of names with '*' behind them, as nft takes them. None covers another one. */
struct guest_interfaces {
	char names[GUEST_INTERFACES_MAX][TB_NAME_SIZE];
	size_t count;
};

/* Finds those of a network that has a bridge of its own: that bridge, or what its routed devices may be called. */
void guest_interfaces_find(const struct network *network, struct guest_interfaces *found);

/* The same name as iptables, firewalld and ufw take it, which have '+' for '*'. */
void guest_interface_plus(const char *name, char plus[TB_NAME_SIZE]);

#endif

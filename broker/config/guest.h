/* The addresses that leases have on a network with a bridge of its own: for each number one MAC, one IPv4 and one IPv6
 * address. All three follow from the number, and the number from the MAC, which the alias keeps: so nobody keeps a book
 * of them, and who serves them is told of all of them beforehand.
 *
 * The clerk chooses the number, the monitor makes the device with the addresses of that number, and tapbroker-setup
 * writes all of them down for dnsmasq. Two leases with one number would have one MAC, which the bridge refuses.
 */
#ifndef TB_GUEST_H
#define TB_GUEST_H

#include "broker/config/table.h"

/* Numbers are below this one: who serves the addresses looks through all of them. */
#define GUESTS_MAX 4096

/* guest.c */

/* The addresses of the guest with that number. */
void guest_make(const struct network *network, uint32_t number, struct guest *guest);

/* True if a lease of this network may have that number: its addresses are on the network, and none is the host's. Where
 * leases have none of their own it is 0. */
bool guest_allowed(const struct network *network, uint32_t number);

/* What the guest with this MAC is told, its addresses among it; all zero: it is none of the network's. */
void guest_tell(const struct network *network, const uint8_t mac[TB_MAC_SIZE], struct tb_guest *told);

/* guest_number.c */

/* The number of the guest with this MAC, or 0. */
uint32_t guest_number(const struct network *network, const uint8_t mac[TB_MAC_SIZE]);

/* The smallest number behind this one that is allowed; 0: there is none. */
uint32_t guest_next(const struct network *network, uint32_t number);

/* The numbers of names that Names= spells out are the smallest, in that order, whoever asks for them. The name's
 * number, or 0 if it is none of these. */
uint32_t guest_of_name(const struct network *network, const char *name);

/* How many of them there are, and how many guests there may be in all. */
uint32_t guests_named(const struct network *network);
uint32_t guests_count(const struct network *network);

/* guest_range.c: before the table is sealed. */

/* Sets guests, host and guest, as far as the addresses are known. */
void guests_set(struct network *network);

/* The same for each network of the table. Address=auto becomes what tapbroker-setup has found: what is on the
 * bridge. */
void guests_set_all(struct network_table *table);

#endif

/* A network in the words of an answer, for lists and explanations. Runs in the clerk. Who may know what is decided by
 * those who call. */
#ifndef TB_NETWORK_TEXT_H
#define TB_NETWORK_TEXT_H

#include "broker/config/table.h"

/* Of enum tb_network_traits, those that everybody may know who knows the network. */
uint32_t network_traits(const struct network *network);

/* Of enum tb_request_flags, those that may be asked for. */
uint32_t network_flags(const struct network *network);

/* The bridge or the parent; empty: none. */
const char *network_lower(const struct network *network);

/* Writes down the patterns that fit, which are all unless somebody has many. Returns the traits that this makes. */
uint32_t network_names(const struct network *network, char text[TB_PATTERNS_SIZE]);

/* Writes down the ports of the host that lead to guests. Returns how many entries there are. */
uint32_t network_published(const struct network *network, struct tb_published published[TB_PUBLISHED_MAX]);

#endif

/* The ceiling of configurations: which addresses and routes the administrator's network file lets a user give his
 * device, whatever anybody else says. Linked into the monitor, which enforces it, and into the clerk, which asks polkit
 * about nothing else. */
#ifndef TB_TUNNEL_CEILING_H
#define TB_TUNNEL_CEILING_H

#include "broker/config/table.h"
#include "proto/broker.h"

/* network is the one that the configuration names, or NULL; its items are valid. Returns TB_CHECK_NONE if a device may
 * be configured so, or the check that forbids it. */
enum tb_check tunnel_ceiling_forbids(const struct network *network, const struct tb_configuration *configuration);

/* The same with all that forbid it: bit N for each enum tb_check N. */
uint64_t tunnel_ceiling_all(const struct network *network, const struct tb_configuration *configuration);

/* The families of which the configuration would lead everything into the device without DefaultRoute=, and without each
 * part in Routes=: who may have every address may not do so for that. */
unsigned int tunnel_ceiling_families(const struct network *network, const struct tb_configuration *configuration);

/* What forbids one item of a configuration that would do so with these families. The network is not off. */
enum tb_check tunnel_ceiling_item(const struct network *network, const struct tb_item *item, unsigned int families);

#endif

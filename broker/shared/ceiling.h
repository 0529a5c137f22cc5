/* The ceiling: what the administrator's network file allows, whatever anybody else says. Linked into the monitor, which
 * enforces it, and into the clerk, which asks polkit about nothing else. */
#ifndef TB_CEILING_H
#define TB_CEILING_H

#include "broker/config/table.h"
#include "proto/broker.h"

/* network is the one that the question names, or NULL. The question is one of TB_ACTION_OPEN, and its names are valid.
 * Returns TB_CHECK_NONE if the device may exist, or the check that forbids it. */
enum tb_check ceiling_forbids(const struct network *network, const struct tb_question *question);

/* The same with all that forbid it: bit N for each enum tb_check N. It is walked by whoever decides and by whoever
 * explains; the first of them is what a refusal names. */
uint64_t ceiling_all(const struct network *network, const struct tb_question *question);
enum tb_check ceiling_first(uint64_t forbid);

#endif

/* The ceiling: what the administrator's network file allows, whatever anybody else says. Linked into the monitor, which
 * enforces it, and into the clerk, which asks polkit about nothing else. */
#ifndef TB_CEILING_H
#define TB_CEILING_H

#include "broker/config/table.h"
#include "proto/broker.h"

/* network is the one that the question names, or NULL. The question is one of TB_ACTION_OPEN, and its names are valid.
 * Returns NULL if the device may exist, or for the log what the ceiling forbids. */
const char *ceiling_forbids(const struct network *network, const struct tb_question *question);

#endif

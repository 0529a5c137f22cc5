/* The rules for ports of the host that lead to guests: Publish=. For setup_rules.c; it runs as root. */
#ifndef TB_SETUP_PUBLISHED_H
#define TB_SETUP_PUBLISHED_H

#include "broker/config/table.h"

#include <stdio.h>

/* Writes the chains that lead packets for these ports to the guests. */
void published_write_chains(FILE *out, const struct network *network);

/* Writes the chain that lets through what was led to the network's guests so, and nothing else: to-published. */
void published_write_accepts(FILE *out, const struct network *network);

/* Writes what a guest is answered by the host for which it asked another guest at one of these ports. */
void published_write_answers_by_host(FILE *out, const struct network *network);

#endif

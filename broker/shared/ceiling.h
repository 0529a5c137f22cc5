/* The ceiling: what the administrator's network file allows, whatever anybody else says. Linked into the monitor, which
 * enforces it, and into the clerk, which asks polkit about nothing else. */
#ifndef TB_CEILING_H
#define TB_CEILING_H

#include "broker/config/table.h"
#include "proto/broker.h"

/* One row forbids something. */
struct ceiling_row {
	enum tb_check check;
	bool (*forbids)(const struct network *network, const struct tb_question *question);
};

#define CEILING_ROWS 9
extern const struct ceiling_row ceiling_rows[CEILING_ROWS];

/* network is the one that the question names, or NULL. The question is one of TB_ACTION_OPEN, and its names are valid.
 * Returns 0 if the device may exist, or bit N for each enum tb_check N that forbids it. It is walked by whoever decides
 * and by whoever explains. */
uint64_t ceiling_all(const struct network *network, const struct tb_question *question);

/* The first of those bits, in the order of the rows: what a refusal names; or TB_CHECK_NONE. */
enum tb_check ceiling_first(uint64_t forbid);

/* Both in one. */
enum tb_check ceiling_forbids(const struct network *network, const struct tb_question *question);

#endif

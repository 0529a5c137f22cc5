/* Handing a device over: what happens once orders.c has let an order through. Runs in the monitor. */
#ifndef TB_HAND_OVER_H
#define TB_HAND_OVER_H

#include "broker/monitor/holdings.h"
#include "proto/broker.h"

/* Makes the device and sends it to the client; made says what became of it. netns is where it is wanted, or -1. */
void hand_over(struct monitor *monitor, const struct tb_order *order, const struct network *network, int netns,
	       int client, struct tb_made *made);

#endif

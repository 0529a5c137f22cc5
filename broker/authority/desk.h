/* The questions that have no verdict yet. Runs in the authority: own uid, no capability.
 *
 * Each question gets exactly one verdict, and keeps its place at the desk until polkitd has replied, also when nobody
 * waits for the verdict any more. So never more questions are open at the bus than the desk has places, however fast
 * clients ask and hang up. A place has no deadline: polkitd may stall for many seconds.
 *
 * What the clerk may not say ends the process: it is either not the clerk that we were built with, or it is not itself
 * any more.
 */
#ifndef TB_AUTHORITY_DESK_H
#define TB_AUTHORITY_DESK_H

#include "proto/broker.h"
#include "proto/message.h"

/* Says where the verdicts go, the clerk's channel, and where a yes to a device goes first, the monitor's. Both stay the
 * caller's. Begins to connect to the bus, so that the first question need not wait for that. */
void desk_open(int clerk, int monitor);

/* Takes a question. Its verdict follows, at once or later. */
void desk_ask(const struct tb_question *question);
void desk_ask_configuration(const struct tb_configuration *configuration);

/* Nobody waits for the verdict on that question any more: polkitd is told, which closes a password dialog, and the
 * verdict, when polkitd has replied, is TB_VERDICT_CANCELLED. No such question: its verdict and the cancellation have
 * crossed, and nothing is to be done. */
void desk_cancel(const uint8_t ticket[TB_ID_SIZE]);

#endif

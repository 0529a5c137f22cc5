/* The questions that have no verdict yet. Runs in the authority: own uid, no capability.
 *
 * Each question gets exactly one verdict. What the monitor may not say ends the process: it is either not the monitor
 * that we were built with, or it is not itself any more.
 */
#ifndef TB_AUTHORITY_DESK_H
#define TB_AUTHORITY_DESK_H

#include "proto/broker.h"
#include "proto/message.h"

/* Says where the verdicts go, and begins to connect to polkitd, so that the first question need not wait for that. The
 * channel stays the caller's. */
void desk_open(int channel);

/* Takes a question. Its verdict follows, at once or later. */
void desk_ask(const struct tb_question *question);

/* Ends the question of that ticket with the verdict TB_VERDICT_CANCELLED. No such question: its verdict and the
 * cancellation have crossed, and nothing is to be done. */
void desk_cancel(const uint8_t ticket[TB_ID_SIZE]);

#endif

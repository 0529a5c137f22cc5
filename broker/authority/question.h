/* What one question of the monitor says, and what polkitd is told about it. Runs in the authority: own uid, no
 * capability. Nothing here talks to anybody, and nothing here decides anything.
 */
#ifndef TB_AUTHORITY_QUESTION_H
#define TB_AUTHORITY_QUESTION_H

#include "proto/broker.h"
#include "proto/message.h"

#include <polkit/polkit.h>
#include <stdbool.h>

/* True if the question is one that an honest monitor can ask: known numbers, valid names, and a kind, a mode, a bridge
 * and a parent that go together. The other functions take only such a question. */
bool question_valid(const struct tb_question *question);

/* The polkit action that opens a device of this kind. */
const char *question_action(const struct tb_question *question);

/* The process that asks, as the monitor knows it from the kernel; nothing is looked up. The caller frees it. */
PolkitSubject *question_subject(const struct tb_question *question);

/* The details of the action: the stable set that tapbroker-polkit(7) lists. The caller frees them. */
PolkitDetails *question_details(const struct tb_question *question);

/* The verdict that polkit's result amounts to; result is NULL if there is none but an error. */
enum tb_verdict_word question_verdict(PolkitAuthorizationResult *result);

#endif

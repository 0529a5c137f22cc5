/* One question as polkitd is asked it, by a D-Bus call of CheckAuthorization, and what polkitd's reply says. Runs in
 * the authority: own uid, no capability. Nothing here talks to anybody, and nothing here decides anything.
 */
#ifndef TB_POLKIT_CHECK_H
#define TB_POLKIT_CHECK_H

#include "proto/broker.h"
#include "proto/message.h"

#include <glib.h>
#include <stdbool.h>

/* True if the question is one that an honest clerk can ask: known numbers, valid names, and a kind, a mode, a bridge
 * and a parent that go together. The other functions take only such a question. */
bool polkit_check_valid(const struct tb_question *question);

/* The same of a configuration. */
bool polkit_check_configuration_valid(const struct tb_configuration *configuration);

/* The parameters of CheckAuthorization: the process that asks, as the clerk knows it from the kernel; the action; the
 * details that tapbroker-polkit(7) lists; and a name by which the check can be cancelled. configuration is the one that
 * the question is of, or NULL. A floating reference. */
GVariant *polkit_check_parameters(const struct tb_question *question, const struct tb_configuration *configuration);

/* The parameters of CancelCheckAuthorization for the same question. A floating reference. */
GVariant *polkit_check_cancellation(const struct tb_question *question);

/* The type of CheckAuthorization's reply, and the verdict that such a reply amounts to. */
#define CHECK_REPLY_TYPE G_VARIANT_TYPE("((bba{ss}))")
enum tb_verdict_word polkit_check_verdict(GVariant *reply);

#endif

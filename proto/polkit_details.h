/* What polkit is asked of a question: the action, and the details, of which tapbroker-polkit(7) says what they mean.
 * For the authority, which asks, and for the log and an explanation, which tell.
 *
 * Administrators write rules about these words: they never change.
 */
#ifndef TB_POLKIT_DETAILS_H
#define TB_POLKIT_DETAILS_H

#include "proto/broker.h"

/* The id of the action. The question is a valid one. */
const char *tb_polkit_action(const struct tb_question *question);

/* Calls each() for every detail, in the order of the manual. The strings live as long as the question, and no longer
 * than the call. */
void tb_polkit_details(const struct tb_question *question,
		       void (*each)(void *context, const char *key, const char *value), void *context);

/* Writes all of them as KEY=VALUE, with a newline behind each. One that would be cut short is left out. */
void tb_polkit_details_write(const struct tb_question *question, char text[TB_DETAILS_SIZE]);

#endif

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

/* Is told of one detail. The strings live no longer than the call. */
typedef void tb_polkit_each(void *context, const char *key, const char *value);

/* Calls each() for every detail, in the order of the manual. */
void tb_polkit_details(const struct tb_question *question, tb_polkit_each *each, void *context);

/* polkit_tunnel.c: the same for a configuration, whose question has the first of them. */
void tb_polkit_tunnel_details(const struct tb_configuration *configuration, tb_polkit_each *each, void *context);

/* A text of details, KEY=VALUE with a newline behind each. One that would be cut short is left out. */
struct tb_details_text {
	char *text; /* of size bytes, all zero */
	size_t size;
	size_t used;
};

/* A tb_polkit_each whose context is such a text. */
void tb_details_append(void *context, const char *key, const char *value);

/* Writes the details of a question. */
void tb_polkit_details_write(const struct tb_question *question, char text[TB_DETAILS_SIZE]);

#endif

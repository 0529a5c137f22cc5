/* What polkit must permit: asking the broker for it, and what a refusal means. */
#ifndef TAPCTL_POLKIT_ASK_H
#define TAPCTL_POLKIT_ASK_H

#include "client/tapbroker.h"

#include <stdbool.h>

/* One question to the broker. flags may have TAP_INTERACTIVE. Returns 0 or an errno, and what the broker says of it. */
typedef int polkit_question(void *context, unsigned int flags, struct tap_failure *failure);

/* What came of it. */
struct polkit_answer {
	int error; /* 0 or an errno */
	struct tap_failure failure;
	bool interactive; /* polkit might ask for a password */
	bool wrong_password;
};

/* Asks. Where polkit might ask for a password and says no, it is asked once more without: so it tells whether a
 * password would do, and a wrong one was given. */
void polkit_ask(unsigned int flags, polkit_question *question, void *context, struct polkit_answer *answer);

/* The same with an agent at the terminal, if polkit may ask for a password; else the user is told after two seconds
 * what is waited for. */
void polkit_ask_with_agent(const char *waited_for, unsigned int flags, polkit_question *question, void *context,
			   struct polkit_answer *answer);

/* What that was, for people; refused: where polkit, or the broker, has said no. Returns an exit code. */
int polkit_answer_read(const struct polkit_answer *answer, const char *refused, const char **text);

/* The same if it is polkit's, and polkit has not simply said no: see polkit_check_read(), and a password was wrong.
 * Else returns EXIT_OK. */
int polkit_reason_read(const struct polkit_answer *answer, const char **text);

/* The same if this check of a struct tap_failure is polkit's, and it has not said no: a password would do, or it does
 * not work. Else returns EXIT_OK. */
int polkit_check_read(unsigned int check, bool interactive, const char **text);

/* Why the password of this answer was of no use. */
extern const char polkit_wrong_password[];

#endif

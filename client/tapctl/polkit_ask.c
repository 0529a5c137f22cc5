/* What polkit must permit: see polkit_ask.h. Runs as the user. Every command says the same here, and ends with the same
 * exit code. */
#include "client/tapctl/polkit_ask.h"

#include "client/tapctl/agent.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/waiting.h"

#include <errno.h>

const char polkit_wrong_password[] =
	"refused: polkit wants a password, and was not given the right one; it asks for it once, so run tapctl again";

int polkit_check_read(unsigned int check, bool interactive, const char **text)
{
	switch (check) {
	case TAP_CHECK_POLKIT_CHALLENGE:
		*text = interactive
				? "refused: polkit wants a password, but found no agent that asks for it; use a terminal with pkttyagent installed, or a desktop"
				: "refused: polkit wants a password, and may not ask for it; use a terminal in the foreground, or --interactive where an agent runs";
		return EXIT_WOULD_ASK;
	case TAP_CHECK_POLKIT_DISMISSED:
		*text = "refused: polkit wants a password, and the question was dismissed or not answered rightly";
		return EXIT_WOULD_ASK;
	case TAP_CHECK_QUEUE_TIMEOUT: /* what it was asked before has no answer yet */
	case TAP_CHECK_POLKIT_TIMEOUT:
		*text = "polkit does not answer: polkitd is stopped or overloaded; try again, and look at its log (journalctl -u polkit)";
		return EXIT_NO_POLKIT;
	case TAP_CHECK_POLKIT_ERROR:
		*text = "polkit could not be asked: polkitd does not run, or failed; the logs of tapbrokerd and polkitd say more";
		return EXIT_NO_POLKIT;
	default:
		return EXIT_OK;
	}
}

int polkit_reason_read(const struct polkit_answer *answer, const char **text)
{
	int ret = polkit_check_read(answer->failure.check, answer->interactive, text);

	if (ret != EXIT_OK || !answer->wrong_password)
		return ret;
	*text = polkit_wrong_password;
	return EXIT_WOULD_ASK;
}

int polkit_answer_read(const struct polkit_answer *answer, const char *refused, const char **text)
{
	int ret = polkit_reason_read(answer, text);

	if (ret != EXIT_OK)
		return ret;
	*text = answer->error == EACCES ? refused : tap_strerror(answer->error);
	return exit_code(answer->error);
}

static int ask_once(unsigned int flags, polkit_question *question, void *context, struct tap_failure *failure)
{
	*failure = (struct tap_failure)TAP_FAILURE_INIT;
	return question(context, flags, failure);
}

/* A wrong password is a no to polkit, which not everybody is told. */
static bool may_be_password(unsigned int check)
{
	return check == TAP_CHECK_NONE || check == TAP_CHECK_POLKIT_NO;
}

void polkit_ask(unsigned int flags, polkit_question *question, void *context, struct polkit_answer *answer)
{
	struct tap_failure again;
	int error;

	*answer = (struct polkit_answer){.interactive = (flags & TAP_INTERACTIVE) != 0};
	answer->error = ask_once(flags, question, context, &answer->failure);
	if (answer->error != EACCES || !answer->interactive || !may_be_password(answer->failure.check))
		return;
	error = ask_once(flags & ~(unsigned int)TAP_INTERACTIVE, question, context, &again);
	answer->wrong_password = error == EACCES && again.check == TAP_CHECK_POLKIT_CHALLENGE;
	if (error == 0)
		answer->error = 0;
}

void polkit_ask_with_agent(const char *waited_for, unsigned int flags, polkit_question *question, void *context,
			   struct polkit_answer *answer)
{
	struct agent agent = AGENT_NONE;

	waiting_begin(waited_for);
	if ((flags & TAP_INTERACTIVE) != 0)
		agent_start(&agent);
	if (agent.pid != 0)
		waiting_end(); /* for the user */
	polkit_ask(flags, question, context, answer);
	waiting_end();
	agent_stop(&agent);
}

/* Questions to polkit: which are open, and what passes between the clerk and the authority. Runs in the clerk.
 *
 * A question counts until polkit has answered it, also if its client has hung up: polkitd owes the answer, and the bus
 * counts it.
 */
#ifndef TB_CLERK_QUESTION_H
#define TB_CLERK_QUESTION_H

#include "broker/clerk/request/request.h"

/* Questions that are open at the same time: polkitd answers one after the other anyway, and must not be flooded. Half
 * of them may wait for a password. */
#define QUESTIONS_MAX 16
#define PROMPTS_MAX (QUESTIONS_MAX / 2)

/* Places for yeses that one user may have of the monitor's, with those that were taken back and are there still. */
#define YESES_PER_USER (TB_YES_MAX / 8)

/* Takes the channel to the authority, which stays the caller's. answer() is given each verdict on a request that is
 * still wanted; the word is an enum tb_verdict_word. Returns 0 or a negative errno. */
int questions_init(int channel, void (*answer)(struct request *request, uint32_t word));

/* Writes down what polkit would be asked of the request, but for the ticket. A network that there is not is asked about
 * in the client's own words; of a revocation the lease must exist. */
void question_of(const struct request *request, struct tb_question *question);

/* Writes down in request->question what an explanation is about, as WOULD_OPEN or WOULD_CONFIGURE. */
void question_fill_as_asked(struct request *request);

/* The same into request->question: what was asked for; a network's default device, which is what a request without any
 * wish gets; and whether the client may know all. A yes to the last two opens nothing. */
void question_fill(struct request *request);
void question_fill_default(struct request *request, const struct network *network);
void question_fill_explain(struct request *request);

/* True if the request may be asked about now: one question of a user at a time, and one prompt; and the monitor has a
 * place for a yes that is for it. */
bool question_may_be_asked(const struct request *request);

/* Asks. Returns 0 or a negative errno. */
int question_ask(struct request *request);

/* The request ends. If polkit has its question, that is taken back, and the slot waits for the verdict; if polkit has
 * said yes, the monitor hears that the yes is worth nothing any more, and the slot waits until the monitor has heard:
 * while the kernel has it wait, it hears nothing, and keeps the yes. */
void question_end(struct request *request);

/* The monitor has heard: TB_ANS_VOID. */
void question_voided(const struct tb_void *answer);

#endif

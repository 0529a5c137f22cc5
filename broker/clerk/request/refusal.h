/* How a request is refused. Runs in the clerk.
 *
 * A refusal takes its time. Whoever asks again as soon as he was refused, from a few processes at once, would else keep
 * the processor and the broker busy for others: thousands of times a second, while a device takes only some
 * milliseconds. And since all that is refused without a question to polkit takes the same time, the time tells nobody
 * which network there is.
 */
#ifndef TB_REFUSAL_H
#define TB_REFUSAL_H

#include "broker/clerk/request/request.h"

/* Tells the log which check refused the request and, in its time, the client as much as it may know, and ends it. */
void refuse(struct request *request, const struct outcome *outcome);
void refuse_with(struct request *request, enum tb_status status, enum tb_check check);

/* The same, of a request that was not even read; the log does not hear of it. */
void refuse_unread(struct request *request, enum tb_status status, enum tb_check check);

/* The monitor or the kernel could not do it: verdict "failed". The refusal's time begins now. */
void refuse_failed(struct request *request, const struct outcome *outcome, const char *reason);

/* The time of a refusal has come. */
void refusal_tell(struct request *request);

#endif

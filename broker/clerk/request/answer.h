/* A client's answer, where it gets no device: what became of its request. Runs in the clerk. */
#ifndef TB_ANSWER_H
#define TB_ANSWER_H

#include "proto/message.h"

#include <stdint.h>

/* What became of a request; what does not belong to its status is zero. */
struct outcome {
	enum tb_status status;
	enum tb_check check; /* which check refused; TB_CHECK_NONE: not to be told */
	enum tb_quota quota; /* TB_QUOTA_USER, TB_QUOTA_NETWORK: which one is used up */
	uint32_t held;       /* TB_QUOTA_USER */
	uint32_t limit;
	enum tb_stage stage; /* TB_KERNEL: what the kernel refused, */
	int error;           /* and why: a positive errno */
};

/* Tells the client, in the message that answers a request of this type; type 0: one that was not even read. If it
 * cannot be told, it has hung up or does not read: nothing is lost with it. */
void answer_outcome(int sock, uint16_t type, const struct outcome *outcome);

#endif

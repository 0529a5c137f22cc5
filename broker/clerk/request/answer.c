/* A client's answer: see answer.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/answer.h"

#include "proto/channel.h"

#include <string.h>

static void answer_open(int sock, const struct outcome *outcome)
{
	struct tb_answer answer;

	memset(&answer, 0, sizeof(answer));
	tb_header_set(&answer.header, TB_ANS_OPEN, sizeof(answer));
	answer.status = outcome->status;
	answer.check = outcome->check;
	answer.quota = outcome->quota;
	answer.held = outcome->held;
	answer.limit = outcome->limit;
	answer.stage = outcome->stage;
	answer.error = outcome->error;
	tb_send(sock, &answer, sizeof(answer), NULL, 0);
}

/* A message of this type and size that says its status, where all of them have it, and nothing else. */
static void answer_status(int sock, enum tb_type type, size_t size, const struct outcome *outcome)
{
	union {
		struct tb_done done;
		char bytes[TB_ANSWER_MAX]; /* as much as any of them has */
	} answer;

	memset(&answer, 0, sizeof(answer));
	tb_header_set(&answer.done.header, type, size);
	answer.done.status = outcome->status;
	answer.done.check = outcome->check;
	tb_send(sock, &answer, size, NULL, 0);
}

static void answer_done(int sock, enum tb_type type, const struct outcome *outcome)
{
	struct tb_done done = {.status = outcome->status,
			       .check = outcome->check,
			       .error = outcome->error,
			       .stage = outcome->stage};

	tb_header_set(&done.header, type, sizeof(done));
	tb_send(sock, &done, sizeof(done), NULL, 0);
}

void answer_outcome(int sock, uint16_t type, const struct outcome *outcome)
{
	switch (type) {
	case TB_REQ_LIST:
		answer_status(sock, TB_ANS_LEASE, sizeof(struct tb_lease), outcome);
		break;
	case TB_REQ_NETWORKS:
		answer_status(sock, TB_ANS_NETWORK, sizeof(struct tb_network), outcome);
		break;
	case TB_REQ_ABOUT:
		answer_status(sock, TB_ANS_ABOUT, sizeof(struct tb_about), outcome);
		break;
	case TB_REQ_EXPLAIN:
		answer_status(sock, TB_ANS_EXPLAIN, sizeof(struct tb_explanation), outcome);
		break;
	case TB_REQ_EXPLAIN_CONFIGURE:
		answer_status(sock, TB_ANS_EXPLAIN_CONFIGURE, sizeof(struct tb_configure_explanation), outcome);
		break;
	case TB_REQ_SHOW:
		answer_status(sock, TB_ANS_SHOW, sizeof(struct tb_shown), outcome);
		break;
	case TB_REQ_BLOCKS:
		answer_status(sock, TB_ANS_BLOCKS, sizeof(struct tb_blocks), outcome);
		break;
	case TB_REQ_DROPS:
		answer_status(sock, TB_ANS_DROPS, sizeof(struct tb_drops), outcome);
		break;
	case TB_REQ_WATCH:
		answer_status(sock, TB_ANS_EVENT, sizeof(struct tb_event), outcome);
		break;
	case TB_REQ_RELEASE:
	case TB_REQ_REVOKE:
	case TB_REQ_CONFIGURE:
	case TB_REQ_UNBLOCK:
		answer_done(sock, type + 1, outcome);
		break;
	default:
		answer_open(sock, outcome);
	}
}

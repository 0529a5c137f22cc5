/* What a client is told that gets no device: see answer.h. Runs in the monitor; needs no right. */
#include "broker/monitor/answer.h"

#include "proto/channel.h"

#include <string.h>

static void answer_open(int sock, const struct outcome *outcome)
{
	struct tb_answer answer;

	memset(&answer, 0, sizeof(answer));
	tb_header_set(&answer.header, TB_ANS_OPEN, sizeof(answer));
	answer.status = outcome->status;
	answer.quota = outcome->quota;
	answer.held = outcome->held;
	answer.limit = outcome->limit;
	answer.stage = outcome->stage;
	answer.error = outcome->error;
	tb_send(sock, &answer, sizeof(answer), NULL, 0);
}

static void answer_list(int sock, enum tb_status status)
{
	struct tb_lease lease;

	memset(&lease, 0, sizeof(lease));
	tb_header_set(&lease.header, TB_ANS_LEASE, sizeof(lease));
	lease.status = status;
	tb_send(sock, &lease, sizeof(lease), NULL, 0);
}

static void answer_watch(int sock, enum tb_status status)
{
	struct tb_event event;

	memset(&event, 0, sizeof(event));
	tb_header_set(&event.header, TB_ANS_EVENT, sizeof(event));
	event.status = status;
	tb_send(sock, &event, sizeof(event), NULL, 0);
}

static void answer_end(int sock, uint16_t type, enum tb_status status)
{
	struct tb_done done;

	memset(&done, 0, sizeof(done));
	tb_header_set(&done.header, type, sizeof(done));
	done.status = status;
	tb_send(sock, &done, sizeof(done), NULL, 0);
}

void answer_outcome(int sock, uint16_t type, const struct outcome *outcome)
{
	switch (type) {
	case TB_REQ_LIST:
		answer_list(sock, outcome->status);
		break;
	case TB_REQ_WATCH:
		answer_watch(sock, outcome->status);
		break;
	case TB_REQ_RELEASE:
		answer_end(sock, TB_ANS_RELEASE, outcome->status);
		break;
	case TB_REQ_REVOKE:
		answer_end(sock, TB_ANS_REVOKE, outcome->status);
		break;
	default:
		answer_open(sock, outcome);
	}
}

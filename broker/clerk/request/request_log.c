/* The log line of a request: see request_log.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/request_log.h"

#include "broker/clerk/decision.h"
#include "broker/clerk/request/question.h"
#include "proto/polkit_details.h"
#include "proto/words.h"

#include <stdio.h>
#include <string.h>

static const char *operation_word(uint16_t type)
{
	switch (type) {
	case TB_REQ_LIST:
		return "list";
	case TB_REQ_DROPS:
		return "drops";
	case TB_REQ_RELEASE:
		return "release";
	case TB_REQ_REVOKE:
		return "revoke";
	case TB_REQ_WATCH:
		return "watch";
	case TB_REQ_NETWORKS:
		return "networks";
	case TB_REQ_ABOUT:
		return "about";
	case TB_REQ_EXPLAIN:
	case TB_REQ_EXPLAIN_CONFIGURE:
		return "explain";
	case TB_REQ_CONFIGURE:
		return "configure";
	case TB_REQ_UNBLOCK:
		return "unblock";
	case TB_REQ_SHOW:
		return "show";
	case TB_REQ_BLOCKS:
		return "blocks";
	default:
		return "open";
	}
}

/* A detail of polkit's that does not stand in the line already. */
static void append_detail(void *context, const char *key, const char *value)
{
	static const char *const there[] = {"network", "kind", "name", "device"};
	char *text = context;
	size_t used = strlen(text);

	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		if (strcmp(key, there[i]) == 0)
			return;
	snprintf(text + used, TB_DETAILS_SIZE - used, " %s=%s", key, value[0] != '\0' ? value : "-");
}

/* What polkit was asked, or would have been; empty: nothing that has details. */
static void details_of(const struct request *request, char text[TB_DETAILS_SIZE])
{
	uint16_t type = request->message.header.type;
	struct tb_question question;

	text[0] = '\0';
	if (type != TB_REQ_OPEN && type != TB_REQ_EXPLAIN)
		return;
	question_of(request, &question);
	snprintf(text, TB_DETAILS_SIZE, " action=%s", tb_polkit_action(&question));
	tb_polkit_details(&question, append_detail, text);
}

void request_log(const struct request *request, const char *verdict, const char *reason, const struct lease *lease)
{
	const struct tb_request *message = &request->message;
	const struct network *network = request->network;
	bool granted = strcmp(verdict, "granted") == 0;
	char details[TB_DETAILS_SIZE] = "";
	struct decision decision = {
		.operation = operation_word(message->header.type),
		.uid = request->client.uid,
		.account = request->client.account,
		.pid = request->client.pid,
		.network = network != NULL ? network->name : message->network,
		.kind = tb_kind_word(network != NULL ? network->kind : message->kind),
		.name = message->name,
		.verdict = verdict,
		.reason = reason,
	};

	if (lease != NULL) {
		decision.network = lease->network_name;
		decision.kind = tb_kind_word(lease->kind);
		decision.name = lease->name;
		decision.lease = lease->id;
		decision.external_id = lease->external_id;
	}
	if (!granted)
		details_of(request, details);
	decision.details = details;
	decision_log(&decision);
}

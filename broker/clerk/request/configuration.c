/* What a request for a configuration amounts to: see configuration.h. Runs in the clerk; needs no right. What is asked
 * and what is ordered are the same bytes. */
#include "broker/clerk/request/configuration.h"

#include "proto/channel.h"

#include <string.h>

void configuration_fill_question(struct request *request, const struct lease *lease)
{
	struct tb_question *question = &request->question;

	memset(question, 0, sizeof(*question));
	tb_header_set(&question->header, TB_REQ_ASK, sizeof(*question));
	question->action = TB_ACTION_CONFIGURE;
	question->uid = request->client.uid;
	question->pid = (uint32_t)request->client.pid;
	question->start_time = request->client.start_time;
	question->flags = request->message.flags & TB_CONFIGURE_FLAGS;
	question->kind = lease->kind;
	question->mtu = request->message.mtu;
	question->lifetime = lease->lifetime;
	memcpy(question->network, lease->network_name, sizeof(question->network));
	memcpy(question->name, lease->name, sizeof(question->name));
	/* The lease could end, and another be given its name, while polkit is asked. */
	memcpy(request->message.lease, lease->id, sizeof(request->message.lease));
	memset(request->message.name, 0, sizeof(request->message.name));
}

const struct tb_configuration *configuration_of(const struct request *request)
{
	static struct tb_configuration configuration;
	uint32_t scope = request->message.scope;

	memset(&configuration, 0, sizeof(configuration));
	configuration.question = request->question;
	memcpy(configuration.lease, request->message.lease, sizeof(configuration.lease));
	configuration.scope = scope;
	if (scope == TB_SCOPE_NETWORK)
		configuration.scope =
			request->network != NULL && !request->network->off ? request->network->scope : TB_SCOPE_USER;
	configuration.count = request->message.items;
	memcpy(configuration.items, request_items(request), configuration.count * sizeof(configuration.items[0]));
	return &configuration;
}

/* Explanations of configurations: see explain_configuration.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/explain_configuration.h"

#include "broker/clerk/lease/tunnels.h"
#include "broker/clerk/request/configuration.h"
#include "broker/clerk/request/explain.h"
#include "broker/clerk/request/inquiry.h"
#include "broker/clerk/request/network_text.h"
#include "broker/clerk/request/question.h"
#include "broker/shared/tunnel_ceiling.h"
#include "proto/channel.h"
#include "proto/polkit_details.h"

#include <string.h>

/* What forbids each item. */
static void describe_items(const struct network *network, const struct tb_configuration *configuration,
			   uint8_t items[TB_ITEMS_MAX])
{
	unsigned int families = tunnel_ceiling_families(network, configuration);

	for (uint32_t i = 0; i < configuration->count; i++)
		items[i] = (uint8_t)tunnel_ceiling_item(network, &configuration->items[i], families);
}

static void describe_prefixes(const struct network_prefixes *list, struct tb_allowed allowed[TB_PREFIXES_MAX])
{
	_Static_assert(NETWORK_PREFIXES_MAX <= TB_PREFIXES_MAX, "all of them fit");
	for (size_t i = 0; i < list->count; i++) {
		allowed[i].family = list->prefixes[i].family;
		allowed[i].length = list->prefixes[i].length;
		memcpy(allowed[i].address, list->prefixes[i].address, sizeof(allowed[i].address));
	}
}

static void describe_allowed(const struct network *network, struct tb_configure_explanation *explanation)
{
	explanation->traits = network_traits(network);
	explanation->network_scope = network->scope;
	explanation->network_mtu = network->mtu;
	explanation->allows = (network->default_route ? TB_ALLOWS_DEFAULT_ROUTE : 0u) |
			      (network->kill_switch ? TB_ALLOWS_KILL_SWITCH : 0u);
	describe_prefixes(&network->addresses, explanation->addresses);
	describe_prefixes(&network->routes, explanation->routes);
	memcpy(explanation->lines, network->lines, sizeof(explanation->lines));
	memcpy(explanation->path, network->path, sizeof(explanation->path));
}

/* A client that would hear by the request that something is in use hears it now; one that may know everything hears
 * which lease has it. */
static void describe_use(const struct request *request, const struct tb_configuration *configuration,
			 struct tb_configure_explanation *explanation)
{
	bool may_know_all = inquiry_may_know_all(request);
	struct tunnel_use used;

	if (may_know_all)
		explanation->traits |= TB_NETWORK_TOLD_ALL;
	if (!may_know_all && (explanation->forbids != 0 || explanation->access != TB_ACCESS_YES))
		return;
	used = tunnels_in_use(configuration);
	if (used.check == TB_CHECK_NONE)
		return;
	explanation->forbids |= (uint64_t)1 << used.check;
	if (used.item < TB_ITEMS_MAX && explanation->items[used.item] == TB_CHECK_NONE)
		explanation->items[used.item] = (uint8_t)used.check;
	if (may_know_all && used.of_tunnel != NULL)
		memcpy(explanation->holder, used.of_tunnel->wanted.lease, sizeof(explanation->holder));
}

/* Whose tunnel it would be: root may ask for another user, whose routes meet those of his own tunnels. */
static uid_t whose(const struct request *request)
{
	const struct tb_request *message = &request->message;

	return (message->flags & TB_REQUEST_ALL) != 0 ? message->uid : request->client.uid;
}

static void describe_asked(const struct tb_configuration *configuration, struct tb_configure_explanation *explanation)
{
	struct tb_details_text details = {.text = explanation->details, .size = sizeof(explanation->details)};

	explanation->scope = configuration->scope;
	strcpy(explanation->action, tb_polkit_action(&configuration->question));
	tb_polkit_tunnel_details(configuration, tb_details_append, &details);
}

void explain_configuration(struct request *request)
{
	static struct tb_configure_explanation explanation;
	const struct tb_configuration *configuration;

	memset(&explanation, 0, sizeof(explanation));
	tb_header_set(&explanation.header, TB_ANS_EXPLAIN_CONFIGURE, sizeof(explanation));
	question_fill_as_asked(request);
	request->question.uid = whose(request);
	configuration = configuration_of(request);
	explanation.forbids = tunnel_ceiling_all(request->network, configuration);
	if (!explain_begin(request, explanation.forbids))
		return;
	explanation.access = inquiry_access(request);
	describe_asked(configuration, &explanation);
	if (request->network != NULL)
		describe_allowed(request->network, &explanation);
	if (request->network != NULL && !request->network->off) {
		describe_items(request->network, configuration, explanation.items);
		describe_use(request, configuration, &explanation);
	}
	tb_send(request->client.sock, &explanation, sizeof(explanation), NULL, 0);
	request_free(request);
}

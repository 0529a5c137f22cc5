/* Templates of chains: see rules.h. Runs in tapbrokerd before lock-down; needs no right. */
#include "broker/monitor/kernel/rules.h"

#include "broker/monitor/kernel/rules_expression.h"
#include "broker/monitor/kernel/rules_message.h"
#include "broker/monitor/kernel/template_write.h"

#include <linux/netfilter.h>

/* Before the chains of others on the same device. */
#define PRIORITY (-300)

void rules_put_table(const struct rules *rules, struct batch *batch, struct template *template)
{
	if (rules->table[0] != '\0')
		mnl_attr_put_strz(batch->message, NFTA_TABLE_NAME, rules->table);
	else
		template_attribute(batch, template, NFTA_TABLE_NAME, offsetof(struct rules_chain, table),
				   RULES_TABLE_SIZE);
}

/* One of many tables is made if it is not there. */
static void write_own_table(struct rules_writing *writing)
{
	if (writing->rules->table[0] != '\0')
		return;
	nft_message_begin(writing->batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	rules_put_table(writing->rules, writing->batch, &writing->template->messages);
	message_end_unanswered(writing->batch);
}

/* What is to be forwarded never goes its own way, whatever becomes of the rule that forwards it. */
static void write_chain(struct rules_writing *writing)
{
	const struct rules_wish *wish = writing->wish;
	struct batch *batch = writing->batch;
	struct nlattr *hook;

	nft_message_begin(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	rules_put_table(writing->rules, batch, &writing->template->messages);
	put_nft_part(writing, NFTA_CHAIN_NAME, PART_NAME, RULES_CHAIN_SIZE);
	put_nft_number(batch->message, NFTA_CHAIN_ID, CHAIN_ID);
	hook = mnl_attr_nest_start(batch->message, NFTA_CHAIN_HOOK);
	put_nft_number(batch->message, NFTA_HOOK_HOOKNUM, wish->egress ? NF_NETDEV_EGRESS : NF_NETDEV_INGRESS);
	put_nft_number(batch->message, NFTA_HOOK_PRIORITY, (uint32_t)PRIORITY);
	put_nft_part(writing, NFTA_HOOK_DEV, PART_DEVICE, IFNAMSIZ);
	mnl_attr_nest_end(batch->message, hook);
	mnl_attr_put_strz(batch->message, NFTA_CHAIN_TYPE, "filter");
	put_nft_number(batch->message, NFTA_CHAIN_POLICY, wish->forward ? NF_DROP : NF_ACCEPT);
	message_end_unanswered(batch);
}

static void write_forwarding(struct rules_writing *writing)
{
	rule_begin(writing, "forward");
	rule_forward(writing);
	rule_end(writing);
}

int rules_template(const struct rules *rules, const struct rules_wish *wish, struct rules_template *template)
{
	struct batch batch;
	struct rules_writing writing = {.batch = &batch, .rules = rules, .wish = wish, .template = template};
	int ret = 0;

	template->rules = 0;
	template_begin(&batch, &template->messages);
	write_own_table(&writing);
	write_chain(&writing);
	if (wish->to_holder)
		rules_write_rate(&writing, "rate-to-guest", wish->network->rate_to_guest);
	else
		ret = rules_write_locks(&writing);
	if (ret < 0)
		return ret;
	if (wish->forward)
		write_forwarding(&writing);
	return template_finish(&batch, &template->messages);
}

int rules_templates(struct rules *rules, const struct network_table *networks, bool forward)
{
	int ret = 0;

	rules->networks = networks;
	for (size_t i = 0; ret == 0 && i < networks->count; i++) {
		const struct network *network = &networks->networks[i];
		bool macvtap = network->kind == TB_KIND_MACVTAP;
		/* What a holder writes comes out of a tap and goes into a macvtap; what is forwarded comes out. */
		struct rules_wish from_holder = {network, false, macvtap, forward};
		struct rules_wish to_holder = {network, true, !macvtap && !forward, forward};

		if (network->off || !network_is_locked(network))
			continue;
		ret = rules_template(rules, &from_holder, &rules->locks[i]);
		if (ret == 0 && (forward || network->rate_to_guest != 0))
			ret = rules_template(rules, &to_holder, &rules->to_holder[i]);
	}
	return ret;
}

/* A message about a chain, by its name. */
static int write_request(const struct rules *rules, struct template *template, uint16_t type, uint16_t flags,
			 uint16_t chain_name)
{
	struct batch batch;

	template_begin(&batch, template);
	nft_message_begin(&batch, type, flags);
	rules_put_table(rules, &batch, template);
	template_attribute(&batch, template, chain_name, offsetof(struct rules_chain, name), RULES_CHAIN_SIZE);
	if (type == NFT_MSG_DELCHAIN)
		message_end_unanswered(&batch);
	else
		message_end(&batch);
	return template_finish(&batch, template);
}

static int write_mark(struct template *template, uint16_t type)
{
	struct batch batch;

	template_begin(&batch, template);
	nft_message_mark(&batch, type);
	return template_finish(&batch, template);
}

int rules_write_requests(struct rules *rules)
{
	int ret = write_mark(&rules->transaction.begin, NFNL_MSG_BATCH_BEGIN);

	if (ret == 0)
		ret = write_mark(&rules->transaction.end, NFNL_MSG_BATCH_END);
	if (ret == 0)
		ret = write_request(rules, &rules->count_rules, NFT_MSG_GETCHAIN, NLM_F_ACK, NFTA_CHAIN_NAME);
	if (ret == 0)
		ret = write_request(rules, &rules->delete_chain, NFT_MSG_DELCHAIN, 0, NFTA_CHAIN_NAME);
	if (ret == 0)
		ret = write_request(rules, &rules->list_rules, NFT_MSG_GETRULE, NLM_F_DUMP, NFTA_RULE_CHAIN);
	return ret;
}

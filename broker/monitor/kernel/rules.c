/* Chains of locks: see rules.h. Runs in the monitor and its reaper threads; USES CAP_NET_ADMIN. Must never leave a
 * chain without all its rules, and touches no table but its own. */
#include "broker/monitor/kernel/rules.h"

#include "broker/shared/locked.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

static void take_use(void *context, const struct nlmsghdr *message)
{
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) == NFTA_CHAIN_USE)
			*(uint32_t *)context = ntohl(mnl_attr_get_u32(attribute));
	}
}

/* Counts the rules of the chain; *count begins with 0. Returns 0 or a negative errno; -ENOENT: there is none of that
 * name. */
static int count_rules(struct rules *rules, const struct rules_chain *chain, uint32_t *count)
{
	struct answer answer = {.take = take_use, .context = count};

	return template_ask(&rules->link, &rules->count_rules, chain, &answer);
}

static int delete_chain(struct rules *rules, const struct rules_chain *chain)
{
	struct batch batch;
	uint32_t count = 0;
	int ret;

	/* A transaction that fails makes the kernel wait for all its processors; a question does not. */
	if (count_rules(rules, chain, &count) < 0)
		return 0;
	transaction_begin(&batch, &rules->link, &rules->transaction);
	template_put(&batch, &rules->delete_chain, chain);
	ret = transaction_run(&batch, &rules->transaction);
	return ret == -ENOENT ? 0 : ret;
}

int rules_make(struct rules *rules, const struct rules_template *template, const struct rules_chain *chain, bool again)
{
	struct batch batch;
	uint32_t count = 0;
	int ret;

	TB_LOCKED(&rules->lock);
	transaction_begin(&batch, &rules->link, &rules->transaction);
	if (again)
		template_put(&batch, &rules->delete_chain, chain);
	template_put(&batch, &template->messages, chain);
	ret = transaction_run(&batch, &rules->transaction);
	if (ret == 0)
		ret = count_rules(rules, chain, &count);
	return ret == 0 && count != template->rules ? -EPROTO : ret;
}

int rules_lock(struct rules *rules, const struct network *network, const struct rules_lease *lease, bool again)
{
	size_t number = (size_t)(network - rules->networks->networks);
	struct rules_chain chain;
	int ret;

	rules_chain(&chain, lease->id, "", lease->device, lease->mac);
	guest_tell(network, lease->mac, &chain.guest);
	chain.forward_to = lease->other_index;
	ret = rules_make(rules, &rules->locks[number], &chain, again);
	if (ret < 0 || rules->to_holder[number].rules == 0)
		return ret;
	rules_chain(&chain, lease->id, RULES_TO_HOLDER, lease->other, lease->mac);
	chain.forward_to = lease->device_index;
	return rules_make(rules, &rules->to_holder[number], &chain, again);
}

void rules_ask(struct rules *rules, const uint8_t lease[TB_ID_SIZE], const char *what, uint32_t sequence)
{
	static const uint8_t no_mac[TB_MAC_SIZE];
	struct rules_chain chain;
	struct batch batch;

	rules_chain(&chain, lease, what, "", no_mac);
	batch_begin(&batch, &rules->counts);
	template_put(&batch, &rules->list_rules, &chain);
	batch.message->nlmsg_seq = sequence;
	send(rules->counts.fd, batch.bytes, batch.used, 0);
}

int rules_remove(struct rules *rules, const uint8_t lease[TB_ID_SIZE])
{
	static const char *const which[] = {RULES_TO_HOLDER, ""};
	static const uint8_t no_mac[TB_MAC_SIZE];
	struct rules_chain chain;
	int ret = 0;

	TB_LOCKED(&rules->lock);
	for (size_t i = 0; ret == 0 && i < 2; i++) {
		rules_chain(&chain, lease, which[i], "", no_mac);
		ret = delete_chain(rules, &chain);
	}
	return ret;
}

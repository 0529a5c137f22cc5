/* Chains of locks: see rules.h. Runs in the monitor and its reaper threads; USES CAP_NET_ADMIN. Must never leave a
 * chain without all its rules, and touches no table but its own. */
#include "broker/monitor/kernel/rules.h"

#include "broker/monitor/kernel/rules_transaction.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

/* Where a part is in struct rules_chain, and how long. */
static const struct {
	size_t offset;
	size_t size;
} parts[] = {
	[PART_NAME] = {offsetof(struct rules_chain, name), RULES_CHAIN_SIZE},
	[PART_DEVICE] = {offsetof(struct rules_chain, device), IFNAMSIZ},
	[PART_MAC] = {offsetof(struct rules_chain, mac), TB_MAC_SIZE},
	[PART_LINK_LOCAL] = {offsetof(struct rules_chain, link_local), 16},
	[PART_IPV4] = {offsetof(struct rules_chain, guest.ipv4), 4},
	[PART_IPV6] = {offsetof(struct rules_chain, guest.ipv6), 16},
	[PART_FORWARD_TO] = {offsetof(struct rules_chain, forward_to), sizeof(uint32_t)},
};

/* Puts the template's messages behind what is in the batch, with the chain's own parts. */
static void put_template(struct batch *batch, const struct rules_template *template, const struct rules_chain *chain)
{
	char *bytes = batch->bytes + batch->used;

	memcpy(bytes, template->bytes, template->size);
	for (size_t i = 0; i < template->parts_count; i++) {
		uint8_t part = template->parts[i].part;

		memcpy(bytes + template->parts[i].offset, (const char *)chain + parts[part].offset, parts[part].size);
	}
	/* Their numbers are this socket's. */
	for (size_t at = 0; at < template->size; at += MNL_ALIGN(batch->message->nlmsg_len)) {
		batch->message = (struct nlmsghdr *)(bytes + at);
		batch->message->nlmsg_seq = ++batch->sock->sequence;
	}
	batch->used += template->size;
}

static void put_chain_name(struct batch *batch, const struct rules *rules, uint16_t type, const char *name)
{
	nft_message_begin(batch, type, type == NFT_MSG_GETCHAIN ? NLM_F_ACK : 0);
	mnl_attr_put_strz(batch->message, NFTA_CHAIN_TABLE, rules->table);
	mnl_attr_put_strz(batch->message, NFTA_CHAIN_NAME, name);
}

static void put_deletion(struct batch *batch, const struct rules *rules, const char *name)
{
	put_chain_name(batch, rules, NFT_MSG_DELCHAIN, name);
	message_end_unanswered(batch);
}

/* A transaction that fails makes the kernel wait for all its processors; a question does not. */
static bool has_chain(struct rules *rules, const char *name)
{
	struct batch batch;

	batch_begin(&batch, &rules->link);
	put_chain_name(&batch, rules, NFT_MSG_GETCHAIN, name);
	message_end(&batch);
	return batch_run(&batch) == 0;
}

static int delete_chain(struct rules *rules, const char *name)
{
	struct batch batch;
	int ret;

	if (!has_chain(rules, name))
		return 0;
	transaction_begin(&batch, &rules->link);
	put_deletion(&batch, rules, name);
	ret = transaction_run(&batch);
	return ret == -ENOENT ? 0 : ret;
}

/* One transaction: the kernel has the chain with all its rules after that, or is as before. */
static int make_chain(struct rules *rules, const struct rules_template *template, const struct rules_chain *chain,
		      bool replace)
{
	struct batch batch;
	int ret;

	pthread_mutex_lock(&rules->lock);
	transaction_begin(&batch, &rules->link);
	if (replace)
		put_deletion(&batch, rules, chain->name);
	put_template(&batch, template, chain);
	ret = transaction_run(&batch);
	pthread_mutex_unlock(&rules->lock);
	return ret;
}

const struct rules_template *rules_locks_of(const struct rules *rules, const struct network *network)
{
	return &rules->locks[network - rules->networks->networks];
}

const struct rules_template *rules_to_holder_of(const struct rules *rules, const struct network *network)
{
	return &rules->to_holder[network - rules->networks->networks];
}

int rules_add(struct rules *rules, const struct rules_template *template, const struct rules_chain *chain)
{
	return make_chain(rules, template, chain, false);
}

int rules_replace(struct rules *rules, const struct rules_template *template, const struct rules_chain *chain)
{
	return make_chain(rules, template, chain, true);
}

int rules_lock(struct rules *rules, const struct network *network, const uint8_t lease[TB_ID_SIZE], const char *device,
	       const uint8_t mac[TB_MAC_SIZE], bool again)
{
	const struct rules_template *to_holder = rules_to_holder_of(rules, network);
	struct rules_chain chain;
	int ret;

	rules_chain(&chain, lease, "", device, mac);
	guest_tell(network, mac, &chain.guest);
	ret = make_chain(rules, rules_locks_of(rules, network), &chain, again);
	if (ret < 0 || to_holder->size == 0)
		return ret;
	rules_chain(&chain, lease, RULES_TO_HOLDER, device, mac);
	return make_chain(rules, to_holder, &chain, again);
}

int rules_remove(struct rules *rules, const uint8_t lease[TB_ID_SIZE])
{
	static const char *const which[] = {RULES_TO_HOLDER, ""};
	static const uint8_t no_mac[TB_MAC_SIZE];
	struct rules_chain chain;
	int ret = 0;

	pthread_mutex_lock(&rules->lock);
	for (size_t i = 0; ret == 0 && i < 2; i++) {
		rules_chain(&chain, lease, which[i], "", no_mac);
		ret = delete_chain(rules, chain.name);
	}
	pthread_mutex_unlock(&rules->lock);
	return ret;
}

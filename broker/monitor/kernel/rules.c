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

static void put_deletion(struct batch *batch, const struct rules *rules, const char *name)
{
	nft_message_begin(batch, NFT_MSG_DELCHAIN, 0);
	mnl_attr_put_strz(batch->message, NFTA_CHAIN_TABLE, rules->table);
	mnl_attr_put_strz(batch->message, NFTA_CHAIN_NAME, name);
	message_end_unanswered(batch);
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

int rules_add(struct rules *rules, const struct rules_template *template, const struct rules_chain *chain)
{
	return make_chain(rules, template, chain, false);
}

int rules_replace(struct rules *rules, const struct rules_template *template, const struct rules_chain *chain)
{
	return make_chain(rules, template, chain, true);
}

int rules_remove(struct rules *rules, const uint8_t lease[TB_ID_SIZE], const char *what)
{
	static const uint8_t no_mac[TB_MAC_SIZE];
	struct rules_chain chain;
	struct batch batch;
	int ret;

	rules_chain(&chain, lease, what, "", no_mac);
	pthread_mutex_lock(&rules->lock);
	transaction_begin(&batch, &rules->link);
	put_deletion(&batch, rules, chain.name);
	ret = transaction_run(&batch);
	pthread_mutex_unlock(&rules->lock);
	return ret == -ENOENT ? 0 : ret;
}

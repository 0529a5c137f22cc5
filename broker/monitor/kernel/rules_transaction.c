/* Messages to nf_tables: see rules_transaction.h. Runs in the monitor; USES CAP_NET_ADMIN. */
#include "broker/monitor/kernel/rules_transaction.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>

void nft_message_begin(struct batch *batch, uint16_t type, uint16_t flags)
{
	struct nfgenmsg *header =
		message_begin_as(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, sizeof(*header));

	header->nfgen_family = NFPROTO_NETDEV;
}

static void transaction_mark(struct batch *batch, uint16_t type)
{
	struct nfgenmsg *header = message_begin_as(batch, type, 0, sizeof(*header));

	header->res_id = htons(NFNL_SUBSYS_NFTABLES);
	message_end_unanswered(batch);
}

void transaction_begin(struct batch *batch, struct link_socket *sock)
{
	batch_begin(batch, sock);
	transaction_mark(batch, NFNL_MSG_BATCH_BEGIN);
}

/* The last message is the one that is acknowledged, when all is done. An error of any other comes before that, and is
 * the only answer that is waited for. */
int transaction_run(struct batch *batch)
{
	batch->message->nlmsg_flags |= NLM_F_ACK;
	batch->expected = 1;
	transaction_mark(batch, NFNL_MSG_BATCH_END);
	return batch_run(batch);
}

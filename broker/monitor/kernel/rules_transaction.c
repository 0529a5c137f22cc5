/* Transactions of nf_tables: see rules_transaction.h. Runs in the monitor and its reaper threads; USES
 * CAP_NET_ADMIN. */
#include "broker/monitor/kernel/rules_transaction.h"

void transaction_begin(struct batch *batch, struct link_socket *sock, const struct transaction *transaction)
{
	batch_begin(batch, sock);
	template_put(batch, &transaction->begin, NULL);
}

/* The last message is the one that is acknowledged, when all is done. An error of any other comes before that, and is
 * the only answer that is waited for. */
int transaction_run(struct batch *batch, const struct transaction *transaction)
{
	batch->message->nlmsg_flags |= NLM_F_ACK;
	batch->expected = 1;
	template_put(batch, &transaction->end, NULL);
	return batch_run(batch);
}

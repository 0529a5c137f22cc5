/* Transactions of nf_tables: the kernel takes one whole, or nothing of it. For the files of rules.h, and for nobody
 * else. Runs in the monitor; USES CAP_NET_ADMIN. */
#ifndef TB_RULES_TRANSACTION_H
#define TB_RULES_TRANSACTION_H

#include "broker/monitor/kernel/template.h"

/* The messages before and behind. */
struct transaction {
	struct template begin;
	struct template end;
};

/* Between the two a batch gets messages that are not acknowledged, one at least. run returns 0 or a negative errno. */
void transaction_begin(struct batch *batch, struct link_socket *sock, const struct transaction *transaction);
int transaction_run(struct batch *batch, const struct transaction *transaction);

#endif

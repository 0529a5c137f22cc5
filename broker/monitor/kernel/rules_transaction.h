/* Messages to nf_tables: for the files of rules.h, and for nobody else. Runs in the monitor; USES CAP_NET_ADMIN. */
#ifndef TB_RULES_TRANSACTION_H
#define TB_RULES_TRANSACTION_H

#include "broker/shared/netlink/link_batch.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

/* The kernel takes a transaction whole, or nothing of it. run returns 0 or a negative errno. */
void transaction_begin(struct batch *batch, struct link_socket *sock);
int transaction_run(struct batch *batch);

/* Begins a message, NFT_MSG_*, of our family. Of a transaction each ends with message_end_unanswered(). */
void nft_message_begin(struct batch *batch, uint16_t type, uint16_t flags);

#endif

/* Messages to nf_tables, that are written before lock-down: for the files of rules.h and for lost_chains.c. Runs in
 * tapbrokerd. */
#ifndef TB_RULES_MESSAGE_H
#define TB_RULES_MESSAGE_H

#include "broker/shared/netlink/link_batch.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

/* Begins a message, NFT_MSG_*, of our family. Of a transaction each ends with message_end_unanswered(). */
void nft_message_begin(struct batch *batch, uint16_t type, uint16_t flags);

/* One that begins or ends a transaction, NFNL_MSG_BATCH_*. */
void nft_message_mark(struct batch *batch, uint16_t type);

/* A 32-bit attribute of nf_tables. */
void put_nft_number(struct nlmsghdr *message, uint16_t type, uint32_t number);

#endif

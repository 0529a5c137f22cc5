/* What rules consist of, as the kernel's nf_tables takes it: for rules_template.c and rules_locks.c, and for nobody
 * else. Runs in tapbrokerd before lock-down. */
#ifndef TB_RULES_EXPRESSION_H
#define TB_RULES_EXPRESSION_H

#include "broker/monitor/kernel/rules.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>

/* Where in a frame. */
enum where {
	LINK = NFT_PAYLOAD_LL_HEADER, /* an offset behind the beginning of the frame, of its network header, */
	NETWORK = NFT_PAYLOAD_NETWORK_HEADER,
	UPPER = NFT_PAYLOAD_TRANSPORT_HEADER, /* and behind the headers of IP, in what is no later fragment */
	META,                                 /* what the kernel knows of it: NFT_META_* */
	FRAGMENT,                             /* an offset in IPv6's fragment header */
};

/* How many bytes there are compared with a value; of numbers, the most significant byte is the first. */
enum compare {
	IS = NFT_CMP_EQ,
	IS_NOT = NFT_CMP_NEQ,
	BELOW = NFT_CMP_LT,
	FROM = NFT_CMP_GTE,
	TO = NFT_CMP_LTE,
	NONE_OF, /* list says which prefixes */
};

struct check {
	uint8_t where; /* enum where */
	uint8_t offset;
	uint8_t length; /* bytes, 0: there is no further check */
	uint8_t compare;
	const char *value;
	uint8_t list;
};

/* What differs from lease to lease: fields of struct rules_chain. */
enum rules_part { PART_NAME, PART_DEVICE, PART_MAC, PART_LINK_LOCAL, PART_IPV4, PART_IPV6, PART_FORWARD_TO };

/* What a NONE_OF compares with: what the network says, and what is the lease's own. */
struct allowed {
	const struct prefix_list *list;
	uint8_t own_size;       /* bytes of each of these */
	uint8_t own_count;      /* 0: the lease has none */
	enum rules_part own[2]; /* the first so many */
};

/* A template that is being written. */
struct rules_writing {
	struct batch *batch;
	const struct rules *rules;
	const struct rules_wish *wish;
	const struct allowed *allowed; /* by check.list */
	struct nlattr *expressions;    /* of the rule that has begun */
	struct rules_template *template;
};

/* The number that the template's chain has for its own rules. */
#define CHAIN_ID 1

/* A rule holds for a frame if all its checks do; one that cannot be made, because the frame ends before, does not hold.
 * Its comment names what it is for. */
void rule_begin(struct rules_writing *writing, const char *comment);
void rule_check(struct rules_writing *writing, const struct check *check);
void rule_least_length(struct rules_writing *writing, uint32_t bytes);
void rule_over_rate(struct rules_writing *writing, uint32_t mbit);
void rule_drop(struct rules_writing *writing);
void rule_forward(struct rules_writing *writing);
void rule_end(struct rules_writing *writing);

/* rules_locks.c: all rules that the chain's network asks for. Returns 0, or -E2BIG if they are too many. */
int rules_write_locks(struct rules_writing *writing);

/* And the one that drops what is over the rate, under this reason; 0: there is none. */
void rules_write_rate(struct rules_writing *writing, const char *reason, uint32_t mbit);

/* The table's name: all messages about tables, chains and rules have it in the same attribute. */
void rules_put_table(const struct rules *rules, struct batch *batch, struct template *template);

/* An attribute that the lease puts in later, of so many bytes. */
void put_nft_part(struct rules_writing *writing, uint16_t type, enum rules_part part, size_t size);

#endif

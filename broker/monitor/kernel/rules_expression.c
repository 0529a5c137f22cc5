/* What rules consist of: see rules_expression.h. Runs in tapbrokerd before lock-down; needs no right. Must never write
 * a rule that accepts. */
#include "broker/monitor/kernel/rules_expression.h"

#include "broker/monitor/kernel/rules_message.h"
#include "broker/monitor/kernel/template_write.h"
#include "broker/shared/netlink/link_batch.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <string.h>

/* One expression: its name, and what it says. */
struct expression {
	struct nlattr *element;
	struct nlattr *data;
};

void put_nft_part(struct rules_writing *writing, uint16_t type, enum rules_part part, size_t size)
{
	static const size_t from[] = {
		[PART_NAME] = offsetof(struct rules_chain, name),
		[PART_DEVICE] = offsetof(struct rules_chain, device),
		[PART_MAC] = offsetof(struct rules_chain, mac),
		[PART_LINK_LOCAL] = offsetof(struct rules_chain, link_local),
		[PART_IPV4] = offsetof(struct rules_chain, guest.ipv4),
		[PART_IPV6] = offsetof(struct rules_chain, guest.ipv6),
		[PART_FORWARD_TO] = offsetof(struct rules_chain, forward_to),
	};

	template_attribute(writing->batch, &writing->template->messages, type, from[part], size);
}

static void put_long(struct nlmsghdr *message, uint16_t type, uint64_t number)
{
	mnl_attr_put_u64(message, type, htobe64(number));
}

static struct expression expression_begin(struct nlmsghdr *message, const char *name)
{
	struct expression expression = {.element = mnl_attr_nest_start(message, NFTA_LIST_ELEM)};

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
	expression.data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	return expression;
}

static void expression_end(struct nlmsghdr *message, struct expression expression)
{
	mnl_attr_nest_end(message, expression.data);
	mnl_attr_nest_end(message, expression.element);
}

static void put_value(struct nlmsghdr *message, uint16_t type, const void *value, size_t length)
{
	struct nlattr *nest = mnl_attr_nest_start(message, type);

	mnl_attr_put(message, NFTA_DATA_VALUE, length, value);
	mnl_attr_nest_end(message, nest);
}

/* Loads what is compared into the register. */
static void load_bytes(struct nlmsghdr *message, const struct check *check, uint32_t length)
{
	struct expression expression;

	switch (check->where) {
	case META:
		expression = expression_begin(message, "meta");
		put_nft_number(message, NFTA_META_DREG, NFT_REG_1);
		put_nft_number(message, NFTA_META_KEY, check->offset);
		break;
	case FRAGMENT:
		expression = expression_begin(message, "exthdr");
		put_nft_number(message, NFTA_EXTHDR_DREG, NFT_REG_1);
		mnl_attr_put_u8(message, NFTA_EXTHDR_TYPE, IPPROTO_FRAGMENT);
		put_nft_number(message, NFTA_EXTHDR_OFFSET, check->offset);
		put_nft_number(message, NFTA_EXTHDR_LEN, length);
		break;
	default:
		expression = expression_begin(message, "payload");
		put_nft_number(message, NFTA_PAYLOAD_DREG, NFT_REG_1);
		put_nft_number(message, NFTA_PAYLOAD_BASE, check->where);
		put_nft_number(message, NFTA_PAYLOAD_OFFSET, check->offset);
		put_nft_number(message, NFTA_PAYLOAD_LEN, length);
	}
	expression_end(message, expression);
}

static void compare(struct nlmsghdr *message, uint32_t how, const void *value, size_t length)
{
	struct expression expression = expression_begin(message, "cmp");

	put_nft_number(message, NFTA_CMP_SREG, NFT_REG_1);
	put_nft_number(message, NFTA_CMP_OP, how);
	put_value(message, NFTA_CMP_DATA, value, length);
	expression_end(message, expression);
}

static void mask(struct nlmsghdr *message, const uint8_t *bits, size_t length)
{
	static const uint8_t zero[16];
	struct expression expression = expression_begin(message, "bitwise");

	put_nft_number(message, NFTA_BITWISE_SREG, NFT_REG_1);
	put_nft_number(message, NFTA_BITWISE_DREG, NFT_REG_1);
	put_nft_number(message, NFTA_BITWISE_LEN, (uint32_t)length);
	put_value(message, NFTA_BITWISE_MASK, bits, length);
	put_value(message, NFTA_BITWISE_XOR, zero, length);
	expression_end(message, expression);
}

/* Only the bytes that the prefix has bits in are loaded; a prefix of no bits is everything. */
static void is_not_of(struct nlmsghdr *message, const struct check *check, const struct prefix *prefix)
{
	uint32_t length = (prefix->bits + 7u) / 8 > 0 ? (prefix->bits + 7u) / 8 : 1;
	uint8_t bits[sizeof(prefix->bytes)];

	memset(bits, 0xff, sizeof(bits));
	if (prefix->bits % 8 != 0 || prefix->bits == 0)
		bits[length - 1] = (uint8_t)(0xff00 >> prefix->bits % 8);
	load_bytes(message, check, length);
	if (bits[length - 1] != 0xff)
		mask(message, bits, length);
	compare(message, NFT_CMP_NEQ, prefix->bytes, length);
}

static void is_not_own(struct rules_writing *writing, const struct check *check, enum rules_part own, uint8_t size)
{
	struct nlmsghdr *message = writing->batch->message;
	struct expression expression;
	struct nlattr *nest;

	load_bytes(message, check, size);
	expression = expression_begin(message, "cmp");
	put_nft_number(message, NFTA_CMP_SREG, NFT_REG_1);
	put_nft_number(message, NFTA_CMP_OP, NFT_CMP_NEQ);
	nest = mnl_attr_nest_start(message, NFTA_CMP_DATA);
	put_nft_part(writing, NFTA_DATA_VALUE, own, size);
	mnl_attr_nest_end(message, nest);
	expression_end(message, expression);
}

void rule_check(struct rules_writing *writing, const struct check *check)
{
	struct nlmsghdr *message = writing->batch->message;
	const struct allowed *allowed = &writing->allowed[check->list];

	if (check->compare != NONE_OF) {
		load_bytes(message, check, check->length);
		compare(message, check->compare, check->value, check->length);
		return;
	}
	for (uint32_t i = 0; i < allowed->list->count; i++)
		is_not_of(message, check, &allowed->list->items[i]);
	for (uint8_t i = 0; i < allowed->own_count; i++)
		is_not_own(writing, check, allowed->own[i], allowed->own_size);
}

/* The length is a number of this machine's, not of the network's. */
void rule_least_length(struct rules_writing *writing, uint32_t bytes)
{
	const struct check length = {META, NFT_META_LEN, sizeof(bytes), BELOW, NULL, 0};
	struct nlmsghdr *message = writing->batch->message;
	uint32_t least = htonl(bytes);
	struct expression expression;

	load_bytes(message, &length, length.length);
	expression = expression_begin(message, "byteorder");
	put_nft_number(message, NFTA_BYTEORDER_SREG, NFT_REG_1);
	put_nft_number(message, NFTA_BYTEORDER_DREG, NFT_REG_1);
	put_nft_number(message, NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON);
	put_nft_number(message, NFTA_BYTEORDER_LEN, sizeof(bytes));
	put_nft_number(message, NFTA_BYTEORDER_SIZE, sizeof(bytes));
	expression_end(message, expression);
	compare(message, length.compare, &least, sizeof(least));
}

/* What a second lets through may come at once: more than the largest packet that a guest writes. */
void rule_over_rate(struct rules_writing *writing, uint32_t mbit)
{
	struct nlmsghdr *message = writing->batch->message;
	struct expression expression = expression_begin(message, "limit");

	put_long(message, NFTA_LIMIT_RATE, mbit * 125000ull);
	put_long(message, NFTA_LIMIT_UNIT, 1);
	put_nft_number(message, NFTA_LIMIT_TYPE, NFT_LIMIT_PKT_BYTES);
	put_nft_number(message, NFTA_LIMIT_FLAGS, NFT_LIMIT_F_INV);
	expression_end(message, expression);
}

/* What ends a rule. It counts what it drops. */
void rule_drop(struct rules_writing *writing)
{
	struct nlmsghdr *message = writing->batch->message;
	struct expression expression = expression_begin(message, "counter");
	struct nlattr *data;
	struct nlattr *verdict;

	expression_end(message, expression);
	expression = expression_begin(message, "immediate");
	put_nft_number(message, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
	put_nft_number(message, NFTA_VERDICT_CODE, NF_DROP);
	mnl_attr_nest_end(message, verdict);
	mnl_attr_nest_end(message, data);
	expression_end(message, expression);
}

void rule_forward(struct rules_writing *writing)
{
	struct nlmsghdr *message = writing->batch->message;
	struct expression expression = expression_begin(message, "immediate");
	struct nlattr *data;

	put_nft_number(message, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	data = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
	put_nft_part(writing, NFTA_DATA_VALUE, PART_FORWARD_TO, sizeof(uint32_t));
	mnl_attr_nest_end(message, data);
	expression_end(message, expression);
	expression = expression_begin(message, "fwd");
	put_nft_number(message, NFTA_FWD_SREG_DEV, NFT_REG_1);
	expression_end(message, expression);
}

void rule_begin(struct rules_writing *writing, const char *comment)
{
	uint8_t userdata[64] = {0, (uint8_t)(strlen(comment) + 1)}; /* as nft(8) writes and shows a comment */

	nft_message_begin(writing->batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	rules_put_table(writing->rules, writing->batch, &writing->template->messages);
	put_nft_number(writing->batch->message, NFTA_RULE_CHAIN_ID, CHAIN_ID);
	memcpy(userdata + 2, comment, strlen(comment) + 1);
	mnl_attr_put(writing->batch->message, NFTA_RULE_USERDATA, 2 + strlen(comment) + 1, userdata);
	writing->expressions = mnl_attr_nest_start(writing->batch->message, NFTA_RULE_EXPRESSIONS);
}

void rule_end(struct rules_writing *writing)
{
	mnl_attr_nest_end(writing->batch->message, writing->expressions);
	message_end_unanswered(writing->batch);
	writing->template->rules++;
}

/* What the kernel says of a rule: see drop_counts.h. Runs in the clerk; needs no right. It must never read beyond the
 * message, whatever stands in it. */
#include "broker/clerk/request/drop_counts.h"

#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <string.h>

/* How nft(8) writes a comment: a kind, a length, and so many bytes with a NUL at their end. */
#define COMMENT_KIND 0

/* More than each list of attributes has that is read here. */
#define KINDS_MAX 16

struct attributes {
	const struct nlattr *of_kind[KINDS_MAX]; /* NULL: there is none */
};

static int note_attribute(const struct nlattr *attribute, void *context)
{
	struct attributes *attributes = context;

	if (mnl_attr_get_type(attribute) < KINDS_MAX)
		attributes->of_kind[mnl_attr_get_type(attribute)] = attribute;
	return MNL_CB_OK;
}

static struct attributes attributes_in(const struct nlattr *nest)
{
	struct attributes attributes = {{NULL}};

	if (nest != NULL)
		mnl_attr_parse_nested(nest, note_attribute, &attributes);
	return attributes;
}

/* The comment behind nft's kind and length. Returns false if there is none that is one of our words. */
static bool read_reason(const struct nlattr *userdata, char reason[TB_DROP_WORD_SIZE])
{
	const uint8_t *bytes = userdata != NULL ? mnl_attr_get_payload(userdata) : NULL;
	size_t size = userdata != NULL ? mnl_attr_get_payload_len(userdata) : 0;

	memset(reason, 0, TB_DROP_WORD_SIZE);
	if (size < 2 || bytes[0] != COMMENT_KIND || bytes[1] < 2 || bytes[1] > size - 2 || bytes[1] > TB_DROP_WORD_SIZE)
		return false;
	memcpy(reason, bytes + 2, bytes[1] - 1u);
	return true;
}

static uint64_t read_count(const struct nlattr *attribute)
{
	uint64_t number;

	if (attribute == NULL || mnl_attr_get_payload_len(attribute) != sizeof(number))
		return 0;
	memcpy(&number, mnl_attr_get_payload(attribute), sizeof(number));
	return be64toh(number);
}

static bool is_counter(const struct nlattr *name)
{
	return name != NULL && mnl_attr_validate(name, MNL_TYPE_NUL_STRING) == 0 &&
	       strcmp(mnl_attr_get_str(name), "counter") == 0;
}

/* The one of this reason; a new one at the end, or NULL if all are taken. */
static struct tb_drop *drop_of(struct tb_drops *drops, const char reason[TB_DROP_WORD_SIZE])
{
	for (uint32_t i = 0; i < drops->count; i++)
		if (memcmp(drops->drops[i].reason, reason, TB_DROP_WORD_SIZE) == 0)
			return &drops->drops[i];
	if (drops->count == TB_DROPS_MAX)
		return NULL;
	memcpy(drops->drops[drops->count].reason, reason, TB_DROP_WORD_SIZE);
	return &drops->drops[drops->count++];
}

void drop_counts_take(const struct nlmsghdr *message, struct tb_drops *drops)
{
	struct attributes rule = {{NULL}};
	char reason[TB_DROP_WORD_SIZE];
	const struct nlattr *element;

	if (mnl_nlmsg_get_payload_len(message) < 4 || mnl_attr_parse(message, 4, note_attribute, &rule) < 0 ||
	    rule.of_kind[NFTA_RULE_EXPRESSIONS] == NULL || !read_reason(rule.of_kind[NFTA_RULE_USERDATA], reason))
		return;
	mnl_attr_for_each_nested(element, rule.of_kind[NFTA_RULE_EXPRESSIONS])
	{
		struct attributes expression = attributes_in(element);
		struct attributes counter = attributes_in(expression.of_kind[NFTA_EXPR_DATA]);
		struct tb_drop *drop;

		if (!is_counter(expression.of_kind[NFTA_EXPR_NAME]))
			continue;
		drop = drop_of(drops, reason);
		if (drop == NULL)
			return;
		drop->packets += read_count(counter.of_kind[NFTA_COUNTER_PACKETS]);
		drop->bytes += read_count(counter.of_kind[NFTA_COUNTER_BYTES]);
	}
}

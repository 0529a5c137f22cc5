/* Making the tables of locks, and deleting those of earlier brokers: see rules.h. Runs in tapbrokerd as root, before
 * lock-down; USES CAP_NET_ADMIN. Must never delete a table that is not named like ours. */
#include "broker/monitor/kernel/rules.h"

#include "broker/monitor/kernel/rules_message.h"
#include "broker/shared/random.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#define PERSIST 0x4 /* NFT_TABLE_F_PERSIST of newer headers */

/* Tables of earlier brokers that are deleted at one start. */
#define OTHERS_MAX 8

struct others {
	const struct rules *rules;
	char names[OTHERS_MAX][RULES_TABLE_SIZE];
	size_t count;
};

static int make_table(struct rules *rules, uint32_t flags)
{
	struct batch batch;

	transaction_begin(&batch, &rules->link, &rules->transaction);
	nft_message_begin(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(batch.message, NFTA_TABLE_NAME, rules->table);
	put_nft_number(batch.message, NFTA_TABLE_FLAGS, flags);
	message_end_unanswered(&batch);
	return transaction_run(&batch, &rules->transaction);
}

/* For the table of this name, or for many. */
static int prepare_rules(struct rules *rules)
{
	int ret = -pthread_mutex_init(&rules->lock, NULL);

	if (ret == 0)
		ret = rules_write_requests(rules);
	if (ret == 0)
		ret = link_socket_open(&rules->link, NETLINK_NETFILTER);
	return ret < 0 ? ret : link_socket_open(&rules->counts, NETLINK_NETFILTER);
}

int rules_open(struct rules *rules, bool owned)
{
	uint32_t number;
	int ret = tb_random(&number, sizeof(number));

	snprintf(rules->table, sizeof(rules->table), RULES_TABLE "%08x", number);
	if (ret == 0)
		ret = prepare_rules(rules);
	if (ret == 0)
		ret = make_table(rules, owned ? NFT_TABLE_F_OWNER | PERSIST : 0);
	/* A kernel that cannot keep it without its owner. */
	if (ret == -EOPNOTSUPP && owned)
		ret = make_table(rules, NFT_TABLE_F_OWNER);
	return ret;
}

int rules_open_shield(struct rules *rules)
{
	rules->table[0] = '\0';
	return prepare_rules(rules);
}

static void take_table(void *context, const struct nlmsghdr *message)
{
	struct others *others = context;
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
	{
		const char *name = mnl_attr_get_payload(attribute);

		if (mnl_attr_get_type(attribute) != NFTA_TABLE_NAME || others->count == OTHERS_MAX ||
		    mnl_attr_get_payload_len(attribute) != RULES_TABLE_SIZE ||
		    strncmp(name, RULES_TABLE, strlen(RULES_TABLE)) != 0 || strcmp(name, others->rules->table) == 0)
			continue;
		memcpy(others->names[others->count++], name, RULES_TABLE_SIZE);
	}
}

/* One whose owner lives on is not ours to delete: it goes with its socket. */
static int delete_table(struct rules *rules, const char *name)
{
	struct batch batch;
	int ret;

	transaction_begin(&batch, &rules->link, &rules->transaction);
	nft_message_begin(&batch, NFT_MSG_DELTABLE, 0);
	mnl_attr_put_strz(batch.message, NFTA_TABLE_NAME, name);
	message_end_unanswered(&batch);
	ret = transaction_run(&batch, &rules->transaction);
	return ret == -EPERM || ret == -ENOENT ? 0 : ret;
}

int rules_delete_owned(int sock, const char *table)
{
	static struct rules owner;
	int ret = owner.transaction.begin.size == 0 ? rules_write_requests(&owner) : 0;

	if (ret == 0)
		ret = link_socket_take(&owner.link, sock);
	return ret < 0 ? ret : delete_table(&owner, table);
}

int rules_delete_others(struct rules *rules)
{
	struct others others = {.rules = rules};
	struct answer answer = {.take = take_table, .context = &others};
	struct batch batch;
	int ret;

	batch_begin(&batch, &rules->link);
	nft_message_begin(&batch, NFT_MSG_GETTABLE, NLM_F_DUMP);
	message_end(&batch);
	ret = batch_send(&batch, &answer);
	for (size_t i = 0; ret == 0 && i < others.count; i++)
		ret = delete_table(rules, others.names[i]);
	return ret;
}

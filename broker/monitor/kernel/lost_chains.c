/* Chains in the shield whose tap is gone: see lost_chains.h. Runs in tapbrokerd as root, before lock-down. It must
 * never touch a chain that is not named by a lease. */
#include "broker/monitor/kernel/lost_chains.h"

#include "broker/monitor/kernel/pair.h"
#include "broker/monitor/kernel/rules_message.h"
#include "broker/shared/alias.h"
#include "proto/hex.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

/* How often a dump is tried again because links changed while it was made. */
#define DUMP_TRIES 100

/* A list of leases. */
struct list {
	uint8_t (*leases)[TB_ID_SIZE]; /* owned */
	size_t count;
	bool no_memory;
};

static void lost_add(struct list *list, const uint8_t lease[TB_ID_SIZE])
{
	void *more = reallocarray(list->leases, list->count + 1, TB_ID_SIZE);

	if (more == NULL) {
		list->no_memory = true;
		return;
	}
	list->leases = more;
	memcpy(list->leases[list->count++], lease, TB_ID_SIZE);
}

static bool list_has(const struct list *list, const uint8_t lease[TB_ID_SIZE])
{
	for (size_t i = 0; i < list->count; i++)
		if (memcmp(list->leases[i], lease, TB_ID_SIZE) == 0)
			return true;
	return false;
}

static void note_tap(void *context, const struct link *link)
{
	struct alias alias;

	if (alias_read(link->alias, &alias) == 0)
		lost_add(context, alias.lease);
}

/* The name of a chain begins with a lease's id. */
static int take_chain_name(const struct nlattr *attribute, void *context)
{
	uint8_t lease[TB_ID_SIZE];
	char id[TB_ID_TEXT];

	if (mnl_attr_get_type(attribute) != NFTA_CHAIN_NAME || mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0 ||
	    mnl_attr_get_payload_len(attribute) < sizeof(id))
		return MNL_CB_OK;
	memcpy(id, mnl_attr_get_str(attribute), sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	if (tb_hex_read(id, lease, TB_ID_SIZE) == 0)
		lost_add(context, lease);
	return MNL_CB_OK;
}

static void note_chain(void *context, const struct nlmsghdr *message)
{
	mnl_attr_parse(message, sizeof(struct nfgenmsg), take_chain_name, context);
}

/* Other tables may have chains of the same names; to delete such a chain in ours does nothing. */
static int list_chains(struct rules *rules, struct list *chains)
{
	struct answer answer = {.take = note_chain, .context = chains};
	struct batch batch;

	batch_begin(&batch, &rules->link);
	nft_message_begin(&batch, NFT_MSG_GETCHAIN, NLM_F_DUMP);
	message_end(&batch);
	return batch_send(&batch, &answer);
}

int lost_chains_delete(struct link_socket *link, struct rules *rules)
{
	struct list chains = {.leases = NULL};
	struct list taps = {.leases = NULL};
	int ret = list_chains(rules, &chains);

	for (int i = 0; (ret == 0 && i == 0) || (ret == -EINTR && i < DUMP_TRIES); i++)
		ret = link_dump(link, "tun", note_tap, &taps);
	if (ret == 0 && (chains.no_memory || taps.no_memory))
		ret = -ENOMEM;
	for (size_t i = 0; ret == 0 && i < chains.count; i++)
		if (!list_has(&taps, chains.leases[i]))
			ret = rules_remove(rules, chains.leases[i]);
	free(chains.leases);
	free(taps.leases);
	return ret;
}

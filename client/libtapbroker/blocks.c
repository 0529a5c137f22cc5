/* tap_blocks(): what kill switches have left blocked. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/name.h"

_Static_assert(sizeof(struct tap_block) == offsetof(struct tap_block, reserved) + sizeof(unsigned int),
	       "padding at the end would hide a new member");

/* The caller. */
struct tb_caller {
	int (*each)(const struct tap_block *block, void *arg);
	void *arg;
};

static bool blocks_valid(const union tb_any_answer *entry)
{
	const struct tb_blocks *blocks = &entry->blocks;

	if (blocks->blocks > TB_BLOCKS_TOLD)
		return false;
	for (uint32_t i = 0; i < blocks->blocks; i++)
		if (!tb_field_empty(blocks->block[i].network, TB_NETWORK_SIZE) &&
		    !tb_network_valid(blocks->block[i].network, TB_NETWORK_SIZE))
			return false;
	return true;
}

static int tell(const union tb_any_answer *entry, const struct tb_caller *caller)
{
	const struct tb_blocks *blocks = &entry->blocks;
	int told = 0;

	for (uint32_t i = 0; i < blocks->blocks && told == 0; i++) {
		const struct tap_block block = {.size = sizeof(block),
						.network = blocks->block[i].network,
						.uid = blocks->block[i].uid};

		told = caller->each(&block, caller->arg);
	}
	return told;
}

static const struct tb_list list = {
	.request = TB_REQ_BLOCKS,
	.flags = TAP_ALL | TAP_INTERACTIVE,
	.answer = TB_ANS_BLOCKS,
	.size = sizeof(struct tb_blocks),
	.valid = blocks_valid,
	.tell = tell,
};

int tapbroker_blocks(unsigned int flags, int timeout, struct tap_failure *failure,
		     int (*each)(const struct tap_block *block, void *arg), void *arg)
{
	return tb_list_tell(&list, flags, timeout, failure, each != NULL ? &(struct tb_caller){each, arg} : NULL);
}
TB_SHORT_NAME(blocks);

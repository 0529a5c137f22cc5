/* What leases' devices are configured with: see show.h. Runs in the clerk; needs no right. All that is told fits into
 * any socket's buffer; a client whose buffer is full or closed gets no more, and sees that some is missing. */
#include "broker/clerk/request/show.h"

#include "broker/clerk/lease/tunnels.h"
#include "broker/clerk/request/refusal.h"
#include "proto/channel.h"

#include <string.h>

static uint32_t parts_of(uint32_t count, uint32_t in_one)
{
	return count == 0 ? 1 : (count + in_one - 1) / in_one;
}

static void describe_head(const struct lease *lease, const struct tb_tunnel *tunnel, struct tb_shown *shown)
{
	memset(shown, 0, sizeof(*shown));
	tb_header_set(&shown->header, TB_ANS_SHOW, sizeof(*shown));
	shown->uid = lease->uid;
	memcpy(shown->network, lease->network_name, sizeof(shown->network));
	memcpy(shown->name, lease->name, sizeof(shown->name));
	memcpy(shown->lease, lease->id, sizeof(shown->lease));
	if (tunnel == NULL)
		return;
	shown->scope = tunnel->wanted.scope;
	shown->flags = tunnel->wanted.question.flags & TB_REQUEST_KILL_SWITCH;
	shown->mtu = tunnel->wanted.question.mtu;
}

/* The items from this one on, as many as there are and fit. */
static void describe_part(const struct tb_configuration *wanted, uint32_t from, struct tb_shown *shown)
{
	uint32_t rest = wanted->count - from;

	shown->items = rest < TB_SHOWN_ITEMS ? rest : TB_SHOWN_ITEMS;
	memset(shown->item, 0, sizeof(shown->item));
	memcpy(shown->item, &wanted->items[from], shown->items * sizeof(shown->item[0]));
}

static void tell_shown(int sock, const struct lease *lease)
{
	const struct tb_tunnel *tunnel = tunnel_of_lease(lease->id);
	struct tb_shown shown;

	describe_head(lease, tunnel, &shown);
	shown.count = tunnel != NULL ? parts_of(tunnel->wanted.count, TB_SHOWN_ITEMS) : 1;
	for (uint32_t part = 0; part < shown.count; part++) {
		if (tunnel != NULL)
			describe_part(&tunnel->wanted, part * TB_SHOWN_ITEMS, &shown);
		shown.left = shown.count - 1 - part;
		if (tb_send(sock, &shown, sizeof(shown), NULL, 0) < 0)
			return;
	}
}

void show_configuration(struct request *request)
{
	const struct lease *lease = request_subject(request);

	if (lease == NULL || (lease->state != LEASE_HELD && lease->state != LEASE_UNFETCHED)) {
		refuse_with(request, TB_NO_LEASE, TB_CHECK_LEASE);
		return;
	}
	tell_shown(request->client.sock, lease);
	request_free(request);
}

/* ---- blocks ---- */

static bool same_block(const struct tb_question *one, const struct tb_question *other)
{
	return one->uid == other->uid && strcmp(one->network, other->network) == 0;
}

/* The block with this number, if the request may see it: one of each user and network. NULL: none. */
static const struct tb_question *block_shown(const struct request *request, uint32_t number)
{
	const struct tb_question *block = tunnels_block(number);
	bool all = (request->message.flags & TB_REQUEST_ALL) != 0;

	if (block == NULL || (!all && block->uid != request->client.uid))
		return NULL;
	for (uint32_t i = 0; i < number; i++)
		if (tunnels_block(i) != NULL && same_block(tunnels_block(i), block))
			return NULL;
	return block;
}

static uint32_t count_blocks(const struct request *request)
{
	uint32_t count = 0;

	for (uint32_t number = 0; number < TUNNELS_MAX; number++)
		count += block_shown(request, number) != NULL;
	return count;
}

/* Takes the next blocks, from this number on, into the message. Returns the number to go on with. */
static uint32_t take_blocks(const struct request *request, uint32_t number, struct tb_blocks *blocks)
{
	memset(blocks->block, 0, sizeof(blocks->block));
	for (blocks->blocks = 0; number < TUNNELS_MAX && blocks->blocks < TB_BLOCKS_TOLD; number++) {
		const struct tb_question *block = block_shown(request, number);

		if (block == NULL)
			continue;
		blocks->block[blocks->blocks].uid = block->uid;
		memcpy(blocks->block[blocks->blocks].network, block->network, sizeof(block->network));
		blocks->blocks++;
	}
	return number;
}

void show_blocks(struct request *request)
{
	struct tb_blocks blocks;
	uint32_t number = 0;

	memset(&blocks, 0, sizeof(blocks));
	tb_header_set(&blocks.header, TB_ANS_BLOCKS, sizeof(blocks));
	blocks.count = parts_of(count_blocks(request), TB_BLOCKS_TOLD);
	for (blocks.left = blocks.count; blocks.left-- > 0;) {
		number = take_blocks(request, number, &blocks);
		if (tb_send(request->client.sock, &blocks, sizeof(blocks), NULL, 0) < 0)
			break;
	}
	request_free(request);
}

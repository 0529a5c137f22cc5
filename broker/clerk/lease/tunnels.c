/* The tunnels: see tunnels.h. Runs in the clerk; needs no right. The monitor makes again and removes only what it has
 * made, byte for byte: so nothing here changes a tunnel that is in the book. */
#include "broker/clerk/lease/tunnels.h"

#include "broker/clerk/monitor.h"
#include "broker/shared/log.h"
#include "broker/shared/netlink/link.h"
#include "broker/shared/tunnel_items.h"
#include "proto/channel.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/mman.h>

/* Milliseconds until a monitor that was too busy is told again. */
#define TUNNELS_RETRY_MS 5

static struct tunnel_book *book;
static struct link_socket kernel; /* its answers about routes wait for nobody */
static bool again[TUNNELS_MAX];   /* to be made again */
static uint32_t ordered;          /* the number of the tunnel that an order is under way about; TUNNELS_MAX: none */
static bool removes;              /* that order */
static bool held;

int tunnels_init(int fd)
{
	ordered = TUNNELS_MAX;
	held = false;
	memset(again, 0, sizeof(again));
	book = mmap(NULL, sizeof(*book), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return book == MAP_FAILED ? -errno : link_socket_open(&kernel, NETLINK_ROUTE);
}

static bool tunnel_is_there(uint32_t number)
{
	return book->states[number] == TUNNEL_UP || book->states[number] == TUNNEL_LEFT;
}

static uint32_t number_of_lease(const uint8_t lease[TB_ID_SIZE])
{
	uint32_t number = 0;

	while (number < TUNNELS_MAX && !(book->states[number] == TUNNEL_UP &&
					 memcmp(book->tunnels[number].wanted.lease, lease, TB_ID_SIZE) == 0))
		number++;
	return number;
}

const struct tb_tunnel *tunnel_of_lease(const uint8_t lease[TB_ID_SIZE])
{
	uint32_t number = number_of_lease(lease);

	return number < TUNNELS_MAX ? &book->tunnels[number] : NULL;
}

const struct tb_question *tunnels_block(uint32_t number)
{
	return book->states[number] == TUNNEL_LEFT ? &book->tunnels[number].wanted.question : NULL;
}

uint32_t tunnels_number_of_device(uint32_t ifindex)
{
	uint32_t number = 0;

	while (number < TUNNELS_MAX && !(book->states[number] == TUNNEL_UP && book->tunnels[number].ifindex == ifindex))
		number++;
	return number;
}

uint32_t tunnels_free_number(void)
{
	uint32_t number = 0;

	while (number < TUNNELS_MAX && book->states[number] != TUNNEL_FREE)
		number++;
	return number;
}

/* ---- one beside the other ---- */

static bool is_block_of(uint32_t number, uid_t uid, const char *network)
{
	const struct tb_question *question = &book->tunnels[number].wanted.question;

	return book->states[number] == TUNNEL_LEFT && question->uid == uid && strcmp(question->network, network) == 0;
}

/* True if the new one takes the place of this one. */
static bool is_replaced(uint32_t number, const struct tb_configuration *wanted)
{
	return memcmp(book->tunnels[number].wanted.lease, wanted->lease, TB_ID_SIZE) == 0 ||
	       is_block_of(number, wanted->question.uid, wanted->question.network);
}

/* True if both lead to the same address. What leads everywhere and what leads somewhere go together. */
static bool overlap(const struct tb_item *one, const struct tb_item *other)
{
	struct tb_prefix here = tb_item_destination(one);
	struct tb_prefix there = tb_item_destination(other);

	return tb_item_leads(one) && tb_item_leads(other) && here.length > 1 && there.length > 1 &&
	       (tb_prefix_covers(&here, &there) || tb_prefix_covers(&there, &here));
}

/* True if both lead to the same place; *item is the one that wanted leads there by, TB_ITEMS_MAX if both take
 * everything. */
static bool collide(const struct tb_configuration *wanted, const struct tb_configuration *other, uint32_t *item)
{
	if (wanted->scope != other->scope ||
	    (wanted->scope == TB_SCOPE_USER && wanted->question.uid != other->question.uid))
		return false;
	*item = TB_ITEMS_MAX;
	if (tunnel_takes_all(wanted) && tunnel_takes_all(other))
		return true;
	for (uint32_t i = 0; i < wanted->count; i++) {
		*item = i;
		for (uint32_t j = 0; j < other->count; j++)
			if (overlap(&wanted->items[i], &other->items[j]))
				return true;
	}
	return false;
}

static bool has_item(const struct tb_tunnel *tunnel, const struct tb_item *address)
{
	for (uint32_t i = 0; tunnel != NULL && i < tunnel->wanted.count; i++)
		if (tunnel->wanted.items[i].kind == address->kind &&
		    tunnel->wanted.items[i].family == address->family &&
		    memcmp(tunnel->wanted.items[i].address, address->address, sizeof(address->address)) == 0)
			return true;
	return false;
}

/* The tunnel that has this address, or NULL. */
static const struct tb_tunnel *tunnel_with(const struct tb_item *address)
{
	for (uint32_t i = 0; i < TUNNELS_MAX; i++)
		if (book->states[i] == TUNNEL_UP && has_item(&book->tunnels[i], address))
			return &book->tunnels[i];
	return NULL;
}

static struct tunnel_use address_in_use(const struct tb_configuration *wanted)
{
	const struct tb_tunnel *own = tunnel_of_lease(wanted->lease);

	for (uint32_t i = 0; i < wanted->count; i++) {
		const struct tb_item *item = &wanted->items[i];

		if (item->kind == TB_ITEM_ADDRESS && !has_item(own, item) &&
		    link_has_address(&kernel, item->family, item->address))
			return (struct tunnel_use){TB_CHECK_ADDRESS_IN_USE, i, tunnel_with(item)};
	}
	return (struct tunnel_use){.check = TB_CHECK_NONE};
}

struct tunnel_use tunnels_in_use(const struct tb_configuration *wanted)
{
	struct tunnel_use address = address_in_use(wanted);

	if (address.check != TB_CHECK_NONE)
		return address;
	for (uint32_t i = 0; i < TUNNELS_MAX; i++) {
		const struct tb_tunnel *other = &book->tunnels[i];
		uint32_t item;

		if (tunnel_is_there(i) && !is_replaced(i, wanted) && collide(wanted, &other->wanted, &item))
			return (struct tunnel_use){TB_CHECK_ROUTE_IN_USE, item, other};
	}
	return (struct tunnel_use){.check = TB_CHECK_NONE};
}

/* ---- how they come and go ---- */

static void end_tunnel(uint32_t number)
{
	book->states[number] = TUNNEL_ENDING;
	again[number] = false;
}

void tunnels_hold(void)
{
	held = true;
}

void tunnels_go_on(void)
{
	held = false;
}

/* Whatever has become of the old one meanwhile, the monitor has removed it. */
bool tunnels_made(const struct tb_tunnel *made, const struct tb_tunnel *old)
{
	held = false;
	if (old != NULL) {
		book->states[old->number] = TUNNEL_FREE;
		again[old->number] = false;
	}
	if (!tunnel_is_empty(&made->wanted)) {
		book->tunnels[made->number] = *made;
		book->states[made->number] = TUNNEL_UP;
	}
	return tunnels_unblock(made->wanted.question.uid, made->wanted.question.network);
}

void tunnels_end(const uint8_t lease[TB_ID_SIZE])
{
	uint32_t number = number_of_lease(lease);

	if (number == TUNNELS_MAX)
		return;
	if (tunnel_is_kill_switch(&book->tunnels[number].wanted))
		book->states[number] = TUNNEL_LEFT;
	else
		end_tunnel(number);
}

bool tunnels_unblock(uid_t uid, const char *network)
{
	bool any = false;

	for (uint32_t i = 0; i < TUNNELS_MAX; i++) {
		if (!is_block_of(i, uid, network))
			continue;
		end_tunnel(i);
		any = true;
	}
	return any;
}

bool tunnels_unblocking(uid_t uid, const char *network)
{
	for (uint32_t i = 0; i < TUNNELS_MAX; i++) {
		const struct tb_question *question = &book->tunnels[i].wanted.question;

		if (book->states[i] == TUNNEL_ENDING && question->uid == uid && strcmp(question->network, network) == 0)
			return true;
	}
	return false;
}

void tunnels_make_again(uint32_t number)
{
	again[number] = tunnel_is_there(number);
}

/* ---- orders ---- */

static uint32_t next_due(void)
{
	uint32_t number = 0;

	while (number < TUNNELS_MAX && book->states[number] != TUNNEL_ENDING && !again[number])
		number++;
	return number;
}

/* Returns 0 or -EAGAIN. */
static int order_tunnel(uint32_t number)
{
	static struct tb_tunnel_order order;

	tb_header_set(&order.header, TB_REQ_TUNNEL, sizeof(order));
	order.remove = book->states[number] == TUNNEL_ENDING;
	order.tunnel = book->tunnels[number];
	if (monitor_send(&order, sizeof(order), -1) < 0)
		return -EAGAIN;
	ordered = number;
	removes = order.remove != 0;
	again[number] = false;
	return 0;
}

int tunnels_expire(void)
{
	uint32_t number = held || ordered < TUNNELS_MAX ? TUNNELS_MAX : next_due();

	return number < TUNNELS_MAX && order_tunnel(number) < 0 ? TUNNELS_RETRY_MS : -1;
}

void tunnels_done(void)
{
	if (ordered == TUNNELS_MAX)
		tb_die("clerk: the monitor answers about a tunnel that it was not asked about");
	if (removes)
		book->states[ordered] = TUNNEL_FREE;
	ordered = TUNNELS_MAX;
}

void tunnels_flush(void)
{
	uint32_t number;

	while (!held && (number = next_due()) < TUNNELS_MAX && order_tunnel(number) == 0)
		tunnels_done();
}

/* tap_read_configuration(): what a lease's device has been configured with. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/name.h"
#include "proto/prefix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One call. */
struct reading {
	struct tb_request request;
	int64_t deadline;
	struct tb_report report;
	struct tb_shown shown; /* the last part */
	struct tb_item items[TB_ITEMS_MAX];
	size_t count; /* of them */

	/* Who is told, and what. */
	int (*each)(const struct tap_configuration *configuration, void *arg);
	void *arg;
	struct tap_entry entries[TB_ITEMS_MAX];
	char prefixes[TB_ITEMS_MAX][TB_PREFIX_TEXT];
	char peers[TB_ITEMS_MAX][TB_PREFIX_TEXT];
	char lease[TB_ID_TEXT];
};

static bool item_readable(const struct tb_item *item)
{
	return (item->family == 4 || item->family == 6) && item->prefix <= tb_prefix_bits(item->family);
}

/* Appends the items of one part. Returns 0 or -EPROTO. */
static int take_part(struct reading *reading)
{
	const struct tb_shown *shown = &reading->shown;

	if (shown->items > TB_SHOWN_ITEMS || shown->items > TB_ITEMS_MAX - reading->count)
		return -EPROTO;
	for (uint32_t i = 0; i < shown->items; i++)
		if (!item_readable(&shown->item[i]))
			return -EPROTO;
	memcpy(&reading->items[reading->count], shown->item, shown->items * sizeof(shown->item[0]));
	reading->count += shown->items;
	return 0;
}

static int receive(int sock, struct reading *reading)
{
	struct tb_place place = {0, 0};
	union tb_any_answer part;
	int ret;

	do {
		ret = tb_answer_receive(sock, TB_ANS_SHOW, &part, sizeof(part.shown), reading->deadline,
					&reading->report.failure);
		if (ret < 0)
			return ret == -ERESTART && place.seen > 0 ? -ECONNRESET : ret;
		if (tb_list_next(&part, &place) <= 0)
			return -EPROTO;
		reading->shown = part.shown;
		ret = take_part(reading);
	} while (ret == 0 && part.shown.left > 0);
	return ret;
}

static int read_attempt(void *context, bool met)
{
	struct reading *reading = context;
	int sock;
	int ret;

	reading->count = 0;
	ret = tb_server_ask(&reading->request, met, reading->deadline, &sock);
	if (ret < 0)
		return ret;
	ret = receive(sock, reading);
	close(sock);
	return ret;
}

static void write_address(uint8_t family, const uint8_t address[16], uint8_t length, char text[TB_PREFIX_TEXT])
{
	struct tb_prefix prefix = {.family = family, .length = length};

	memcpy(prefix.address, address, sizeof(prefix.address));
	tb_prefix_write(&prefix, text);
}

static void describe_entry(struct reading *reading, size_t number)
{
	const struct tb_item *item = &reading->items[number];
	struct tap_entry *entry = &reading->entries[number];

	write_address(item->family, item->address, item->prefix, reading->prefixes[number]);
	*entry = (struct tap_entry){.prefix = reading->prefixes[number], .kind = item->kind, .metric = item->metric};
	if (tb_field_empty((const char *)item->peer, sizeof(item->peer)))
		return;
	write_address(item->family, item->peer, (uint8_t)tb_prefix_bits(item->family), reading->peers[number]);
	entry->peer = reading->peers[number];
}

static int read_configuration(const char *lease, unsigned int flags, int timeout, struct tap_failure *failure,
			      struct reading *reading)
{
	int ret = tb_request_plain(TB_REQ_SHOW, flags, TAP_ALL | TAP_INTERACTIVE, &reading->request, &timeout, failure,
				   &reading->report);

	if (ret == 0 && (reading->each == NULL || lease == NULL || tb_request_set_lease(&reading->request, lease) < 0))
		ret = -EINVAL;
	reading->deadline = tb_deadline(timeout);
	return ret == 0 ? tb_server_attempt(read_attempt, reading) : ret;
}

static int tell(struct reading *reading)
{
	const struct tb_shown *shown = &reading->shown;
	const struct tap_configuration configuration = {.size = sizeof(configuration),
							.lease = reading->lease,
							.entries = reading->entries,
							.entries_count = reading->count,
							.flags = shown->flags & TAP_KILL_SWITCH,
							.scope = shown->scope,
							.mtu = shown->mtu};

	tb_hex_write(shown->lease, TB_ID_SIZE, reading->lease);
	for (size_t i = 0; i < reading->count; i++)
		describe_entry(reading, i);
	return reading->each(&configuration, reading->arg);
}

int tapbroker_read_configuration(const char *lease, unsigned int flags, int timeout, struct tap_failure *failure,
				 int (*each)(const struct tap_configuration *configuration, void *arg), void *arg)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int ret;

	if (reading == NULL)
		return -1;
	reading->each = each;
	reading->arg = arg;
	ret = read_configuration(lease, flags, timeout, failure, reading);
	ret = tb_report_end(&reading->report, ret);
	if (ret == 0)
		ret = tell(reading);
	free(reading);
	return ret;
}
TB_SHORT_NAME(read_configuration);

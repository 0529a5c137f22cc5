/* tap_configure() and tap_unblock(): addresses and routes of a device. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/name.h"
#include "proto/prefix.h"
#include "proto/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE(type, last) (offsetof(struct type, last) + sizeof(((struct type *)0)->last))
#define CONFIGURATION_FIRST_SIZE FIRST_SIZE(tap_configuration, failure)

_Static_assert(sizeof(struct tap_configuration) == FIRST_SIZE(tap_configuration, reserved),
	       "padding at the end would hide a new member");
_Static_assert(TAP_ENTRY_ADDRESS == (int)TB_ITEM_ADDRESS && TAP_ENTRY_ROUTE == (int)TB_ITEM_ROUTE &&
		       TAP_ENTRY_EXCLUDE == (int)TB_ITEM_EXCLUDE && TAP_ENTRY_SERVER == (int)TB_ITEM_SERVER,
	       "the public numbers are those of the wire");
_Static_assert(TAP_ADDRESSES_MAX == TB_ADDRESSES_MAX, "the public numbers are those of the wire");
_Static_assert(TAP_ROUTES_MAX == TB_ROUTES_MAX, "the public numbers are those of the wire");
_Static_assert(TAP_EXCLUDES_MAX == TB_EXCLUDES_MAX, "the public numbers are those of the wire");
_Static_assert(TAP_SERVERS_MAX == TB_SERVERS_MAX, "the public numbers are those of the wire");
_Static_assert(TAP_SCOPE_NETWORK == (int)TB_SCOPE_NETWORK && TAP_SCOPE_USER == (int)TB_SCOPE_USER &&
		       TAP_SCOPE_HOST == (int)TB_SCOPE_HOST && TAP_KILL_SWITCH == (int)TB_REQUEST_KILL_SWITCH,
	       "the public numbers are those of the wire");

_Static_assert(offsetof(struct tb_configure_message, items) == sizeof(struct tb_request),
	       "items stand right behind the request");

/* One call. */
struct question {
	struct tb_configure_message message;
	struct tb_report report;
};

static int ask(struct question *question, int timeout)
{
	struct tap_failure *failure = &question->report.failure;
	struct tb_done done = {.status = TB_OK};
	int ret = tb_exchange(&question->message.request, tb_deadline(timeout), &done, sizeof(done), failure);

	if (done.status == TB_KERNEL) {
		failure->stage = done.stage;
		failure->error = done.error;
	}
	return ret;
}

static int read_prefix(const char *text, struct tb_prefix *prefix)
{
	if (text == NULL)
		return -EINVAL;
	if (strcmp(text, "default") == 0)
		text = "0.0.0.0/0";
	else if (strcmp(text, "default6") == 0)
		text = "::/0";
	return tb_prefix_read(text, prefix);
}

static int write_item(const struct tap_entry *entry, struct tb_item *item)
{
	struct tb_prefix prefix;
	struct tb_prefix peer;

	if (read_prefix(entry->prefix, &prefix) < 0)
		return -EINVAL;
	item->kind = (uint16_t)entry->kind;
	item->family = prefix.family;
	item->prefix = prefix.length;
	item->metric = entry->metric;
	memcpy(item->address, prefix.address, sizeof(item->address));
	if (entry->peer == NULL)
		return 0;
	if (strchr(entry->peer, '/') != NULL || tb_prefix_read(entry->peer, &peer) < 0 || peer.family != prefix.family)
		return -EINVAL;
	memcpy(item->peer, peer.address, sizeof(item->peer));
	return 0;
}

int tb_configuration_write(const struct tap_configuration *from, struct tb_configure_message *message)
{
	struct tb_request *request = &message->request;

	if (from->entries_count > TB_ITEMS_MAX || (from->entries == NULL && from->entries_count > 0) ||
	    from->reserved != 0)
		return -EINVAL;
	for (size_t i = 0; i < from->entries_count; i++)
		if (write_item(&from->entries[i], &message->items[i]) < 0)
			return -EINVAL;
	request->items = (uint32_t)from->entries_count;
	request->header.size = (uint32_t)(sizeof(*request) + request->items * sizeof(struct tb_item));
	request->mtu = from->mtu;
	request->scope = from->scope;
	request->uid = from->uid;
	return tb_request_valid(request, request->header.size) ? 0 : -EINVAL;
}

int tb_configuration_begin(enum tb_type type, const struct tap_configuration *from, struct tap_configuration *taken,
			   struct tb_request *request, struct tb_report *report)
{
	unsigned int known = TAP_INTERACTIVE | TAP_KILL_SWITCH | (type == TB_REQ_EXPLAIN_CONFIGURE ? TAP_ALL : 0u);
	int ret = tb_sized_take(taken, sizeof(*taken), from, CONFIGURATION_FIRST_SIZE);

	if (ret < 0)
		return ret;
	return tb_request_plain(type, taken->flags, known, request, &taken->timeout, taken->failure, report);
}

static int configure(const struct tap_configuration *from, struct question *question)
{
	struct tap_configuration configuration;
	int ret = tb_configuration_begin(TB_REQ_CONFIGURE, from, &configuration, &question->message.request,
					 &question->report);

	if (ret == 0)
		ret = tb_request_set_lease(&question->message.request, configuration.lease);
	if (ret == 0)
		ret = tb_configuration_write(&configuration, &question->message);
	return ret == 0 ? ask(question, configuration.timeout) : ret;
}

int tapbroker_configure(const struct tap_configuration *configuration)
{
	struct question *question = calloc(1, sizeof(*question));
	int ret;

	if (question == NULL)
		return -1;
	ret = configure(configuration, question);
	ret = tb_report_end(&question->report, ret);
	free(question);
	return ret;
}
TB_SHORT_NAME(configure);

int tapbroker_unblock(const char *network, unsigned int flags, unsigned int uid, int timeout,
		      struct tap_failure *failure)
{
	struct question question;
	struct tb_request *request = &question.message.request;
	int ret = tb_request_plain(TB_REQ_UNBLOCK, flags, TAP_ALL, request, &timeout, failure, &question.report);

	if (ret == 0 && (network == NULL || tb_field_set(request->network, sizeof(request->network), network) < 0))
		ret = -EINVAL;
	request->uid = (flags & TAP_ALL) != 0 ? uid : 0;
	if (ret == 0 && !tb_request_valid(request, sizeof(*request)))
		ret = -EINVAL;
	return tb_report_end(&question.report, ret == 0 ? ask(&question, timeout) : ret);
}
TB_SHORT_NAME(unblock);

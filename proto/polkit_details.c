/* What polkit is asked of a question: see polkit_details.h. No malloc, no stdio. */
#include "polkit_details.h"

#include "name.h"
#include "number.h"
#include "words.h"

#include <stdbool.h>
#include <string.h>

/* Indexed by enum tb_kind. */
static const char *const open_actions[] = {
	[TB_KIND_TAP] = "org.tapbroker.open-tap",
	[TB_KIND_TUN] = "org.tapbroker.open-tun",
	[TB_KIND_MACVTAP] = "org.tapbroker.open-macvtap",
};

/* A macvtap that takes its parent over: its holder changes the parent's own address. */
#define OPEN_PASSTHRU "org.tapbroker.open-passthru"

const char *tb_polkit_action(const struct tb_question *question)
{
	switch (question->action) {
	case TB_ACTION_LIST_ALL:
		return "org.tapbroker.list-all";
	case TB_ACTION_REVOKE:
		return "org.tapbroker.revoke";
	case TB_ACTION_EXPLAIN:
		return "org.tapbroker.explain";
	case TB_ACTION_CONFIGURE:
	case TB_ACTION_WOULD_CONFIGURE:
		return "org.tapbroker.configure";
	default:
		return question->mode == TB_MODE_PASSTHRU ? OPEN_PASSTHRU : open_actions[question->kind];
	}
}

/* Who is told. */
struct listener {
	tb_polkit_each *each;
	void *context;
};

static void tell(const struct listener *listener, const char *key, const char *value)
{
	listener->each(listener->context, key, value != NULL ? value : "");
}

static void tell_number(const struct listener *listener, const char *key, uint32_t number)
{
	char text[TB_NUMBER_TEXT];

	tb_number_write(number, text);
	tell(listener, key, text);
}

static void tell_flag(const struct listener *listener, const char *key, bool flag)
{
	tell(listener, key, flag ? "yes" : "no");
}

static void tell_device(const struct listener *listener, const struct tb_question *question)
{
	bool unnamed = tb_field_empty(question->name, sizeof(question->name));

	tell(listener, "kind", tb_kind_word(question->kind));
	tell(listener, "name", question->name);
	tell(listener, "device", unnamed ? "a new device" : question->name);
	tell(listener, "bridge", question->bridge);
	tell(listener, "parent", question->parent);
	tell(listener, "mode", tb_mode_word(question->mode));
	tell(listener, "lifetime", tb_lifetime_word(question->lifetime));
	tell(listener, "netns", (question->flags & TB_REQUEST_NETNS) != 0 ? "caller" : "host");
}

void tb_polkit_details(const struct tb_question *question, tb_polkit_each *each, void *context)
{
	struct listener listener = {each, context};
	bool open = question->action == TB_ACTION_OPEN || question->action == TB_ACTION_WOULD_OPEN;
	bool configure = question->action == TB_ACTION_CONFIGURE || question->action == TB_ACTION_WOULD_CONFIGURE;

	if (question->action != TB_ACTION_LIST_ALL)
		tell(&listener, "network", question->network);
	if (open || question->action == TB_ACTION_REVOKE || configure)
		tell_device(&listener, question);
	if (question->action == TB_ACTION_REVOKE)
		tell_number(&listener, "owner", question->owner);
	if (open || question->action == TB_ACTION_REVOKE)
		tell(&listener, "external_id", question->external_id);
	if (open || configure)
		tell_number(&listener, "mtu", question->mtu);
	if (open) {
		tell_number(&listener, "queues", question->queues);
		tell_flag(&listener, "vnet_hdr", (question->flags & TB_REQUEST_VNET_HDR) != 0);
		tell_flag(&listener, "vhost", (question->flags & TB_REQUEST_VHOST) != 0);
	}
	tell_flag(&listener, "interactive", (question->flags & TB_REQUEST_INTERACTIVE) != 0);
}

static void append(struct tb_details_text *to, const char *word, size_t length)
{
	memcpy(to->text + to->used, word, length);
	to->used += length;
}

void tb_details_append(void *context, const char *key, const char *value)
{
	struct tb_details_text *to = context;
	size_t key_length = strlen(key);
	size_t value_length = strlen(value);

	if (to->used + key_length + value_length + 2 >= to->size)
		return;
	append(to, key, key_length);
	append(to, "=", 1);
	append(to, value, value_length);
	append(to, "\n", 1);
}

void tb_polkit_details_write(const struct tb_question *question, char text[TB_DETAILS_SIZE])
{
	struct tb_details_text to = {.text = text, .size = TB_DETAILS_SIZE};

	memset(text, 0, TB_DETAILS_SIZE);
	tb_polkit_details(question, tb_details_append, &to);
}

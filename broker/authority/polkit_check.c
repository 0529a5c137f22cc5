/* One question in polkit's terms: see polkit_check.h. Runs in the authority; never talks to the bus or to the clerk. */
#include "broker/authority/polkit_check.h"

#include "broker/authority/polkit_tunnel.h"
#include "proto/hex.h"
#include "proto/name.h"
#include "proto/words.h"

#include <limits.h>

#define CHECK_ALLOW_USER_INTERACTION 1u /* of the flags of CheckAuthorization */

/* Indexed by enum tb_kind. Administrators write rules about these words, and about those of proto/words.h: they never
 * change. */
static const char *const open_actions[] = {
	[TB_KIND_TAP] = "org.tapbroker.open-tap",
	[TB_KIND_TUN] = "org.tapbroker.open-tun",
	[TB_KIND_MACVTAP] = "org.tapbroker.open-macvtap",
};

/* Bridges and parents are the administrator's, and may have names that our devices never have. */
static bool check_interface(const char name[TB_NAME_SIZE])
{
	return tb_interface_valid(name, TB_NAME_SIZE);
}

static bool check_empty(const char name[TB_NAME_SIZE])
{
	return tb_field_empty(name, TB_NAME_SIZE);
}

static bool check_name(const char name[TB_NAME_SIZE])
{
	return tb_name_valid(name, TB_NAME_SIZE);
}

/* pid 0 is a process that our pid namespace does not have, and polkitd reads the uid -1 and the start time 0 as "look
 * it up yourself". None of them says who asks. */
static bool check_subject(const struct tb_question *question)
{
	return question->pid > 0 && question->pid <= INT_MAX && question->uid != UINT32_MAX && question->start_time > 0;
}

static bool check_device(const struct tb_question *question)
{
	switch (question->kind) {
	case TB_KIND_TAP:
		return question->mode == TB_MODE_NONE && check_empty(question->parent) &&
		       (check_empty(question->bridge) || check_interface(question->bridge));
	case TB_KIND_TUN:
		return question->mode == TB_MODE_NONE && check_empty(question->parent) && check_empty(question->bridge);
	case TB_KIND_MACVTAP:
		return question->mode >= TB_MODE_BRIDGE && question->mode <= TB_MODE_PASSTHRU &&
		       check_interface(question->parent) && check_empty(question->bridge);
	default:
		return false;
	}
}

static bool check_open(const struct tb_question *question)
{
	return check_device(question) && (check_empty(question->name) || check_name(question->name)) &&
	       question->mtu >= TB_MTU_MIN && question->mtu <= TB_MTU_MAX && question->queues >= 1 &&
	       question->queues <= TB_QUEUES_MAX;
}

static bool check_network(const struct tb_question *question)
{
	return tb_network_valid(question->network, sizeof(question->network)) && question->lifetime < TB_LIFETIME_COUNT;
}

bool polkit_check_valid(const struct tb_question *question)
{
	if (!check_subject(question) || (question->flags & ~(uint32_t)TB_QUESTION_FLAGS) != 0)
		return false;
	switch (question->action) {
	case TB_ACTION_OPEN:
		return check_network(question) && check_open(question);
	case TB_ACTION_REVOKE:
		return check_network(question) && check_device(question) && check_name(question->name);
	default:
		return question->action == TB_ACTION_LIST_ALL;
	}
}

bool polkit_check_configuration_valid(const struct tb_configuration *configuration)
{
	const struct tb_question *question = &configuration->question;

	return question->action == TB_ACTION_CONFIGURE && check_subject(question) &&
	       (question->flags & ~(uint32_t)TB_CONFIGURE_FLAGS) == 0 && check_network(question) &&
	       (question->kind == TB_KIND_TAP || question->kind == TB_KIND_TUN) && check_device(question) &&
	       check_name(question->name) && question->mtu <= TB_MTU_MAX && polkit_tunnel_valid(configuration);
}

static const char *polkit_action(const struct tb_question *question)
{
	switch (question->action) {
	case TB_ACTION_LIST_ALL:
		return "org.tapbroker.list-all";
	case TB_ACTION_REVOKE:
		return "org.tapbroker.revoke";
	case TB_ACTION_CONFIGURE:
		return "org.tapbroker.configure";
	default:
		return open_actions[question->kind];
	}
}

/* polkitd goes by pid and start time, and believes the uid. No pidfd is sent, although the clerk has one: polkitd 122
 * ignores it. The clerk looks at its pidfd once more after the verdict, and so knows that the pid meant one process all
 * the time.
 *
 * The uid is signed there; polkitd turns a negative one back into the uid that it was. */
static GVariant *polkit_subject(const struct tb_question *question)
{
	GVariantBuilder process;

	g_variant_builder_init(&process, G_VARIANT_TYPE("a{sv}"));
	g_variant_builder_add(&process, "{sv}", "pid", g_variant_new_uint32(question->pid));
	g_variant_builder_add(&process, "{sv}", "start-time", g_variant_new_uint64(question->start_time));
	g_variant_builder_add(&process, "{sv}", "uid", g_variant_new_int32((gint32)question->uid));
	return g_variant_new("(sa{sv})", "unix-process", &process);
}

static void detail_text(GVariantBuilder *details, const char *key, const char *text)
{
	g_variant_builder_add(details, "{ss}", key, text);
}

static void detail_number(GVariantBuilder *details, const char *key, uint32_t number)
{
	char text[sizeof("4294967295")];

	g_snprintf(text, sizeof(text), "%u", number);
	detail_text(details, key, text);
}

static void detail_flag(GVariantBuilder *details, const char *key, bool flag)
{
	detail_text(details, key, flag ? "yes" : "no");
}

static void detail_device(GVariantBuilder *details, const struct tb_question *question)
{
	detail_text(details, "network", question->network);
	detail_text(details, "kind", tb_kind_word(question->kind));
	detail_text(details, "name", question->name);
	detail_text(details, "device", check_empty(question->name) ? "a new device" : question->name);
	detail_text(details, "bridge", question->bridge);
	detail_text(details, "parent", question->parent);
	detail_text(details, "mode", question->mode != TB_MODE_NONE ? tb_mode_word(question->mode) : "");
	detail_text(details, "lifetime", tb_lifetime_word(question->lifetime));
	detail_text(details, "netns", (question->flags & TB_REQUEST_NETNS) != 0 ? "caller" : "host");
}

static GVariant *polkit_details(const struct tb_question *question, const struct tb_configuration *configuration)
{
	GVariantBuilder details;

	g_variant_builder_init(&details, G_VARIANT_TYPE("a{ss}"));
	if (question->action != TB_ACTION_LIST_ALL)
		detail_device(&details, question);
	if (question->action == TB_ACTION_REVOKE)
		detail_number(&details, "owner", question->owner);
	if (question->action == TB_ACTION_OPEN) {
		detail_number(&details, "mtu", question->mtu);
		detail_number(&details, "queues", question->queues);
		detail_flag(&details, "vnet_hdr", (question->flags & TB_REQUEST_VNET_HDR) != 0);
		detail_flag(&details, "vhost", (question->flags & TB_REQUEST_VHOST) != 0);
	}
	if (configuration != NULL) {
		detail_number(&details, "mtu", question->mtu);
		polkit_tunnel_details(&details, configuration);
	}
	detail_flag(&details, "interactive", (question->flags & TB_REQUEST_INTERACTIVE) != 0);
	return g_variant_builder_end(&details);
}

GVariant *polkit_check_parameters(const struct tb_question *question, const struct tb_configuration *configuration)
{
	bool interactive = (question->flags & TB_REQUEST_INTERACTIVE) != 0;
	char ticket[TB_ID_TEXT];

	tb_hex_write(question->ticket, TB_ID_SIZE, ticket);
	return g_variant_new("(@(sa{sv})s@a{ss}us)", polkit_subject(question), polkit_action(question),
			     polkit_details(question, configuration), interactive ? CHECK_ALLOW_USER_INTERACTION : 0,
			     ticket);
}

GVariant *polkit_check_cancellation(const struct tb_question *question)
{
	char ticket[TB_ID_TEXT];

	tb_hex_write(question->ticket, TB_ID_SIZE, ticket);
	return g_variant_new("(s)", ticket);
}

enum tb_verdict_word polkit_check_verdict(GVariant *reply)
{
	gboolean authorized;
	gboolean challenge;
	bool dismissed;
	GVariant *details;

	g_variant_get(reply, "((bb@a{ss}))", &authorized, &challenge, &details);
	dismissed = g_variant_lookup(details, "polkit.dismissed", "s", NULL);
	g_variant_unref(details);
	if (authorized)
		return TB_VERDICT_YES;
	if (dismissed)
		return TB_VERDICT_DISMISSED;
	return challenge ? TB_VERDICT_CHALLENGE : TB_VERDICT_NO;
}

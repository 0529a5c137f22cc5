/* One question in polkit's terms: see polkit_check.h. Runs in the authority; never talks to the bus or to the clerk. */
#include "broker/authority/polkit_check.h"

#include "proto/hex.h"
#include "proto/name.h"
#include "proto/polkit_details.h"
#include "proto/request.h"

#include <limits.h>

#define CHECK_ALLOW_USER_INTERACTION 1u /* of the flags of CheckAuthorization */

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

static bool check_parameters(const struct tb_question *question)
{
	return (check_empty(question->name) || check_name(question->name)) && question->mtu >= TB_MTU_MIN &&
	       question->mtu <= TB_MTU_MAX && question->queues >= 1 && question->queues <= TB_QUEUES_MAX;
}

static bool check_network(const struct tb_question *question)
{
	return tb_network_valid(question->network, sizeof(question->network)) && question->lifetime < TB_LIFETIME_COUNT;
}

static bool check_empty_or_interface(const char name[TB_NAME_SIZE])
{
	return check_empty(name) || check_interface(name);
}

/* A client's own words, which may fit to no network; it may have named a bridge in place of one. */
static bool check_would_open(const struct tb_question *question)
{
	const char *network = question->network;

	return (tb_network_valid(network, TB_NETWORK_SIZE) || tb_interface_valid(network, TB_NETWORK_SIZE)) &&
	       question->kind >= TB_KIND_TAP && question->kind <= TB_KIND_MACVTAP &&
	       question->mode <= TB_MODE_PASSTHRU && question->lifetime < TB_LIFETIME_COUNT &&
	       check_empty_or_interface(question->bridge) && check_empty_or_interface(question->parent) &&
	       check_parameters(question);
}

/* The network is the client's word here, too. */
static bool check_explain(const struct tb_question *question)
{
	const char *network = question->network;

	return tb_field_empty(network, TB_NETWORK_SIZE) || tb_network_valid(network, TB_NETWORK_SIZE) ||
	       tb_interface_valid(network, TB_NETWORK_SIZE);
}

bool polkit_check_valid(const struct tb_question *question)
{
	if (!check_subject(question) || (question->flags & ~(uint32_t)TB_QUESTION_FLAGS) != 0)
		return false;
	switch (question->action) {
	case TB_ACTION_OPEN:
		return check_network(question) && check_device(question) && check_parameters(question);
	case TB_ACTION_REVOKE:
		return check_network(question) && check_device(question) && check_name(question->name);
	case TB_ACTION_WOULD_OPEN:
		return check_would_open(question);
	case TB_ACTION_EXPLAIN:
		return check_explain(question);
	default:
		return question->action == TB_ACTION_LIST_ALL;
	}
}

/* The network, and the device if there is one yet. */
static bool check_configured(const struct tb_question *question)
{
	if (question->action == TB_ACTION_WOULD_CONFIGURE)
		return tb_network_valid(question->network, TB_NETWORK_SIZE) && check_empty(question->name) &&
		       question->lifetime < TB_LIFETIME_COUNT;
	return question->action == TB_ACTION_CONFIGURE && check_network(question) && check_name(question->name);
}

bool polkit_check_configuration_valid(const struct tb_configuration *configuration)
{
	const struct tb_question *question = &configuration->question;

	return check_subject(question) && check_configured(question) &&
	       (question->flags & ~(uint32_t)TB_CONFIGURE_FLAGS) == 0 &&
	       (question->kind == TB_KIND_TAP || question->kind == TB_KIND_TUN) && check_device(question) &&
	       question->mtu <= TB_MTU_MAX && configuration->scope != TB_SCOPE_NETWORK &&
	       configuration->scope < TB_SCOPE_COUNT && configuration->count <= TB_ITEMS_MAX &&
	       tb_items_valid(configuration->items, configuration->count);
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

static void detail_add(void *context, const char *key, const char *value)
{
	g_variant_builder_add(context, "{ss}", key, value);
}

static GVariant *polkit_details(const struct tb_question *question, const struct tb_configuration *configuration)
{
	GVariantBuilder details;

	g_variant_builder_init(&details, G_VARIANT_TYPE("a{ss}"));
	if (configuration != NULL)
		tb_polkit_tunnel_details(configuration, detail_add, &details);
	else
		tb_polkit_details(question, detail_add, &details);
	return g_variant_builder_end(&details);
}

/* Some questions only want to know what polkit would say. They have the details of those that they are about. */
static bool may_interact(const struct tb_question *question)
{
	return (question->flags & TB_REQUEST_INTERACTIVE) != 0 && question->action != TB_ACTION_WOULD_OPEN &&
	       question->action != TB_ACTION_WOULD_CONFIGURE && question->action != TB_ACTION_EXPLAIN;
}

GVariant *polkit_check_parameters(const struct tb_question *question, const struct tb_configuration *configuration)
{
	char ticket[TB_ID_TEXT];

	tb_hex_write(question->ticket, TB_ID_SIZE, ticket);
	return g_variant_new("(@(sa{sv})s@a{ss}us)", polkit_subject(question), tb_polkit_action(question),
			     polkit_details(question, configuration),
			     may_interact(question) ? CHECK_ALLOW_USER_INTERACTION : 0, ticket);
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

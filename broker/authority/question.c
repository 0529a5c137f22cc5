/* One question in polkit's terms: see question.h. Runs in the authority; never talks to the bus or to the monitor. */
#include "broker/authority/question.h"

#include "proto/name.h"

#include <limits.h>

/* Indexed by enum tb_kind and enum tb_macvtap_mode. Administrators write rules about these words: they never change. */
static const char *const open_actions[] = {
	[TB_KIND_TAP] = "org.tapbroker.open-tap",
	[TB_KIND_TUN] = "org.tapbroker.open-tun",
	[TB_KIND_MACVTAP] = "org.tapbroker.open-macvtap",
};
static const char *const kinds[] = {
	[TB_KIND_TAP] = "tap",
	[TB_KIND_TUN] = "tun",
	[TB_KIND_MACVTAP] = "macvtap",
};
static const char *const lifetimes[] = {
	[TB_LIFETIME_SESSION] = "session",
	[TB_LIFETIME_FD] = "fd",
	[TB_LIFETIME_PERSISTENT] = "persistent",
};
static const char *const modes[] = {
	[TB_MODE_NONE] = "", /* not a macvtap */
	[TB_MODE_BRIDGE] = "bridge",   [TB_MODE_VEPA] = "vepa",
	[TB_MODE_PRIVATE] = "private", [TB_MODE_PASSTHRU] = "passthru",
};

/* Bridges and parents are the administrator's, and may have names that our devices never have. */
static bool lower_valid(const char name[TB_NAME_SIZE])
{
	return tb_interface_valid(name, TB_NAME_SIZE);
}

static bool empty(const char name[TB_NAME_SIZE])
{
	return tb_field_empty(name, TB_NAME_SIZE);
}

static bool valid(const char name[TB_NAME_SIZE])
{
	return tb_name_valid(name, TB_NAME_SIZE);
}

/* pid 0 is a process that our pid namespace does not have, and polkit's library reads the uid -1 and the start time 0
 * as "look it up yourself". None of them says who asks. */
static bool subject_valid(const struct tb_question *question)
{
	return question->pid > 0 && question->pid <= INT_MAX && question->uid != UINT32_MAX && question->start_time > 0;
}

static bool device_valid(const struct tb_question *question)
{
	switch (question->kind) {
	case TB_KIND_TAP:
		return question->mode == TB_MODE_NONE && empty(question->parent) &&
		       (empty(question->bridge) || lower_valid(question->bridge));
	case TB_KIND_TUN:
		return question->mode == TB_MODE_NONE && empty(question->parent) && empty(question->bridge);
	case TB_KIND_MACVTAP:
		return question->mode >= TB_MODE_BRIDGE && question->mode <= TB_MODE_PASSTHRU &&
		       lower_valid(question->parent) && empty(question->bridge);
	default:
		return false;
	}
}

static bool open_valid(const struct tb_question *question)
{
	return device_valid(question) && (empty(question->name) || valid(question->name)) &&
	       question->mtu >= TB_MTU_MIN && question->mtu <= TB_MTU_MAX && question->queues >= 1 &&
	       question->queues <= TB_QUEUES_MAX;
}

static bool network_valid(const struct tb_question *question)
{
	return tb_network_valid(question->network, sizeof(question->network)) && question->lifetime < TB_LIFETIME_COUNT;
}

bool question_valid(const struct tb_question *question)
{
	if (!subject_valid(question) || (question->flags & ~(uint32_t)TB_QUESTION_FLAGS) != 0)
		return false;
	switch (question->action) {
	case TB_ACTION_OPEN:
		return network_valid(question) && open_valid(question);
	case TB_ACTION_REVOKE:
		return network_valid(question) && device_valid(question) && valid(question->name);
	default:
		return question->action == TB_ACTION_LIST_ALL;
	}
}

const char *question_action(const struct tb_question *question)
{
	switch (question->action) {
	case TB_ACTION_LIST_ALL:
		return "org.tapbroker.list-all";
	case TB_ACTION_REVOKE:
		return "org.tapbroker.revoke";
	default:
		return open_actions[question->kind];
	}
}

/* Not polkit_unix_process_new_pidfd(), although the monitor has a pidfd: the library that has it (124 to 126 at least)
 * puts the fd's number into the message but does not send the fd, so that polkitd goes by pid and start time all the
 * same; and it reads that start time from /proc, instead of taking the one that the monitor has seen. The monitor looks
 * at its pidfd once more after the verdict, and so knows that the pid meant one process all the time.
 *
 * The library's type for a uid is gint; polkitd turns a negative one back into the uid that it was. */
PolkitSubject *question_subject(const struct tb_question *question)
{
	return polkit_unix_process_new_for_owner((gint)question->pid, question->start_time, (gint)question->uid);
}

static void insert_number(PolkitDetails *details, const char *key, uint32_t number)
{
	char text[sizeof("4294967295")];

	g_snprintf(text, sizeof(text), "%u", number);
	polkit_details_insert(details, key, text);
}

static void insert_flag(PolkitDetails *details, const char *key, bool flag)
{
	polkit_details_insert(details, key, flag ? "yes" : "no");
}

static void insert_device(PolkitDetails *details, const struct tb_question *question)
{
	polkit_details_insert(details, "network", question->network);
	polkit_details_insert(details, "kind", kinds[question->kind]);
	polkit_details_insert(details, "name", question->name);
	polkit_details_insert(details, "device", empty(question->name) ? "a new device" : question->name);
	polkit_details_insert(details, "bridge", question->bridge);
	polkit_details_insert(details, "parent", question->parent);
	polkit_details_insert(details, "mode", modes[question->mode]);
	polkit_details_insert(details, "lifetime", lifetimes[question->lifetime]);
	polkit_details_insert(details, "netns", (question->flags & TB_REQUEST_NETNS) != 0 ? "caller" : "host");
}

PolkitDetails *question_details(const struct tb_question *question)
{
	PolkitDetails *details = polkit_details_new();

	if (question->action != TB_ACTION_LIST_ALL)
		insert_device(details, question);
	if (question->action == TB_ACTION_REVOKE)
		insert_number(details, "owner", question->owner);
	if (question->action == TB_ACTION_OPEN) {
		insert_number(details, "mtu", question->mtu);
		insert_number(details, "queues", question->queues);
		insert_flag(details, "vnet_hdr", (question->flags & TB_REQUEST_VNET_HDR) != 0);
		insert_flag(details, "vhost", (question->flags & TB_REQUEST_VHOST) != 0);
	}
	insert_flag(details, "interactive", (question->flags & TB_REQUEST_INTERACTIVE) != 0);
	return details;
}

enum tb_verdict_word question_verdict(PolkitAuthorizationResult *result)
{
	if (result == NULL)
		return TB_VERDICT_ERROR;
	if (polkit_authorization_result_get_is_authorized(result))
		return TB_VERDICT_YES;
	if (polkit_authorization_result_get_dismissed(result))
		return TB_VERDICT_DISMISSED;
	if (polkit_authorization_result_get_is_challenge(result))
		return TB_VERDICT_CHALLENGE;
	return TB_VERDICT_NO;
}

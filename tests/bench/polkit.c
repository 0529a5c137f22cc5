/* The cost of one polkit check. See polkit.h. Runs as root. */

#include "tests/bench/polkit.h"

#include <polkit/polkit.h>
#include <stdio.h>
#include <stdlib.h>

static PolkitAuthority *authority;
static PolkitSubject *subject;

/* The stable set of tapbroker-polkit(7), for a tap on a bridge. */
static const char *const details[][2] = {
	{"network", "lan"},    {"kind", "tap"},    {"name", ""},    {"device", "a new device"},
	{"bridge", "br0"},     {"parent", ""},     {"mode", ""},    {"mtu", "1500"},
	{"queues", "1"},       {"vnet_hdr", "no"}, {"vhost", "no"}, {"lifetime", "session"},
	{"interactive", "no"},
};

static _Noreturn void polkit_fail(GError *error)
{
	fprintf(stderr, "bench: polkit: %s\n", error ? error->message : "the answer is not yes");
	exit(1);
}

void polkit_init(pid_t pid, uid_t uid)
{
	GError *error = NULL;

	authority = polkit_authority_get_sync(NULL, &error);
	if (!authority)
		polkit_fail(error);
	subject = polkit_unix_process_new_for_owner(pid, 0, (gint)uid);
}

void polkit_check(void)
{
	PolkitDetails *all = polkit_details_new();
	PolkitAuthorizationResult *result;
	GError *error = NULL;

	for (size_t i = 0; i < sizeof(details) / sizeof(*details); i++)
		polkit_details_insert(all, details[i][0], details[i][1]);
	result = polkit_authority_check_authorization_sync(authority, subject, "org.tapbroker.open-tap", all,
							   POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE, NULL, &error);
	if (!result || !polkit_authorization_result_get_is_authorized(result))
		polkit_fail(error);
	g_object_unref(result);
	g_object_unref(all);
}

/* Why `tapctl get` has no device: see refused.h. Runs as the user. */
#include "client/tapctl/refused.h"

#include "client/tapctl/explain_rows.h"
#include "client/tapctl/leases.h"
#include "client/tapctl/network_list.h"
#include "client/tapctl/polkit_ask.h"
#include "client/tapctl/tapctl.h"

#include "proto/checks.h"
#include "proto/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOOK_TIMEOUT 1000 /* milliseconds: a better text is not worth more */
#define ADVICE_TEXT 128

/* Writes "; did you mean ...?" if the network is none that is listed, and one of those is like it; else nothing. */
static void suggest_network(const char *network, char advice[ADVICE_TEXT])
{
	struct network_list list = NETWORKS_NONE;
	const char *meant = NULL;

	if (networks_fetch(LOOK_TIMEOUT, &list) == 0 && networks_find(&list, network) == NULL)
		meant = networks_suggest(&list, network);
	if (meant != NULL)
		snprintf(advice, ADVICE_TEXT, "; did you mean \"%s\"?", meant);
	networks_free(&list);
}

/* A name that is taken, or the last device of a quota, may be the caller's own. Returns true if it was, after saying
 * so. */
static bool explain_own(const struct device *device)
{
	struct lease_list list = LEASES_NONE;
	bool found = false;

	if (leases_ask(0, LOOK_TIMEOUT, &list) == 0)
		for (size_t i = 0; i < list.count && !found; i++) {
			const struct tap_lease *lease = &list.leases[i];

			found = strcmp(lease->name, device->request.name) == 0;
			if (found)
				complain(
					"%s: you hold %s already: lease %s of the network %s, for process %u; \"tapctl release %s\" gives it back",
					device->word, lease->name, lease->id, lease->network, lease->pid, lease->name);
		}
	leases_free(&list);
	return found;
}

/* The network file forbids it, and the broker tells by what: so does `tapctl explain`. Returns true after saying so. */
static bool explain_file(const struct device *device)
{
	struct tap_explanation explanation = TAP_EXPLANATION_INIT;
	struct tap_request request = device->request;
	struct explain_row rows[ROWS_MAX];
	char reason[REASON_TEXT];
	size_t count;
	size_t first = 0;

	request.timeout = LOOK_TIMEOUT;
	request.failure = NULL;
	if (tap_explain(&request, &explanation) < 0)
		return false;
	count = explain_rows(&request, &explanation, rows);
	while (first < count && !rows[first].forbids)
		first++;
	if (first == count)
		return false;
	explain_row_reason(&rows[first], reason);
	complain("%s: refused: %s %s: the network file has %s; \"tapctl explain\" says more", device->word,
		 rows[first].key, rows[first].asked, reason);
	return true;
}

static void explain_kernel(const struct device *device, const struct tap_failure *failure)
{
	if (failure->stage == TB_STAGE_LINK && failure->error == EXFULL)
		complain(
			"%s: the network's bridge is full: it has 1023 ports, which is the most that the kernel allows; try again when one is free, or ask the administrator for another bridge",
			device->word);
	else
		complain("%s: the kernel refused %s: %s; the log of tapbrokerd has the same", device->word,
			 tap_stage(failure->stage), strerror(failure->error));
}

static void explain_quota(const struct device *device, const struct tap_failure *failure)
{
	complain(
		"%s: refused: you hold %u of the %u devices that one user may hold %s; \"tapctl list\" shows them, \"tapctl release\" gives one back",
		device->word, failure->held, failure->limit,
		failure->quota == TAP_QUOTA_NETWORK ? "of this network (MaxPerUser= in its file)"
						    : "of all networks (--max-leases-per-user)");
}

int refused_explain(const struct device *device, int error)
{
	const struct tap_failure *failure = device->request.failure;
	char advice[ADVICE_TEXT] = "";
	const char *text;
	int ret;

	ret = polkit_check_read(failure->check, (device->request.flags & TAP_INTERACTIVE) != 0, &text);
	if (ret != EXIT_OK) {
		complain("%s: %s", device->word, text);
		return ret;
	}
	if ((error == EEXIST || error == EDQUOT) && device->request.name != NULL && explain_own(device))
		return exit_code(error);
	if (error == EDQUOT && failure->limit != 0) {
		explain_quota(device, failure);
	} else if (error == ENOSPC && failure->quota == TAP_QUOTA_BROKER) {
		complain(
			"%s: refused: the broker has handed out all the devices that it may (--max-leases); try again later",
			device->word);
	} else if (error == EIO && failure->error != 0) {
		explain_kernel(device, failure);
	} else if (error == EACCES && tb_check_key(failure->check) != NULL && explain_file(device)) {
		return exit_code(error);
	} else if (failure->check != TAP_CHECK_NONE) {
		complain("%s: %s; %s", device->word, tap_strerror(error), tap_check(failure->check));
	} else {
		if (error == EACCES)
			suggest_network(device->request.network, advice);
		complain("%s: %s%s", device->word, tap_strerror(error), advice);
	}
	return exit_code(error);
}

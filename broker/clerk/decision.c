/* The log line of a decision: see decision.h. Runs in the clerk. Nothing that was not validated is ever in it.
 *
 * Any user can be refused, or ask for an explanation, as often as he likes, and a journal that is full, or that
 * limits the service's lines, loses those of others. So of one user's refusals and explanations only some are logged
 * in one second, and how many were not. What was granted and what has ended is always logged: the quotas and the
 * kernel limit it.
 */
#include "broker/clerk/decision.h"

#include "broker/shared/clock.h"
#include "broker/shared/journal.h"
#include "broker/shared/log.h"
#include "proto/hex.h"

#include <stdio.h>
#include <string.h>

/* Refusals of one user that are logged in one second. */
#define REFUSALS_MAX 20

/* Users that are counted at the same time; the one that was refused longest ago makes room. */
#define METERS 64

struct meter {
	uid_t account;
	uint64_t since;  /* milliseconds of the monotonic clock: when the second began; 0: this slot is free */
	uint32_t count;  /* refusals in this second */
	uint32_t unsaid; /* of those, and of earlier ones, not logged */
};

static struct meter meters[METERS];

static const char *word_or_dash(const char *word)
{
	return word != NULL && word[0] != '\0' ? word : "-";
}

static void decision_write(const struct decision *decision)
{
	char hex[TB_ID_TEXT] = "-";
	const char *external_id = decision->external_id != NULL ? decision->external_id : "";
	char line[1024];

	if (decision->lease != NULL)
		tb_hex_write(decision->lease, TB_ID_SIZE, hex);
	snprintf(line, sizeof(line),
		 "op=%s uid=%u pid=%d network=%s kind=%s name=%s verdict=%s reason=%s lease=%s%s%s%s",
		 decision->operation, (unsigned int)decision->uid, (int)decision->pid, word_or_dash(decision->network),
		 word_or_dash(decision->kind), word_or_dash(decision->name), decision->verdict,
		 word_or_dash(decision->reason), hex, external_id[0] != '\0' ? " external_id=" : "", external_id,
		 decision->details != NULL ? decision->details : "");
	journal_log(TB_LOG_INFO, line);
}

static void say_unsaid(struct meter *meter)
{
	if (meter->unsaid > 0)
		tb_log(TB_LOG_NOTICE, "uid %u was refused, or had it explained, %u more times, which are not logged",
		       (unsigned int)meter->account, meter->unsaid);
	meter->unsaid = 0;
}

/* The user's meter, or one that is made free for him. */
static struct meter *meter_of(uid_t account)
{
	struct meter *oldest = &meters[0];

	for (size_t i = 0; i < METERS; i++) {
		if (meters[i].since != 0 && meters[i].account == account)
			return &meters[i];
		if (meters[i].since < oldest->since)
			oldest = &meters[i];
	}
	say_unsaid(oldest);
	*oldest = (struct meter){.account = account};
	return oldest;
}

/* The user's meter in this second. */
static struct meter *meter_now(uid_t account)
{
	struct meter *meter = meter_of(account);
	uint64_t now = monotonic_ms();

	if (meter->since == 0 || now - meter->since >= 1000) {
		say_unsaid(meter);
		meter->since = now;
		meter->count = 0;
	}
	return meter;
}

bool decision_room(uid_t account)
{
	return meter_now(account)->count < REFUSALS_MAX;
}

/* Counts one more refusal. Returns false if it is one too many to be logged. */
static bool refusal_logged(uid_t account)
{
	struct meter *meter = meter_now(account);

	if (++meter->count <= REFUSALS_MAX)
		return true;
	meter->unsaid++;
	return false;
}

void decision_log(const struct decision *decision)
{
	bool refused = strcmp(decision->verdict, "denied") == 0 || strcmp(decision->verdict, "failed") == 0;
	bool explained = strcmp(decision->verdict, "explained") == 0;

	if ((!refused && !explained) || refusal_logged(decision->account))
		decision_write(decision);
}

/* polkit's yeses: see yes.h. Runs in the monitor; needs no right. */
#include "broker/monitor/yes.h"

#include <errno.h>
#include <string.h>

static struct yes *find_yes(struct yes_table *table, const uint8_t ticket[TB_ID_SIZE])
{
	for (int i = 0; i < TB_YES_MAX; i++)
		if (table->places[i].until != 0 && memcmp(table->places[i].question.ticket, ticket, TB_ID_SIZE) == 0)
			return &table->places[i];
	return NULL;
}

int yes_add(struct yes_table *table, const struct tb_question *question, size_t size, uint64_t now)
{
	if (find_yes(table, question->ticket) != NULL)
		return -EEXIST;
	for (int i = 0; i < TB_YES_MAX; i++) {
		struct yes *yes = &table->places[i];

		if (yes->until == 0) {
			memset(yes, 0, sizeof(*yes));
			memcpy(yes, question, size);
			yes->until = now + YES_LIFE_MS;
			return 0;
		}
	}
	return -ENOSPC;
}

bool yes_spend(struct yes_table *table, const struct tb_question *question, size_t size)
{
	struct yes *yes = find_yes(table, question->ticket);

	if (yes == NULL)
		return false;
	yes->until = 0;
	return memcmp(yes, question, size) == 0;
}

void yes_void(struct yes_table *table, const uint8_t ticket[TB_ID_SIZE])
{
	struct yes *yes = find_yes(table, ticket);

	if (yes != NULL)
		yes->until = 0;
}

void yes_expire(struct yes_table *table, uint64_t now)
{
	for (int i = 0; i < TB_YES_MAX; i++)
		if (table->places[i].until <= now)
			table->places[i].until = 0;
}

int yes_timeout(const struct yes_table *table, uint64_t now)
{
	int nearest = -1;

	for (int i = 0; i < TB_YES_MAX; i++) {
		uint64_t until = table->places[i].until;
		int left = until > now ? (int)(until - now) : 0;

		if (until != 0 && (nearest < 0 || left < nearest))
			nearest = left;
	}
	return nearest;
}

/* Turns: see turns.h. Runs in the clerk; needs no right. */
#include "broker/clerk/lease/turns.h"

#include "broker/clerk/lease/map.h"
#include "broker/shared/clock.h"

static struct lease_list waiting = TAILQ_HEAD_INITIALIZER(waiting); /* in order of arrival */
static struct lease_list taken = TAILQ_HEAD_INITIALIZER(taken); /* those whose time is not over, in order of until */
static struct map counts;                                       /* account to the number of turns that are taken */

static void (*turn_begin)(struct lease *lease);
static void (*turn_over)(struct lease *lease);

static uid_t last_user;    /* who got a device last */
static uint64_t last_at;   /* and when, in milliseconds of the monotonic clock; 0: never */
static uint64_t others_at; /* when anybody else did */

int turns_init(uint32_t capacity, void (*begin)(struct lease *lease), void (*over)(struct lease *lease))
{
	turn_begin = begin;
	turn_over = over;
	TAILQ_INIT(&waiting);
	TAILQ_INIT(&taken);
	last_at = 0;
	others_at = 0;
	map_destroy(&counts);
	return map_init(&counts, capacity);
}

void turns_serve(uid_t account)
{
	if (last_user != account)
		others_at = last_at;
	last_user = account;
	last_at = monotonic_ms();
}

static bool is_alone(uid_t account)
{
	uint64_t at = last_user == account ? others_at : last_at;

	return at == 0 || monotonic_ms() - at > TURNS_ALONE_MS;
}

static bool has_turn(uid_t account)
{
	const uint32_t *count = map_find(&counts, account);

	return count == NULL || *count < (is_alone(account) ? TURNS_MANY : TURNS_FEW);
}

static struct lease *first_of(uid_t account)
{
	struct lease *lease;

	TAILQ_FOREACH(lease, &waiting, queue)
		if (lease->account == account)
			return lease;
	return NULL;
}

static void give_turns(uid_t account)
{
	struct lease *lease;

	while (has_turn(account) && (lease = first_of(account)) != NULL)
		turn_begin(lease);
}

void turns_wait(struct lease *lease)
{
	TAILQ_INSERT_TAIL(&waiting, lease, queue);
	give_turns(lease->account);
}

void turns_take(struct lease *lease)
{
	TAILQ_REMOVE(&waiting, lease, queue);
	TAILQ_INSERT_TAIL(&taken, lease, queue);
	lease->until = monotonic_ms() + TURN_MS;
	(*map_insert(&counts, lease->account))++;
}

void turns_over(struct lease *lease)
{
	uid_t account = lease->account;
	uint32_t *count = map_find(&counts, account);

	if (--*count == 0)
		map_remove(&counts, account);
	give_turns(account);
}

int turns_expire(void)
{
	uint64_t now = monotonic_ms();
	struct lease *lease;

	while ((lease = TAILQ_FIRST(&taken)) != NULL) {
		if (lease->until > now)
			return (int)(lease->until - now);
		TAILQ_REMOVE(&taken, lease, queue);
		turn_over(lease);
	}
	return -1;
}

void turns_give_all(void)
{
	struct lease *lease;

	while ((lease = TAILQ_FIRST(&waiting)) != NULL)
		turn_begin(lease);
}

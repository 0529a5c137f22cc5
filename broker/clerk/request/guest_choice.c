/* Which addresses a lease gets: see guest_choice.h. Runs in the clerk; needs no right. What it chooses the monitor
 * makes, and the kernel refuses twice. */
#include "broker/clerk/request/guest_choice.h"

#include "broker/clerk/lease/lease.h"
#include "broker/config/guest.h"
#include "broker/shared/siphash.h"

#include <string.h>

/* It is no secret which user has which address, and it is to be the same after each start. */
static uint64_t guest_hash(uid_t uid, const char *name)
{
	static const uint8_t no_key[SIPHASH_KEY_SIZE];
	struct {
		uint32_t uid;
		char name[TB_NAME_SIZE];
	} hashed = {.uid = uid};

	memcpy(hashed.name, name, strnlen(name, sizeof(hashed.name)));
	return siphash(&hashed, sizeof(hashed), no_key);
}

/* The largest number that is a name's. */
static uint32_t last_named(const struct network *network)
{
	uint32_t number = 0;

	for (uint32_t i = guests_named(network); i > 0; i--)
		number = guest_next(network, number);
	return number;
}

/* The first one in this user's order that is not taken, or 0. */
static uint32_t first_free(const struct network *network, uid_t uid, const char *name, const bool taken[GUESTS_MAX])
{
	uint32_t own = guest_of_name(network, name);
	uint32_t last = last_named(network);
	uint64_t hash = guest_hash(uid, name);

	if (own != 0 && !taken[own])
		return own;
	for (uint32_t i = 0; i < network->guests; i++) {
		uint32_t number = (uint32_t)((hash + i) % network->guests);

		if (number > last && !taken[number] && guest_allowed(network, number))
			return number;
	}
	return 0;
}

uint32_t guest_choose(const struct network *network, uid_t uid, const char *name)
{
	static bool taken[GUESTS_MAX];
	const struct lease *lease;

	memset(taken, 0, sizeof(taken));
	TAILQ_FOREACH(lease, leases_all(), link)
		if (lease->network == network && lease->ifindex != 0)
			taken[guest_number(network, lease->mac)] = true;
	return first_free(network, uid, name, taken);
}

bool guest_free_soon(const struct network *network, uid_t uid, const char *name)
{
	static bool lasting[GUESTS_MAX];
	uid_t account = lease_account(uid);
	const struct lease *lease;

	if (network->guests == 0)
		return false;
	memset(lasting, 0, sizeof(lasting));
	TAILQ_FOREACH(lease, leases_all(), link)
		if (lease->network == network && lease->ifindex != 0 &&
		    (lease->account != account || !lease_is_ending(lease)))
			lasting[guest_number(network, lease->mac)] = true;
	return first_free(network, uid, name, lasting) != guest_choose(network, uid, name);
}

/* The lease of a call's container and interface: see cni.h. It is found by its external id, so that nothing has to be
 * kept between the calls. Runs as the engine runs its plugins. */
#include "client/cni/cni.h"
#include "client/tapbroker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Says what the broker did not do, and ends. Some of it may work in a moment. */
static _Noreturn void fail_by(int error, unsigned int check, const char *what, const char *which)
{
	enum cni_code code = CNI_IO;

	if (error == EAGAIN || error == ECONNREFUSED || error == ENOENT || error == ECONNRESET)
		code = CNI_TRY_AGAIN;
	else if (error == EACCES || error == EDQUOT || error == ENOSPC || error == EXDEV)
		code = CNI_REFUSED;
	else if (error == EINVAL)
		code = CNI_CONFIGURATION;
	cni_fail(code, check != TAP_CHECK_NONE ? tap_check(check) : tap_strerror(error), "%s %s: %s", what, which,
		 tap_strerror(error));
}

void cni_lease_begin(const struct cni_call *call, char name[16], char mac[18])
{
	struct tap_failure failure = TAP_FAILURE_INIT;
	struct tap_request request = TAP_REQUEST_INIT;
	const uint8_t *address;
	struct tap *tap;

	request.network = call->network;
	request.flags = TAP_NETNS;
	request.lifetime = TAP_LIFETIME_NAMESPACE;
	request.mtu = call->mtu;
	request.external_id = call->key;
	request.failure = &failure;
	if (tap_reserve(&request, &tap) < 0)
		fail_by(errno, failure.check, "no device of the network", call->network);
	address = tap_mac(tap);
	snprintf(name, 16, "%s", tap_name(tap));
	mac[0] = '\0';
	if (tap_kind(tap) == TAP_KIND_TAP)
		snprintf(mac, 18, "%02x:%02x:%02x:%02x:%02x:%02x", address[0], address[1], address[2], address[3],
			 address[4], address[5]);
	tap_close(tap);
}

/* The lease with the call's external id. */
struct search {
	const char *key;
	unsigned int ifindex;
	char id[33];
};

static int look(const struct tap_lease *lease, void *arg)
{
	struct search *search = arg;

	if (strcmp(lease->external_id, search->key) != 0)
		return 0;
	search->ifindex = lease->ifindex;
	snprintf(search->id, sizeof(search->id), "%s", lease->id);
	return 1;
}

/* Returns true if there is one. */
static bool find(struct search *search)
{
	int ret = tap_leases(0, 0, NULL, look, search);

	if (ret < 0)
		fail_by(errno, TAP_CHECK_NONE, "no list of leases for", search->key);
	return ret == 1;
}

unsigned int cni_lease_find(const struct cni_call *call)
{
	struct search search = {.key = call->key};

	return find(&search) ? search.ifindex : 0;
}

void cni_lease_end(const struct cni_call *call)
{
	struct search search = {.key = call->key};

	/* One that has ended meanwhile is as good. */
	while (find(&search))
		if (tap_release(search.id, 0, 0, NULL) < 0 && errno != ENXIO)
			fail_by(errno, TAP_CHECK_NONE, "no end of", call->key);
}

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

/* What is asked for. */
static struct tap_request make_request(const struct cni_call *call, struct tap_failure *failure)
{
	struct tap_request request = TAP_REQUEST_INIT;

	request.network = call->network;
	request.flags = TAP_NETNS;
	request.lifetime = TAP_LIFETIME_NAMESPACE;
	request.mtu = call->mtu;
	request.failure = failure;
	return request;
}

void cni_lease_begin(const struct cni_call *call, char name[16], char mac[18])
{
	struct tap_failure failure = TAP_FAILURE_INIT;
	struct tap_request request = make_request(call, &failure);
	const uint8_t *address;
	struct tap *tap;

	request.external_id = call->key;
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

/* True if the engine's list has this container's interface. */
static bool listed(const struct cni_call *call, const char *external_id)
{
	json_t *attachment;
	size_t i;

	json_array_foreach(json_object_get(call->configuration, CNI_ATTACHMENTS), i, attachment)
	{
		const char *container = json_string_value(json_object_get(attachment, "containerID"));
		const char *interface = json_string_value(json_object_get(attachment, "ifname"));
		char key[CNI_KEY_SIZE];

		if (cni_key_write(key, container, call->interface != NULL ? call->interface : interface) &&
		    strcmp(key, external_id) == 0)
			return true;
	}
	return false;
}

/* A list that is misread would end what is in use. */
static void check_list(const json_t *list)
{
	json_t *attachment;
	size_t i;

	if (!json_is_array(list))
		cni_fail(CNI_CONFIGURATION, "nothing has been ended", "\"" CNI_ATTACHMENTS "\" is no list");
	json_array_foreach(list, i, attachment)
	{
		if (!json_is_string(json_object_get(attachment, "containerID")) ||
		    !json_is_string(json_object_get(attachment, "ifname")))
			cni_fail(CNI_CONFIGURATION, "nothing has been ended",
				 "\"" CNI_ATTACHMENTS "\" has an entry without containerID or ifname");
	}
}

/* A lease that is left over. */
struct leftover {
	const struct cni_call *call;
	char id[33];
};

static int look_for_leftover(const struct tap_lease *lease, void *arg)
{
	struct leftover *leftover = arg;
	const struct cni_call *call = leftover->call;
	const char *interface = strrchr(lease->external_id, '/');

	if (interface == NULL || lease->lifetime != TAP_LIFETIME_NAMESPACE ||
	    strcmp(lease->network, call->network) != 0 ||
	    (call->interface != NULL && strcmp(interface + 1, call->interface) != 0) ||
	    listed(call, lease->external_id))
		return 0;
	snprintf(leftover->id, sizeof(leftover->id), "%s", lease->id);
	return 1;
}

void cni_lease_end_others(const struct cni_call *call)
{
	struct leftover leftover = {.call = call};
	int ret;

	check_list(json_object_get(call->configuration, CNI_ATTACHMENTS));
	while ((ret = tap_leases(0, 0, NULL, look_for_leftover, &leftover)) == 1)
		if (tap_release(leftover.id, 0, 0, NULL) < 0 && errno != ENXIO)
			fail_by(errno, TAP_CHECK_NONE, "no end of the lease", leftover.id);
	if (ret < 0)
		fail_by(errno, TAP_CHECK_NONE, "no list of leases of", call->network);
}

void cni_lease_possible(const struct cni_call *call)
{
	struct tap_explanation explanation = TAP_EXPLANATION_INIT;
	struct tap_failure failure = TAP_FAILURE_INIT;
	struct tap_request request = make_request(call, &failure);
	const char *why = NULL;

	if (tap_explain(&request, &explanation) < 0)
		why = failure.check != TAP_CHECK_NONE ? tap_check(failure.check) : tap_strerror(errno);
	else if (explanation.forbids != 0)
		why = tap_check((unsigned int)__builtin_ctzll(explanation.forbids));
	else if (explanation.access != TAP_ACCESS_YES)
		why = "polkit does not say yes";
	if (why != NULL)
		cni_fail(CNI_NOT_AVAILABLE, why, "no device of the network %s can be had now", call->network);
}

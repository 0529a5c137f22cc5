/* That the host forwards packets at all, for networks whose file says so. Runs in tapbroker-setup, as root. What is
 * changed is the host's own, so it is given back when no network needs it; unless somebody else has come to rely on it.
 */
#include "broker/setup/setup.h"
#include "broker/setup/setup_nft.h"
#include "broker/setup/setup_setting.h"

#include "broker/shared/log.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of which families the host is some network's router. */
static uint32_t families_wanted(const struct setup *setup)
{
	uint32_t families = 0;

	for (size_t i = 0; i < setup->networks->count; i++)
		if (setup_wants(setup, i))
			families |= setup->networks->networks[i].router;
	return families;
}

/* True if what a network had that is off now may need what was borrowed. */
static bool any_is_off(const struct setup *setup)
{
	for (size_t i = 0; i < setup->networks->count; i++)
		if (setup->networks->networks[i].off)
			return true;
	return false;
}

static bool others_rely(const char *family, const char *interface, const char *name)
{
	(void)family;
	return strcmp(interface, "all") == 0 && strcmp(name, "forwarding") == 0 && nft_others_forward();
}

static bool kernel_can_force(void)
{
	char value[SETTING_SIZE];

	return setting_read("ipv6", "all", "force_forwarding", value) == 0;
}

/* Calls each() for every interface of the host but ours. Returns 0 or the first error. */
static int each_interface(int (*each)(const char *interface))
{
	DIR *directory = opendir("/proc/sys/net/ipv6/conf");
	const struct dirent *entry;
	int ret = 0;

	if (directory == NULL)
		return errno == ENOENT ? 0 : -errno;
	while (ret == 0 && (entry = readdir(directory)) != NULL) {
		const char *name = entry->d_name;

		if (name[0] != '.' && strcmp(name, "all") != 0 && strcmp(name, "lo") != 0 &&
		    strncmp(name, NETWORK_BRIDGE_PREFIX, strlen(NETWORK_BRIDGE_PREFIX)) != 0)
			ret = each(name);
	}
	closedir(directory);
	return ret;
}

/* A host that forwards believes routers only where accept_ra is 2: without this it would lose its own IPv6. */
static int keep_believing(const char *interface)
{
	char accept_ra[SETTING_SIZE], forwarding[SETTING_SIZE];

	if (setting_read("ipv6", interface, "accept_ra", accept_ra) < 0 ||
	    setting_read("ipv6", interface, "forwarding", forwarding) < 0 || strcmp(accept_ra, "1") != 0 ||
	    strcmp(forwarding, "0") != 0)
		return 0;
	return setting_borrow("ipv6", interface, "accept_ra", "2");
}

/* The way back: packets for guests come in by whatever interface leads to the world. Our table says what may pass. */
static int force_interface(const char *interface)
{
	return setting_borrow("ipv6", interface, "force_forwarding", "1");
}

/* forwarding: guests keep a router only as long as it says that it is one. */
static int force_bridges(const struct setup *setup)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < setup->networks->count; i++) {
		const struct network *network = &setup->networks->networks[i];
		const char *value = (network->router & NETWORK_IPV6) != 0 ? "1" : "0";

		if (!setup_wants(setup, i))
			continue;
		ret = setting_write("ipv6", network->bridge, "force_forwarding", value);
		if (ret == 0)
			ret = setting_write("ipv6", network->bridge, "forwarding", value);
	}
	return ret;
}

static int forward_ipv6(const struct setup *setup)
{
	char forwarding[SETTING_SIZE];
	int ret;

	if (setting_read("ipv6", "all", "forwarding", forwarding) < 0 || strcmp(forwarding, "1") == 0)
		return 0;
	if (kernel_can_force()) {
		ret = each_interface(force_interface);
		return ret < 0 ? ret : force_bridges(setup);
	}
	tb_log(TB_LOG_NOTICE,
	       "IPv6 is forwarded between all interfaces from now on: this kernel has no force_forwarding. This host believes its routers as before (accept_ra=2)");
	ret = each_interface(keep_believing);
	return ret < 0 ? ret : setting_borrow("ipv6", "all", "forwarding", "1");
}

static unsigned int forward_problem(int ret, const char *what)
{
	if (ret < 0)
		tb_log(TB_LOG_ERROR, "%s: %s", what, strerror(-ret));
	return ret < 0;
}

static unsigned int forward_stop(struct setup *setup)
{
	(void)setup;
	return forward_problem(settings_restore(others_rely), "cannot give back the host's settings of forwarding");
}

static unsigned int forward_start(struct setup *setup)
{
	uint32_t families = families_wanted(setup);
	unsigned int problems = 0;

	if (families == 0)
		return any_is_off(setup) ? 0 : forward_stop(setup);
	if ((families & NETWORK_IPV4) != 0)
		problems += forward_problem(setting_borrow("ipv4", "all", "forwarding", "1"),
					    "cannot switch on forwarding of IPv4");
	if ((families & NETWORK_IPV6) != 0)
		problems += forward_problem(forward_ipv6(setup), "cannot switch on forwarding of IPv6");
	return problems;
}

const struct setup_part setup_forward = {.name = "forward", .start = forward_start, .stop = forward_stop};

/* Interfaces of ours in a zone of firewalld: see setup_places.h. Runs in tapbroker-setup, as root. It must never take
 * an interface out of the zone that it did not put there.
 *
 * A bridge of ours is known by itself. Of names of routed devices, of which there may be none now, those that we have
 * put there stand in a file, one in a line. It lies in /run: firewalld forgets them, too, when the host starts again.
 */
#include "broker/setup/setup_nft.h"
#include "broker/setup/setup_places.h"
#include "broker/setup/setup_program.h"

#include "broker/shared/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIREWALL_CMD "/usr/bin/firewall-cmd"
#define FIREWALL_ZONE "--zone=trusted" /* lets everything pass; what may pass is said by our own table */

#define FIREWALLD_WRITTEN "/run/tapbroker/setup-firewalld"

static bool firewalld_runs(void)
{
	static const char *const words[] = {FIREWALL_CMD, "--state", NULL};
	char said[64];

	return program_ask(words, said, sizeof(said)) == 0;
}

/* It answers when it has loaded its rules, and not before. Without a table it has nothing to load. */
void firewalld_wait(void)
{
	char *tables = nft_list("list tables inet", true);

	if (tables != NULL && strstr(tables, "table inet firewalld\n") != NULL)
		(void)firewalld_runs();
	free(tables);
}

/* option: what is done with the interface, or asked of it. */
static int firewalld_call(const char *option, const char *interface)
{
	char argument[64], said[256];
	const char *words[] = {FIREWALL_CMD, "--quiet", FIREWALL_ZONE, argument, NULL};

	snprintf(argument, sizeof(argument), "%s=%s", option, interface);
	return program_ask(words, said, sizeof(said));
}

/* Before it is there: whoever is killed in between has put nothing there, or left a line. */
static int firewalld_write_down(const char *interface)
{
	int fd TB_CLOSE = open(FIREWALLD_WRITTEN, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	return dprintf(fd, "%s\n", interface) < 0 ? -EIO : 0;
}

static bool firewalld_is_written(const char *interface)
{
	FILE *file = fopen(FIREWALLD_WRITTEN, "re");
	char line[TB_NAME_SIZE + 1];
	bool found = false;

	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		found = strcmp(line, interface) == 0;
	}
	if (file != NULL)
		fclose(file);
	return found;
}

int firewalld_add(const struct guest_interfaces *guests)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < guests->count; i++) {
		char interface[TB_NAME_SIZE];

		guest_interface_plus(guests->names[i], interface);
		if (firewalld_call("--query-interface", interface) == 0)
			continue;
		ret = firewalld_write_down(interface);
		if (ret == 0)
			ret = firewalld_call("--add-interface", interface);
	}
	return ret;
}

static bool firewalld_wanted(const struct setup *setup, const char *interface)
{
	for (size_t i = 0; i < setup->networks->count; i++) {
		struct guest_interfaces guests;

		if (!setup_wants(setup, i))
			continue;
		guest_interfaces_find(&setup->networks->networks[i], &guests);
		for (size_t j = 0; j < guests.count; j++) {
			char wanted[TB_NAME_SIZE];

			guest_interface_plus(guests.names[j], wanted);
			if (strcmp(wanted, interface) == 0)
				return true;
		}
	}
	return false;
}

/* A bridge's name in the zone whose interface is there and is not ours is somebody else's. */
static bool firewalld_is_ours(const struct setup *setup, const char *interface)
{
	if (strncmp(interface, NETWORK_BRIDGE_PREFIX, strlen(NETWORK_BRIDGE_PREFIX)) != 0)
		return firewalld_is_written(interface);
	return if_nametoindex(interface) == 0 || setup_bridge_is_ours(setup, interface);
}

void firewalld_clean(const struct setup *setup, bool keep)
{
	static const char *const words[] = {FIREWALL_CMD, FIREWALL_ZONE, "--list-interfaces", NULL};
	char said[4096];
	char *rest = NULL;

	if (firewalld_runs() && program_ask(words, said, sizeof(said)) == 0)
		for (char *word = strtok_r(said, " \n", &rest); word != NULL; word = strtok_r(NULL, " \n", &rest))
			if (firewalld_is_ours(setup, word) && !(keep && firewalld_wanted(setup, word)))
				firewalld_call("--remove-interface", word);
	if (!keep)
		unlink(FIREWALLD_WRITTEN);
}

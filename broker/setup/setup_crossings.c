/* What is to be let pass by other firewalls: see setup_crossings.h. Runs in tapbroker-setup, as root, also in `watch`.
 * It must never meet a client.
 *
 * One line is one network: its name, a letter for each thing that is to pass, and its guests' interfaces.
 */
#include "broker/setup/setup_crossings.h"

#include "broker/setup/setup_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CROSSINGS_WRITTEN "/run/tapbroker/setup-crossings"
#define CROSSINGS_COMING CROSSINGS_WRITTEN ".new"

#define CROSSING_LINE_SIZE (TB_NETWORK_SIZE + 8 + GUEST_INTERFACES_MAX * (TB_NAME_SIZE + 1))

void crossing_of_network(const struct network *network, struct crossing *crossing)
{
	*crossing = (struct crossing){
		.ipv4 = (network->router & NETWORK_IPV4) != 0,
		.ipv6 = (network->router & NETWORK_IPV6) != 0,
		.input = network->dhcp || network->reach == REACH_HOST || network->reach == REACH_ALL,
		.published = network->publish_count > 0,
	};
	snprintf(crossing->network, sizeof(crossing->network), "%s", network->name);
	guest_interfaces_find(network, &crossing->guests);
}

static void crossing_write(FILE *out, const struct crossing *crossing)
{
	fprintf(out, "%s -%s%s%s%s", crossing->network, crossing->ipv4 ? "4" : "", crossing->ipv6 ? "6" : "",
		crossing->input ? "i" : "", crossing->published ? "p" : "");
	for (size_t i = 0; i < crossing->guests.count; i++)
		fprintf(out, " %s", crossing->guests.names[i]);
	fputc('\n', out);
}

int crossings_write(const struct setup *setup)
{
	FILE *out = fopen(CROSSINGS_COMING, "we");
	int ret;

	if (out == NULL)
		return -errno;
	for (size_t i = 0; i < setup->networks->count; i++) {
		struct crossing crossing;

		if (!setup_wants(setup, i))
			continue;
		crossing_of_network(&setup->networks->networks[i], &crossing);
		crossing_write(out, &crossing);
	}
	ret = setup_file_end(out);
	if (ret < 0)
		return ret;
	return rename(CROSSINGS_COMING, CROSSINGS_WRITTEN) < 0 ? -errno : 0;
}

int crossings_forget(void)
{
	return unlink(CROSSINGS_WRITTEN) < 0 && errno != ENOENT ? -errno : 0;
}

/* Returns 0, or -EINVAL for what is no line of ours. */
static int crossing_read(char *line, struct crossing *crossing)
{
	char *rest = NULL;
	const char *name = strtok_r(line, " \n", &rest);
	const char *letters = strtok_r(NULL, " \n", &rest);

	if (name == NULL || letters == NULL || strlen(name) >= sizeof(crossing->network))
		return -EINVAL;
	*crossing = (struct crossing){
		.ipv4 = strchr(letters, '4') != NULL,
		.ipv6 = strchr(letters, '6') != NULL,
		.input = strchr(letters, 'i') != NULL,
		.published = strchr(letters, 'p') != NULL,
	};
	snprintf(crossing->network, sizeof(crossing->network), "%s", name);
	while ((name = strtok_r(NULL, " \n", &rest)) != NULL) {
		if (strlen(name) >= TB_NAME_SIZE || crossing->guests.count == GUEST_INTERFACES_MAX)
			return -EINVAL;
		snprintf(crossing->guests.names[crossing->guests.count++], TB_NAME_SIZE, "%s", name);
	}
	return crossing->guests.count > 0 ? 0 : -EINVAL;
}

int crossings_read(unsigned int (*each)(const struct crossing *crossing))
{
	FILE *file = fopen(CROSSINGS_WRITTEN, "re");
	char line[CROSSING_LINE_SIZE];
	int problems = 0;

	if (file == NULL)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), file) != NULL) {
		struct crossing crossing;

		problems += crossing_read(line, &crossing) < 0 ? 1 : (int)each(&crossing);
	}
	fclose(file);
	return problems;
}

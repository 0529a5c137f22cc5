/* From an access list to networks: see import.h. Runs as the user, best as root. Besides the list it reads the MTU of a
 * bridge that exists, and nothing else. */
#include "client/tapctl/import.h"
#include "client/tapctl/tapctl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MTU_DEFAULT 1500 /* of a network file */
#define MTU_MOST 65521   /* of a tap */

/* The broker names devices after so much of a network's name, and takes no two networks that have it in common. */
#define NAME_TOLD 8
#define NUMBER_MOST 999 /* that is put behind a name */

/* Adds a condition to one side of an expression. NULL stays NULL, which is everybody. */
static int either(char **expression, const char *condition)
{
	char *longer;

	if (*expression == NULL)
		return 0;
	if ((*expression)[0] == '\0')
		longer = strdup(condition);
	else if (asprintf(&longer, "%s || %s", *expression, condition) < 0)
		longer = NULL;
	if (longer == NULL)
		return -1;
	free(*expression);
	*expression = longer;
	return 0;
}

/* Whom the "allow" or the "deny" lines concern that name this bridge, or all. *expression is NULL for everybody, ""
 * for nobody. Returns -1 if there is no memory. */
static int collect(const struct bridge_conf *conf, bool allow, const char *bridge, char **expression)
{
	*expression = strdup("");
	if (*expression == NULL)
		return -1;
	for (size_t i = 0; i < conf->count; i++) {
		const struct bridge_rule *rule = &conf->rules[i];
		const struct readers *readers = &rule->readers;
		bool everybody = readers->unclear ? !allow : readers->everybody;

		if (rule->allow != allow || (rule->bridge[0] != '\0' && strcmp(rule->bridge, bridge) != 0))
			continue;
		if (everybody) {
			free(*expression);
			*expression = NULL;
			return 0;
		}
		if (readers->condition != NULL && !readers->unclear && strcmp(*expression, readers->condition) != 0 &&
		    either(expression, readers->condition) < 0)
			return -1;
	}
	return 0;
}

/* What a network file's Bridge= takes. */
static bool bridge_valid(const char *bridge)
{
	if (!isalnum((unsigned char)bridge[0]))
		return false;
	for (const char *c = bridge; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && strchr("_.-", *c) == NULL)
			return false;
	return strcmp(bridge, "all") != 0 && strcmp(bridge, "default") != 0;
}

/* QEMU's helper gives the device the bridge's MTU. */
static unsigned int bridge_mtu(const char *bridge)
{
	unsigned int mtu = MTU_DEFAULT;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/mtu", bridge);
	file = fopen(path, "re");
	if (file == NULL) {
		complain(
			"%s: there is no such bridge now; make it before a device is asked for, and if its MTU is not %u, write MTU= into its network file",
			bridge, mtu);
		return mtu;
	}
	if (fscanf(file, "%u", &mtu) != 1 || mtu > MTU_MOST)
		mtu = MTU_DEFAULT;
	fclose(file);
	return mtu;
}

/* True if another network, or a bridge, is called so, or if devices could not be told from another network's. */
static bool name_taken(const struct import *import, const struct import_network *network)
{
	const char *name = network->name;

	for (size_t i = 0; i < import->count; i++)
		if (strncmp(import->networks[i].name, name, NAME_TOLD) == 0)
			return true;
	if (strcmp(name, network->bridge) == 0)
		return false;
	for (size_t i = 0; i < import->conf->count; i++)
		if (strcmp(import->conf->rules[i].bridge, name) == 0)
			return true;
	for (size_t i = 0; i < import->all_count; i++)
		if (strcmp(import->all[i], name) == 0)
			return true;
	return false;
}

/* The beginning of a name, and a number, in the letters that tell devices. */
static void number_name(char name[IMPORT_NETWORK_SIZE], const char *base, unsigned int number)
{
	int digits = number < 10 ? 1 : number < 100 ? 2 : 3;

	snprintf(name, IMPORT_NETWORK_SIZE, "%.*s-%u", NAME_TOLD - 1 - digits, base, number);
}

/* The network is called as its bridge, as far as a network may be called so. The helper finds it by its bridge. */
static void choose_name(const struct import *import, struct import_network *network)
{
	char base[BRIDGE_NAME_SIZE + 1];

	snprintf(base, sizeof(base), "%s%s", isalpha((unsigned char)network->bridge[0]) ? "" : "n", network->bridge);
	for (char *c = base; *c != '\0'; c++)
		*c = (char)(*c == '.' ? '-' : tolower((unsigned char)*c));
	snprintf(network->name, sizeof(network->name), "%s", base);
	for (unsigned int number = 2; name_taken(import, network) && number <= NUMBER_MOST; number++)
		number_name(network->name, base, number);
}

/* Who may have a device of it, from the two expressions, which it takes. Returns NULL if there is no memory. */
static char *combine(const char *allowed, const char *denied)
{
	char *who;
	int length;

	if (denied[0] == '\0')
		return strdup(allowed);
	if (allowed == NULL)
		length = asprintf(&who, "!(%s)", denied);
	else
		length = asprintf(&who, "(%s) && !(%s)", allowed, denied);
	return length < 0 ? NULL : who;
}

static int add(struct import *import, const char *bridge, const char *allowed, const char *denied)
{
	struct import_network *longer = realloc(import->networks, (import->count + 1) * sizeof(*longer));
	struct import_network *network;

	if (longer == NULL)
		return -1;
	import->networks = longer;
	network = &longer[import->count];
	*network = (struct import_network){.mtu = bridge_mtu(bridge)};
	snprintf(network->bridge, sizeof(network->bridge), "%s", bridge);
	choose_name(import, network);
	if (allowed != NULL || denied[0] != '\0') {
		network->who = combine(allowed, denied);
		if (network->who == NULL)
			return -1;
	}
	import->count++;
	return 0;
}

/* One bridge that an "allow" line names, or that stands for "allow all". */
static int import_bridge(struct import *import, const char *bridge)
{
	char *allowed = NULL;
	char *denied = NULL;
	int ret = 0;

	for (size_t i = 0; i < import->count; i++)
		if (strcmp(import->networks[i].bridge, bridge) == 0)
			return 0;
	if (collect(import->conf, true, bridge, &allowed) < 0 || collect(import->conf, false, bridge, &denied) < 0)
		ret = -1;
	else if (!bridge_valid(bridge))
		complain("allow %s: not kept: no network file can name it, and no bridge should be called so", bridge);
	else if (denied == NULL)
		complain("allow %s: it is denied to everybody, and so no network is made", bridge);
	else if (allowed != NULL && allowed[0] == '\0')
		complain(
			"allow %s: only root can read where this stands, so nobody else was allowed, and no network is made",
			bridge);
	else
		ret = add(import, bridge, allowed, denied);
	free(allowed);
	free(denied);
	return ret;
}

int import_make(struct import *import)
{
	const struct bridge_conf *conf = import->conf;
	bool allows_all = false;
	int ret = 0;

	for (size_t i = 0; i < conf->count && ret == 0; i++) {
		if (!conf->rules[i].allow)
			continue;
		if (conf->rules[i].bridge[0] == '\0')
			allows_all = true;
		else
			ret = import_bridge(import, conf->rules[i].bridge);
	}
	for (size_t i = 0; i < import->all_count && allows_all && ret == 0; i++)
		ret = import_bridge(import, import->all[i]);
	if (allows_all)
		complain("allow all: not kept as such: a network file names its bridge%s",
			 import->all_count == 0
				 ? "; say which are meant: --bridge=br0, once for each"
				 : ", so only those of --bridge= are allowed, and none that is made later");
	else if (import->all_count > 0)
		complain("--bridge= is for \"allow all\", which does not stand there: it changes nothing");
	if (ret < 0) {
		complain("there is no memory left");
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

void import_free(struct import *import)
{
	for (size_t i = 0; i < import->count; i++)
		free(import->networks[i].who);
	free(import->networks);
}

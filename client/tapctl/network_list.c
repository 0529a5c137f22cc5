/* Fetching and finding networks: see network_list.h. Runs as the user. */
#include "client/tapctl/network_list.h"

#include "client/tapctl/polkit_ask.h"
#include "client/tapctl/published.h"
#include "client/tapctl/tapctl.h"
#include "proto/suggest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void network_free(struct tap_network *network)
{
	free((char *)network->name);
	free((char *)network->names);
	free((char *)network->lower);
	published_free(network);
}

static int network_add(const struct tap_network *network, void *arg)
{
	struct network_list *list = arg;
	struct tap_network *longer = realloc(list->networks, (list->count + 1) * sizeof(*longer));
	struct tap_network *copy;

	if (longer == NULL)
		return ENOMEM;
	list->networks = longer;
	copy = &longer[list->count];
	*copy = *network;
	copy->name = strdup(network->name);
	copy->names = strdup(network->names);
	copy->lower = strdup(network->lower);
	if (published_copy(network, copy) != 0 || copy->name == NULL || copy->names == NULL || copy->lower == NULL) {
		network_free(copy);
		return ENOMEM;
	}
	list->count++;
	return 0;
}

static int fetch(int timeout, struct tap_failure *failure, struct network_list *list)
{
	int error = tap_networks(0, timeout, failure, network_add, list);

	return error < 0 ? errno : error;
}

int networks_fetch(int timeout, struct network_list *list)
{
	return fetch(timeout, NULL, list);
}

static int ask_networks(void *context, unsigned int flags, struct tap_failure *failure)
{
	(void)flags;
	return fetch(0, failure, context);
}

int networks_get(struct network_list *list)
{
	struct polkit_answer answer;
	const char *text;
	int ret;

	polkit_ask_with_agent("the broker, which asks polkit", 0, ask_networks, list, &answer);
	if (answer.error == 0)
		return EXIT_OK;
	ret = polkit_answer_read(&answer, tap_strerror(EACCES), &text);
	complain("%s", text);
	return ret;
}

void networks_free(struct network_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		network_free(&list->networks[i]);
	free(list->networks);
	*list = (struct network_list)NETWORKS_NONE;
}

const struct tap_network *networks_find(const struct network_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->networks[i].name, name) == 0)
			return &list->networks[i];
	return NULL;
}

const char *networks_suggest(const struct network_list *list, const char *word)
{
	const char **names = calloc(list->count + 1, sizeof(*names));
	const char *found = NULL;

	if (names == NULL)
		return NULL;
	for (size_t i = 0; i < list->count; i++)
		names[i] = list->networks[i].name;
	found = tb_suggest(word, names, list->count);
	free(names);
	return found;
}

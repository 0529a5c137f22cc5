/* A network as keys and values: see network_values.h. It reads what network_print() writes, so that there is one place
 * that knows every key. Runs in tapbrokerd --check, as whoever calls it.
 */
#include "broker/config/network_values.h"

#include "broker/config/network_print.h"
#include "broker/shared/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes one KEY=VALUE. A second line of a list goes on with the one before. */
static void take_value(struct network_values *values, const char *key, const char *value)
{
	struct network_value *last = values->count > 0 ? &values->values[values->count - 1] : NULL;
	size_t used;

	if (last != NULL && strcmp(last->key, key) == 0) {
		used = strlen(last->value);
		snprintf(last->value + used, sizeof(last->value) - used, " %s", value);
		return;
	}
	if (values->count == VALUES_MAX)
		tb_die("there are more keys than network_values.h has room for");
	last = &values->values[values->count++];
	snprintf(last->key, sizeof(last->key), "%s", key);
	snprintf(last->value, sizeof(last->value), "%s", value);
}

void network_values(const struct network *network, struct network_values *values)
{
	char *text = NULL;
	size_t size = 0;
	char *rest = NULL;
	FILE *out = open_memstream(&text, &size);

	values->count = 0;
	if (out == NULL)
		tb_die("out of memory");
	network_print(network, out);
	if (fclose(out) != 0)
		tb_die("out of memory");
	for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		char *equals = strchr(line, '=');

		if (line[0] == '[' || line[0] == '#' || equals == NULL)
			continue;
		*equals = '\0';
		take_value(values, line, equals + 1);
	}
	free(text);
}

const char *network_value_of(const struct network_values *values, const char *key)
{
	for (size_t i = 0; i < values->count; i++)
		if (strcmp(values->values[i].key, key) == 0)
			return values->values[i].value;
	return NULL;
}

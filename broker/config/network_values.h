/* A network as its keys and values, as a file would say them. Runs in tapbrokerd --check alone; allocates nothing that
 * stays.
 */
#ifndef TB_NETWORK_VALUES_H
#define TB_NETWORK_VALUES_H

#include "broker/config/table.h"

#define VALUES_MAX 48 /* more than there are keys */

struct network_value {
	char key[32];
	char value[800]; /* what stands in several lines, as Names=, is one value here */
};

struct network_values {
	struct network_value values[VALUES_MAX];
	size_t count;
};

/* Writes down every value of the network, those of keys that its file leaves out, too. */
void network_values(const struct network *network, struct network_values *values);

/* The value of that key, or NULL. */
const char *network_value_of(const struct network_values *values, const char *key);

#endif

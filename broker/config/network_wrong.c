/* Which rule a name or an address in a network file breaks: for the messages about it. Runs in tapbrokerd and
 * tapbroker-setup before any client is met, as root, on the text of root's files. It decides nothing: all that it is
 * asked about was refused.
 */
#include "broker/config/network_file.h"

#include "proto/message.h"
#include "proto/suggest.h"

#include <string.h>

#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* How one kind of name is written. The texts go behind "a name". */
struct name_rules {
	size_t size; /* of its field, with a NUL at least */
	const char *too_long;
	const char *allowed; /* characters */
	const char *made_of;
	const char *first; /* characters */
	const char *begins;
};

static const struct name_rules of_devices = {.size = TB_NAME_SIZE,
					     .too_long = "has at most 15 characters",
					     .allowed = SMALL DIGITS "_.-",
					     .made_of = "is made of a-z 0-9 _ . -",
					     .first = SMALL,
					     .begins = "begins with a letter"};

static const struct name_rules of_lower = {.size = TB_NAME_SIZE,
					   .too_long = "has at most 15 characters",
					   .allowed = CAPITALS SMALL DIGITS "_.-",
					   .made_of = "is made of A-Z a-z 0-9 _ . -",
					   .first = CAPITALS SMALL DIGITS,
					   .begins = "begins with a letter or a digit"};

static const struct name_rules of_networks = {.size = TB_NETWORK_SIZE,
					      .too_long = "has at most 31 characters",
					      .allowed = SMALL DIGITS "_-",
					      .made_of = "is made of a-z 0-9 _ -",
					      .first = SMALL,
					      .begins = "begins with a letter"};

static const char *which_rule(const struct name_rules *rules, const char *word)
{
	if (word[0] == '\0')
		return "is not empty";
	if (word[strspn(word, rules->allowed)] != '\0')
		return rules->made_of;
	if (strchr(rules->first, word[0]) == NULL)
		return rules->begins;
	if (strlen(word) >= rules->size)
		return rules->too_long;
	if (strstr(word, "..") != NULL)
		return "has no two dots side by side";
	return "is neither all nor default";
}

const char *network_name_wrong(const char *word)
{
	return which_rule(&of_devices, word);
}

const char *network_lower_wrong(const char *word)
{
	return which_rule(&of_lower, word);
}

const char *network_network_wrong(const char *word)
{
	return which_rule(&of_networks, word);
}

const char *network_address_wrong(const char *word, const char *rule)
{
	const char *mistake = tb_suggest_address(word);

	return mistake != NULL ? mistake : rule;
}

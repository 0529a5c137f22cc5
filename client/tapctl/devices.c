/* Which devices the command line of `tapctl get` names: see devices.h. Runs as the user. */
#include "client/tapctl/devices.h"

#include "client/tapctl/tapctl.h"
#include "client/tapctl/words.h"
#include "proto/words.h"

#include <stdio.h>
#include <string.h>

static bool alias_valid(const char *alias, size_t length)
{
	return length > 0 && length < ALIAS_TEXT && alias[0] >= 'a' && alias[0] <= 'z' &&
	       strspn(alias, "abcdefghijklmnopqrstuvwxyz0123456789_-") >= length;
}

int device_read(const char *word, const struct tap_request *request, struct device *device)
{
	const char *sign = strchr(word, '=');
	size_t length = sign == NULL ? strlen(word) : (size_t)(sign - word);

	if (sign != NULL && (!alias_valid(word, length) || sign[1] == '\0')) {
		complain("get: \"%s\" is no ALIAS=NETWORK; an alias is a letter followed by up to 30 of a-z 0-9 _ -",
			 word);
		return EXIT_USAGE;
	}
	*device = (struct device){.word = word, .request = *request};
	device->request.network = sign == NULL ? word : sign + 1;
	/* What does not fit is no network's name, and will be refused as such. */
	snprintf(device->alias, sizeof(device->alias), "%.*s", (int)length, word);
	return EXIT_OK;
}

static int check_pair(const struct device *one, const struct device *other)
{
	char variables[2][VARIABLE_TEXT];

	variable_write(one->alias, "", variables[0]);
	variable_write(other->alias, "", variables[1]);
	if (strcmp(variables[0], variables[1]) != 0)
		return EXIT_OK;
	complain("get: the variables of %s and %s would be the same; give one of them another name, as in b=%s",
		 one->word, other->word, other->request.network);
	return EXIT_USAGE;
}

int devices_check(const struct device *devices, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (check_pair(&devices[j], &devices[i]) != EXIT_OK)
				return EXIT_USAGE;
	return EXIT_OK;
}

bool device_was_there(const struct device *device)
{
	return (tap_flags(device->tap) & TAP_AGAIN) != 0;
}

bool device_is_held(const struct device *device)
{
	return !device_was_there(device) &&
	       (!tb_lifetime_by_name(device->request.lifetime) || device->request.lifetime == TAP_LIFETIME_NAMED);
}

void devices_close(struct device *devices, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		tap_close(devices[i].tap);
		devices[i].tap = NULL;
	}
}

/* Variables of the environment: see variables.h. Runs as the user. */
#include "client/tapctl/variables.h"

#include "client/tapctl/tapctl.h"
#include "proto/number.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 64 /* characters of a value */

const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

const char *variable_numbered(const char *format, unsigned int number, char name[VARIABLE_NAME])
{
	const char *digits = strstr(format, "%d");

	snprintf(name, VARIABLE_NAME, "%.*s%u%s", (int)(digits - format), format, number, digits + 2);
	return variable(name);
}

/* A server may have written it: nothing of it may reach a terminal but what can be read. */
int variable_refuse(const char *name, const char *wanted)
{
	const char *value = variable(name);
	char shown[SHOWN];

	snprintf(shown, sizeof(shown), "%s", value != NULL ? value : "");
	for (char *c = shown; *c != '\0'; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	complain("%s=%s: %s is wanted; nothing is configured", name, shown, wanted);
	return EXIT_USAGE;
}

int variable_address(const char *name, struct inet *inet)
{
	const char *value = variable(name);

	if (value != NULL && inet_read_address(value, inet) == 0)
		return EXIT_OK;
	return variable_refuse(name, "an address");
}

int variable_prefix(const char *name, struct inet *inet)
{
	const char *value = variable(name);

	if (value != NULL && inet_read_prefix(value, inet) == 0)
		return EXIT_OK;
	return variable_refuse(name, "an address, or one with a number of bits, as in fd00::2/64,");
}

int variable_netmask(const char *name, unsigned int *bits)
{
	const char *value = variable(name);

	if (value != NULL && inet_read_netmask(value, bits) == 0)
		return EXIT_OK;
	return variable_refuse(name, "a netmask, as in 255.255.255.0,");
}

int variable_number(const char *name, unsigned int least, unsigned int most, unsigned int *number)
{
	const char *value = variable(name);
	char wanted[64];
	uint64_t read;

	if (value != NULL && tb_number_read(value, least, most, &read) == 0) {
		*number = (unsigned int)read;
		return EXIT_OK;
	}
	snprintf(wanted, sizeof(wanted), "a number from %u to %u", least, most);
	return variable_refuse(name, wanted);
}

int variable_put(struct settings *settings, const struct setting *setting)
{
	if (settings_put(settings, setting) == 0)
		return EXIT_OK;
	complain("the environment has more addresses and routes than the %d that a device may have", SETTINGS_MAX);
	return EXIT_USAGE;
}

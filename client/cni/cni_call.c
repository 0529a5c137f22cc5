/* What a call wants: its environment, and its configuration. Runs as the engine runs its plugins; see cni.h. */
#include "client/cni/cni.h"
#include "proto/message.h"
#include "proto/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Characters of an interface's name, by the kernel. */
#define INTERFACE_MAX 15

/* What may stand in a configuration; all but ours is for the engine or for other plugins of a chain. */
static const char *const known[] = {
	"network",    "interface",    "mtu",  "owner",         "group",
	"cniVersion", "name",         "type", "prevResult",    "runtimeConfig",
	"args",       "capabilities", "dns",  CNI_ATTACHMENTS, "cni.dev/attachments",
};

static const char *const releases[CNI_RELEASES] = {
	[CNI_0_3_0] = "0.3.0", [CNI_0_3_1] = "0.3.1",    [CNI_0_4_0] = "0.4.0",
	[CNI_1_0_0] = "1.0.0", [CNI_1_1_0] = CNI_NEWEST,
};

const char *cni_release_word(enum cni_release release)
{
	return releases[release];
}

static const char *environment(const char *name, bool needed)
{
	const char *value = getenv(name);

	if (needed && (value == NULL || value[0] == '\0'))
		cni_fail(CNI_ENVIRONMENT, NULL, "%s is not set", name);
	return value;
}

static void check_keys(json_t *configuration)
{
	const char *key;
	json_t *value;

	json_object_foreach(configuration, key, value)
	{
		char *text = NULL;
		bool found = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			found = found || strcmp(key, known[i]) == 0;
		if (found)
			continue;
		text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
		cni_fail(CNI_FIELD_UNKNOWN, "tapbroker-cni(8) lists the keys", "\"%s\": %s is not supported", key,
			 text != NULL ? text : "");
	}
}

static const char *read_string(json_t *configuration, const char *key, const char *otherwise)
{
	json_t *value = json_object_get(configuration, key);

	if (value != NULL && !json_is_string(value))
		cni_fail(CNI_CONFIGURATION, NULL, "\"%s\" is no string", key);
	return value != NULL ? json_string_value(value) : otherwise;
}

static long read_number(json_t *configuration, const char *key, long least, long most, long otherwise)
{
	json_t *value = json_object_get(configuration, key);

	if (value == NULL)
		return otherwise;
	if (!json_is_integer(value) || json_integer_value(value) < least || json_integer_value(value) > most)
		cni_fail(CNI_CONFIGURATION, NULL, "\"%s\" is no number from %ld to %ld", key, least, most);
	return (long)json_integer_value(value);
}

static void check_interface(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > INTERFACE_MAX || strpbrk(name, "/: \t\n") != NULL || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		cni_fail(CNI_ENVIRONMENT, NULL, "\"%s\" cannot be the name of an interface", name);
}

bool cni_key_write(char key[CNI_KEY_SIZE], const char *container, const char *interface)
{
	char field[TB_EXTERNAL_ID_SIZE];
	int length = snprintf(key, CNI_KEY_SIZE, "%s/%s", container, interface);

	return length < CNI_KEY_SIZE && tb_field_set(field, sizeof(field), key) == 0 &&
	       tb_external_id_valid(field, sizeof(field));
}

static enum cni_release read_release(const char *version)
{
	for (enum cni_release release = 0; release < CNI_RELEASES; release++)
		if (strcmp(version, releases[release]) == 0)
			return release;
	cni_fail(CNI_VERSION_UNKNOWN, "VERSION tells those that are supported", "cniVersion \"%s\" is not supported",
		 version);
}

/* What plugins before this one have made: something that our interface can be added to. */
static json_t *read_previous(json_t *configuration)
{
	json_t *previous = json_object_get(configuration, "prevResult");
	json_t *interfaces = json_object_get(previous, "interfaces");

	if (previous == NULL || json_is_null(previous))
		return NULL;
	if (!json_is_object(previous))
		cni_fail(CNI_CONFIGURATION, NULL, "\"prevResult\" is no object");
	if (json_is_null(interfaces))
		json_object_del(previous, "interfaces");
	else if (interfaces != NULL && !json_is_array(interfaces))
		cni_fail(CNI_CONFIGURATION, NULL, "\"interfaces\" of \"prevResult\" is no list");
	return previous;
}

void cni_call_read(struct cni_call *call)
{
	json_error_t error;

	*call = (struct cni_call){.command = environment("CNI_COMMAND", true)};
	call->configuration = json_loadf(stdin, 0, &error);
	if (!json_is_object(call->configuration))
		cni_fail(CNI_DECODE, error.text, "standard input is no JSON object");
	call->version = read_string(call->configuration, "cniVersion", "");
	call->release = read_release(call->version);
	cni_speak(call->version);
	check_keys(call->configuration);
	call->interface = read_string(call->configuration, "interface", NULL);
	call->network = read_string(call->configuration, "network", NULL);
	if (call->network == NULL)
		cni_fail(CNI_CONFIGURATION, "tapctl networks lists them", "\"network\" is missing");
	call->previous = read_previous(call->configuration);
	call->mtu = (unsigned int)read_number(call->configuration, "mtu", TB_MTU_MIN, TB_MTU_MAX, 0);
	call->owner = read_number(call->configuration, "owner", 0, UINT32_MAX - 1L, -1);
	call->group = read_number(call->configuration, "group", 0, UINT32_MAX - 1L, -1);
	if (call->interface != NULL)
		check_interface(call->interface);
}

void cni_call_read_attachment(struct cni_call *call)
{
	const char *interface = environment("CNI_IFNAME", true);

	call->container = environment("CNI_CONTAINERID", true);
	call->netns = environment("CNI_NETNS", false);
	if (call->interface == NULL)
		call->interface = interface;
	check_interface(call->interface);
	if (!cni_key_write(call->key, call->container, call->interface))
		cni_fail(CNI_ENVIRONMENT, "together they have at most 79 characters of A-Z a-z 0-9 _ . -",
			 "CNI_CONTAINERID=%s and the interface %s cannot name a lease", call->container,
			 call->interface);
}

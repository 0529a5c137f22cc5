/* tapbroker-cni: a plugin for container engines, which gives a container a tap or a tun of the broker's. See
 * tapbroker-cni(8) and the CNI specification. Runs as the engine runs its plugins, and does one command.
 *
 * It must never write anything but one JSON document to standard output, never start a program, and never leave a
 * device behind when it says that it failed.
 */
#include "client/cni/cni.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *spoken = CNI_NEWEST;

/* Returns false if the engine has not got all of it. */
static bool print(json_t *document)
{
	bool printed = document != NULL && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF &&
		       fflush(stdout) == 0;

	json_decref(document);
	return printed;
}

/* JSON is UTF-8; what is quoted may be anything, and may have been cut inside a character. */
static void make_ascii(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > '~')
			*text = '?';
}

void cni_speak(const char *version)
{
	spoken = version;
}

void cni_fail(enum cni_code code, const char *details, const char *format, ...)
{
	char text[512];
	char more[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(more, sizeof(more), "%s", details != NULL ? details : "");
	make_ascii(text);
	make_ascii(more);
	print(json_pack("{s:s, s:i, s:s, s:s}", "cniVersion", spoken, "code", (int)code, "msg", text, "details", more));
	exit(EXIT_FAILURE);
}

/* Takes the device back, and fails. */
static _Noreturn void undo(const struct cni_call *call, int error, const char *what)
{
	cni_lease_end(call);
	cni_fail(CNI_INTERFACE, strerror(-error), "%s: cannot %s", call->interface, what);
}

/* What a chain of plugins has so far, and our interface behind it. */
static json_t *make_result(const struct cni_call *call, const char *mac)
{
	json_t *result = call->previous != NULL ? json_deep_copy(call->previous) : json_object();
	json_t *interfaces = json_object_get(result, "interfaces");

	if (interfaces == NULL) {
		interfaces = json_array();
		json_object_set_new(result, "interfaces", interfaces);
	}
	json_array_append_new(interfaces, json_pack("{s:s, s:s, s:s}", "name", call->interface, "mac", mac, "sandbox",
						    call->netns));
	json_object_set_new(result, "cniVersion", json_string(call->version));
	return result;
}

static bool is_utf8(const char *text)
{
	json_t *string = json_string(text);

	json_decref(string);
	return string != NULL;
}

static void enter(const struct cni_call *call)
{
	int ret = call->netns == NULL || call->netns[0] == '\0' ? -ENOENT : cni_enter(call->netns);

	if (ret < 0)
		cni_fail(CNI_ENVIRONMENT, strerror(-ret), "CNI_NETNS=%s cannot be entered",
			 call->netns != NULL ? call->netns : "");
	if (!is_utf8(call->netns))
		cni_fail(CNI_ENVIRONMENT, "no result can name it", "CNI_NETNS=%s is not UTF-8", call->netns);
}

static void add(const struct cni_call *call)
{
	char name[16];
	char mac[18];
	int ret;

	enter(call);
	if (cni_interface_find(call->interface) != 0)
		cni_fail(CNI_INTERFACE, "another plugin has made it; with \"interface\" this one takes another name",
			 "%s is there already", call->interface);
	cni_lease_begin(call, name, mac);
	ret = cni_interface_own(name, call->owner, call->group);
	if (ret < 0)
		undo(call, ret, "be given to its owner");
	ret = cni_interface_rename(name, call->interface);
	if (ret < 0)
		undo(call, ret, "be given its name");
	/* An engine that hears nothing of it takes it for a failure. */
	if (!print(make_result(call, mac)))
		undo(call, -EPIPE, "be told to the engine");
}

/* It may be called again, and when the namespace is gone: then the lease has ended with it. */
static void del(const struct cni_call *call)
{
	cni_lease_end(call);
}

/* True if the engine's result has the interface. */
static bool was_told(const struct cni_call *call)
{
	json_t *interface;
	size_t i;

	json_array_foreach(json_object_get(call->previous, "interfaces"), i, interface)
	{
		const char *name = json_string_value(json_object_get(interface, "name"));

		if (name != NULL && strcmp(name, call->interface) == 0)
			return true;
	}
	return false;
}

static void check(const struct cni_call *call)
{
	unsigned int number = cni_lease_find(call);

	if (call->previous == NULL)
		cni_fail(CNI_CONFIGURATION, NULL, "CHECK needs prevResult");
	if (!was_told(call))
		cni_fail(CNI_CONFIGURATION, "it is not of the ADD of this interface",
			 "\"prevResult\" has no interface %s", call->interface);
	if (number == 0)
		cni_fail(CNI_CONTAINER_UNKNOWN, "it was released or revoked", "there is no lease of %s", call->key);
	enter(call);
	if (cni_interface_find(call->interface) != number)
		cni_fail(CNI_INTERFACE, "somebody has renamed, moved or deleted it",
			 "%s is not the device that was leased", call->interface);
	if (!cni_interface_up(call->interface))
		cni_fail(CNI_INTERFACE, "somebody has set it down", "%s is down", call->interface);
}

static void tell_versions(void)
{
	json_t *versions = json_array();

	for (enum cni_release release = 0; release < CNI_RELEASES; release++)
		json_array_append_new(versions, json_string(cni_release_word(release)));
	print(json_pack("{s:s, s:o}", "cniVersion", CNI_NEWEST, "supportedVersions", versions));
}

static const struct {
	const char *command;
	enum cni_release since;
	bool about_one; /* attachment */
	void (*run)(const struct cni_call *call);
} commands[] = {
	{"ADD", CNI_0_3_0, true, add},
	{"DEL", CNI_0_3_0, true, del},
	{"CHECK", CNI_0_4_0, true, check},
	{"GC", CNI_1_1_0, false, cni_lease_end_others},
	{"STATUS", CNI_1_1_0, false, cni_lease_possible},
};

int main(void)
{
	const char *command = getenv("CNI_COMMAND");
	struct cni_call call;

	/* An engine that has gone is noticed, so that nothing is left. */
	signal(SIGPIPE, SIG_IGN);
	if (command != NULL && strcmp(command, "VERSION") == 0) {
		tell_versions();
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; command != NULL && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(command, commands[i].command) != 0)
			continue;
		cni_call_read(&call);
		if (call.release < commands[i].since)
			cni_fail(CNI_VERSION_UNKNOWN, "the configuration's cniVersion is older",
				 "%s is of the release %s", command, cni_release_word(commands[i].since));
		if (commands[i].about_one)
			cni_call_read_attachment(&call);
		commands[i].run(&call);
		json_decref(call.configuration);
		return EXIT_SUCCESS;
	}
	cni_fail(CNI_ENVIRONMENT, "container engines start this program: see tapbroker-cni(8)",
		 "CNI_COMMAND=%s: ADD, DEL, CHECK, GC, STATUS or VERSION is wanted", command != NULL ? command : "");
}

/* What `tapctl explain` prints: see explain_print.h. Runs as the user. */
#include "client/tapctl/explain_print.h"

#include "client/tapctl/json.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The first row that forbids; NULL: none. */
static const struct explain_row *obstacle(const struct explain_part *part)
{
	for (size_t i = 0; i < part->count; i++)
		if (part->rows[i].forbids)
			return &part->rows[i];
	return NULL;
}

/* How many keys refuse. */
static unsigned int refusing(const struct explain_part *part)
{
	return (obstacle(part) != NULL) + (part->access == TAP_ACCESS_NO);
}

static int part_result(const struct explain_part *part)
{
	if (refusing(part) > 0)
		return EXIT_REFUSED;
	return part->access == TAP_ACCESS_YES ? EXIT_OK : EXIT_WOULD_ASK;
}

static struct explain_part device_part(const struct explain_subject *subject)
{
	return (struct explain_part){.path = subject->explanation.path,
				     .action = subject->explanation.action,
				     .details = subject->explanation.details,
				     .access = subject->explanation.access,
				     .rows = subject->rows,
				     .count = subject->count};
}

static struct explain_part configuration_part(const struct explain_subject *subject)
{
	return (struct explain_part){.path = subject->configuration.path,
				     .action = subject->configuration.action,
				     .details = subject->configuration.details,
				     .access = subject->configuration.access,
				     .rows = subject->entries,
				     .count = subject->entries_count};
}

int explain_result(const struct explain_subject *subject)
{
	struct explain_part device = device_part(subject);
	struct explain_part configuration = configuration_part(subject);
	int ret;

	if (!subject->told)
		return EXIT_REFUSED;
	ret = part_result(&device);
	if (!subject->configures || ret == EXIT_REFUSED || part_result(&configuration) == EXIT_OK)
		return ret;
	return part_result(&configuration);
}

static const char *result_word(int result)
{
	switch (result) {
	case EXIT_OK:
		return "granted";
	case EXIT_WOULD_ASK:
		return "would-ask";
	default:
		return "refused";
	}
}

/* polkit's details as far as the user has said them: what is known of a network that is not told. */
static void own_details(const struct tap_request *request, char text[sizeof(((struct tap_explanation *)0)->details)])
{
	size_t size = sizeof(((struct tap_explanation *)0)->details);
	char digits[TERM_TEXT];
	size_t used;

	used = (size_t)snprintf(text, size, "network=%s\n", request->network);
	if (request->kind != TAP_KIND_ANY)
		used += (size_t)snprintf(text + used, size - used, "kind=%s\n", kind_term(request->kind, digits));
	if (request->name != NULL)
		used += (size_t)snprintf(text + used, size - used, "name=%s\n", request->name);
	if (request->mtu != 0)
		used += (size_t)snprintf(text + used, size - used, "mtu=%u\n", request->mtu);
	if (request->queues != 0)
		used += (size_t)snprintf(text + used, size - used, "queues=%u\n", request->queues);
	used += (size_t)snprintf(text + used, size - used, "lifetime=%s\n", lifetime_term(request->lifetime, digits));
	used += (size_t)snprintf(text + used, size - used, "netns=%s\n", netns_word(request->flags));
	snprintf(text + used, size - used, "vnet_hdr=%s\nvhost=%s\ninteractive=%s\n",
		 (request->flags & TAP_VNET_HDR) != 0 ? "yes" : "no", (request->flags & TAP_VHOST) != 0 ? "yes" : "no",
		 (request->flags & TAP_INTERACTIVE) != 0 ? "yes" : "no");
}

/* The same for the action; "": one of several. */
static const char *own_action(const struct tap_request *request)
{
	switch (request->kind) {
	case TAP_KIND_TAP:
		return "org.tapbroker.open-tap";
	case TAP_KIND_TUN:
		return "org.tapbroker.open-tun";
	case TAP_KIND_MACVTAP:
		return "org.tapbroker.open-macvtap";
	default:
		return "";
	}
}

/* The rule that would say yes to the action for the one who asks; "": one of several actions. */
static void write_rule(const struct explain_subject *subject, const char *action, char text[RULE_TEXT])
{
	const char *network = subject->told ? subject->explanation.network : subject->device->request.network;
	char user[USER_TEXT];

	user_write(subject->process != NULL ? subject->process->uid : geteuid(), user);
	explain_rule_write(action, network, user, text);
}

/* A text of several lines, each behind a margin. */
static void print_block(const char *text, const char *margin)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		printf("%s%.*s\n", margin, (int)length, text);
		text += length + (text[length] != '\0');
	}
}

static void print_details(const char *details)
{
	printf("    details:");
	while (*details != '\0') {
		size_t length = strcspn(details, "\n");

		printf(" %.*s", (int)length, details);
		details += length + (details[length] != '\0');
	}
	putchar('\n');
}

static void print_rule(const struct explain_subject *subject, const char *action)
{
	char rule[RULE_TEXT];

	write_rule(subject, action, rule);
	puts("    a rule that says yes:");
	print_block(rule, "      ");
}

static void print_rows(const struct explain_part *part)
{
	const struct explain_row *first = obstacle(part);

	for (size_t i = 0; i < part->count; i++) {
		const struct explain_row *row = &part->rows[i];
		char reason[REASON_TEXT];

		if (!row->wish && !row->forbids)
			continue;
		explain_row_reason(row, reason);
		printf("  %s %-9s %-12s %s%s\n", row == first ? ">" : " ", row->key, row->asked,
		       row->forbids ? "no: " : "yes", row->forbids ? reason : "");
	}
}

static void print_polkit(const struct explain_subject *subject, const struct explain_part *part)
{
	char pkcheck[PKCHECK_TEXT];

	printf("%s polkit        %s  %s\n", part->access == TAP_ACCESS_NO && obstacle(part) == NULL ? ">" : " ",
	       part->action, explain_access_word(part->access));
	print_details(part->details);
	if (part->access != TAP_ACCESS_YES)
		print_rule(subject, part->action);
	if (geteuid() != 0)
		return;
	explain_pkcheck_write(part->action, part->details, subject->process, pkcheck);
	printf("    to ask polkit yourself:\n      %s\n", pkcheck);
}

static void print_part(const struct explain_subject *subject, const struct explain_part *part, const char *what)
{
	const char *network = subject->device->request.network;
	int result = part_result(part);

	if (result == EXIT_OK)
		printf("%s%s: granted\n", network, what);
	else if (result == EXIT_WOULD_ASK)
		printf("%s%s: granted after a password\n", network, what);
	else
		printf("%s%s: refused by %u of 2 keys\n", network, what, refusing(part));
	printf("  network file  %s\n", part->path[0] != '\0' ? part->path : "-");
	print_rows(part);
	print_polkit(subject, part);
}

static void print_told(const struct explain_subject *subject)
{
	struct explain_part device = device_part(subject);
	struct explain_part configuration = configuration_part(subject);

	print_part(subject, &device, "");
	if (subject->configures)
		print_part(subject, &configuration, ", its addresses and routes");
}

static void print_untold(const struct explain_subject *subject)
{
	const char *action = own_action(&subject->device->request);
	char details[sizeof(subject->explanation.details)];

	own_details(&subject->device->request, details);
	printf("%s: refused: no network of that name allows this, or polkit does not say yes to it\n",
	       subject->device->request.network);
	puts("  network file  not told: polkit would not let you have the default device of a network of that name");
	printf("  polkit        %s\n", action[0] != '\0' ? action : "org.tapbroker.open-tap, open-tun or open-macvtap");
	print_details(details);
	print_rule(subject, action);
}

static void json_details(struct json *json, const char *details)
{
	json_open(json, "details", '{');
	while (*details != '\0') {
		size_t length = strcspn(details, "\n");
		size_t key = strcspn(details, "=\n");
		char name[64];
		char value[sizeof(((struct tap_configuration_explanation *)0)->details)];

		snprintf(name, sizeof(name), "%.*s", (int)key, details);
		snprintf(value, sizeof(value), "%.*s", (int)(length - key - (key < length)),
			 details + key + (key < length));
		json_string(json, name, value);
		details += length + (details[length] != '\0');
	}
	json_close(json, '}');
}

static void json_rows(struct json *json, const struct explain_part *part)
{
	json_open(json, "rows", '[');
	for (size_t i = 0; i < part->count; i++) {
		const struct explain_row *row = &part->rows[i];

		json_open(json, NULL, '{');
		json_string(json, "row", row->key);
		json_string(json, "asked", row->asked);
		json_string(json, "allowed", row->allowed);
		json_number(json, "line", row->line);
		json_bool(json, "forbids", row->forbids);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* Begins polkit's object, and says what is known without its answer. */
static void json_polkit_open(struct json *json, const struct explain_subject *subject, const char *action,
			     const char *details)
{
	char rule[RULE_TEXT];

	json_open(json, "polkit", '{');
	json_string(json, "action", action);
	json_details(json, details);
	write_rule(subject, action, rule);
	json_string(json, "rule", rule);
}

static void json_part(struct json *json, const struct explain_subject *subject, const struct explain_part *part)
{
	char pkcheck[PKCHECK_TEXT];

	json_string(json, "file", part->path);
	json_rows(json, part);
	json_polkit_open(json, subject, part->action, part->details);
	json_string(json, "answer",
		    part->access == TAP_ACCESS_PASSWORD ? "password" : explain_access_word(part->access));
	if (geteuid() == 0) {
		explain_pkcheck_write(part->action, part->details, subject->process, pkcheck);
		json_string(json, "pkcheck", pkcheck);
	}
	json_close(json, '}');
}

static void json_told(struct json *json, const struct explain_subject *subject)
{
	struct explain_part device = device_part(subject);
	struct explain_part configuration = configuration_part(subject);

	json_part(json, subject, &device);
	if (!subject->configures)
		return;
	json_open(json, "configuration", '{');
	json_string(json, "result", result_word(part_result(&configuration)));
	json_part(json, subject, &configuration);
	json_close(json, '}');
}

static void json_untold(struct json *json, const struct explain_subject *subject)
{
	const struct tap_request *request = &subject->device->request;
	char details[sizeof(subject->explanation.details)];

	own_details(request, details);
	json_polkit_open(json, subject, own_action(request), details);
	json_close(json, '}');
}

static void print_json(const struct explain_subject *subject)
{
	struct json json = JSON_TO(stdout);

	json_document(&json);
	json_string(&json, "network", subject->told ? subject->explanation.network : subject->device->request.network);
	json_string(&json, "result", result_word(explain_result(subject)));
	json_bool(&json, "told", subject->told);
	if (subject->told)
		json_told(&json, subject);
	else
		json_untold(&json, subject);
	json_end(&json);
}

void explain_print(const struct explain_subject *subject, bool json)
{
	if (json)
		print_json(subject);
	else if (subject->told)
		print_told(subject);
	else
		print_untold(subject);
}

/* What `tapctl explain` prints: see explain_print.h. Runs as the user. */
#include "client/tapctl/explain_print.h"

#include "client/tapctl/json.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/terms.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct explain_row *explain_obstacle(const struct explain_subject *subject)
{
	for (size_t i = 0; i < subject->count; i++)
		if (subject->rows[i].forbids)
			return &subject->rows[i];
	return NULL;
}

static unsigned int explain_keys(const struct explain_subject *subject)
{
	return (explain_obstacle(subject) != NULL) + (subject->explanation.access == TAP_ACCESS_NO);
}

int explain_result(const struct explain_subject *subject)
{
	if (!subject->told || explain_keys(subject) > 0)
		return EXIT_REFUSED;
	return subject->explanation.access == TAP_ACCESS_YES ? EXIT_OK : EXIT_WOULD_ASK;
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

static void rule_of(const struct explain_subject *subject, char text[RULE_TEXT])
{
	char user[USER_TEXT];

	user_write(subject->process != NULL ? subject->process->uid : geteuid(), user);
	if (subject->told)
		explain_rule_write(subject->explanation.action, subject->explanation.network, user, text);
	else
		explain_rule_write(own_action(&subject->device->request), subject->device->request.network, user, text);
}

static void pkcheck_of(const struct explain_subject *subject, char text[PKCHECK_TEXT])
{
	explain_pkcheck_write(subject->explanation.action, subject->explanation.details, subject->process, text);
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
	char line[sizeof(((struct tap_explanation *)0)->details)];

	snprintf(line, sizeof(line), "%s", details);
	for (char *end = strchr(line, '\n'); end != NULL; end = strchr(end, '\n'))
		*end = ' ';
	printf("    details: %s\n", line);
}

static void print_rule(const struct explain_subject *subject)
{
	char rule[RULE_TEXT];

	rule_of(subject, rule);
	puts("    a rule that says yes:");
	print_block(rule, "      ");
}

static void print_file(const struct explain_subject *subject)
{
	const struct explain_row *first = explain_obstacle(subject);

	printf("  network file  %s\n", subject->explanation.path[0] != '\0' ? subject->explanation.path : "-");
	for (size_t i = 0; i < subject->count; i++) {
		const struct explain_row *row = &subject->rows[i];
		char reason[REASON_TEXT];

		if (!row->wish && !row->forbids)
			continue;
		explain_row_reason(row, reason);
		printf("  %s %-9s %-12s %s%s\n", row == first ? ">" : " ", row->key, row->asked,
		       row->forbids ? "no: " : "yes", row->forbids ? reason : "");
	}
}

static void print_polkit(const struct explain_subject *subject)
{
	const struct tap_explanation *explanation = &subject->explanation;
	char pkcheck[PKCHECK_TEXT];

	printf("%s polkit        %s  %s\n",
	       explanation->access == TAP_ACCESS_NO && explain_obstacle(subject) == NULL ? ">" : " ",
	       explanation->action, explain_access_word(explanation->access));
	print_details(explanation->details);
	if (explanation->access != TAP_ACCESS_YES)
		print_rule(subject);
	if (geteuid() != 0)
		return;
	pkcheck_of(subject, pkcheck);
	printf("    to ask polkit yourself:\n      %s\n", pkcheck);
}

static void print_told(const struct explain_subject *subject)
{
	int result = explain_result(subject);

	if (result == EXIT_OK)
		printf("%s: granted\n", subject->device->request.network);
	else if (result == EXIT_WOULD_ASK)
		printf("%s: granted after a password\n", subject->device->request.network);
	else
		printf("%s: refused by %u of 2 keys\n", subject->device->request.network, explain_keys(subject));
	print_file(subject);
	print_polkit(subject);
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
	print_rule(subject);
}

static void json_details(struct json *json, const char *details)
{
	json_open(json, "details", '{');
	while (*details != '\0') {
		size_t length = strcspn(details, "\n");
		size_t key = strcspn(details, "=\n");
		char name[64];
		char value[128];

		snprintf(name, sizeof(name), "%.*s", (int)key, details);
		snprintf(value, sizeof(value), "%.*s", (int)(length - key - (key < length)),
			 details + key + (key < length));
		json_string(json, name, value);
		details += length + (details[length] != '\0');
	}
	json_close(json, '}');
}

static void json_rows(struct json *json, const struct explain_subject *subject)
{
	json_open(json, "rows", '[');
	for (size_t i = 0; i < subject->count; i++) {
		const struct explain_row *row = &subject->rows[i];

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

static void json_polkit(struct json *json, const struct explain_subject *subject, const char *action,
			const char *details)
{
	char pkcheck[PKCHECK_TEXT];
	char rule[RULE_TEXT];

	json_open(json, "polkit", '{');
	json_string(json, "action", action);
	json_details(json, details);
	if (subject->told)
		json_string(json, "answer",
			    subject->explanation.access == TAP_ACCESS_PASSWORD
				    ? "password"
				    : explain_access_word(subject->explanation.access));
	rule_of(subject, rule);
	json_string(json, "rule", rule);
	if (subject->told && geteuid() == 0) {
		pkcheck_of(subject, pkcheck);
		json_string(json, "pkcheck", pkcheck);
	}
	json_close(json, '}');
}

static void print_json(const struct explain_subject *subject)
{
	const struct tap_request *request = &subject->device->request;
	char details[sizeof(subject->explanation.details)];
	struct json json = JSON_TO(stdout);

	json_document(&json);
	json_string(&json, "network", subject->told ? subject->explanation.network : request->network);
	json_string(&json, "result", result_word(explain_result(subject)));
	json_bool(&json, "told", subject->told);
	if (subject->told) {
		json_string(&json, "file", subject->explanation.path);
		json_rows(&json, subject);
		json_polkit(&json, subject, subject->explanation.action, subject->explanation.details);
	} else {
		own_details(request, details);
		json_polkit(&json, subject, own_action(request), details);
	}
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

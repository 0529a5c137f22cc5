/* The result of a check as JSON: see check_json.h. Runs in tapbrokerd --check, as whoever calls it. */
#include "broker/config/check_json.h"

#include "broker/config/changes.h"
#include "broker/config/findings.h"
#include "broker/config/network_values.h"
#include "proto/hex.h"

#include <string.h>

#define JSON_VERSION 1 /* a member that is added does not change it */

/* Writes one element of an array or an object, behind those before it. */
struct array {
	FILE *out;
	const struct running *running;
	size_t count;
};

static void next_element(struct array *array)
{
	if (array->count++ > 0)
		fputs(", ", array->out);
}

/* Every byte that JSON does not take as it is, and every one beyond ASCII, is written as \u00XX. */
static void put_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\')
			fprintf(out, "\\u%04x", byte);
		else
			fputc(byte, out);
	}
	fputc('"', out);
}

/* A member; without a value it is null. */
static void put_member(FILE *out, const char *before, const char *key, const char *value)
{
	fprintf(out, "%s\"%s\": ", before, key);
	if (value != NULL && value[0] != '\0')
		put_text(out, value);
	else
		fputs("null", out);
}

static void put_findings(FILE *out)
{
	struct array array = {.out = out};
	size_t count;
	const struct finding *all = findings(&count);

	fputs(", \"findings\": [", out);
	for (size_t i = 0; i < count; i++) {
		next_element(&array);
		put_member(out, "{", "level", all[i].mistake ? "mistake" : "warning");
		put_member(out, ", ", "file", all[i].path);
		fprintf(out, ", \"line\": %u", all[i].line);
		put_member(out, ", ", "network", all[i].network);
		put_member(out, ", ", "text", all[i].text);
		fputc('}', out);
	}
	fputc(']', out);
}

static void put_values(const struct network *network, FILE *out)
{
	static struct network_values values;

	network_values(network, &values);
	for (size_t i = 0; i < values.count; i++)
		put_member(out, i == 0 ? "" : ", ", values.values[i].key, values.values[i].value);
}

static void put_networks(const struct network_table *table, FILE *out)
{
	struct array array = {.out = out};

	fputs(", \"networks\": [", out);
	for (size_t i = 0; i < table->count; i++) {
		const struct network *network = &table->networks[i];

		next_element(&array);
		put_member(out, "{", "network", network->name);
		fprintf(out, ", \"off\": %s, \"values\": {", network->off ? "true" : "false");
		if (!network->off)
			put_values(network, out);
		fputs("}}", out);
	}
	fputc(']', out);
}

static void put_changed_value(void *context, const char *key, const char *before, const char *after)
{
	struct array *array = context;

	next_element(array);
	put_member(array->out, "{", "key", key);
	put_member(array->out, ", ", "before", before);
	put_member(array->out, ", ", "after", after);
	fputc('}', array->out);
}

static void put_leases(const struct running *running, const char *network, FILE *out)
{
	struct array array = {.out = out};
	char id[TB_ID_TEXT];

	fputs(", \"leases\": [", out);
	for (size_t i = 0; i < running->leases_count; i++) {
		const struct running_lease *lease = &running->leases[i];

		if (strcmp(lease->network, network) != 0)
			continue;
		next_element(&array);
		tb_hex_write(lease->lease, sizeof(lease->lease), id);
		put_member(out, "{", "lease", id);
		put_member(out, ", ", "name", lease->name);
		fprintf(out, ", \"uid\": %u, \"pid\": %u}", lease->uid, lease->pid);
	}
	fputc(']', out);
}

static void put_change(void *context, const struct change *change)
{
	const char *name = change->after != NULL ? change->after->name : change->before->name;
	struct array *array = context;
	struct array values = {.out = array->out};

	next_element(array);
	put_member(array->out, "{", "network", name);
	put_member(array->out, ", ", "change", change_word(change->kind));
	fputs(", \"differences\": [", array->out);
	if (change->kind == CHANGE_VALUES)
		change_values(change, put_changed_value, &values);
	fputc(']', array->out);
	put_leases(array->running, name, array->out);
	fputc('}', array->out);
}

static void put_changes(const struct running *running, const struct network_table *table, FILE *out)
{
	struct array array = {.out = out, .running = running};

	fputs(", \"changes\": ", out);
	if (running == NULL) {
		fputs("null", out);
		return;
	}
	fputc('[', out);
	changes_find(running, table, put_change, &array);
	fputc(']', out);
}

void check_print_json(const struct network_table *table, unsigned int mistakes, const struct running *running,
		      FILE *out)
{
	fprintf(out, "{\"version\": %d, \"mistakes\": %u", JSON_VERSION, mistakes);
	put_findings(out);
	put_networks(table, out);
	put_changes(running, table, out);
	fputs("}\n", out);
}

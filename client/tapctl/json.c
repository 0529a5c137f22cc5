/* A tiny JSON printer: see json.h. Runs as the user. */
#include "client/tapctl/json.h"

#include <inttypes.h>
#include <time.h>

/* Every byte that JSON does not take as it is, and every one beyond ASCII, is written as \u00XX. */
static void put_quoted(FILE *out, const char *text)
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

/* What stands before a value. */
static void begin(struct json *json, const char *key)
{
	if (json->comma)
		fputs(", ", json->out);
	json->comma = true;
	if (key != NULL) {
		put_quoted(json->out, key);
		fputs(": ", json->out);
	}
}

void json_open(struct json *json, const char *key, char bracket)
{
	begin(json, key);
	fputc(bracket, json->out);
	json->comma = false;
}

void json_close(struct json *json, char bracket)
{
	fputc(bracket, json->out);
	json->comma = true;
}

void json_document(struct json *json)
{
	json_open(json, NULL, '{');
	json_number(json, "version", JSON_VERSION);
}

void json_end(struct json *json)
{
	json_close(json, '}');
	fputc('\n', json->out);
}

void json_string(struct json *json, const char *key, const char *value)
{
	begin(json, key);
	put_quoted(json->out, value);
}

void json_number(struct json *json, const char *key, uint64_t value)
{
	begin(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_time(struct json *json, const char *key, int64_t seconds)
{
	char text[sizeof("-2147481748-12-31T23:59:59Z")] = "";
	time_t moment = (time_t)seconds;
	struct tm parts;

	if (gmtime_r(&moment, &parts) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	json_string(json, key, text);
}

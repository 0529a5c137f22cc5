/* A tiny JSON printer: objects and arrays, strings, numbers, booleans. */
#ifndef TAPCTL_JSON_H
#define TAPCTL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	bool comma; /* something stands before the next value */
};

#define JSON_VERSION 1 /* of what tapbroker-json(7) says; a key that is added does not change it */

#define JSON_TO(file)                         \
	{                                     \
		.out = (file), .comma = false \
	}

/* Begins an object '{' or an array '['; key is NULL where it is no member of an object. */
void json_open(struct json *json, const char *key, char bracket);

/* Ends it with '}' or ']'. */
void json_close(struct json *json, char bracket);

/* Begin and end what a program reads as one: an object that says its version, on a line of its own. */
void json_document(struct json *json);
void json_end(struct json *json);

void json_string(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);

/* A moment: RFC 3339, in UTC. */
void json_time(struct json *json, const char *key, int64_t seconds);

#endif

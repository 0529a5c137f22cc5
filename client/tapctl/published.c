/* Ports of the host that lead to guests: see published.h. Runs as the user. */
#include "client/tapctl/published.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool copy_text(const char **text)
{
	*text = strdup(*text);
	return *text != NULL;
}

/* Its strings become our own. After a failure they are NULL, or our own. */
static bool copy_strings(struct tap_published *published)
{
	bool host = copy_text(&published->host_address);
	bool name = copy_text(&published->guest_name);
	bool address = copy_text(&published->guest_address);
	bool address6 = copy_text(&published->guest_address6);

	return host && name && address && address6;
}

int published_copy(const struct tap_network *from, struct tap_network *to)
{
	struct tap_published *copy = calloc(from->published_count + 1, sizeof(*copy));

	to->published = copy;
	to->published_count = 0;
	if (copy == NULL)
		return ENOMEM;
	while (to->published_count < from->published_count) {
		unsigned int number = to->published_count++;

		copy[number] = from->published[number];
		if (!copy_strings(&copy[number]))
			return ENOMEM;
	}
	return 0;
}

void published_free(struct tap_network *network)
{
	for (unsigned int i = 0; i < network->published_count; i++) {
		free((char *)network->published[i].host_address);
		free((char *)network->published[i].guest_name);
		free((char *)network->published[i].guest_address);
		free((char *)network->published[i].guest_address6);
	}
	free((struct tap_published *)network->published);
}

static const char *protocol_word(unsigned int protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	default:
		return "unknown";
	}
}

void published_json(struct json *json, const struct tap_network *network)
{
	json_open(json, "published", '[');
	for (unsigned int i = 0; i < network->published_count; i++) {
		const struct tap_published *published = &network->published[i];

		json_open(json, NULL, '{');
		json_string(json, "protocol", protocol_word(published->protocol));
		json_string(json, "host_address", published->host_address);
		json_number(json, "port", published->port);
		json_number(json, "ports", published->count);
		json_string(json, "guest_name", published->guest_name);
		json_string(json, "guest_address", published->guest_address);
		json_string(json, "guest_address6", published->guest_address6);
		json_number(json, "guest_port", published->guest_port);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* "80", or "8000-8009". */
static void print_ports(unsigned int port, unsigned int count)
{
	printf("%u", port);
	if (count > 1)
		printf("-%u", port + count - 1);
}

/* As Publish= has it, with the guest's addresses behind: "8080:web:80/tcp (10.7.7.2, fd00:7::2)". */
static void print_one(const struct tap_published *published)
{
	bool ipv6 = strchr(published->host_address, ':') != NULL;
	bool both = published->guest_address[0] != '\0' && published->guest_address6[0] != '\0';

	if (published->host_address[0] != '\0')
		printf(ipv6 ? "[%s]:" : "%s:", published->host_address);
	print_ports(published->port, published->count);
	printf(":%s:", published->guest_name);
	print_ports(published->guest_port, published->count);
	printf("/%s (%s%s%s)\n", protocol_word(published->protocol), published->guest_address, both ? ", " : "",
	       published->guest_address6);
}

void published_print(const struct tap_network *network)
{
	for (unsigned int i = 0; i < network->published_count; i++) {
		fputs("published:  ", stdout);
		print_one(&network->published[i]);
	}
}

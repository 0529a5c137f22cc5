/* What locks have dropped: see drops.h. Runs as the user. */
#include "client/tapctl/drops.h"

#include "client/tapctl/tapctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static int note_drop(const struct tap_drop *drop, void *arg)
{
	struct drops *drops = arg;

	if (drops->count == DROPS_MAX)
		return 1;
	snprintf(drops->drops[drops->count].reason, DROPS_REASON_SIZE, "%s", drop->reason);
	drops->drops[drops->count].packets = drop->packets;
	drops->drops[drops->count].bytes = drop->bytes;
	drops->count++;
	return 0;
}

/* polkit is asked about a lease of another's alone. It was asked about the list already, perhaps with a password, and
 * is not to ask for that once more. */
void drops_fetch(const struct tap_lease *lease, unsigned int flags, struct drops *drops)
{
	int ret;

	drops->count = 0;
	ret = tap_drops(lease->id, 0, 0, NULL, note_drop, drops);
	if (ret < 0 && errno == ENXIO && (flags & TAP_ALL) != 0)
		ret = tap_drops(lease->id, TAP_ALL, 0, NULL, note_drop, drops);
	drops->told = ret >= 0;
	/* An older broker does not know the question, and a lease may end at any time. */
	if (ret >= 0 || errno == EBADMSG || errno == ENXIO)
		return;
	if (errno == EACCES)
		complain(
			"%s: what was dropped is told to root, and to whom polkit permits org.tapbroker.list-all without a password",
			lease->name);
	else
		complain("%s: what was dropped: %s", lease->name, tap_strerror(errno));
}

void drops_json(struct json *json, const struct drops *drops)
{
	if (!drops->told)
		return;
	json_open(json, "drops", '[');
	for (size_t i = 0; i < drops->count; i++) {
		json_open(json, NULL, '{');
		json_string(json, "counted_as", drops->drops[i].reason);
		json_number(json, "packets", drops->drops[i].packets);
		json_number(json, "bytes", drops->drops[i].bytes);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void drops_print(const struct drops *drops)
{
	const char *before = "";

	if (drops->count == 0)
		return;
	printf("drops:       ");
	for (size_t i = 0; i < drops->count; i++) {
		if (drops->drops[i].packets == 0)
			continue;
		printf("%s%s %" PRIu64, before, drops->drops[i].reason, drops->drops[i].packets);
		before = ", ";
	}
	puts(before[0] == '\0' ? "none" : "");
}

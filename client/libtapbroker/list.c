/* Lists: one request is answered by a message for each entry. See internal.h. Runs in the client's process. */
#include "client/libtapbroker/internal.h"
#include "proto/name.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What every message says of the list. */
struct position {
	uint32_t left;  /* messages that follow this one */
	uint32_t count; /* messages in all */
};

static struct position position_of(const struct tb_list *list, const union tb_any_answer *entry)
{
	struct position position;

	memcpy(&position, (const char *)entry + list->position, sizeof(position));
	return position;
}

/* An answer without entries is one message that holds nothing. */
static bool nothing_in(const struct tb_list *list, const union tb_any_answer *entry)
{
	return tb_field_empty((const char *)entry + list->position, list->size - list->position);
}

/* Receives the whole list. What the caller said goes to *told; anything but 0 ends the work early. */
static int receive(int sock, const struct tb_list *list, const struct tb_caller *caller, int64_t deadline, int *told)
{
	union tb_any_answer entry;
	struct position position;
	uint32_t count = 0;
	uint32_t seen = 0;

	do {
		int ret = tb_answer_receive(sock, list->answer, &entry, list->size, deadline);

		if (ret < 0)
			return ret;
		if (seen == 0 && nothing_in(list, &entry))
			return 0;
		position = position_of(list, &entry);
		if (seen == 0)
			count = position.count;
		seen++;
		if (position.count != count || seen > count || position.left != count - seen || !list->valid(&entry))
			return -EPROTO;
		*told = list->tell(&entry, caller);
	} while (*told == 0 && position.left > 0);
	return 0;
}

int tb_list_tell(const struct tb_list *list, unsigned int flags, int timeout, const struct tb_caller *caller)
{
	struct tb_request request;
	int64_t deadline;
	int told = 0;
	int sock = -1;
	int ret;

	ret = tb_request_plain(list->request, flags, list->flags, &request, &timeout);
	if (ret < 0)
		goto out;
	deadline = tb_deadline(timeout);
	ret = tb_server_ask(&request, deadline, &sock);
	if (ret < 0)
		goto out;
	ret = receive(sock, list, caller, deadline, &told);
	close(sock);
out:
	if (ret == 0)
		return told;
	errno = -ret;
	return -1;
}

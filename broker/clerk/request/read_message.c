/* Reading a client's one message: see read_message.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/read_message.h"

#include "broker/clerk/client/client_socket.h"
#include "proto/request.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int read_message(struct request *request)
{
	static union {
		struct tb_request head;
		char bytes[TB_REQUEST_MAX];
	} message;
	int sock = request->client.sock;
	enum queued queued = client_socket_queued(sock);
	ssize_t length;

	if (queued == QUEUED_NOTHING)
		return -ECONNRESET;
	if (queued == QUEUED_FDS)
		return -EBADMSG;
	/* MSG_TRUNC: a message that is too long says its length. */
	length = recv(sock, &message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);
	if (length < 0 || (size_t)length > sizeof(message) || !tb_request_valid(&message, (size_t)length))
		return -EBADMSG;
	request->message = message.head;
	memcpy(request_items(request), message.bytes + sizeof(message.head),
	       message.head.items * sizeof(struct tb_item));
	if (tb_request_external_id(&message.head) != NULL)
		memcpy(request->external_id, tb_request_external_id(&message.head), sizeof(request->external_id));
	/* From here on nothing can be queued in it, neither bytes nor descriptors: it becomes a lifeline. */
	shutdown(sock, SHUT_RD);
	return client_socket_queued(sock) == QUEUED_NOTHING ? 0 : -EBADMSG;
}

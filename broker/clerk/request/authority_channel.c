/* The monitor's side of the channel to the authority. Runs in the monitor; needs no right.
 *
 * The authority is not trusted with more than its word on questions that were asked. What it should never say, or not
 * taking what it is told, means that it has been taken over: the broker ends.
 */
#include "broker/monitor/monitor.h"

#include "broker/shared/log.h"
#include "proto/broker.h"
#include "proto/channel.h"

#include <errno.h>
#include <string.h>

static void tell(const struct monitor *monitor, const void *message, size_t size)
{
	int ret = tb_send(monitor->authority, message, size, NULL, 0);

	if (ret < 0)
		tb_die("the authority does not listen: %s", strerror(-ret));
}

static void fill_device(struct tb_question *question, const struct network *network)
{
	question->kind = network->kind;
	question->mode = network->mode;
	memcpy(question->network, network->name, sizeof(question->network));
	memcpy(question->bridge, network->bridge, sizeof(question->bridge));
	memcpy(question->parent, network->parent, sizeof(question->parent));
}

static void fill_open(struct tb_question *question, const struct request *request)
{
	const struct tb_request *message = &request->message;

	question->action = TB_ACTION_OPEN;
	fill_device(question, request->network);
	question->mtu = message->mtu != 0 ? message->mtu : request->network->mtu;
	question->queues = message->queues != 0 ? message->queues : 1;
	question->lifetime = message->lifetime;
	memcpy(question->name, message->name, sizeof(question->name));
}

static void fill_revoke(struct tb_question *question, const struct lease *lease)
{
	question->action = TB_ACTION_REVOKE;
	fill_device(question, lease->network);
	question->owner = lease->uid;
	question->lifetime = lease->lifetime;
	question->flags |= lease->away ? TB_REQUEST_NETNS : 0;
	memcpy(question->name, lease->name, sizeof(question->name));
}

void authority_ask(struct monitor *monitor, const struct request *request)
{
	struct tb_question question;

	memset(&question, 0, sizeof(question));
	tb_header_set(&question.header, TB_REQ_ASK, sizeof(question));
	memcpy(question.ticket, request->ticket, sizeof(question.ticket));
	question.uid = request->peer.uid;
	question.pid = (uint32_t)request->peer.pid;
	question.start_time = request->peer.start_time;
	question.flags = request->message.flags & TB_QUESTION_FLAGS;
	switch (request->message.header.type) {
	case TB_REQ_OPEN:
		fill_open(&question, request);
		break;
	case TB_REQ_REVOKE:
		fill_revoke(&question, lease_of_request(&monitor->leases, request));
		break;
	default:
		question.action = TB_ACTION_LIST_ALL;
	}
	tell(monitor, &question, sizeof(question));
}

void authority_cancel(struct monitor *monitor, const struct request *request)
{
	struct tb_cancel cancel;

	tb_header_set(&cancel.header, TB_REQ_CANCEL, sizeof(cancel));
	memcpy(cancel.ticket, request->ticket, sizeof(cancel.ticket));
	tell(monitor, &cancel, sizeof(cancel));
}

static int take_verdict(void *context, const void *message, const int *fds)
{
	const struct tb_verdict *verdict = message;

	(void)fds;
	if (verdict->reserved != 0 || verdict->verdict < TB_VERDICT_YES || verdict->verdict > TB_VERDICT_CANCELLED)
		tb_die("the authority speaks nonsense: verdict %u", verdict->verdict);
	request_verdict(context, verdict);
	return 0;
}

static int take_nonsense(void *context, const void *message, const int *fds)
{
	(void)context, (void)message, (void)fds;
	tb_die("the authority speaks nonsense");
}

static const struct tb_row verdicts[] = {
	{TB_ANS_VERDICT, sizeof(struct tb_verdict), 0, take_verdict},
	{0, 0, 0, take_nonsense},
};

void authority_event(struct monitor *monitor)
{
	int ret = tb_dispatch(monitor->authority, verdicts, monitor);

	if (ret < 0 && ret != -EAGAIN)
		child_lost("authority", ret);
}

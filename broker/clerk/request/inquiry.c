/* Inquiries: see inquiry.h. Runs in the clerk; needs no right. */
#include "broker/clerk/request/inquiry.h"

#include "broker/clerk/request/question.h"

#include <errno.h>

/* The questions of an explanation, in the order in which they are asked. One for a device that the ceiling forbids
 * has the second alone. */
enum { ALL, DEFAULT, AS_ASKED, EXPLAIN_QUESTIONS };

static bool is_list(const struct request *request)
{
	return request->message.header.type == TB_REQ_NETWORKS;
}

bool inquiry_is_about(const struct network *network)
{
	return network->listed && !network->off;
}

/* The network that the answer of this number is about; NULL: there is none. The first answer is about all of them. */
static const struct network *network_of_answer(uint32_t number)
{
	const struct network_table *table = requests_networks();

	for (size_t i = 0; i < table->count; i++)
		if (inquiry_is_about(&table->networks[i]) && --number == 0)
			return &table->networks[i];
	return NULL;
}

/* A list asks about each network that is listed. */
static bool next_of_list(struct request *request)
{
	const struct network *network;

	if (request->answers == ALL) {
		question_fill_explain(request);
		return true;
	}
	network = network_of_answer(request->answers);
	if (network != NULL)
		question_fill_default(request, network);
	return network != NULL;
}

bool inquiry_next(struct request *request)
{
	if (request->client.uid == 0)
		return false;
	if (is_list(request))
		return next_of_list(request);
	if (!request_explains(request)) {
		question_fill_default(request, request->network);
		return request->answers == 0;
	}
	switch (request->answers) {
	case ALL:
		question_fill_explain(request);
		return true;
	case DEFAULT:
		question_fill_default(request, request->network);
		return true;
	case AS_ASKED:
		question_fill_as_asked(request);
		return true;
	default:
		return false;
	}
}

bool inquiry_asked(const struct request *request)
{
	uint32_t action = request->question.action;

	return action == TB_ACTION_WOULD_OPEN || action == TB_ACTION_WOULD_CONFIGURE || action == TB_ACTION_EXPLAIN;
}

int inquiry_take(struct request *request, uint32_t word)
{
	static const uint8_t access[] = {[TB_VERDICT_YES] = TB_ACCESS_YES,
					 [TB_VERDICT_NO] = TB_ACCESS_NO,
					 [TB_VERDICT_CHALLENGE] = TB_ACCESS_PASSWORD};

	if (word >= sizeof(access) || access[word] == TB_ACCESS_NONE)
		return -EAGAIN;
	request->access[request->answers++] = access[word];
	return 0;
}

enum tb_access inquiry_access(const struct request *request)
{
	return request->client.uid == 0 ? TB_ACCESS_YES : request->access[AS_ASKED];
}

bool inquiry_may_know_all(const struct request *request)
{
	bool asked = request_explains(request) || is_list(request);

	return request->client.uid == 0 || (asked && request->access[ALL] == TB_ACCESS_YES);
}

enum tb_access inquiry_access_to(const struct request *request, const struct network *network)
{
	uint32_t number = ALL + 1;

	if (network->off)
		return TB_ACCESS_NO;
	if (request->client.uid == 0)
		return TB_ACCESS_YES;
	if (!inquiry_is_about(network))
		return TB_ACCESS_NONE;
	for (const struct network *before = requests_networks()->networks; before < network; before++)
		number += inquiry_is_about(before);
	return request->access[number];
}

bool inquiry_may_know_file(const struct request *request)
{
	enum tb_access access = request->access[request_explains(request) ? DEFAULT : 0];

	return request->network != NULL && !request->network->off &&
	       (access == TB_ACCESS_YES || access == TB_ACCESS_PASSWORD);
}

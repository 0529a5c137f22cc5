/* The ceiling: see ceiling.h. Runs in the monitor and in the clerk; needs no right. Each row forbids something: nothing
 * here allows. */
#include "broker/shared/ceiling.h"

#include "proto/name.h"

#include <string.h>

static bool asks_away(const struct tb_question *question)
{
	return (question->flags & TB_REQUEST_NETNS) != 0;
}

static bool asks_by_name(const struct tb_question *question)
{
	return question->lifetime < TB_LIFETIME_COUNT && (1u << question->lifetime & TB_LIFETIMES_BY_NAME) != 0;
}

static bool other_kind(const struct network *network, const struct tb_question *question)
{
	return question->kind != network->kind || question->mode != network->mode;
}

/* Where a device stands is the network file's word; polkit was asked about that place, and no other. The fields of an
 * order may be without a NUL. */
static bool other_place(const struct network *network, const struct tb_question *question)
{
	return strncmp(question->bridge, network_bridge(network), TB_NAME_SIZE) != 0 ||
	       strncmp(question->parent, network->parent, TB_NAME_SIZE) != 0;
}

static bool name_not_listed(const struct network *network, const struct tb_question *question)
{
	if (question->name[0] == '\0')
		return false;
	for (size_t i = 0; i < network->names_count; i++)
		if (tb_name_matches(question->name, network->names[i]))
			return false;
	return true;
}

static bool mtu_out_of_range(const struct network *network, const struct tb_question *question)
{
	return question->mtu < TB_MTU_MIN || question->mtu > network->mtu;
}

/* Programs that open a device by name expect one queue. */
static bool queues_out_of_range(const struct network *network, const struct tb_question *question)
{
	return question->queues == 0 || question->queues > (asks_by_name(question) ? 1 : network->queues);
}

static bool vnet_hdr_not_allowed(const struct network *network, const struct tb_question *question)
{
	return (question->flags & TB_REQUEST_VNET_HDR) != 0 && !network->vnet_hdr;
}

/* vhost-net reads packets with their headers from the fds of the queues: it is nothing without either. */
static bool vhost_not_allowed(const struct network *network, const struct tb_question *question)
{
	return (question->flags & TB_REQUEST_VHOST) != 0 &&
	       (!network->vhost || (question->flags & TB_REQUEST_VNET_HDR) == 0 || asks_by_name(question));
}

/* Of a device in another network namespace nobody tells when its last fd is closed, and it is never the host's to keep;
 * only there the namespace may be what ends it. */
static bool lifetime_not_allowed(const struct network *network, const struct tb_question *question)
{
	return question->lifetime >= TB_LIFETIME_COUNT || (network->lifetimes & 1u << question->lifetime) == 0 ||
	       (asks_away(question) && question->lifetime != TB_LIFETIME_SESSION &&
		question->lifetime != TB_LIFETIME_NAMESPACE) ||
	       (!asks_away(question) && question->lifetime == TB_LIFETIME_NAMESPACE);
}

static bool netns_not_allowed(const struct network *network, const struct tb_question *question)
{
	return (network->netns & 1u << (asks_away(question) ? NETNS_CALLER : NETNS_HOST)) == 0;
}

const struct ceiling_row ceiling_rows[CEILING_ROWS] = {
	{TB_CHECK_KIND, other_kind},
	{TB_CHECK_NETWORK, other_place},
	{TB_CHECK_NAME, name_not_listed},
	{TB_CHECK_MTU, mtu_out_of_range},
	{TB_CHECK_QUEUES, queues_out_of_range},
	{TB_CHECK_VNET_HDR, vnet_hdr_not_allowed},
	{TB_CHECK_VHOST, vhost_not_allowed},
	{TB_CHECK_NETNS, netns_not_allowed},
	{TB_CHECK_LIFETIME, lifetime_not_allowed},
};

uint64_t ceiling_all(const struct network *network, const struct tb_question *question)
{
	uint64_t forbid = 0;

	if (network == NULL || network->off)
		return (uint64_t)1 << TB_CHECK_NETWORK;
	for (size_t i = 0; i < CEILING_ROWS; i++)
		if (ceiling_rows[i].forbids(network, question))
			forbid |= (uint64_t)1 << ceiling_rows[i].check;
	return forbid;
}

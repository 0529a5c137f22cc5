/* Fuzz target: the clerk's books, from a client's socket to the order to delete its device, against what must be true
 * of them after every step.
 *
 * The input says what happens, one step after the other: clients ask, read, hang up; monitor, authority and reaper,
 * which are honest, answer at some time what they were asked; the kernel tells of devices; calls fail; time passes. In
 * the end everybody answers, and nothing may be left.
 *
 * An input "random STEPS SEED" stands for so many steps of random numbers. FUZZ_CLERK_STEPS in the environment, if it
 * is there, is the number of steps of each of these.
 */
#include "tests/unit/clerk.h"

#include "broker/shared/siphash.h"

#include <dirent.h>
#include <inttypes.h>

#define ACTORS 320
#define QUEUE 1024
#define STEPS_MAX 1000000
#define STEPS_OF_ONE_CLERK 5000
#define ITEMS 3
#define MADE_MAX 512 /* tunnels: there are no more devices */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A client. */
struct actor {
	int sock; /* -1: there is none */
	uid_t uid;
	enum tb_type type;
	bool valid;       /* its request is one: it gets an answer of its type */
	bool lazy;        /* reads nothing */
	uint32_t answers; /* first messages */
	bool ended;       /* the clerk has hung up */
};

/* What others have been asked, and not answered. */
struct question_open {
	struct tb_question question;
	uint64_t configuration; /* a hash of all of it; 0: it is none */
	bool cancelled;
};

static struct actor actors[ACTORS];
static struct question_open questions[QUESTIONS_MAX];
static size_t questions_count;
static struct question_open yeses[QUEUE];
static size_t yeses_count;
static struct tb_void voids[TB_YES_MAX]; /* of them, those that nobody waits for, which the monitor has not read yet */
static size_t voids_count;
static struct tb_order order;
static int order_fd = -1; /* of the order that is under way; -1: none is */
static bool order_there;
static struct tb_configure_order configure;
static int configure_fd = -1; /* the same of a configuration */
static bool configure_there;
static struct tb_tunnel_order tunnel;
static bool tunnel_there;
static struct tb_tunnel made_tunnels[MADE_MAX]; /* by number: what the monitor has made, and not removed */
static bool made_there[MADE_MAX];
static bool may_know[65536]; /* by uid: polkit has said that he may, or might */
static struct tb_store store;
static bool store_there;
static bool store_drop;
static struct tb_delete deletes[QUEUE];
static size_t deletes_count;
static uint8_t stored[QUEUE][TB_ID_SIZE]; /* what the supervisor keeps */
static size_t stored_count;
static uint32_t next_ifindex;
static uint32_t crowd; /* clients that there may be */
static int base_fds;

/* Where the steps come from. */
static const uint8_t *input;
static size_t input_left;
static uint64_t steps_left;
static uint64_t random_state;

/* Nothing is closed by another process here: the count of fds is exact. */
void lingering_take(int sock)
{
	close(sock);
}

int lingering_expire(void)
{
	return -1;
}

static bool more(void)
{
	if (steps_left == 0)
		return input_left > 0;
	return --steps_left > 0;
}

static uint32_t pick(uint32_t below)
{
	if (random_state != 0) {
		random_state ^= random_state << 13;
		random_state ^= random_state >> 7;
		random_state ^= random_state << 17;
		return (uint32_t)(random_state >> 32) % below;
	}
	if (input_left == 0)
		return 0;
	input_left--;
	return *input++ % below;
}

static bool chance(uint32_t one_in)
{
	return pick(one_in) == 1;
}

static struct actor *any_actor(void)
{
	uint32_t first = pick(256) + pick(ACTORS - 255);

	for (uint32_t i = 0; i < ACTORS; i++)
		if (actors[(first + i) % ACTORS].sock >= 0)
			return &actors[(first + i) % ACTORS];
	return NULL;
}

static struct actor *free_actor(void)
{
	for (uint32_t i = 0; i < ACTORS; i++)
		if (actors[i].sock < 0)
			return &actors[i];
	return NULL;
}

/* No address is the host's own, but for some. */
bool link_has_address(struct link_socket *sock, uint8_t family, const uint8_t *address)
{
	(void)sock, (void)family;
	return address[3] == 9;
}

static const struct lease *any_lease(void)
{
	uint32_t number = pick(32);
	const struct lease *lease;

	TAILQ_FOREACH(lease, leases_all(), link)
		if (number-- == 0)
			return lease;
	return NULL;
}

static uid_t any_uid(void)
{
	static const uid_t uids[] = {0, 1000, 1001, 1002, 1003, 1004, 1005, 65534, CLERK_UID, 0, 1000, 1001};

	return uids[pick(sizeof(uids) / sizeof(uids[0]))];
}

/* Clients. */

static void fill_open(struct tb_request *request)
{
	static const char *const names[] = {"lan", "phys", "pod", "wan", "nowhere", "lan"};

	strcpy(request->network, names[pick(6)]);
	if (strcmp(request->network, "pod") == 0)
		request->flags |= TB_REQUEST_NETNS;
	else
		request->lifetime = pick(TB_LIFETIME_COUNT);
	if (chance(3))
		snprintf(request->name, sizeof(request->name), "vm%u", pick(6));
	if (chance(4))
		request->flags |= TB_REQUEST_INTERACTIVE;
	if (chance(16))
		request->mtu = 9000;
}

static void fill_subject(struct tb_request *request, enum tb_type type)
{
	const struct lease *lease = any_lease();

	if (lease != NULL && lease->name[0] != '\0' && type == TB_REQ_RELEASE && chance(2))
		memcpy(request->name, lease->name, sizeof(request->name));
	else if (lease != NULL && lease->state != LEASE_ORDERED && lease->name[0] != '\0')
		memcpy(request->lease, lease->id, sizeof(request->lease));
	else
		request->lease[0] = 77;
}

/* A request, and its items behind it. */
struct long_request {
	struct tb_request head;
	struct tb_item items[ITEMS];
};

/* Some collide with those of others, and some are above the ceiling. */
static void add_items(struct long_request *request)
{
	static const uint16_t kinds[ITEMS] = {TB_ITEM_ADDRESS, TB_ITEM_ROUTE, TB_ITEM_EXCLUDE};
	uint32_t count = pick(ITEMS + 1);

	for (uint32_t i = 0; i < count; i++) {
		struct tb_item *item = &request->items[i];

		*item = (struct tb_item){.kind = kinds[i], .family = 4, .prefix = 24, .address = {10, 0}};
		item->address[2] = (uint8_t)pick(12);
		if (item->kind == TB_ITEM_ADDRESS)
			item->address[3] = (uint8_t)(1 + pick(9));
		if (item->kind == TB_ITEM_ROUTE && chance(4))
			*item = (struct tb_item){.kind = TB_ITEM_ROUTE, .family = 4};
		if (chance(30))
			item->address[0] = 11;
	}
	request->head.items = count;
	request->head.header.size += count * (uint32_t)sizeof(struct tb_item);
}

static void fill_configuration(struct long_request *request)
{
	if (chance(3))
		request->head.flags |= TB_REQUEST_KILL_SWITCH;
	if (chance(4))
		request->head.flags |= TB_REQUEST_INTERACTIVE;
	if (chance(4))
		request->head.mtu = 1400;
	if (chance(8))
		request->head.scope = TB_SCOPE_HOST;
	add_items(request);
}

/* Whoever has a device that can be configured asks for it himself, as a rule. */
static void fill_configure(struct long_request *request, uid_t *uid)
{
	const struct lease *lease;

	fill_subject(&request->head, TB_REQ_CONFIGURE);
	fill_configuration(request);
	TAILQ_FOREACH(lease, leases_all(), link)
		if (strcmp(lease->network_name, "wan") == 0 && lease->ifindex != 0 && chance(2)) {
			memcpy(request->head.lease, lease->id, sizeof(request->head.lease));
			memset(request->head.name, 0, sizeof(request->head.name));
			*uid = chance(16) ? *uid : lease->uid;
			return;
		}
}

/* Some are about another user. */
static void fill_whose(struct tb_request *request)
{
	if (!chance(4))
		return;
	request->flags |= TB_REQUEST_ALL;
	request->uid = any_uid();
}

static void fill_request(struct long_request *long_request, uid_t *uid)
{
	static const enum tb_type types[] = {TB_REQ_OPEN,      TB_REQ_OPEN,      TB_REQ_OPEN,
					     TB_REQ_OPEN,      TB_REQ_OPEN,      TB_REQ_OPEN,
					     TB_REQ_LIST,      TB_REQ_NETWORKS,  TB_REQ_RELEASE,
					     TB_REQ_REVOKE,    TB_REQ_WATCH,     TB_REQ_ABOUT,
					     TB_REQ_EXPLAIN,   TB_REQ_CONFIGURE, TB_REQ_CONFIGURE,
					     TB_REQ_CONFIGURE, TB_REQ_UNBLOCK,   TB_REQ_EXPLAIN_CONFIGURE,
					     TB_REQ_DROPS};
	struct tb_request *request = &long_request->head;
	enum tb_type type = types[pick(sizeof(types) / sizeof(types[0]))];

	request_set(request, type);
	switch (type) {
	case TB_REQ_OPEN:
	case TB_REQ_EXPLAIN:
		fill_open(request);
		break;
	case TB_REQ_RELEASE:
	case TB_REQ_REVOKE:
		fill_subject(request, type);
		break;
	case TB_REQ_CONFIGURE:
		fill_configure(long_request, uid);
		break;
	case TB_REQ_EXPLAIN_CONFIGURE:
		strcpy(request->network, chance(8) ? "nowhere" : "wan");
		fill_configuration(long_request);
		fill_whose(request);
		break;
	case TB_REQ_UNBLOCK:
		strcpy(request->network, chance(8) ? "nowhere" : "wan");
		fill_whose(request);
		break;
	case TB_REQ_DROPS:
		fill_subject(request, type);
		request->flags = chance(2) ? TB_REQUEST_ALL : 0;
		break;
	case TB_REQ_LIST:
	case TB_REQ_WATCH:
		request->flags = chance(2) ? TB_REQUEST_ALL : 0;
		break;
	default:
		break;
	}
}

/* How many clients there are is limited, so that not all of what happens is full tables. */
static bool crowded(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < ACTORS; i++)
		count += actors[i].sock >= 0;
	return count >= crowd;
}

static void actor_ask(void)
{
	struct actor *actor = crowded() ? NULL : free_actor();
	struct long_request request;
	uid_t uid = any_uid();
	uint32_t oddity = pick(40);
	size_t size;
	int own;

	if (actor == NULL)
		return;
	memset(&request, 0, sizeof(request));
	fill_request(&request, &uid);
	size = request.head.header.size;
	*actor = (struct actor){.uid = uid, .type = request.head.header.type, .valid = true, .lazy = chance(30)};
	actor->sock = client_socket(actor->uid, &own);
	if (oddity == 0) {
		request.head.reserved[0] = 1;
		actor->valid = false;
	} else if (oddity == 1) {
		require(tb_send(actor->sock, &request, size, &actor->sock, 1) == 0);
		actor->valid = false;
	} else if (oddity == 2) {
		require(tb_send(actor->sock, &request, 0, NULL, 0) == 0);
		actor->valid = false;
	} else if (oddity == 3) {
		actor->valid = false;
		shutdown(actor->sock, SHUT_WR);
	}
	if (oddity != 1 && oddity != 3 && oddity != 2)
		require(tb_send(actor->sock, &request, size, NULL, 0) == 0);
	if (oddity == 4) { /* a second message */
		require(tb_send(actor->sock, &request, size, &actor->sock, pick(2)) == 0);
		actor->valid = false;
	}
	if (oddity == 5)
		tb_close(&actor->sock);
	flow_begin(own);
}

static bool is_first(const struct actor *actor, const union test_message *message)
{
	switch (actor->type) {
	case TB_REQ_LIST:
		return message->lease.status != TB_OK || message->lease.count == 0 ||
		       message->lease.left == message->lease.count - 1;
	case TB_REQ_NETWORKS:
		return message->network.status != TB_OK || message->network.count == 0 ||
		       message->network.left == message->network.count - 1;
	case TB_REQ_WATCH:
		return message->event.status != TB_OK || message->event.what == TB_EVENT_WATCHING;
	default:
		return true;
	}
}

/* Who is told what would become of a request is somebody of whom polkit has said that he may have it, or know all. */
static void check_explained(const struct actor *actor, const union test_message *message, int type)
{
	if (type == TB_ANS_EXPLAIN && message->explanation.status == TB_OK)
		require(actor->uid == 0 || may_know[actor->uid]);
	if (type == TB_ANS_EXPLAIN_CONFIGURE && message->configure_explanation.status == TB_OK)
		require(actor->uid == 0 || may_know[actor->uid]);
}

static void actor_read(struct actor *actor)
{
	union test_message message;
	int type;

	while (!actor->ended && (type = take(actor->sock, &message, NULL)) != 0) {
		if (type < 0) {
			actor->ended = true;
			/* Who has asked, and waited, is answered. */
			require(actor->answers == 1 || !actor->valid);
		} else if (type == TB_ANS_END) {
			require(actor->answers == 1 && actor->type == TB_REQ_OPEN);
		} else if (actor->valid) {
			/* One that was refused before it was read is answered as if it were an open. */
			require(type == (int)actor->type + 1 ||
				(type == TB_ANS_OPEN && message.answer.status != TB_OK));
			check_explained(actor, &message, type);
			actor->answers += type == TB_ANS_OPEN || is_first(actor, &message);
			require(actor->answers == 1);
		} else {
			require(++actor->answers == 1);
		}
	}
}

static void actor_hang_up(struct actor *actor)
{
	tb_close(&actor->sock);
}

/* The authority. */

static uint64_t whole(const struct tb_configuration *configuration)
{
	static const uint8_t key[SIPHASH_KEY_SIZE];

	return siphash(configuration, sizeof(*configuration), key) | 1;
}

static void authority_hear(void)
{
	union test_message message;
	int type;

	while ((type = take(others.authority, &message, NULL)) > 0) {
		if (type == TB_REQ_ASK) {
			require(questions_count < QUESTIONS_MAX);
			questions[questions_count++] = (struct question_open){.question = message.question};
			continue;
		}
		if (type == TB_REQ_ASK_CONFIGURE) {
			const struct tb_configuration *wanted = &message.configure_question.configuration;

			require(questions_count < QUESTIONS_MAX && wanted->count <= ITEMS);
			questions[questions_count++] =
				(struct question_open){.question = wanted->question, .configuration = whole(wanted)};
			continue;
		}
		require(type == TB_REQ_CANCEL);
		/* It may be answered already. */
		for (size_t i = 0; i < questions_count; i++)
			if (memcmp(questions[i].question.ticket, message.cancel.ticket, TB_ID_SIZE) == 0)
				questions[i].cancelled = true;
	}
}

static void authority_answer(bool yes)
{
	static const enum tb_verdict_word words[] = {TB_VERDICT_NO, TB_VERDICT_CHALLENGE, TB_VERDICT_DISMISSED,
						     TB_VERDICT_ERROR};
	struct question_open *question;
	enum tb_verdict_word word = yes ? TB_VERDICT_YES : words[pick(4)];

	authority_hear();
	if (questions_count == 0)
		return;
	question = &questions[pick((uint32_t)questions_count)];
	if (question->cancelled)
		word = TB_VERDICT_CANCELLED;
	if (word == TB_VERDICT_YES || word == TB_VERDICT_CHALLENGE)
		may_know[question->question.uid % 65536] = true;
	if (word == TB_VERDICT_YES &&
	    (question->question.action == TB_ACTION_OPEN || question->question.action == TB_ACTION_CONFIGURE)) {
		/* The monitor has no more places. */
		require(yeses_count < TB_YES_MAX);
		yeses[yeses_count++] = *question;
	}
	authority_say(question->question.ticket, word);
	*question = questions[--questions_count];
}

/* The monitor. */

/* question is NULL: nobody waits for the yes any more. configuration is a hash of it, or 0. */
static bool spend(const uint8_t ticket[TB_ID_SIZE], const struct tb_question *question, uint64_t configuration)
{
	for (size_t i = 0; i < yeses_count; i++) {
		if (memcmp(yeses[i].question.ticket, ticket, TB_ID_SIZE) != 0)
			continue;
		require(question == NULL || (memcmp(&yeses[i].question, question, sizeof(*question)) == 0 &&
					     yeses[i].configuration == configuration));
		yeses[i] = yeses[--yeses_count];
		return true;
	}
	return false;
}

static bool was_made(const struct tb_tunnel *wanted)
{
	return wanted->number < MADE_MAX && made_there[wanted->number] &&
	       memcmp(&made_tunnels[wanted->number], wanted, sizeof(*wanted)) == 0;
}

/* What the monitor demands of a configuration: else it ends. */
static void check_configure(void)
{
	const struct tb_configuration *wanted = &configure.tunnel.wanted;

	require(configure.tunnel.number < MADE_MAX && !made_there[configure.tunnel.number]);
	require(configure.tunnel.ifindex != 0 && wanted->question.action == TB_ACTION_CONFIGURE);
	if (configure.replaces != 0)
		require(was_made(&configure.old) && configure.old.ifindex == configure.tunnel.ifindex);
	else
		require(configure.old.wanted.count == 0);
	require(wanted->question.uid == 0 || spend(wanted->question.ticket, &wanted->question, whole(wanted)));
}

static void monitor_hear(void)
{
	union test_message message;
	int fd;
	int type;

	while ((type = take(others.monitor, &message, &fd)) > 0) {
		switch (type) {
		case TB_REQ_ORDER:
			require(!order_there && fd >= 0);
			order = message.order;
			order_fd = fd;
			order_there = true;
			/* Root needs no yes, and nobody else is without. */
			require(order.question.uid == 0 || spend(order.question.ticket, &order.question, 0));
			break;
		case TB_REQ_ORDER_CONFIGURE:
			require(!configure_there && fd >= 0);
			configure = message.configure_order;
			configure_fd = fd;
			configure_there = true;
			check_configure();
			break;
		case TB_REQ_TUNNEL:
			require(!configure_there && !tunnel_there && was_made(&message.tunnel_order.tunnel));
			tunnel = message.tunnel_order;
			tunnel_there = true;
			break;
		case TB_COUNT:
			/* Sometimes no answer comes. */
			if (!chance(8))
				kernel_counts(chance(4) ? NLMSG_ERROR : NLMSG_DONE, message.count.sequence,
					      &(struct nlmsgerr){.error = -EBUSY}, sizeof(struct nlmsgerr));
			break;
		case TB_VOID:
			require(voids_count < TB_YES_MAX);
			voids[voids_count++] = message.void_;
			break;
		default:
			require(!store_there && (type == TB_REQ_STORE || type == TB_REQ_DROP));
			store = message.store;
			store_there = true;
			store_drop = type == TB_REQ_DROP;
			tb_close(&fd);
		}
	}
}

static void keep(const uint8_t lease[TB_ID_SIZE])
{
	require(stored_count < QUEUE);
	memcpy(stored[stored_count++], lease, TB_ID_SIZE);
}

static void monitor_make(struct tb_made *made)
{
	struct tb_answer answer;

	made_set(made, next_ifindex++);
	if (order.question.name[0] != '\0')
		memcpy(made->name, order.question.name, sizeof(made->name));
	made->master = order.question.kind == TB_KIND_TAP && chance(2) ? 7 : 0;
	/* The same number means another link in the shield. */
	if (order.question.kind == TB_KIND_TAP && (order.question.flags & TB_REQUEST_NETNS) == 0 && chance(2))
		made->tap = made->ifindex + 1;
	if (order.question.lifetime == TB_LIFETIME_SESSION)
		made->stored = pick(3);
	if (made->stored == TB_STORED_YES)
		keep(made->lease);
	memset(&answer, 0, sizeof(answer));
	tb_header_set(&answer.header, TB_ANS_OPEN, sizeof(answer));
	/* A client that has hung up gets nothing; here the lease begins all the same, and ends at once. */
	tb_send(order_fd, &answer, sizeof(answer), NULL, 0);
}

static void monitor_answer(bool good)
{
	struct tb_made made;

	monitor_hear();
	if (!order_there)
		return;
	memset(&made, 0, sizeof(made));
	tb_header_set(&made.header, TB_ANS_MADE, sizeof(made));
	made.status = good ? TB_OK : pick(TB_STATUS_COUNT);
	made.check = pick(4);
	made.stage = pick(8);
	made.error = (int)pick(140);
	if (made.status == TB_OK) {
		monitor_make(&made);
	} else if (chance(4)) {
		/* The client was gone when the supervisor had its lifeline already. */
		memcpy(made.lease, order.question.ticket, sizeof(made.lease));
		made.stored = TB_STORED_YES;
		keep(made.lease);
	}
	monitor_say_made(&made);
	tb_close(&order_fd);
	order_there = false;
}

/* A monitor that waits for the kernel keeps the yes until then. */
static void monitor_answer_void(void)
{
	monitor_hear();
	if (voids_count == 0)
		return;
	require(spend(voids[--voids_count].ticket, NULL, 0));
	monitor_say_voided(voids[voids_count]);
}

static void monitor_answer_tunnel(void)
{
	struct tb_configured configured = {.status = TB_OK};

	monitor_hear();
	if (!tunnel_there)
		return;
	if (tunnel.remove != 0)
		made_there[tunnel.tunnel.number] = false;
	tb_header_set(&configured.header, TB_ANS_TUNNEL, sizeof(configured));
	require(tb_send(others.monitor, &configured, sizeof(configured), NULL, 0) == 0);
	tunnel_there = false;
}

/* Orders are answered in turn. */
static void monitor_configure(bool good)
{
	struct tb_configured configured = {.status = good ? TB_OK : chance(2) ? TB_KERNEL : TB_DENIED};
	uint32_t number;

	monitor_answer_tunnel();
	if (!configure_there)
		return;
	tb_header_set(&configured.header, TB_ANS_CONFIGURED, sizeof(configured));
	if (configured.status == TB_KERNEL)
		configured.error = (int)pick(140);
	if (configured.status == TB_DENIED)
		configured.order_check = 1 + pick(2);
	number = configure.tunnel.number;
	if (good && configure.replaces != 0)
		made_there[configure.old.number] = false;
	/* Of one that is empty nothing is made. */
	if (good && (configure.tunnel.wanted.count > 0 ||
		     (configure.tunnel.wanted.question.flags & TB_REQUEST_KILL_SWITCH) != 0)) {
		made_tunnels[number] = configure.tunnel;
		made_there[number] = true;
	}
	require(tb_send(others.monitor, &configured, sizeof(configured), NULL, 0) == 0);
	tb_close(&configure_fd);
	configure_there = false;
}

static void monitor_answer_store(int error)
{
	monitor_hear();
	if (!store_there)
		return;
	store_there = false;
	if (error == 0 && !store_drop)
		keep(store.lease);
	for (size_t i = 0; error == 0 && store_drop && i < stored_count; i++)
		if (memcmp(stored[i], store.lease, TB_ID_SIZE) == 0) {
			memcpy(stored[i], stored[--stored_count], TB_ID_SIZE);
			break;
		}
	monitor_say_stored(store_drop ? TB_ANS_DROP : TB_ANS_STORE, store.lease, error);
}

/* The reaper. */

static void reaper_answer(int error)
{
	union test_message message;
	struct tb_delete *delete;
	int type;

	while (deletes_count < QUEUE && (type = take(others.reaper, &message, NULL)) > 0)
		if (type == TB_REQ_DELETE)
			deletes[deletes_count++] = message.delete_;
	if (deletes_count == 0)
		return;
	delete = &deletes[pick((uint32_t)deletes_count)];
	reaper_say(delete, error);
	*delete = deletes[--deletes_count];
}

/* The kernel and the looker. */

static bool has_device(const struct lease *lease)
{
	return lease != NULL && lease->ifindex != 0 && !lease->away;
}

static uint32_t ifindex_of(const struct lease *lease, enum lease_side side)
{
	return side == SIDE_SHIELD ? lease->tap : lease->ifindex;
}

static void kernel_tell(void)
{
	const struct lease *lease = any_lease();
	struct test_news news;
	enum lease_side side;

	if (!has_device(lease))
		return;
	memset(&news, 0, sizeof(news));
	side = lease->tap != 0 && chance(2) ? SIDE_SHIELD : SIDE_HERE;
	if (chance(3))
		news.gone = ifindex_of(lease, side);
	else
		news.changed.ifindex = ifindex_of(lease, side);
	send(side == SIDE_SHIELD ? others.shield_links : others.links, &news, sizeof(news), MSG_DONTWAIT);
}

static void link_set(struct link *link, const struct lease *lease, enum lease_side side)
{
	struct alias alias = {.state = ALIAS_HANDED_OUT,
			      .uid = lease->uid,
			      .gid = lease->gid,
			      .pid = lease->pid,
			      .start_time = lease->start_time,
			      .since = lease->since,
			      .lifetime = lease->lifetime,
			      .mtu = lease->mtu};

	memset(link, 0, sizeof(*link));
	link->ifindex = ifindex_of(lease, side);
	memcpy(alias.lease, lease->id, TB_ID_SIZE);
	memcpy(alias.mac, lease->mac, TB_MAC_SIZE);
	memcpy(alias.network, lease->network_name, TB_NETWORK_SIZE);
	alias_write(&alias, link->alias);
	lease_device_mac(lease, link->mac);
	link->master = lease->master;
	link->tun_owned = true;
	link->tun_persistent = lease->lifetime == TB_LIFETIME_PERSISTENT;
	link->tun_owner = link->tun_persistent ? lease->uid : MONITOR_UID;
	link->tun_group = link->tun_persistent ? lease->gid : MONITOR_GID;
}

static void link_spoil(struct link *link)
{
	switch (pick(40)) {
	case 1:
		link->mac[5] ^= 1;
		break;
	case 2:
		link->tun_owner++;
		break;
	case 3:
		link->tun_persistent = !link->tun_persistent;
		break;
	case 4:
		link->master = 99;
		break;
	case 5:
		link->alias[0] = '\0';
		break;
	default:
		break;
	}
}

static void look_at_all(void)
{
	struct lease *lease = TAILQ_FIRST(leases_all());

	while (lease != NULL) {
		struct lease *next = TAILQ_NEXT(lease, link);
		struct link link;

		if (has_device(lease) && !chance(8)) {
			link_set(&link, lease, SIDE_HERE);
			link_spoil(&link);
			looker_tells->seen(SIDE_HERE, &link, false);
		}
		lease = next;
	}
	looker_tells->finished();
}

static void looker_work(void)
{
	struct lease *lease;
	struct link link;
	enum lease_side side;
	uint32_t job;

	if (looker_count == 0)
		return;
	job = looker_jobs[0];
	side = looker_sides[0];
	memmove(looker_jobs, looker_jobs + 1, --looker_count * sizeof(looker_jobs[0]));
	memmove(looker_sides, looker_sides + 1, looker_count * sizeof(looker_sides[0]));
	if (job == 0) {
		look_at_all();
		return;
	}
	lease = side == SIDE_SHIELD ? lease_by_tap(job) : lease_by_ifindex(job);
	if (lease == NULL || chance(10)) {
		looker_tells->missing(side, job);
		return;
	}
	link_set(&link, lease, side);
	link_spoil(&link);
	looker_tells->seen(side, &link, true);
}

/* What must be true. */

static bool must_count(const struct request *request)
{
	return request->state == REQUEST_ASKED || (request->state == REQUEST_ABANDONED && !request->has_yes);
}

static void check_counts(void)
{
	struct lease_quota quota;
	const struct lease *lease;
	const struct lease *other;
	uint32_t all = 0;
	uint32_t users = 0;

	TAILQ_FOREACH(lease, leases_all(), link) {
		uint32_t of_user = 0;
		uint32_t of_user_and_network = 0;
		uint32_t of_network = 0;

		all++;
		users += lease->uid != 0;
		TAILQ_FOREACH(other, leases_all(), link) {
			of_user += other->uid == lease->uid;
			of_network += other->network == lease->network;
			of_user_and_network += other->uid == lease->uid && other->network == lease->network;
		}
		leases_user_full(lease->uid, &quota);
		require(quota.held == of_user && of_user <= test_lease_limits.per_user);
		require(leases_held(lease->uid, lease->network) == of_user_and_network);
		require(of_user_and_network <= lease->network->max_per_user && of_network <= lease->network->max);
	}
	require(leases_count() == all && users <= test_lease_limits.leases);
	require(all <= test_lease_limits.leases + LEASES_RESERVED_FOR_ROOT);
}

static void check_leases(void)
{
	const struct lease *lease;
	const struct lease *other;
	uint32_t ordered = 0;
	uint32_t deleting = 0;

	TAILQ_FOREACH(lease, leases_all(), link) {
		uint32_t turns = 0;
		bool waits = lease->state == LEASE_WAITING || lease->state == LEASE_JUMPED ||
			     lease->state == LEASE_WAITING_GONE;

		require(lease->state > LEASE_FREE && lease->state < LEASE_STATES);
		ordered += lease->state == LEASE_ORDERED;
		deleting +=
			lease->state == LEASE_JUMPED || lease->state == LEASE_DELETING || lease->state == LEASE_LATE;
		/* A deadline that is over has had its effect. */
		if (lease->state == LEASE_UNFETCHED || lease->state == LEASE_DELETING || lease->state == LEASE_RESTING)
			require(lease->until > test_now);
		if (has_device(lease))
			require(lease_by_ifindex(lease->ifindex) == lease);
		if (has_device(lease) && lease->tap != 0)
			require(lease_by_tap(lease->tap) == lease);
		if (lease->state >= LEASE_UNFETCHED && lease->id[15] != 0)
			require(lease_by_id(lease->id) == lease);
		TAILQ_FOREACH(other, leases_all(), link)
			turns += other->uid == lease->uid &&
				 (other->state == LEASE_DELETING || other->state == LEASE_RESTING ||
				  other->state == LEASE_LATE);
		/* Whoever waits, waits for somebody. */
		require(turns <= TURNS_MANY && (!waits || turns > 0));
	}
	require(ordered <= 1 && deleting == deletion_count());
}

/* The book is what the monitor has made, but for what an answer says that is not read yet; what is there is a lease's,
 * or a block, and no lease has two. */
static void check_tunnels(void)
{
	char byte;
	bool answers = recv(channels.monitor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;

	for (uint32_t i = 0; i < MADE_MAX; i++) {
		const struct tb_configuration *wanted = &test_tunnels->tunnels[i].wanted;

		if (test_tunnels->states[i] == TUNNEL_FREE)
			continue;
		require(test_tunnels->states[i] < TUNNEL_STATE_COUNT);
		require(made_there[i] || answers);
		if (test_tunnels->states[i] == TUNNEL_UP)
			require(lease_by_id(wanted->lease) != NULL);
		if (test_tunnels->states[i] == TUNNEL_LEFT)
			require((wanted->question.flags & TB_REQUEST_KILL_SWITCH) != 0);
		for (uint32_t j = 0; j < i; j++)
			require(test_tunnels->states[i] != TUNNEL_UP || test_tunnels->states[j] != TUNNEL_UP ||
				memcmp(wanted->lease, test_tunnels->tunnels[j].wanted.lease, TB_ID_SIZE) != 0);
	}
}

static void check_requests(void)
{
	const struct request *request;
	uint32_t open = 0;
	uint32_t ordered = 0;
	uint32_t configuring = 0;

	TAILQ_FOREACH(request, requests_used(), link) {
		open += must_count(request);
		configuring += request->state == REQUEST_CONFIGURING;
		ordered += request->state == REQUEST_ORDERED;
		require(request->state != REQUEST_FREE);
		require((request->client.sock >= 0) == (request->state != REQUEST_ABANDONED));
		require(request->deadline == UINT64_MAX || request->deadline > test_now ||
			request->state == REQUEST_STREAMING);
		/* The monitor has an eye on its socket, and nobody else. */
		if (request->state == REQUEST_ORDERED)
			require(request->lease->state == LEASE_ORDERED && !watched[request->client.sock]);
	}
	require(open <= QUESTIONS_MAX && ordered <= 1 && (ordered == 1 || !order_there));
	require(configuring <= 1 && (configuring == 1 || !configure_there));
}

/* The clerk wakes up for each deadline. */
static void check_timeout(int timeout)
{
	const struct request *request;
	const struct lease *lease;
	uint64_t wake = timeout < 0 ? UINT64_MAX : test_now + (uint64_t)timeout;

	TAILQ_FOREACH(request, requests_used(), link)
		require(request->deadline >= wake);
	TAILQ_FOREACH(lease, leases_all(), link)
		if (lease->state == LEASE_UNFETCHED || lease->state == LEASE_DELETING || lease->state == LEASE_RESTING)
			require(lease->until >= wake);
}

static int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	require(dir != NULL);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* Each fd is somebody's, and nobody's is watched. */
static void check_fds(bool count)
{
	static bool owned[TEST_FDS];
	const struct request *request;
	const struct lease *lease;
	int fds = base_fds + order_there + configure_there;

	memset(owned, 0, sizeof(owned));
	owned[channels.monitor] = owned[channels.reaper] = owned[channels.authority] = true;
	owned[channels.links] = owned[channels.shield_links] = owned[channels.neighbours] = owned[channels.counts] =
		true;
	TAILQ_FOREACH(request, requests_used(), link) {
		if (request->client.sock >= 0)
			owned[request->client.sock] = true;
		fds += (request->client.sock >= 0) + (request->client.pidfd >= 0);
	}
	TAILQ_FOREACH(lease, leases_all(), link) {
		if (lease->lifeline >= 0)
			owned[lease->lifeline] = true;
		fds += lease->lifeline >= 0;
	}
	for (int fd = 0; fd < TEST_FDS; fd++)
		require(!watched[fd] || owned[fd]);
	if (!count)
		return;
	for (size_t i = 0; i < ACTORS; i++)
		fds += actors[i].sock >= 0;
	/* What lies in a channel is no fd of ours. */
	require(open_fds() == fds);
}

/* The fds in an answer that nobody has read are charged to the broker: its lease counts. */
static void check_unread(void)
{
	const struct lease *lease;
	uint32_t unread = 0;
	uint32_t lifelines = 0;

	for (size_t i = 0; i < ACTORS; i++) {
		struct tb_answer answer;

		unread += actors[i].sock >= 0 &&
			  recv(actors[i].sock, &answer, sizeof(answer), MSG_PEEK | MSG_DONTWAIT) ==
				  (ssize_t)sizeof(answer) &&
			  answer.header.type == TB_ANS_OPEN && answer.status == TB_OK;
	}
	TAILQ_FOREACH(lease, leases_all(), link)
		lifelines += lease->lifeline >= 0 || lease->state == LEASE_ORDERED;
	require(unread <= lifelines);
}

static void check(uint64_t step)
{
	monitor_hear();
	authority_hear();
	check_counts();
	check_leases();
	check_requests();
	check_tunnels();
	check_fds(step % 64 == 0);
	if (step % 64 == 0)
		check_unread();
}

/* Steps. */

static void set_failures(bool allowed)
{
	fails_send[channels.monitor] = allowed && chance(3);
	fails_send[channels.reaper] = allowed && chance(3);
	fails_random = allowed && chance(4);
	fails_watch = allowed && chance(4);
}

static void pass_time(void)
{
	static const uint32_t spans[] = {1, 3, 5, 10, 20, 25, 30, 60, 100, 300, 5000, 12000, 30000};

	test_now += spans[chance(60) ? pick(13) : pick(7)];
}

static void change_crowd(void)
{
	static const uint32_t crowds[] = {3, 10, 20, 30, 40, 60, ACTORS};

	crowd = crowds[pick(sizeof(crowds) / sizeof(crowds[0]))];
}

static void act(void)
{
	struct actor *actor = any_actor();

	switch (pick(29)) {
	case 0:
	case 1:
	case 2:
		actor_ask();
		break;
	case 3:
		for (uint32_t i = chance(40) ? pick(256) : 1; i > 0; i--)
			actor_ask();
		break;
	case 4:
	case 5:
	case 6:
		for (size_t i = 0; i < ACTORS; i++)
			if (actors[i].sock >= 0 && !actors[i].lazy && chance(2))
				actor_read(&actors[i]);
		break;
	case 7:
		if (actor != NULL)
			actor_hang_up(actor);
		break;
	case 8:
		if (actor != NULL && (actor->ended || crowded()))
			actor_hang_up(actor);
		break;
	case 9:
	case 10:
		authority_answer(true);
		break;
	case 11:
		authority_answer(chance(2));
		break;
	case 12:
	case 13:
		monitor_answer(true);
		break;
	case 14:
		monitor_answer(false);
		break;
	case 15:
		monitor_answer_store(chance(3) ? EAGAIN : 0);
		break;
	case 16:
	case 17:
		reaper_answer(chance(8) ? EPERM : 0);
		break;
	case 18:
		kernel_tell();
		break;
	case 19:
		for (int i = 0; i < 4; i++)
			looker_work();
		break;
	case 20:
	case 21:
	case 22:
		pass_time();
		break;
	case 23:
		monitor_configure(true);
		break;
	case 24:
		monitor_configure(chance(2));
		break;
	case 25:
		monitor_answer_tunnel();
		break;
	case 26:
		if (any_lease() != NULL)
			tunnels_make_again(pick(8));
		break;
	case 27:
		monitor_answer_void();
		break;
	default:
		set_failures(chance(4));
		if (chance(20))
			change_crowd();
	}
}

/* Its devices can be configured. */
static void set_addresses(struct network *network)
{
	network->addresses.prefixes[0] = (struct tb_prefix){.family = 4, .length = 8, .address = {10}};
	network->addresses.count = 1;
	network->default_route = true;
	network->kill_switch = true;
	network->scope = chance(2) ? TB_SCOPE_HOST : TB_SCOPE_USER;
}

/* Most clerks are small, so that they are often full; on a large one lists are long. */
static void choose_limits(void)
{
	bool large = chance(8);

	test_networks_set();
	for (size_t i = 0; i < test_networks.count; i++) {
		test_networks.networks[i].max = large ? 200 : 8;
		test_networks.networks[i].max_per_user = large ? 200 : 3;
	}
	test_lease_limits.leases = large ? 200 : 12;
	test_lease_limits.per_user = large ? 200 : 5;
	set_addresses(&test_networks.networks[3]);
	test_request_limits.waiting_per_user = 8;
	crowd = large ? ACTORS : 20;
}

static void begin(void)
{
	base_fds = 0;
	test_now = 1000000;
	choose_limits();
	for (size_t i = 0; i < ACTORS; i++)
		actors[i].sock = -1;
	questions_count = yeses_count = voids_count = deletes_count = stored_count = 0;
	order_there = store_there = configure_there = tunnel_there = false;
	memset(may_know, 0, sizeof(may_know));
	next_ifindex = 10;
	clerk_open();
	base_fds = open_fds();
}

/* What root would do in the end. */
static void unblock_all(void)
{
	for (uint32_t i = 0; i < MADE_MAX; i++)
		if (test_tunnels->states[i] == TUNNEL_LEFT)
			tunnels_unblock(test_tunnels->tunnels[i].wanted.question.uid, "wan");
}

static bool any_tunnel(void)
{
	for (uint32_t i = 0; i < MADE_MAX; i++)
		if (made_there[i] || test_tunnels->states[i] != TUNNEL_FREE)
			return true;
	return false;
}

/* True if nobody is there any more, and nobody waits for anything. */
static bool is_over(void)
{
	for (size_t i = 0; i < ACTORS; i++)
		if (actors[i].sock >= 0)
			return false;
	return TAILQ_EMPTY(requests_used()) && leases_count() == 0 && deletion_count() == 0 && !any_tunnel() &&
	       !order_there && !store_there && stored_count == 0 && !configure_there && !tunnel_there &&
	       questions_count == 0 && clerk_expire() == -1;
}

/* Everybody answers, reads and hangs up, until nothing is left. */
static void drain(void)
{
	set_failures(false);
	for (int round = 0; round < 1000 && !is_over(); round++) {
		struct lease *lease;

		authority_answer(true);
		monitor_answer(true);
		monitor_answer_store(0);
		monitor_answer_void();
		monitor_configure(true);
		monitor_answer_tunnel();
		reaper_answer(0);
		looker_work();
		for (size_t i = 0; i < ACTORS; i++) {
			struct actor *actor = &actors[i];

			if (actor->sock < 0)
				continue;
			actor_read(actor);
			/* A watch, and a lease, last as long as the client wants. */
			if (actor->ended || (round > 100 && (actor->type == TB_REQ_WATCH || actor->answers > 0)))
				actor_hang_up(actor);
		}
		if (round > 100)
			TAILQ_FOREACH(lease, leases_all(), link)
				lease_end(lease, TB_REASON_REVOKED);
		if (round > 100)
			unblock_all();
		/* A look at all devices that took long is followed by a long pause. */
		test_now += round < 200 ? 26 : 60000;
		clerk_expire();
		loop_step(0);
		clerk_expire();
		check(1);
	}
	for (size_t i = 0; i < ACTORS; i++)
		require(actors[i].sock < 0);
	require(TAILQ_EMPTY(requests_used()) && leases_count() == 0 && deletion_count() == 0);
	require(keeping_expire() == -1 && clerk_expire() == -1);
	require(!any_tunnel());
	require(yeses_count == 0 && stored_count == 0 && questions_count == 0 && !order_there);
	check(0);
}

static void run(void)
{
	for (uint64_t step = 1; step <= STEPS_OF_ONE_CLERK && more(); step++) {
		act();
		clerk_expire();
		loop_step(0);
		check_timeout(clerk_expire());
		check(step);
	}
	drain();
	clerk_close();
}

static bool is_random(const uint8_t *data, size_t size)
{
	const char *given = getenv("FUZZ_CLERK_STEPS");
	char text[64];

	if (size >= sizeof(text))
		return false;
	memcpy(text, data, size);
	text[size] = '\0';
	if (sscanf(text, "random %" SCNu64 " %" SCNu64, &steps_left, &random_state) != 2 || random_state == 0)
		return false;
	if (given != NULL)
		steps_left = strtoull(given, NULL, 10);
	else if (steps_left > STEPS_MAX)
		steps_left = STEPS_MAX;
	return steps_left > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	steps_left = 0;
	random_state = 0;
	input = data;
	input_left = size;
	if (is_random(data, size))
		input_left = 0;
	else
		steps_left = random_state = 0;
	do {
		begin();
		run();
	} while (steps_left > 1);
	return 0;
}

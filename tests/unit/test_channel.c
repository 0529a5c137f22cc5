/* Unit test of proto/channel.c over socket pairs: what a peer may send, what it may not, and that no fd of a message
 * that was refused stays open.
 */
#include "proto/broker.h"
#include "proto/channel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A channel, and how many fds this process had open before there was one. */
struct channel {
	int peer; /* the end of whoever sends */
	int ours;
	int open_before;
};

/* What the handlers of the table saw. */
struct seen {
	int plain;
	int with_fd;
	int unknown;
	int starved; /* messages for whose fd there was no free descriptor */
	ino_t inode; /* of the fd that came */
};

static int count_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static int make_channel(void **state)
{
	static struct channel channel;
	int pair[2];

	channel.open_before = count_open_fds();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -1;
	channel.peer = pair[0];
	channel.ours = pair[1];
	*state = &channel;
	return 0;
}

/* After every test: the channel's two ends are all that is open in addition. */
static int close_channel(void **state)
{
	struct channel *channel = *state;

	if (channel->peer >= 0)
		close(channel->peer);
	close(channel->ours);
	return count_open_fds() == channel->open_before ? 0 : -1;
}

static ino_t inode_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_ino;
}

static int handle_plain(void *context, const void *message, const int *fds)
{
	const struct tb_cancel *cancel = message;

	(void)fds;
	assert_int_equal(cancel->ticket[0], 'T');
	((struct seen *)context)->plain++;
	return 11;
}

static int handle_with_fd(void *context, const void *message, const int *fds)
{
	struct seen *seen = context;

	assert_non_null(message);
	if (fds == NULL) {
		seen->starved++;
		return 13;
	}
	assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	seen->inode = inode_of(fds[0]);
	seen->with_fd++;
	close(fds[0]);
	return 12;
}

static int handle_unknown(void *context, const void *message, const int *fds)
{
	assert_null(message);
	assert_null(fds);
	((struct seen *)context)->unknown++;
	return -EBADMSG;
}

static const struct tb_row table[] = {
	{TB_REQ_CANCEL, sizeof(struct tb_cancel), 0, handle_plain},
	{TB_REQ_ORDER, sizeof(struct tb_order), 1, handle_with_fd},
	{0, 0, 0, handle_unknown},
};

static struct tb_cancel good_cancel(void)
{
	struct tb_cancel cancel = {.ticket = "T"};

	tb_header_set(&cancel.header, TB_REQ_CANCEL, sizeof(cancel));
	return cancel;
}

static struct tb_order good_client(void)
{
	struct tb_order client;

	memset(&client, 0, sizeof(client));
	tb_header_set(&client.header, TB_REQ_ORDER, sizeof(client));
	return client;
}

/* Sends a message, with copies of the sending socket as its fds, and dispatches it. */
static int pass(struct channel *channel, const void *message, size_t size, size_t nfds, struct seen *seen)
{
	int fds[TB_FDS_MAX];

	for (size_t i = 0; i < TB_FDS_MAX; i++)
		fds[i] = channel->peer;
	memset(seen, 0, sizeof(*seen));
	assert_int_equal(tb_send(channel->peer, message, size, fds, nfds), 0);
	return tb_dispatch(channel->ours, table, seen);
}

/* The same, for what must reach the last row and no other. */
static void refused(struct channel *channel, const void *message, size_t size, size_t nfds)
{
	int before = count_open_fds();
	struct seen seen;

	assert_int_equal(pass(channel, message, size, nfds, &seen), -EBADMSG);
	assert_int_equal(seen.unknown, 1);
	assert_int_equal(seen.plain + seen.with_fd, 0);
	assert_int_equal(count_open_fds(), before);
}

static void test_accepted(void **state)
{
	struct channel *channel = *state;
	struct tb_cancel cancel = good_cancel();
	struct tb_order client = good_client();
	struct seen seen;

	assert_int_equal(pass(channel, &cancel, sizeof(cancel), 0, &seen), 11);
	assert_int_equal(seen.plain, 1);
	assert_int_equal(pass(channel, &client, sizeof(client), 1, &seen), 12);
	assert_int_equal(seen.with_fd, 1);
	assert_int_equal(seen.inode, inode_of(channel->peer));
	assert_int_equal(seen.plain + seen.unknown, 0);
}

static void test_fds(void **state)
{
	struct channel *channel = *state;
	struct tb_cancel cancel = good_cancel();
	struct tb_order client = good_client();

	refused(channel, &client, sizeof(client), 0); /* none where one is expected */
	refused(channel, &client, sizeof(client), 2); /* fits into the padding of a buffer for one */
	refused(channel, &client, sizeof(client), 3); /* does not fit: MSG_CTRUNC */
	refused(channel, &client, sizeof(client), TB_FDS_MAX);
	refused(channel, &cancel, sizeof(cancel), 1); /* one where none is expected */
	refused(channel, &cancel, sizeof(cancel), 2);
}

static void test_size(void **state)
{
	struct channel *channel = *state;
	struct tb_cancel cancel = good_cancel();
	struct tb_order client = good_client();
	char big[2 * TB_MESSAGE_MAX] = "";

	refused(channel, &cancel, sizeof(cancel) - 1, 0);
	refused(channel, &cancel, sizeof(cancel.header), 0);
	refused(channel, &cancel, 1, 0);
	refused(channel, &client, sizeof(client) - 1, 1);
	memcpy(big, &cancel, sizeof(cancel));
	refused(channel, big, sizeof(cancel) + 1, 0);
	refused(channel, big, TB_MESSAGE_MAX, 0);
	refused(channel, big, TB_MESSAGE_MAX + 1, 0); /* MSG_TRUNC */
	refused(channel, big, sizeof(big), 0);
	memcpy(big, &client, sizeof(client));
	refused(channel, big, sizeof(client) + 1, 1);
	refused(channel, big, sizeof(big), 1);
	refused(channel, big, sizeof(big), 4);
	refused(channel, big, 0, 1); /* no bytes at all, but an fd */
}

static void test_header(void **state)
{
	struct channel *channel = *state;
	struct tb_cancel cancel;

	cancel = good_cancel();
	cancel.header.magic = 0x54415042u; /* of the other byte order */
	refused(channel, &cancel, sizeof(cancel), 0);
	cancel = good_cancel();
	cancel.header.version = TB_VERSION + 1;
	refused(channel, &cancel, sizeof(cancel), 0);
	cancel = good_cancel();
	cancel.header.version = 0;
	refused(channel, &cancel, sizeof(cancel), 0);
	cancel = good_cancel();
	cancel.header.size++;
	refused(channel, &cancel, sizeof(cancel), 0);
	cancel = good_cancel();
	cancel.header.size = 0;
	refused(channel, &cancel, sizeof(cancel), 0);
	cancel = good_cancel();
	cancel.header.reserved = 1u << 31;
	refused(channel, &cancel, sizeof(cancel), 0);
	cancel = good_cancel();
	cancel.header.type = TB_REQ_ASK; /* of another channel */
	refused(channel, &cancel, sizeof(cancel), 0);
	cancel = good_cancel();
	cancel.header.type = TB_REQ_ORDER; /* of another row, which has another size */
	refused(channel, &cancel, sizeof(cancel), 0);
	refused(channel, &cancel, sizeof(cancel), 1);
	cancel = good_cancel();
	cancel.header.type = 0; /* as the last row says */
	cancel.header.size = 0;
	refused(channel, &cancel, sizeof(cancel), 0);
	cancel = good_cancel();
	cancel.header.type = 0xffff;
	refused(channel, &cancel, sizeof(cancel), 0);
	refused(channel, &cancel, sizeof(cancel), 1);
}

/* One bad message does not spoil the next. */
static void test_good_after_bad(void **state)
{
	struct channel *channel = *state;
	struct tb_order client = good_client();
	char big[2 * TB_MESSAGE_MAX] = "";
	struct seen seen;

	refused(channel, big, sizeof(big), 3);
	assert_int_equal(pass(channel, &client, sizeof(client), 1, &seen), 12);
	assert_int_equal(seen.with_fd, 1);
}

static void test_end(void **state)
{
	struct channel *channel = *state;
	struct tb_cancel cancel = good_cancel();
	struct seen seen = {0};

	assert_int_equal(tb_dispatch(channel->ours, table, &seen), -EAGAIN);
	assert_int_equal(tb_send(channel->peer, &cancel, sizeof(cancel), NULL, 0), 0);
	close(channel->peer);
	channel->peer = -1;
	assert_int_equal(tb_dispatch(channel->ours, table, &seen), 11); /* what was sent before the end still comes */
	assert_int_equal(tb_dispatch(channel->ours, table, &seen), -ECONNRESET);
	assert_int_equal(tb_send(channel->ours, &cancel, sizeof(cancel), NULL, 0), -EPIPE);
	assert_int_equal(seen.unknown, 0);
}

/* A thread that waits takes the smaller messages of the same table, and a larger one is none of it. */
static void test_wait(void **state)
{
	struct channel *channel = *state;
	struct tb_cancel cancel = good_cancel();
	char big[TB_WAIT_MESSAGE_MAX + 1] = "";
	struct seen seen = {0};

	assert_int_equal(tb_send(channel->peer, &cancel, sizeof(cancel), NULL, 0), 0);
	assert_int_equal(tb_dispatch_wait(channel->ours, table, &seen), 11);
	assert_int_equal(seen.unknown, 0);
	assert_int_equal(tb_send(channel->peer, big, sizeof(big), NULL, 0), 0);
	tb_dispatch_wait(channel->ours, table, &seen);
	assert_int_equal(seen.unknown, 1);
	close(channel->peer);
	channel->peer = -1;
	assert_int_equal(tb_dispatch_wait(channel->ours, table, &seen), -ECONNRESET);
}

/* What takes no fds offers the kernel no room for them: they are closed by the kernel, and the message is refused. */
static void test_no_room_for_fds(void **state)
{
	struct channel *channel = *state;
	struct tb_order client = good_client();
	int before = count_open_fds();
	int fds[2] = {channel->peer, channel->peer};
	char message[TB_MESSAGE_MAX];
	size_t nfds = 0;

	assert_int_equal(tb_send(channel->peer, &client, sizeof(client), fds, 2), 0);
	assert_int_equal(tb_receive(channel->ours, message, sizeof(message), NULL, &nfds), -EPROTO);
	assert_int_equal(nfds, 0);
	assert_int_equal(count_open_fds(), before);
}

/* The kernel fills the room, and drops the others: what it has filled is closed again. */
static void test_more_fds_than_room(void **state)
{
	struct channel *channel = *state;
	struct tb_order client = good_client();
	int before = count_open_fds();
	int fds[2] = {channel->peer, channel->peer};
	int room[1] = {-1};
	char message[TB_MESSAGE_MAX];
	size_t nfds = 1;

	assert_int_equal(tb_send(channel->peer, &client, sizeof(client), fds, 2), 0);
	assert_int_equal(tb_receive(channel->ours, message, sizeof(message), room, &nfds), -EPROTO);
	assert_int_equal(nfds, 0);
	assert_int_equal(count_open_fds(), before);
}

/* A process that has no free descriptor for what comes is not told that its peer speaks nonsense. */
static void test_no_free_descriptor(void **state)
{
	struct channel *channel = *state;
	struct tb_order client = good_client();
	int before = count_open_fds();
	struct rlimit limit;
	struct rlimit none;
	struct seen seen;
	char message[TB_MESSAGE_MAX];
	int fds[1];
	size_t nfds = 1;

	memset(&seen, 0, sizeof(seen));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	for (int i = 0; i < 2; i++)
		assert_int_equal(tb_send(channel->peer, &client, sizeof(client), &channel->peer, 1), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(tb_dispatch(channel->ours, table, &seen), 13);
	assert_int_equal(tb_receive(channel->ours, message, sizeof(message), fds, &nfds), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(seen.starved, 1);
	assert_int_equal(seen.unknown, 0);
	assert_int_equal(count_open_fds(), before);
	assert_int_equal(pass(channel, &client, sizeof(client), 1, &seen), 12);
}

/* A message that is longer than the room for it is refused whole, also if its beginning looks right. */
static void test_no_room_for_message(void **state)
{
	struct channel *channel = *state;
	struct tb_order client = good_client();
	int before = count_open_fds();
	char message[sizeof(client) - 1];
	int fds[1];
	size_t nfds = 1;

	assert_int_equal(tb_send(channel->peer, &client, sizeof(client), &channel->peer, 1), 0);
	assert_int_equal(tb_receive(channel->ours, message, sizeof(message), fds, &nfds), -EMSGSIZE);
	assert_int_equal(nfds, 0);
	assert_int_equal(count_open_fds(), before);
	assert_int_equal(tb_receive(channel->ours, message, sizeof(message), fds, &nfds),
			 -EAGAIN); /* and no rest of it */
}

static void test_receive_all_fds(void **state)
{
	struct channel *channel = *state;
	struct tb_order client = good_client();
	int sent[TB_FDS_MAX];
	int fds[TB_FDS_MAX];
	char message[TB_MESSAGE_MAX];
	size_t nfds = TB_FDS_MAX;

	for (size_t i = 0; i < TB_FDS_MAX; i++)
		sent[i] = i % 2 == 0 ? channel->peer : channel->ours;
	assert_int_equal(tb_send(channel->peer, &client, sizeof(client), sent, TB_FDS_MAX), 0);
	assert_int_equal(tb_receive(channel->ours, message, sizeof(message), fds, &nfds), sizeof(client));
	assert_int_equal(nfds, TB_FDS_MAX);
	for (size_t i = 0; i < nfds; i++) {
		assert_int_equal(inode_of(fds[i]), inode_of(sent[i])); /* in the order of sending */
		assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
		close(fds[i]);
	}
	assert_int_equal(tb_send(channel->peer, &client, sizeof(client), sent, TB_FDS_MAX + 1), -EINVAL);
	nfds = TB_FDS_MAX + 1;
	assert_int_equal(tb_receive(channel->ours, message, sizeof(message), fds, &nfds), -EINVAL);
}

static void test_errors_of_the_socket(void **state)
{
	struct channel *channel = *state;
	struct tb_order client = good_client();
	int closed = dup(channel->ours);
	char message[TB_MESSAGE_MAX];
	size_t nfds = 0;
	long ret;

	close(closed);
	assert_int_equal(tb_send(closed, &client, sizeof(client), NULL, 0), -EBADF);
	assert_int_equal(tb_receive(closed, message, sizeof(message), NULL, &nfds), -EBADF);
	assert_int_equal(tb_send(channel->peer, &client, sizeof(client), &closed, 1), -EBADF);
	do {
		ret = tb_send(channel->peer, &client, sizeof(client), NULL, 0);
	} while (ret == 0);
	assert_int_equal(ret, -EAGAIN); /* nobody reads */
}

static void test_header_functions(void **state)
{
	struct tb_header header;

	(void)state;
	memset(&header, 0xff, sizeof(header));
	tb_header_set(&header, TB_REQ_OPEN, 144);
	assert_true(tb_header_valid(&header, TB_REQ_OPEN, 144));
	assert_false(tb_header_valid(&header, TB_REQ_OPEN, 143));
	assert_false(tb_header_valid(&header, TB_ANS_OPEN, 144));
	assert_memory_equal(&header.magic, "TAPB", __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 4 : 0);
}

#define ON_CHANNEL(test) cmocka_unit_test_setup_teardown(test, make_channel, close_channel)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_CHANNEL(test_accepted),
		ON_CHANNEL(test_fds),
		ON_CHANNEL(test_size),
		ON_CHANNEL(test_header),
		ON_CHANNEL(test_good_after_bad),
		ON_CHANNEL(test_end),
		ON_CHANNEL(test_wait),
		ON_CHANNEL(test_no_room_for_fds),
		ON_CHANNEL(test_more_fds_than_room),
		ON_CHANNEL(test_no_free_descriptor),
		ON_CHANNEL(test_no_room_for_message),
		ON_CHANNEL(test_receive_all_fds),
		ON_CHANNEL(test_errors_of_the_socket),
		cmocka_unit_test(test_header_functions),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}

/* A broker for the tests of libtapbroker: a thread of the test behind a socket of its own. It answers one request. */
#ifndef TEST_CLIENT_BROKER_H
#define TEST_CLIENT_BROKER_H

#include "tests/unit/client.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGES_MAX 5

/* A broker for one request: it accepts connections until one asks, and answers with these messages. */
struct broker {
	char directory[32];
	struct sockaddr_un address;
	int listening;
	pthread_t thread;
	struct tb_request request; /* what was asked */
	size_t count;
	size_t sizes[MESSAGES_MAX];
	union tb_any_answer messages[MESSAGES_MAX];
};

static inline int listening_socket(const struct sockaddr_un *address, int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	unlink(address->sun_path);
	assert_int_equal(bind(fd, (const struct sockaddr *)address, sizeof(*address)), 0);
	assert_int_equal(chmod(address->sun_path, 0666), 0);
	if (type != SOCK_DGRAM)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static inline int setup(void **state)
{
	static struct broker broker;

	memset(&broker, 0, sizeof(broker));
	strcpy(broker.directory, "/tmp/test_client.XXXXXX");
	assert_non_null(mkdtemp(broker.directory));
	assert_int_equal(chmod(broker.directory, 0755), 0);
	broker.address.sun_family = AF_UNIX;
	strcpy(broker.address.sun_path, broker.directory);
	strcat(broker.address.sun_path, "/socket");
	broker.listening = listening_socket(&broker.address, SOCK_SEQPACKET);
	setenv("TAPBROKER_SOCKET", broker.address.sun_path, 1);
	*state = &broker;
	return 0;
}

static inline int teardown(void **state)
{
	struct broker *broker = *state;

	close(broker->listening);
	unlink(broker->address.sun_path);
	rmdir(broker->directory);
	return 0;
}

/* Runs in the broker's thread. A connection that closes without asking is passed over. */
static inline void *serve(void *arg)
{
	struct broker *broker = arg;
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	size_t nfds = 0;
	int client;

	for (;;) {
		client = accept4(broker->listening, NULL, NULL, SOCK_CLOEXEC);
		poll(&(struct pollfd){.fd = client, .events = POLLIN}, 1, 2000);
		if (tb_receive(client, &broker->request, sizeof(broker->request), NULL, &nfds) > 0)
			break;
		close(client);
	}
	for (size_t i = 0; i < broker->count; i++) {
		bool device = broker->messages[i].answer.header.type == TB_ANS_OPEN &&
			      broker->messages[i].answer.status == TB_OK;

		tb_send(client, &broker->messages[i], broker->sizes[i], &null,
			device ? broker->messages[i].answer.queues : 0);
	}
	close(null);
	close(client);
	return NULL;
}

static inline void start(struct broker *broker)
{
	assert_int_equal(pthread_create(&broker->thread, NULL, serve, broker), 0);
}

static inline void stop(struct broker *broker)
{
	pthread_join(broker->thread, NULL);
}

static inline void add_answer(struct broker *broker, struct tb_answer answer)
{
	broker->sizes[broker->count] = sizeof(answer);
	broker->messages[broker->count++].answer = answer;
}

#define BROKER_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif

/* Each call of libtapbroker that asks the broker, where things go wrong around it: signals that interrupt, a broker
 * that never answers or hangs up at once, no free file descriptor, no standard streams; and the same library in several
 * threads and in the child of a fork. The call ends with the errno that libtapbroker(3) has for it, in time, and leaves
 * no fd open; SIGPIPE, which would end this test, never comes.
 */
#include "tests/unit/client_broker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#define SOME_ID "0102030405060708090a0b0c0d0e0f10"
#define HELD_MAX 64 /* connections that the broker has taken and not answered */
#define OPENERS 8

static int call_open(int timeout)
{
	struct tap_request request = TAP_REQUEST_INIT;
	struct tap *tap;

	request.network = "lan";
	request.timeout = timeout;
	return tapbroker_open_request(&request, &tap);
}

static int call_reserve(int timeout)
{
	struct tap_request request = TAP_REQUEST_INIT;
	struct tap *tap;

	request.network = "lan";
	request.timeout = timeout;
	return tapbroker_reserve(&request, &tap);
}

static int call_explain(int timeout)
{
	struct tap_explanation explanation = TAP_EXPLANATION_INIT;
	struct tap_request request = TAP_REQUEST_INIT;

	request.network = "lan";
	request.timeout = timeout;
	return tapbroker_explain(&request, &explanation);
}

static int call_configure(int timeout)
{
	struct tap_configuration configuration = TAP_CONFIGURATION_INIT;

	configuration.lease = SOME_ID;
	configuration.timeout = timeout;
	return tapbroker_configure(&configuration);
}

static int call_explain_configuration(int timeout)
{
	struct tap_configuration_explanation explanation = TAP_CONFIGURATION_EXPLANATION_INIT;
	struct tap_configuration configuration = TAP_CONFIGURATION_INIT;

	configuration.timeout = timeout;
	return tapbroker_explain_configuration("lan", &configuration, &explanation);
}

static int note_network(const struct tap_network *network, void *arg)
{
	(void)network, (void)arg;
	return 0;
}

static int call_networks(int timeout)
{
	return tapbroker_networks(0, timeout, NULL, note_network, NULL);
}

static int note_lease(const struct tap_lease *lease, void *arg)
{
	(void)lease, (void)arg;
	return 0;
}

static int call_leases(int timeout)
{
	return tapbroker_leases(0, timeout, NULL, note_lease, NULL);
}

static int note_block(const struct tap_block *block, void *arg)
{
	(void)block, (void)arg;
	return 0;
}

static int call_blocks(int timeout)
{
	return tapbroker_blocks(0, timeout, NULL, note_block, NULL);
}

static int note_drop(const struct tap_drop *drop, void *arg)
{
	(void)drop, (void)arg;
	return 0;
}

static int call_drops(int timeout)
{
	return tapbroker_drops(SOME_ID, 0, timeout, NULL, note_drop, NULL);
}

static int note_configuration(const struct tap_configuration *configuration, void *arg)
{
	(void)configuration, (void)arg;
	return 0;
}

static int call_read_configuration(int timeout)
{
	return tapbroker_read_configuration(SOME_ID, 0, timeout, NULL, note_configuration, NULL);
}

static int call_release(int timeout)
{
	return tapbroker_release(SOME_ID, 0, timeout, NULL);
}

static int call_revoke(int timeout)
{
	return tapbroker_revoke(SOME_ID, 0, timeout, NULL);
}

static int call_unblock(int timeout)
{
	return tapbroker_unblock("lan", 0, 0, timeout, NULL);
}

static int call_about(int timeout)
{
	struct tap_broker about = TAP_BROKER_INIT;

	return tapbroker_about(0, timeout, NULL, &about);
}

static int call_watch(int timeout)
{
	struct tap_watcher *watch;

	return tapbroker_watch(0, timeout, NULL, &watch);
}

static const struct {
	const char *name;
	int (*call)(int timeout);
} calls[] = {
	{"open", call_open},
	{"reserve", call_reserve},
	{"explain", call_explain},
	{"configure", call_configure},
	{"explain_configuration", call_explain_configuration},
	{"networks", call_networks},
	{"leases", call_leases},
	{"blocks", call_blocks},
	{"drops", call_drops},
	{"read_configuration", call_read_configuration},
	{"release", call_release},
	{"revoke", call_revoke},
	{"unblock", call_unblock},
	{"about", call_about},
	{"watch", call_watch},
};

/* Each call fails with this errno and leaves no fd open. */
static void expect_from_all(int timeout, int error)
{
	int before = count_fds();

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		errno = 0;
		if (calls[i].call(timeout) != -1 || errno != error)
			fail_msg("%s: errno is %d, not %d", calls[i].name, errno, error);
	}
	assert_int_equal(count_fds(), before);
}

/* A broker that takes each connection and answers none. */
struct silent {
	int listening;
	bool hangs_up;
	pthread_t thread;
	int held[HELD_MAX];
	size_t count;
};

static void *stay_silent(void *arg)
{
	struct silent *silent = arg;
	int client;

	while ((client = accept4(silent->listening, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		if (silent->hangs_up || silent->count == HELD_MAX)
			close(client);
		else
			silent->held[silent->count++] = client;
	}
	return NULL;
}

/* Starts it in a thread that no signal interrupts. */
static void silent_start(struct silent *silent, const struct broker *broker, bool hangs_up)
{
	sigset_t all, before;

	*silent = (struct silent){.listening = broker->listening, .hangs_up = hangs_up};
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	assert_int_equal(pthread_create(&silent->thread, NULL, stay_silent, silent), 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void silent_stop(struct silent *silent)
{
	shutdown(silent->listening, SHUT_RDWR);
	pthread_join(silent->thread, NULL);
	while (silent->count > 0)
		close(silent->held[--silent->count]);
}

static atomic_int alarms;

static void on_alarm(int number)
{
	(void)number;
	atomic_fetch_add(&alarms, 1);
}

/* SIGALRM once in so many microseconds, 0: no more; system calls are not restarted after it. */
static void alarm_often(int microseconds)
{
	const struct itimerval often = {{0, microseconds}, {0, microseconds}};
	struct sigaction action = {.sa_handler = on_alarm};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

/* What count_fds() sees of the broker's side is not the library's. */
static void test_never_answered(void **state)
{
	struct silent silent;

	silent_start(&silent, *state, false);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		errno = 0;
		assert_int_equal(calls[i].call(30), -1);
		assert_int_equal(errno, ETIMEDOUT);
	}
	silent_stop(&silent);
}

static void test_never_answered_and_interrupted(void **state)
{
	struct silent silent;

	silent_start(&silent, *state, false);
	alarm_often(2000);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		errno = 0;
		assert_int_equal(calls[i].call(30), -1);
		assert_int_equal(errno, ETIMEDOUT);
	}
	alarm_often(0);
	silent_stop(&silent);
	assert_true(atomic_load(&alarms) > 0);
}

/* Answers when the client was interrupted some times. */
static void *serve_after_alarms(void *arg)
{
	int before = atomic_load(&alarms);

	while (atomic_load(&alarms) < before + 5)
		usleep(1000);
	return serve(arg);
}

static void test_answered_after_interruptions(void **state)
{
	struct broker *broker = *state;
	int before = count_fds();
	sigset_t all, mask;
	struct tap *tap;

	add_answer(broker, good_answer());
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	assert_int_equal(pthread_create(&broker->thread, NULL, serve_after_alarms, broker), 0);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	alarm_often(2000);
	assert_true(tapbroker_open("lan", &tap) >= 0);
	alarm_often(0);
	stop(broker);
	tapbroker_close(tap);
	assert_int_equal(count_fds(), before);
}

/* tap_wait() alone tells of a signal. */
static void test_wait_interrupted(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	struct tap *tap = open_device(talk, &answer);

	close(tapbroker_take_fd(tap, 0)); /* it always has something to read */
	alarm_often(2000);
	errno = 0;
	assert_int_equal(tapbroker_wait(tap, -1), -1);
	assert_int_equal(errno, EINTR);
	alarm_often(0);
	tapbroker_close(tap);
}

static void test_hung_up_on(void **state)
{
	struct silent silent;

	silent_start(&silent, *state, true);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		errno = 0;
		assert_int_equal(calls[i].call(10000), -1);
		assert_int_equal(errno, ECONNRESET);
	}
	silent_stop(&silent);
}

static void test_no_free_descriptor(void **state)
{
	struct rlimit before, limit;
	int lowest = dup(0);

	(void)state;
	close(lowest);
	getrlimit(RLIMIT_NOFILE, &before);
	limit = before;
	limit.rlim_cur = (rlim_t)lowest;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		errno = 0;
		assert_int_equal(calls[i].call(0), -1);
		assert_int_equal(errno, EMFILE);
	}
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(dup(0), lowest);
	close(lowest);
}

static void test_no_socket(void **state)
{
	struct broker *broker = *state;

	unlink(broker->address.sun_path);
	expect_from_all(0, ENOENT);
}

/* Runs in a child without standard streams: the device, and its lifeline, get numbers below 3. Returns the exit code.
 */
static int open_without_streams(void)
{
	struct tap *tap;
	int fd;

	close(0);
	close(1);
	close(2);
	fd = tapbroker_open("lan", &tap);
	if (fd < 0 || fd > 2 || tapbroker_lifeline(tap) > 2 || tapbroker_fd(tap, 0) != fd)
		return 1;
	tapbroker_close(tap);
	return fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0 ? 0 : 2;
}

static void expect_child(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_no_standard_streams(void **state)
{
	struct broker *broker = *state;
	pid_t pid;

	add_answer(broker, good_answer());
	pid = fork();
	if (pid == 0)
		_exit(open_without_streams());
	start(broker);
	expect_child(pid);
	stop(broker);
}

static bool hung_up(int sock)
{
	struct pollfd end = {.fd = sock, .events = POLLIN};

	return poll(&end, 1, 0) > 0 && (end.revents & POLLHUP) != 0;
}

/* The child closes its copy: the parent's lease goes on. */
static void test_child_closes(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	struct tap *tap = open_device(talk, &answer);
	pid_t pid = fork();

	if (pid == 0) {
		tapbroker_close(tap);
		_exit(0);
	}
	expect_child(pid);
	assert_false(hung_up(talk->broker));
	assert_int_equal(tapbroker_ended(tap, NULL), 0);
	assert_true(fcntl(tapbroker_fd(tap, 0), F_GETFD) >= 0);
	tapbroker_close(tap);
	assert_true(hung_up(talk->broker));
}

/* The parent closes its copy: the lease lasts as long as the child has one. */
static void test_parent_closes(void **state)
{
	struct talk *talk = *state;
	struct tb_answer answer = good_answer();
	struct tap *tap = open_device(talk, &answer);
	int go[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		close(talk->broker);
		_exit(read(go[0], &byte, 1) == 0 && tapbroker_ended(tap, NULL) == 0 ? 0 : 1);
	}
	tapbroker_close(tap);
	assert_false(hung_up(talk->broker));
	close(go[0]);
	close(go[1]);
	expect_child(pid);
	assert_true(hung_up(talk->broker));
}

/* Answers so many requests, each over a connection of its own. */
static void *serve_many(void *arg)
{
	struct broker *broker = arg;

	for (int i = 0; i < OPENERS; i++)
		serve(broker);
	return NULL;
}

static void *open_and_close(void *arg)
{
	struct tap **tap = arg;

	return tapbroker_open("lan", tap) >= 0 && strcmp(tapbroker_name(*tap), "lan-1a2b3c") == 0 ? arg : NULL;
}

static void test_threads(void **state)
{
	struct broker *broker = *state;
	int before = count_fds();
	pthread_t threads[OPENERS];
	struct tap *taps[OPENERS];
	void *opened;

	add_answer(broker, good_answer());
	assert_int_equal(pthread_create(&broker->thread, NULL, serve_many, broker), 0);
	for (int i = 0; i < OPENERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_and_close, &taps[i]), 0);
	for (int i = 0; i < OPENERS; i++) {
		pthread_join(threads[i], &opened);
		assert_non_null(opened);
	}
	stop(broker);
	for (int i = 0; i < OPENERS; i++)
		tapbroker_close(taps[i]);
	assert_int_equal(count_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BROKER_TEST(test_never_answered),
		BROKER_TEST(test_never_answered_and_interrupted),
		BROKER_TEST(test_answered_after_interruptions),
		TALK_TEST(test_wait_interrupted),
		BROKER_TEST(test_hung_up_on),
		BROKER_TEST(test_no_free_descriptor),
		BROKER_TEST(test_no_socket),
		BROKER_TEST(test_no_standard_streams),
		TALK_TEST(test_child_closes),
		TALK_TEST(test_parent_closes),
		BROKER_TEST(test_threads),
	};

	become_root();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("client_hardship", tests, NULL, NULL);
}

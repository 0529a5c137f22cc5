/* What one user who opens and closes devices flat out costs the others: how long their tap_open() takes meanwhile, and
 * without that user.
 *
 * usage: fairness NETWORK FLAT_OUT_NETWORK ROUNDS FIRST_UID
 *
 * The others are two users who open a device 25 times a second or so. Each of the phases has ROUNDS of their requests,
 * and there are two of each kind in turn, so that whatever drifts hits all alike. Runs as root beside a running broker.
 */

#include "client/tapbroker.h"
#include "tests/bench/client.h"
#include "tests/bench/stats.h"

#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OTHERS 2
#define BUSY_MAX 8
#define PHASES 2 /* of each kind */

static void pause_ms(unsigned int ms)
{
	struct timespec time = {0, (long)ms * 1000000};

	nanosleep(&time, NULL);
}

static _Noreturn void flat_out(const char *network)
{
	struct tap *tap;

	/* Refused for its quota, it asks again at once. */
	for (;;)
		if (tap_open(network, &tap) >= 0)
			tap_close(tap);
}

static pid_t start_flat_out(uid_t uid, const char *network)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid > 0)
		return pid;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		fail("PR_SET_PDEATHSIG");
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
		fail("give root up");
	flat_out(network);
}

/* One request of each of the others, then a pause. */
static void ask_once(struct client *others, struct samples *samples)
{
	for (int i = 0; i < OTHERS; i++)
		client_order_open(&others[i]);
	for (int i = 0; i < OTHERS; i++)
		samples_add(samples, client_answer(&others[i]));
	for (int i = 0; i < OTHERS; i++)
		client_order_close(&others[i]);
	for (int i = 0; i < OTHERS; i++)
		client_answer(&others[i]);
	pause_ms(20);
}

/* The others' requests beside so many processes of one user. */
static void run_phase(struct client *others, const char *network, unsigned int rounds, uid_t uid, int busy,
		      struct samples *samples)
{
	pid_t pids[BUSY_MAX];

	for (int i = 0; i < busy; i++)
		pids[i] = start_flat_out(uid, network);
	pause_ms(200);
	for (unsigned int i = 0; i < rounds; i++)
		ask_once(others, samples);
	for (int i = 0; i < busy; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

static void print_result(int busy, struct samples *samples)
{
	double median = samples_percentile(samples, 50);
	double p99 = samples_percentile(samples, 99);

	printf("  beside %d process%s of one user, flat out: %8.0f us median %8.0f us p99, %.1f times the median\n",
	       busy, busy == 1 ? "  " : "es", median, p99, p99 / median);
}

int main(int argc, char **argv)
{
	static const int busy[] = {0, 1, 2, BUSY_MAX};
	static struct samples samples[sizeof(busy) / sizeof(busy[0])];
	static struct client others[OTHERS];
	const size_t kinds = sizeof(busy) / sizeof(busy[0]);
	unsigned int rounds;
	uid_t first_uid;

	if (argc != 5) {
		fprintf(stderr, "usage: fairness NETWORK FLAT_OUT_NETWORK ROUNDS FIRST_UID\n");
		return 2;
	}
	rounds = (unsigned int)atoi(argv[3]);
	first_uid = (uid_t)atoi(argv[4]);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < OTHERS; i++)
		client_start(&others[i], first_uid + 1 + (uid_t)i, argv[1]);
	for (size_t i = 0; i < kinds; i++)
		samples_init(&samples[i], (size_t)PHASES * rounds * OTHERS);
	for (int phase = 0; phase < PHASES; phase++)
		for (size_t i = 0; i < kinds; i++)
			run_phase(others, argv[2], rounds, first_uid, busy[i], &samples[i]);
	for (size_t i = 0; i < kinds; i++)
		print_result(busy[i], &samples[i]);
	return 0;
}

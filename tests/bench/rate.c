/* How many requests per second the broker answers to so many clients at once, each with a uid of its own.
 *
 * usage: rate NETWORK CLIENTS REQUESTS FIRST_UID
 *
 * The clients make REQUESTS together, one after the other each, and keep every device until all have finished: what is
 * measured is opening, not how fast the kernel destroys. Runs as root beside a running broker.
 */

#include "tests/bench/client.h"
#include "tests/bench/stats.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLIENTS_MAX 64

int main(int argc, char **argv)
{
	static struct client clients[CLIENTS_MAX];
	struct pollfd polls[CLIENTS_MAX];
	struct samples samples;
	unsigned int count, requests, started = 0, done = 0;
	uid_t first_uid;
	double start, us, elapsed;

	if (argc != 5 || (unsigned int)atoi(argv[2]) > CLIENTS_MAX) {
		fprintf(stderr, "usage: rate NETWORK CLIENTS REQUESTS FIRST_UID\n");
		return 2;
	}
	count = (unsigned int)atoi(argv[2]);
	requests = (unsigned int)atoi(argv[3]);
	first_uid = (uid_t)atoi(argv[4]);
	signal(SIGPIPE, SIG_IGN);
	samples_init(&samples, requests);
	for (unsigned int i = 0; i < count; i++) {
		client_start(&clients[i], first_uid + i, argv[1]);
		polls[i] = (struct pollfd){.fd = clients[i].response, .events = POLLIN};
	}

	start = now_us();
	for (; started < count && started < requests; started++)
		client_order_open(&clients[started]);
	while (done < started) {
		if (poll(polls, count, -1) < 0)
			fail("poll");
		for (unsigned int i = 0; i < count; i++) {
			if (!polls[i].revents)
				continue;
			us = client_answer(&clients[i]);
			samples_add(&samples, us);
			done++;
			if (started < requests) {
				client_order_open(&clients[i]);
				started++;
			}
		}
	}
	elapsed = now_us() - start;
	printf("  %2u client%s %8.0f requests/s   tap_open() %8.0f us median %8.0f us p99\n", count,
	       count == 1 ? " " : "s", requests / (elapsed / 1e6), samples_percentile(&samples, 50),
	       samples_percentile(&samples, 99));

	if (samples_percentile(&samples, 100) > 14e6)
		printf("             polkitd stood still for 15 s, as it does at times by itself: measure again\n");

	/* Not one after the other: every close may wait for the kernel. */
	for (unsigned int i = 0; i < count; i++)
		client_order_close(&clients[i]);
	for (unsigned int i = 0; i < count; i++)
		client_answer(&clients[i]);
	return 0;
}

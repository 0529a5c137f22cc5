/* A client of the broker as a process of its own. See client.h. */

#include "tests/bench/client.h"
#include "tests/bench/stats.h"
#include "client/tapbroker.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define CLIENT_DEVICES 4096 /* that one client can hold */

/* As many fds as this user may have: every device takes two. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		fail("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		fail("setrlimit");
}

/* What a tunnel program asks for. */
static const struct tap_entry tunnel[] = {
	{"10.8.0.2/24", NULL, TAP_ENTRY_ADDRESS, 0},   {"fd00:8::2/64", NULL, TAP_ENTRY_ADDRESS, 0},
	{"198.51.100.0/25", NULL, TAP_ENTRY_ROUTE, 0}, {"198.51.100.128/25", NULL, TAP_ENTRY_ROUTE, 0},
	{"2001:db8:1::/48", NULL, TAP_ENTRY_ROUTE, 0}, {"2001:db8:2::/48", NULL, TAP_ENTRY_ROUTE, 0},
};

static int client_configure(const struct tap *tap, size_t entries)
{
	struct tap_configuration configuration = TAP_CONFIGURATION_INIT;

	configuration.lease = tap_lease_id(tap);
	configuration.entries = tunnel;
	configuration.entries_count = entries;
	return tap_configure(&configuration);
}

static _Noreturn void client_serve(int command, int response, const char *network)
{
	static struct tap *held[CLIENT_DEVICES];
	size_t count = 0;
	double us, start;
	char order;

	while (read(command, &order, 1) == 1) {
		us = 0;
		if (order == 'o') {
			if (count == CLIENT_DEVICES)
				break;
			start = now_us();
			if (tap_open(network, &held[count]) < 0) {
				fprintf(stderr, "bench: tap_open: %s\n", tap_strerror(errno));
				break;
			}
			us = now_us() - start;
			count++;
		} else if (order == 't' || order == 'u') {
			size_t entries = order == 't' ? sizeof(tunnel) / sizeof(*tunnel) : 0;

			start = now_us();
			if (client_configure(held[count - 1], entries) < 0) {
				fprintf(stderr, "bench: tap_configure: %s\n", tap_strerror(errno));
				break;
			}
			us = now_us() - start;
		} else {
			while (count > 0)
				tap_close(held[--count]);
		}
		if (write(response, &us, sizeof(us)) != sizeof(us))
			break;
	}
	_exit(0);
}

void client_start(struct client *client, uid_t uid, const char *network)
{
	int command[2], response[2];

	if (pipe2(command, 0) < 0 || pipe2(response, 0) < 0)
		fail("pipe2");
	client->uid = uid;
	client->pid = fork();
	if (client->pid < 0)
		fail("fork");
	if (client->pid == 0) {
		close(command[1]);
		close(response[0]);
		if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
			fail("give root up");
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			fail("no_new_privs");
		raise_fd_limit();
		client_serve(command[0], response[1], network);
	}
	close(command[0]);
	close(response[1]);
	client->command = command[1];
	client->response = response[0];
}

static void client_order(struct client *client, char order)
{
	if (write(client->command, &order, 1) != 1)
		fail("a client has ended");
}

void client_order_open(struct client *client)
{
	client_order(client, 'o');
}

void client_order_close(struct client *client)
{
	client_order(client, 'c');
}

double client_answer(struct client *client)
{
	double us;

	if (read(client->response, &us, sizeof(us)) != sizeof(us)) {
		errno = EIO;
		fail("a client has ended");
	}
	return us;
}

void client_order_configure(struct client *client, bool tunnel_wanted)
{
	client_order(client, tunnel_wanted ? 't' : 'u');
}

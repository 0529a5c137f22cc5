/* `tapctl get NETWORK` without a command: see use.h. Runs as the user. */
#include "client/tapctl/json.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/use.h"
#include "client/tapctl/words.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void print_json(const struct tap *tap, const char *network, const struct words *words)
{
	struct json json = JSON_TO(stdout);

	json_open(&json, NULL, '{');
	json_string(&json, "network", network);
	json_string(&json, "name", tap_name(tap));
	json_string(&json, "kind", kind_word(tap_kind(tap)));
	json_number(&json, "ifindex", tap_ifindex(tap));
	json_string(&json, "mac", words->text[WORD_MAC]);
	json_number(&json, "mtu", tap_mtu(tap));
	json_number(&json, "queues", tap_queues(tap));
	json_bool(&json, "vnet_hdr", (tap_flags(tap) & TAP_VNET_HDR) != 0);
	json_string(&json, "lease", words->text[WORD_LEASE]);
	json_close(&json, '}');
	putchar('\n');
}

static void print_lines(const struct tap *tap, const char *network, const struct words *words)
{
	printf("network:   %s\n", network);
	printf("name:      %s\n", tap_name(tap));
	printf("kind:      %s\n", kind_word(tap_kind(tap)));
	printf("ifindex:   %u\n", tap_ifindex(tap));
	printf("mac:       %s\n", words->text[WORD_MAC]);
	printf("mtu:       %u\n", tap_mtu(tap));
	printf("queues:    %u\n", tap_queues(tap));
	printf("vnet_hdr:  %s\n", (tap_flags(tap) & TAP_VNET_HDR) != 0 ? "yes" : "no");
	printf("lease:     %s\n", words->text[WORD_LEASE]);
}

int print_device(const struct tap *tap, const char *network, bool json)
{
	struct words words;

	words_make(tap, &words);
	if (json)
		print_json(tap, network, &words);
	else
		print_lines(tap, network, &words);
	if (isatty(STDERR_FILENO))
		fputs("The device is held until you press Ctrl-C.\n", stderr);
	return finish_output();
}

/* An fd that tells of the signals that end us. One that was ignored when we were started stays ignored, which is how
 * nohup and a shell's background jobs want it. */
static int open_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t signals;

	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction action;

		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&signals, numbers[i]);
	}
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -1;
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

int hold(struct tap *tap)
{
	struct pollfd wanted[2] = {{.fd = open_signals(), .events = POLLIN},
				   {.fd = tap_lifeline(tap), .events = POLLIN}};
	unsigned int reason;

	if (wanted[0].fd < 0) {
		complain("cannot wait for signals: %s", strerror(errno));
		return EXIT_FAILED;
	}
	for (;;) {
		if (poll(wanted, 2, -1) < 0 && errno != EINTR) {
			complain("cannot wait: %s", strerror(errno));
			return EXIT_FAILED;
		}
		if (wanted[0].revents != 0)
			return EXIT_OK;
		if (tap_ended(tap, &reason)) {
			complain("%s: %s", tap_name(tap), tap_reason(reason));
			return EXIT_ENDED;
		}
	}
}

/* How long tap_open() takes, beside what the kernel and polkit take by themselves; and how long our bridge helper
 * takes, beside QEMU's own.
 *
 * usage: latency [--rounds=N] [--batch=N] [--gap=MILLISECONDS] [--leases=N --leases-network=NAME] [--stock=HELPER]
 *                [--ours=HELPER] NETWORK BRIDGE UID
 *
 * Runs as root beside a running broker whose network NETWORK makes ports of BRIDGE for UID. Every round measures each
 * of them once, so that whatever drifts hits all alike. No device is destroyed while a round is measured (that
 * takes the kernel 16 ms): after each batch all are, and the next one begins when they are gone. Before each sample it
 * sleeps for the gap, which lets the processor and every process go cold. Another client holds the leases all the time.
 */

#include "tests/bench/client.h"
#include "tests/bench/helper.h"
#include "tests/bench/kernel.h"
#include "tests/bench/polkit.h"
#include "tests/bench/stats.h"

#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define BATCH_MAX 256

enum { KERNEL, POLKIT, BROKER, STOCK, OURS, COURSES };

static const char *const names[COURSES] = {
	[KERNEL] = "(a) kernel: open, TUNSETIFF, port, up", [POLKIT] = "(b) polkit: one CheckAuthorization",
	[BROKER] = "(d) tap_open() as an ordinary user",    [STOCK] = "(e) qemu-bridge-helper, fork to fd",
	[OURS] = "(f) tapbroker-bridge-helper, fork to fd",
};

static struct {
	unsigned int rounds, batch, gap, leases;
	const char *leases_network, *network, *bridge;
	const char *stock, *ours; /* paths of helpers, or NULL */
	uid_t uid;
} options = {.rounds = 300, .batch = 20, .leases_network = "many"};

static struct samples samples[COURSES];
static struct samples exits[COURSES]; /* of the two helpers, until they have ended */
static int fds[3 * BATCH_MAX];        /* of the devices that this process made, not the broker */
static size_t fds_count;

static void pause_ms(unsigned int ms)
{
	struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};

	nanosleep(&time, NULL);
}

static size_t device_count(void)
{
	struct if_nameindex *devices = if_nameindex();
	size_t count = 0;

	if (!devices)
		fail("if_nameindex");
	while (devices[count].if_index)
		count++;
	if_freenameindex(devices);
	return count;
}

/* One of several threads that close every 16th fd: the kernel destroys devices in parallel, but slowly one by one. */
static void *close_some(void *first)
{
	for (size_t i = (size_t)first; i < fds_count; i += 16)
		close(fds[i]);
	return NULL;
}

/* Destroys what a batch made and waits until the network namespace holds as many devices as before. */
static void clear_up(struct client *client, size_t before)
{
	pthread_t threads[16];

	client_order_close(client);
	for (size_t i = 0; i < 16; i++)
		if (pthread_create(&threads[i], NULL, close_some, (void *)i) != 0)
			fail("pthread_create");
	for (size_t i = 0; i < 16; i++)
		pthread_join(threads[i], NULL);
	client_answer(client);
	fds_count = 0;
	for (unsigned int tries = 0; device_count() > before; tries++) {
		if (tries == 1000) {
			errno = ETIMEDOUT;
			fail("wait for devices to go");
		}
		pause_ms(10);
	}
	pause_ms(50); /* a device leaves the list before the kernel is done with it */
}

static void measure(unsigned int course, struct client *client, unsigned int ifindex)
{
	const char *path = course == STOCK ? options.stock : options.ours;
	struct helper_times times;
	double start, us;

	pause_ms(options.gap);
	start = now_us();
	switch (course) {
	case KERNEL:
		fds[fds_count++] = kernel_open(ifindex, 0);
		us = now_us() - start;
		break;
	case POLKIT:
		polkit_check();
		us = now_us() - start;
		break;
	case BROKER:
		client_order_open(client);
		us = client_answer(client);
		break;
	default:
		fds[fds_count++] = helper_open(path, options.uid, options.bridge, &times);
		us = times.fd;
		samples_add(&exits[course], times.exit);
		break;
	}
	samples_add(&samples[course], us);
}

static void print_results(void)
{
	double floor = samples_percentile(&samples[KERNEL], 50) + samples_percentile(&samples[POLKIT], 50);
	double floor_p99 = samples_percentile(&samples[KERNEL], 99) + samples_percentile(&samples[POLKIT], 99);
	double broker = samples_percentile(&samples[BROKER], 50);
	double stock = samples_percentile(&samples[STOCK], 50);

	printf("  %-42s %8s %8s\n", "us", "median", "p99");
	for (unsigned int i = 0; i < COURSES; i++) {
		if (i == BROKER)
			printf("  %-42s %8.0f %8.0f\n", "(c) the floor: (a) + (b)", floor, floor_p99);
		if (samples[i].count)
			printf("  %-42s %8.0f %8.0f\n", names[i], samples_percentile(&samples[i], 50),
			       samples_percentile(&samples[i], 99));
		else
			printf("  %-42s %8s %8s\n", names[i], "-", "-");
		if (exits[i].count)
			printf("  %-42s %8.0f %8.0f\n", "    until it has ended", samples_percentile(&exits[i], 50),
			       samples_percentile(&exits[i], 99));
	}
	/* tests/bench/run reads the aims. */
	printf("  (d) / (c) = %.2f (aim: at most 1.08)\n", broker / floor);
	printf("  (d) - (c) = %.0f (aim: at most 150)\n", broker - floor);
	if (samples[STOCK].count) {
		printf("  (d) / (e) = %.2f (aim: at most 1.00)\n", broker / stock);
		printf("  (f) / (e) = %.2f (aim: at most 1.00)\n", samples_percentile(&samples[OURS], 50) / stock);
	}
}

static void parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{"rounds", required_argument, NULL, 'r'},
		{"batch", required_argument, NULL, 'b'},
		{"gap", required_argument, NULL, 'g'},
		{"leases", required_argument, NULL, 'l'},
		{"leases-network", required_argument, NULL, 'n'},
		{"stock", required_argument, NULL, 's'},
		{"ours", required_argument, NULL, 'o'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'r':
			options.rounds = (unsigned int)atoi(optarg);
			break;
		case 'b':
			options.batch = (unsigned int)atoi(optarg);
			break;
		case 'g':
			options.gap = (unsigned int)atoi(optarg);
			break;
		case 'l':
			options.leases = (unsigned int)atoi(optarg);
			break;
		case 'n':
			options.leases_network = optarg;
			break;
		case 's':
			options.stock = optarg;
			break;
		case 'o':
			options.ours = optarg;
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind != 3 || !options.batch || options.batch > BATCH_MAX) {
		fprintf(stderr, "usage: latency [--rounds=N] [--batch=N] [--gap=MILLISECONDS] [--leases=N "
				"--leases-network=NAME] [--stock=HELPER] [--ours=HELPER] NETWORK BRIDGE UID\n");
		exit(2);
	}
	options.network = argv[optind];
	options.bridge = argv[optind + 1];
	options.uid = (uid_t)atoi(argv[optind + 2]);
}

int main(int argc, char **argv)
{
	struct client client, holder;
	unsigned int ifindex;
	size_t before;

	parse_options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	ifindex = if_nametoindex(options.bridge);
	if (!ifindex)
		fail(options.bridge);
	for (unsigned int i = 0; i < COURSES; i++) {
		samples_init(&samples[i], options.rounds);
		samples_init(&exits[i], options.rounds);
	}

	client_start(&client, options.uid, options.network);
	client_start(&holder, options.uid, options.leases_network);
	for (unsigned int i = 0; i < options.leases; i++) {
		client_order_open(&holder);
		client_answer(&holder);
	}
	polkit_init(client.pid, options.uid);
	before = device_count();

	for (unsigned int round = 0; round < options.rounds; round++) {
		for (unsigned int course = 0; course < COURSES; course++)
			if ((course != STOCK || options.stock) && (course != OURS || options.ours))
				measure(course, &client, ifindex);
		if (round % options.batch == options.batch - 1 || round == options.rounds - 1)
			clear_up(&client, before);
	}
	print_results();
	return 0;
}

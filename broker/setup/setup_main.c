/* tapbroker-setup: makes what belongs to a network and not to a lease, before the broker starts, and takes it back.
 * Runs as root, on root's files and arguments, for a moment; `watch` stays. It must never meet a client, nor read
 * anything that one has written.
 */
#include "broker/config/network.h"
#include "broker/config/plain_request.h"
#include "broker/config/world.h"
#include "broker/setup/setup.h"
#include "broker/setup/setup_lock.h"
#include "broker/setup/setup_options.h"
#include "broker/setup/setup_watch.h"
#include "broker/shared/log.h"

#include <linux/netlink.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_DONE 0
#define EXIT_PROBLEM 2 /* something that an administrator has to mend; all else was done */

/* In the order in which they are started; they are stopped the other way round. A bridge is locked before it is there,
 * and before the host forwards anything. */
static const struct setup_part *const parts[] = {
	&setup_shield, &setup_address, &setup_rules,    &setup_bridge,  &setup_host,
	&setup_device, &setup_dhcp,    &setup_firewall, &setup_forward, &setup_tunnels,
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* The lock ends with the process. */
static void wait_for_others(void)
{
	int fd = setup_lock(true);

	if (fd < 0)
		tb_die("cannot wait for another tapbroker-setup: %s", strerror(-fd));
}

static unsigned int start_all(struct setup *setup)
{
	unsigned int problems = 0;

	for (size_t i = 0; i < PARTS; i++)
		if (parts[i]->start != NULL)
			problems += parts[i]->start(setup);
	return problems;
}

static unsigned int stop_all(struct setup *setup)
{
	unsigned int problems = 0;

	for (size_t i = PARTS; i > 0; i--)
		if (parts[i - 1]->stop != NULL)
			problems += parts[i - 1]->stop(setup);
	return problems;
}

static unsigned int check_all(struct setup *setup)
{
	unsigned int problems = 0;

	for (size_t i = 0; i < PARTS; i++)
		if (parts[i]->check != NULL)
			problems += parts[i]->check(setup);
	return problems;
}

/* Returns the number of mistakes in the files, each of which was logged. */
static unsigned int setup_read_networks(struct network_table *table, const struct setup_options *options)
{
	int mistakes = networks_read(table, options->config_dir, options->vendor_dir);

	if (mistakes < 0)
		tb_die("cannot read the network files: %s", strerror(-mistakes));
	return (unsigned int)mistakes;
}

int main(int argc, char **argv)
{
	static struct network_table table;
	static struct link_socket link;
	struct setup setup = {.networks = &table, .link = &link};
	struct setup_options options;
	unsigned int problems = 0;
	int ret;

	tb_log_open();
	setup_options_parse(&options, argc, argv);
	umask(0022);
	ret = link_socket_open(&link, NETLINK_ROUTE);
	if (ret < 0)
		tb_die("cannot open a netlink socket: %s", strerror(-ret));
	if (options.action != SETUP_CHECK && geteuid() != 0)
		tb_die("tapbroker-setup runs as root; only --check needs no right");
	if (options.action == SETUP_WATCH)
		tb_die("cannot watch the host's packet filter: %s", strerror(-setup_watch()));
	if (options.action != SETUP_CHECK)
		wait_for_others();
	switch (options.action) {
	case SETUP_START:
		problems = setup_read_networks(&table, &options);
		problems += start_all(&setup);
		break;
	case SETUP_STOP:
		problems = stop_all(&setup);
		break;
	case SETUP_WATCH:
		break;
	case SETUP_CHECK:
		problems = setup_read_networks(&table, &options);
		world_warn(&table);
		plain_request_warn(&table);
		problems += check_all(&setup);
		break;
	}
	return problems == 0 ? EXIT_DONE : EXIT_PROBLEM;
}

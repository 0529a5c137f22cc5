/* `tapctl configure` and `tapctl unblock`: addresses and routes of a device that is held already. Runs as the user. */
#include "client/tapctl/agent.h"
#include "client/tapctl/environment.h"
#include "client/tapctl/names.h"
#include "client/tapctl/tapctl.h"
#include "client/tapctl/tunnel_options.h"
#include "client/tapctl/waiting.h"
#include "proto/message.h"
#include "proto/number.h"

#include <errno.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char configure_usage[] =
	"usage: tapctl configure LEASE|NAME OPTION ...\n"
	"\n"
	"What was configured before and is not named is undone.\n"
	"\n" TUNNEL_USAGE "  --mtu=BYTES         68 to 65535; without it the MTU stays as it is\n"
	"  --environment       what OpenVPN says to its scripts in the environment, and the options besides\n"
	"  --clear             undo everything that was configured\n"
	"  -i, --interactive   polkit may ask for a password (the default at a terminal)\n"
	"  --no-ask-password   polkit may not\n"
	"  -q, --quiet         no hints\n"
	"  -h, --help          show this text\n";

static const char unblock_usage[] = "usage: tapctl unblock NETWORK [--user=USER]\n"
				    "\n"
				    "Ends the block that a kill switch has left.\n"
				    "\n"
				    "  --user=USER   that of another user, by name or uid; for root\n"
				    "  -h, --help    show this text\n";

struct configure_options {
	struct tunnel_options tunnel;
	unsigned int flags;
	unsigned int mtu;
	bool environment;
	bool clear;
	bool help;
};

static const struct option configure_table[] = {
	TUNNEL_OPTIONS,
	{"mtu", required_argument, NULL, 'm'},
	{"environment", no_argument, NULL, 'e'},
	{"clear", no_argument, NULL, 'c'},
	{"interactive", no_argument, NULL, 'i'},
	{"no-ask-password", no_argument, NULL, 'a'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const struct option unblock_table[] = {
	{"user", required_argument, NULL, 'u'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int configure_option(int letter, char **argv, struct configure_options *options)
{
	switch (letter) {
	case 'm':
		return option_number("mtu", TB_MTU_MIN, TB_MTU_MAX, &options->mtu);
	case 'e':
		options->environment = true;
		return EXIT_OK;
	case 'c':
		options->clear = true;
		return EXIT_OK;
	case 'i':
		options->flags |= TAP_INTERACTIVE;
		return EXIT_OK;
	case 'a':
		options->flags &= ~TAP_INTERACTIVE;
		return EXIT_OK;
	case 'q':
		hints_off();
		return EXIT_OK;
	case 'h':
		options->help = true;
		return EXIT_OK;
	case ':':
	case '?':
		return option_refuse(letter, argv, configure_table, NULL);
	default:
		return tunnel_option_read("configure", letter, optarg, &options->tunnel);
	}
}

/* The MTU of the environment, or 0 if the device has a smaller one, as its network may demand. */
static unsigned int smaller_mtu(const char *device, unsigned int mtu)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_mtu = 0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (sock >= 0 && ioctl(sock, SIOCGIFMTU, &request) == 0 && (unsigned int)request.ifr_mtu <= mtu)
		mtu = 0;
	if (sock >= 0)
		close(sock);
	return mtu;
}

/* A script is not at a terminal, so nobody is asked for a password. */
static int configure_by_environment(const char *lease, const struct configure_options *options)
{
	static struct tunnel tunnel;
	int ret = environment_read(&tunnel);

	if (ret != EXIT_OK)
		return ret;
	tunnel.settings.mtu = options->mtu != 0 ? options->mtu : smaller_mtu(lease, tunnel.mtu);
	ret = settings_give(&tunnel.settings, &options->tunnel, lease, lease);
	if (ret == EXIT_OK)
		dns_tell(&tunnel.dns, lease);
	return ret;
}

/* With an agent, it is the user who is waited for. */
static int configure(const char *lease, const struct configure_options *options)
{
	struct agent agent = AGENT_NONE;
	int ret;

	if ((options->flags & TAP_INTERACTIVE) != 0)
		agent_start(&agent);
	ret = tunnel_ask(lease, lease, &options->tunnel, options->flags, options->mtu, 0);
	agent_stop(&agent);
	return ret;
}

int configure_main(int argc, char **argv)
{
	static struct configure_options options;
	int ret = EXIT_OK;
	int letter;

	options.flags = at_terminal() ? TAP_INTERACTIVE : 0;
	while (ret == EXIT_OK && (letter = getopt_long(argc, argv, ":hiq", configure_table, NULL)) != -1)
		ret = configure_option(letter, argv, &options);
	if (ret != EXIT_OK)
		return ret;
	if (options.help) {
		fputs(configure_usage, stdout);
		return finish_output();
	}
	if (optind + 1 != argc) {
		complain("configure takes one lease, by its id or the name of its device; \"tapctl list\" lists them");
		return EXIT_USAGE;
	}
	if (options.clear == (options.environment || tunnel_options_given(&options.tunnel) || options.mtu != 0)) {
		complain("configure: %s", options.clear ? "--clear goes with nothing else"
							: "there is nothing to do; --clear undoes everything");
		return EXIT_USAGE;
	}
	if (lease_word_check("configure", argv[optind]) != EXIT_OK ||
	    tunnel_mtu_check("configure", &options.tunnel, options.mtu) != EXIT_OK)
		return EXIT_USAGE;
	return options.environment ? configure_by_environment(argv[optind], &options)
				   : configure(argv[optind], &options);
}

static int find_user(const char *word, unsigned int *uid)
{
	const struct passwd *user = getpwnam(word);
	uint64_t number;

	if (user != NULL) {
		*uid = user->pw_uid;
		return EXIT_OK;
	}
	if (tb_number_read(word, 0, UINT32_MAX - 1, &number) < 0) {
		complain("unblock: there is no user \"%s\"", word);
		return EXIT_USAGE;
	}
	*uid = (unsigned int)number;
	return EXIT_OK;
}

static int unblock(const char *network, unsigned int flags, unsigned int uid)
{
	int error;

	if (network_name_check("unblock", network, false) != EXIT_OK)
		return EXIT_USAGE;
	waiting_begin("the broker");
	error = tap_unblock(network, flags, uid, 0, NULL) < 0 ? errno : 0;
	waiting_end();
	if (error == EACCES)
		complain("unblock: only root ends another user's block");
	else if (error != 0)
		complain("unblock: %s", tap_strerror(error));
	return error == 0 ? EXIT_OK : exit_code(error);
}

int unblock_main(int argc, char **argv)
{
	unsigned int flags = 0;
	unsigned int uid = 0;
	int letter;

	while ((letter = getopt_long(argc, argv, ":h", unblock_table, NULL)) != -1) {
		switch (letter) {
		case 'u':
			flags = TAP_ALL;
			if (find_user(optarg, &uid) != EXIT_OK)
				return EXIT_USAGE;
			break;
		case 'h':
			fputs(unblock_usage, stdout);
			return finish_output();
		default:
			return option_refuse(letter, argv, unblock_table, NULL);
		}
	}
	if (optind + 1 != argc) {
		complain("unblock takes one network; \"tapctl networks\" lists them");
		return EXIT_USAGE;
	}
	return unblock(argv[optind], flags, uid);
}

/* The command line: see options.h. Runs in tapbroker-bridge-helper, as the user. */
#include "client/bridge-helper/options.h"

#include "proto/number.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>

static const struct option table[] = {
	{"use-vnet", no_argument, NULL, 'v'},    {"br", required_argument, NULL, 'b'},
	{"fd", required_argument, NULL, 'f'},    {"network", required_argument, NULL, 'w'},
	{"name", required_argument, NULL, 'n'},  {"mtu", required_argument, NULL, 'm'},
	{"interactive", no_argument, NULL, 'i'}, {"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},     {NULL, 0, NULL, 0},
};

static int number_read(const char *option, unsigned int least, unsigned int most, unsigned int *value, char *wrong)
{
	uint64_t number;

	if (tb_number_read(optarg, least, most, &number) < 0) {
		snprintf(wrong, HELPER_WRONG_SIZE, "--%s=%s: a number from %u to %u is wanted", option, optarg, least,
			 most);
		return -EINVAL;
	}
	*value = (unsigned int)number;
	return 0;
}

static int fd_read(int *fd, char *wrong)
{
	unsigned int number = 0;
	int ret = number_read("fd", 0, INT_MAX, &number, wrong);

	*fd = (int)number;
	return ret;
}

static int option_read(int letter, char **argv, struct helper_options *options, char *wrong)
{
	switch (letter) {
	case 'v':
		options->vnet_hdr = true;
		return 0;
	case 'b':
		options->bridge = optarg;
		return 0;
	case 'f':
		return fd_read(&options->fd, wrong);
	case 'w':
		options->network = optarg;
		return 0;
	case 'n':
		options->name = optarg;
		return 0;
	case 'm':
		return number_read("mtu", 68, 65535, &options->mtu, wrong);
	case 'i':
		options->interactive = true;
		return 0;
	case 'h':
		options->help = true;
		return 0;
	case 'V':
		options->version = true;
		return 0;
	case ':':
		snprintf(wrong, HELPER_WRONG_SIZE, "%s wants a value", argv[optind - 1]);
		return -EINVAL;
	default:
		snprintf(wrong, HELPER_WRONG_SIZE, "%s is no option of this program", argv[optind - 1]);
		return -EINVAL;
	}
}

/* Says if something is missing or too much. */
static int check(int argc, char **argv, const struct helper_options *options, char *wrong)
{
	if (options->help || options->version)
		return 0;
	if (optind < argc)
		snprintf(wrong, HELPER_WRONG_SIZE, "\"%s\" is no option of this program", argv[optind]);
	else if (options->bridge == NULL && options->network == NULL)
		snprintf(wrong, HELPER_WRONG_SIZE, "--br=BRIDGE is missing");
	else if (options->fd < 0)
		snprintf(wrong, HELPER_WRONG_SIZE,
			 "--fd=N is missing: QEMU or libvirt is to start this program; by hand use \"tapctl get\"");
	else
		return 0;
	return -EINVAL;
}

int helper_options_read(int argc, char **argv, struct helper_options *options, char wrong[HELPER_WRONG_SIZE])
{
	int letter;

	*options = (struct helper_options){.fd = -1};
	optind = 0;
	/* ":": we say ourselves what is wrong. */
	while ((letter = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		int ret = option_read(letter, argv, options, wrong);

		if (ret < 0)
			return ret;
	}
	return check(argc, argv, options, wrong);
}

/* The command line of tapbroker-setup. */
#ifndef TB_SETUP_OPTIONS_H
#define TB_SETUP_OPTIONS_H

enum setup_action {
	SETUP_START,
	SETUP_STOP,
	SETUP_WATCH,
	SETUP_CHECK,
};

struct setup_options {
	enum setup_action action;
	const char *config_dir;
	const char *vendor_dir;
};

/* Reads the arguments. Ends the process with a message if they are wrong (2), or if --help or --version is among
 * them. */
void setup_options_parse(struct setup_options *options, int argc, char **argv);

#endif

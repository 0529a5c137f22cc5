/* Variables of the environment whose values are addresses and numbers. */
#ifndef TAPCTL_VARIABLES_H
#define TAPCTL_VARIABLES_H

#include "client/tapctl/inet.h"
#include "client/tapctl/settings.h"

#define VARIABLE_NAME 64

/* The value of a variable, or NULL if there is none or it is empty. */
const char *variable(const char *name);

/* The value of one whose name has a number in it: "route_network_%d". The name is written, too. */
const char *variable_numbered(const char *format, unsigned int number, char name[VARIABLE_NAME]);

/* Says that its value is not what is wanted there. Returns EXIT_USAGE. */
int variable_refuse(const char *name, const char *wanted);

/* Read its value. Say what is wrong. Return EXIT_OK or EXIT_USAGE. */
int variable_address(const char *name, struct inet *inet);
int variable_prefix(const char *name, struct inet *inet);
int variable_netmask(const char *name, unsigned int *bits);
int variable_number(const char *name, unsigned int least, unsigned int most, unsigned int *number);

/* Adds a setting that the environment asks for. Returns EXIT_OK, or EXIT_USAGE after saying that there are too many. */
int variable_put(struct settings *settings, const struct setting *setting);

#endif

/* tapctl: what its files share. It runs as the user who typed it, with that user's rights; it is never setuid, and no
 * path that it opens or executes comes from the environment, except the COMMAND that the user asked for.
 */
#ifndef TAPCTL_H
#define TAPCTL_H

/* What tapctl ends with; tapctl(1) lists them. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1,     /* the network or polkit said no, or there is no such lease */
	EXIT_USAGE = 2,       /* wrong options, or a request that cannot be */
	EXIT_UNREACHABLE = 3, /* there is no broker to ask */
	EXIT_BUSY = 4,        /* a limit is reached or a name is taken: another time, or another name */
	EXIT_FAILED = 5,      /* the kernel, the broker or this machine failed */
	EXIT_ENDED = 6,       /* the lease ended while tapctl held it */
	EXIT_TIMEOUT = 7,     /* no answer in time */
	EXIT_WOULD_ASK = 8,   /* polkit wants a password, and nobody could be asked for it */
	EXIT_NO_POLKIT = 9,   /* polkit does not answer, or not with an answer */
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

/* The commands: each has a file of its own, and is given its name as argv[0]. They return an exit code. */
int configure_main(int argc, char **argv);
int explain_main(int argc, char **argv);
int get_main(int argc, char **argv);
int doctor_main(int argc, char **argv);
int list_main(int argc, char **argv);
int networks_main(int argc, char **argv);
int relay_main(int argc, char **argv);
int import_main(int argc, char **argv);
int release_main(int argc, char **argv);
int revoke_main(int argc, char **argv);
int show_main(int argc, char **argv);
int status_main(int argc, char **argv);
int unblock_main(int argc, char **argv);
int watch_main(int argc, char **argv);

/* error.c */

/* The exit code for an errno of libtapbroker. */
int exit_code(int error);

/* Prints one line to stderr, behind "tapctl: ". */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct json;

/* From now on a command that fails prints a JSON object about it, too. */
void errors_in_json(void);

/* Says it as a member of an object that is printed anyway, and so in no other. */
void error_member(struct json *json, int code);

/* Prints that object, if it is wanted, for the exit code with which tapctl ends. Returns the code. */
int finish_errors(int code);

/* Flushes what was printed to stdout. Returns EXIT_OK, or EXIT_FAILED after saying that it cannot be written. */
int finish_output(void);

/* option_text.c */

struct option;

/* Says what is wrong with the option for which getopt_long() has just returned this letter: it wants a value, or takes
 * none, or the command has no such option, perhaps one that is alike. more is said behind that; NULL: where to read on.
 * Returns EXIT_USAGE. */
int option_refuse(int letter, char **argv, const struct option *table, const char *more);

/* Read getopt's value of --option: a number, or seconds or "none" as milliseconds or -1. They return an exit code; what is
 * wrong is said. */
int option_number(const char *option, unsigned int least, unsigned int most, unsigned int *value);
int option_timeout(int *timeout);

/* What EACCES means where no device is asked for. */
#define REFUSED_LIST_ALL                                                                                      \
	"refused: polkit did not let you see the leases of other users (action org.tapbroker.list-all); the " \
	"administrator decides who may (tapbroker-polkit(7)), and without --all you see your own"
#define REFUSED_REVOKE                                                                                             \
	"refused: there is no such lease, or polkit did not let you revoke it (action org.tapbroker.revoke); the " \
	"administrator decides who may (tapbroker-polkit(7)), and your own \"tapctl release\" ends"

#endif

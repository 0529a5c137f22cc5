/* Who may read a file, as a condition in a polkit rule. */
#ifndef TAPCTL_READERS_H
#define TAPCTL_READERS_H

#include <stdbool.h>

/* A set of users: everybody, nobody, or those for whom a JavaScript expression about "subject" is true. */
struct readers {
	bool everybody;
	char *condition; /* owned; NULL: nobody, unless it is everybody */
	bool unclear;    /* nobody and everybody at once: the files' rights cannot be said in a rule */
};

#define READERS_EVERYBODY                                              \
	{                                                              \
		.everybody = true, .condition = NULL, .unclear = false \
	}

/* Narrows the set to those who may also read the file: what its mode and those of the directories on its path say.
 * Access lists, and users and groups without a name, make it unclear; *why then says so. Returns 0 or a negative
 * errno. */
int readers_of_file(struct readers *readers, const char *path, const char **why);

/* Copies of sets, for sets that begin as another; and the end of a set. */
int readers_copy(struct readers *to, const struct readers *from);
void readers_free(struct readers *readers);

#endif

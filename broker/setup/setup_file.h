/* Files that tapbroker-setup writes. For the other files of this folder; they run as root. */
#ifndef TB_SETUP_FILE_H
#define TB_SETUP_FILE_H

#include <stdio.h>

/* Closes a file that was written. Returns 0 if all of it is there, or a negative errno that says why it is not, such as
 * -ENOSPC. */
int setup_file_end(FILE *file);

#endif

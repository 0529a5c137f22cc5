/* Files: see setup_file.h. Runs in tapbroker-setup, as root, also in `watch`. It must never meet a client. */
#include "broker/setup/setup_file.h"

#include <errno.h>

int setup_file_end(FILE *file)
{
	int error = ferror(file) != 0 ? errno : 0;

	if (fclose(file) != 0 && error == 0)
		error = errno;
	return -error;
}

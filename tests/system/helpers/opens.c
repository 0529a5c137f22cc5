/* opens NETWORK: calls tap_open(), and says in one line what came of it.
 *
 * A test runs a setuid copy of it inside the sandbox, where the environment must not tell the library anything.
 */
#include "client/tapbroker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct tap *tap;

	if (argc != 2)
		return 2;
	if (tap_open(argv[1], &tap) < 0) {
		printf("failed: %s: %s\n", strerror(errno), tap_strerror(errno));
		return 1;
	}
	printf("opened: %s\n", tap_name(tap));
	tap_close(tap);
	return 0;
}

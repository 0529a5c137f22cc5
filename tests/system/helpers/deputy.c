/* deputy FD FILE: writes a file's bytes to an fd that it inherited, as root if it is setuid-root.
 *
 * A test runs a setuid copy of it inside the sandbox: the setuid program that an attacker hands a connected socket to.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char bytes[4096];
	ssize_t length;
	int file;

	if (argc != 3)
		return 2;
	/* Real and effective uid: what SCM_CREDENTIALS would show is the real one. */
	if (geteuid() == 0 && (setgid(0) < 0 || setuid(0) < 0))
		return 1;
	file = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (file < 0) {
		perror(argv[2]);
		return 1;
	}
	length = read(file, bytes, sizeof(bytes));
	close(file);
	if (length < 0 || write(atoi(argv[1]), bytes, (size_t)length) != length) {
		perror("write");
		return 1;
	}
	/* The client must not be gone before the answer comes. */
	sleep(3);
	return 0;
}

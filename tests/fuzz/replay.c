/* Runs a fuzz target over its corpus, without libFuzzer: `make check` does it in every build.
 *
 *	fuzz_name                      all files of its corpus
 *	fuzz_name FILE|DIRECTORY...    these
 *
 * Speaks TAP, one test per file. A file that breaks the target ends the program, and the comment before says which.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifndef FUZZ_CORPUS
#define FUZZ_CORPUS "tests/fuzz/corpus"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replayed;

/* A file of the corpus that cannot be read is a failure of this program alone. */
static _Noreturn void give_up(const char *path)
{
	printf("not ok %d - %s: %s\n1..%d\n", replayed + 1, path, strerror(errno), replayed + 1);
	exit(1);
}

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "re");
	uint8_t *data = NULL;
	size_t length = 0;
	struct stat status;

	if (file == NULL || fstat(fileno(file), &status) < 0)
		give_up(path);
	/* Exactly as large as the file, so that a sanitizer sees a read beyond its end. */
	data = malloc((size_t)status.st_size);
	if (data != NULL)
		length = fread(data, 1, (size_t)status.st_size, file);
	if (length != (size_t)status.st_size)
		give_up(path);
	fclose(file);
	printf("# %s\n", path);
	LLVMFuzzerTestOneInput(data, length);
	printf("ok %d - %s\n", ++replayed, path);
	free(data);
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void replay(const char *path)
{
	struct dirent **entries = NULL;
	struct stat status;
	int before = replayed;
	int count;

	if (stat(path, &status) < 0)
		give_up(path);
	if (!S_ISDIR(status.st_mode)) {
		replay_file(path);
		return;
	}
	count = scandir(path, &entries, not_hidden, alphasort);
	for (int i = 0; i < count; i++) {
		char inside[4096];

		snprintf(inside, sizeof(inside), "%s/%s", path, entries[i]->d_name);
		replay_file(inside);
		free(entries[i]);
	}
	free(entries);
	if (replayed == before) {
		errno = ENOENT;
		give_up(path);
	}
}

/* The corpus of build/tests/fuzz/fuzz_name is in .../corpus/name. */
static void replay_own(const char *program)
{
	const char *name = strrchr(program, '/') != NULL ? strrchr(program, '/') + 1 : program;
	char path[512];

	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	snprintf(path, sizeof(path), "%s/%s", FUZZ_CORPUS, name);
	replay(path);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		replay_own(argv[0]);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("1..%d\n", replayed);
	return 0;
}

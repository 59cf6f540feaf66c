/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target over files: those that are named, or else the target's
 * corpus, $srcdir/tests/fuzz/corpus/NAME for the program fuzz_NAME.
 */
#include "config.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/fuzz/fuzz.h"

enum { MAX_LEN = 1 << 20, MAX_PATH = 4096 };

/* In memory of the very size, so that a sanitizer sees what is read beyond it. */
static int run_file(const char *path)
{
	static uint8_t bytes[MAX_LEN];
	FILE *file = fopen(path, "rb");
	size_t len;
	uint8_t *copy;

	if (file == NULL) {
		perror(path);
		return 1;
	}
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	copy = malloc(len);
	if (copy == NULL && len > 0)
		return 1;
	if (len > 0)
		memcpy(copy, bytes, len);
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int run_corpus(const char *program)
{
	const char *srcdir = getenv("srcdir"), *name = strrchr(program, '/');
	char dir[MAX_PATH / 2], path[MAX_PATH];
	struct dirent **entries;
	int nr, status = 0;

	name = name != NULL ? name + 1 : program;
	name += strncmp(name, "fuzz_", 5) == 0 ? 5 : 0;
	snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s", srcdir != NULL ? srcdir : ".", name);
	nr = scandir(dir, &entries, is_shown, by_name);
	if (nr <= 0) {
		fprintf(stderr, "%s: no corpus\n", dir);
		return 1;
	}
	for (int i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		status |= run_file(path);
		free(entries[i]);
	}
	free(entries);
	return status;
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2)
		return run_corpus(argv[0]);
	for (int i = 1; i < argc; i++)
		status |= run_file(argv[i]);
	return status;
}

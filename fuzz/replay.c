/* SPDX-License-Identifier: Apache-2.0 */
/* Replays files through a fuzz target without libFuzzer, for compilers that have none: prog FILE… */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	static uint8_t data[1 << 20];
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		if (f == NULL) {
			perror(argv[i]);
			return 1;
		}
		size_t n = fread(data, 1, sizeof data, f);
		(void)fclose(f);
		/* A copy of exactly its size, so that a sanitizer sees a read past its end. */
		uint8_t *copy = malloc(n > 0 ? n : 1);
		if (copy == NULL)
			return 1;
		for (size_t k = 0; k < n; k++)
			copy[k] = data[k];
		(void)LLVMFuzzerTestOneInput(copy, n);
		free(copy);
	}
	return 0;
}

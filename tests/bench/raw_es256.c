/* SPDX-License-Identifier: Apache-2.0 */
/* Raw ES256 signatures over a token's worth of bytes: raw_es256 SECONDS. Prints one JSON object. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "raw_jose.h"

enum { INPUT = 480, STEP = 64 };

static int64_t cpu_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int main(int argc, char **argv)
{
	static const uint8_t input[INPUT] = "eyJ";
	static struct raw r;
	if (argc != 2 || !raw_new(&r, JOSE_ES256) || !raw_input(&r, slice_of(input, sizeof input)))
		return 2;
	int64_t start = clock_mono_ns(), cpu = cpu_ns(), now, end = start + (int64_t)(strtod(argv[1], NULL) * 1e9);
	uint64_t count = 0;
	do {
		for (int i = 0; i < STEP; i++, count++)
			if (!raw_sign(&r))
				return 1;
		now = clock_mono_ns();
	} while (now < end);
	printf("{\"signatures\":%llu,\"seconds\":%.4f,\"cpu_ns\":%lld}\n", (unsigned long long)count, (double)(now - start) / 1e9,
	       (long long)(cpu_ns() - cpu));
	return 0;
}

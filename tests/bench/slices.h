/* SPDX-License-Identifier: Apache-2.0 */
/* How a program is measured in turn with others: it reads "NAME MILLISECONDS" a line, does that operation for so long, and
 * answers "COUNT NANOSECONDS" of its thread's CPU time. Its first line names what it can do. Plain C, for peers too. */
#ifndef OSTIARY_BENCH_SLICES_H
#define OSTIARY_BENCH_SLICES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SLICES_MAX = 128, SLICE_BATCH_NS = 200 * 1000 };

struct slice_case {
	char name[48];
	bool (*op)(void *self);
	void *self;
};

static struct slice_case slice_cases[SLICES_MAX];
static size_t slice_count;

/* An operation; one that fails when it is tried is a mistake of the bench. */
static inline void slice_add(const char *what, const char *alg, bool (*op)(void *self), void *self)
{
	struct slice_case *c = &slice_cases[slice_count++];
	(void)snprintf(c->name, sizeof c->name, "%s.%s", what, alg);
	c->op = op;
	c->self = self;
	if (slice_count > SLICES_MAX - 1 || !op(self)) {
		(void)fprintf(stderr, "%s does not work\n", c->name);
		exit(1);
	}
}

static inline int64_t slice_cpu_ns(void)
{
	struct timespec t;
	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0)
		exit(1);
	return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

static inline void slice_run(const struct slice_case *c, int64_t ns)
{
	uint64_t count = 0, batch = 1;
	int64_t start = slice_cpu_ns(), before = start, now;
	do {
		for (uint64_t i = 0; i < batch; i++)
			if (!c->op(c->self)) {
				(void)fprintf(stderr, "%s failed\n", c->name);
				exit(1);
			}
		count += batch;
		now = slice_cpu_ns();
		/* Asking for the time must cost nothing beside a batch. */
		if (now - before < SLICE_BATCH_NS)
			batch *= 2;
		before = now;
	} while (now - start < ns);
	printf("%llu %lld\n", (unsigned long long)count, (long long)(now - start));
	(void)fflush(stdout);
}

static inline int slice_serve(void)
{
	char line[128];
	for (size_t i = 0; i < slice_count; i++)
		printf("%s%s", i == 0 ? "" : " ", slice_cases[i].name);
	printf("\n");
	(void)fflush(stdout);
	while (fgets(line, sizeof line, stdin) != NULL) {
		char *space = strchr(line, ' ');
		if (space == NULL)
			return 1;
		*space = 0;
		size_t i = 0;
		while (i < slice_count && strcmp(slice_cases[i].name, line) != 0)
			i++;
		if (i == slice_count)
			return 1;
		slice_run(&slice_cases[i], strtoll(space + 1, NULL, 10) * 1000000);
	}
	return 0;
}

/* A file of the bench's material, DIR/ALG.KIND, whole, with a final NUL; NULL where there is none. */
static inline char *slice_material(const char *dir, const char *alg, const char *type, size_t *ret_n)
{
	char path[512];
	(void)snprintf(path, sizeof path, "%s/%s.%s", dir, alg, type);
	FILE *f = fopen(path, "rb");
	char *text = calloc(1, 65536);
	if (f == NULL || text == NULL) {
		free(text);
		return NULL;
	}
	*ret_n = fread(text, 1, 65535, f);
	(void)fclose(f);
	return text;
}

#endif

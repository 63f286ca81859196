/* SPDX-License-Identifier: Apache-2.0 */
/* Tests in TAP. A test is a function `static void name(void)`, listed in main by T_MAIN(T(name), …).
 * `prog` runs all, `prog name…` some, `prog --list` names them. A failed CHECK marks the test and goes on. */
#ifndef OSTIARY_TESTS_T_H
#define OSTIARY_TESTS_T_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/rc.h"
#include "base/slice.h"

struct t_test {
	const char *name;
	void (*run)(void);
};

static int t_failures;
static int t_checks;
static const char *t_row = "";

#define T(fn) {#fn, fn}

/* Runs a test once for each row of a table, where one is set: T_MAIN_EACH. */
static void (*t_each)(void (*run)(void));

/* Names the table row that the following checks are about. */
static inline void t_set_row(const char *row)
{
	t_row = row;
}

/* Runs the block for each row of a table; diagnostics name the row by this member: T_ROWS(row, rows, name) { … } */
#define T_ROWS(row, rows, member)                                                                                      \
	for (const __typeof__(*(rows)) *row = (rows);                                                                  \
	     row < (rows) + ARRAY_LEN(rows) && (t_set_row(row->member), true); row++)

/* The same for a table of C strings. */
#define T_TEXTS(text, texts)                                                                                           \
	for (const char *const *text##_at = (texts), *text;                                                            \
	     text##_at < (texts) + ARRAY_LEN(texts) && (t_set_row(text = *text##_at), true); text##_at++)

static inline void t_fail(const char *file, int line, const char *what)
{
	t_failures++;
	printf("# %s:%d%s%s: %s\n", file, line, *t_row ? " row " : "", t_row, what);
}

#define CHECK(cond)                                                \
	do {                                                       \
		t_checks++;                                        \
		if (!(cond))                                       \
			t_fail(__FILE__, __LINE__, #cond);         \
	} while (0)

#define CHECK_RC(expr, want)                                                                             \
	do {                                                                                             \
		enum rc t_got = (expr);                                                                  \
		t_checks++;                                                                              \
		if (t_got != (want)) {                                                                   \
			char t_text[256];                                                                \
			(void)snprintf(t_text, sizeof t_text, "%.160s gave RC_%.40s, not %.40s", #expr,            \
				       rc_row(t_got)->name, #want);                                      \
			t_fail(__FILE__, __LINE__, t_text);                                              \
		}                                                                                        \
	} while (0)

#define CHECK_OK(expr) CHECK_RC(expr, RC_OK)

#define CHECK_SLICE(got, want)                                                                           \
	do {                                                                                             \
		struct slice t_g = (got), t_w = (want);                                                  \
		t_checks++;                                                                              \
		if (!slice_eq(t_g, t_w)) {                                                               \
			char t_text[512];                                                                \
			(void)snprintf(t_text, sizeof t_text, "%.80s is \"%.*s\", not \"%.*s\"", #got,      \
				       (int)(t_g.n > 200 ? 200 : t_g.n), (const char *)t_g.p,            \
				       (int)(t_w.n > 200 ? 200 : t_w.n), (const char *)t_w.p);           \
			t_fail(__FILE__, __LINE__, t_text);                                              \
		}                                                                                        \
	} while (0)

static inline bool t_wanted(const char *name, int argc, char **argv)
{
	if (argc < 2)
		return true;
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

static inline int t_main(const struct t_test *tests, int count, int argc, char **argv)
{
	int number = 0, bad = 0;
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (int i = 0; i < count; i++)
			puts(tests[i].name);
		return 0;
	}
	for (int i = 0; i < count; i++) {
		if (!t_wanted(tests[i].name, argc, argv))
			continue;
		t_failures = 0;
		t_checks = 0;
		t_row = "";
		if (t_each != NULL)
			t_each(tests[i].run);
		else
			tests[i].run();
		if (t_checks == 0)
			t_fail(__FILE__, __LINE__, "a test without an assertion");
		printf("%sok %d - %s\n", t_failures ? "not " : "", ++number, tests[i].name);
		(void)fflush(stdout);
		bad += t_failures != 0;
	}
	printf("1..%d\n", number);
	return bad != 0 || number == 0;
}

#define T_MAIN_EACH(each, ...)                                                              \
	int main(int argc, char **argv)                                                     \
	{                                                                                   \
		static const struct t_test tests[] = {__VA_ARGS__};                         \
		t_each = each;                                                              \
		return t_main(tests, (int)(sizeof tests / sizeof *tests), argc, argv);      \
	}

#define T_MAIN(...)                                                                         \
	int main(int argc, char **argv)                                                     \
	{                                                                                   \
		static const struct t_test tests[] = {__VA_ARGS__};                         \
		return t_main(tests, (int)(sizeof tests / sizeof *tests), argc, argv);      \
	}

#endif

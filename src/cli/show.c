/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/show.h"

#include <stdarg.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "cli/token.h"

enum { CELL_MAX = 80, COLUMNS_MAX = 10 };

struct cell {
	char text[CELL_MAX * 4 + 1];
	size_t width; /* characters */
};

void show_line(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
}

/* A name must not move the cursor, change colours, or reverse the text around it. */
static void put_text(struct cell *cell, struct slice s)
{
	size_t n = 0;
	while (s.n > 0 && cell->width < CELL_MAX && n + 4 < sizeof cell->text) {
		size_t len = utf8_char_len(s);
		struct slice one = slice_to(s, len == 0 ? 1 : len);
		if (len == 0 || !utf8_shows(utf8_code(one)))
			one = SLICE("?");
		memcpy(cell->text + n, one.p, one.n);
		n += one.n;
		cell->width++;
		s = slice_from(s, len == 0 ? 1 : len);
	}
	cell->text[n] = 0;
}

static void put_words(const struct cli *cli, struct cell *cell, const struct json *list)
{
	struct slice all = SLICE_NONE, word;
	for (const struct json *v = json_first(list); v != NULL; v = json_next(list, v))
		if (json_string(v, cli->arena, &word) == RC_OK)
			rc_ignore(arena_format(cli->arena, &all, "%.*s%s%.*s", SLICE_ARGS(all), all.n > 0 ? " " : "",
					       SLICE_ARGS(word)));
	put_text(cell, all);
}

static void put_time(struct cell *cell, int64_t seconds)
{
	char text[CLOCK_TEXT_MAX];
	size_t n = clock_rfc3339(seconds * 1000, text);
	if (n < 19)
		return;
	text[10] = ' ';
	put_text(cell, slice_of(text, 19));
}

static struct cell make_cell(const struct cli *cli, const struct json *object, const struct show_column *c)
{
	const struct json *v = json_get(object, slice_cstr(c->member));
	struct cell cell = {.width = 0};
	struct slice text;
	int64_t number;
	bool yes;
	if (v == NULL)
		return cell;
	if (c->type == SHOW_TIME && json_int(v, &number) == RC_OK)
		put_time(&cell, number);
	else if (c->type == SHOW_YES && json_bool(v, &yes) == RC_OK)
		put_text(&cell, yes ? SLICE("yes") : SLICE("no"));
	else if (v->type == JSON_ARRAY)
		put_words(cli, &cell, v);
	else if (v->type == JSON_STRING && json_string(v, cli->arena, &text) == RC_OK)
		put_text(&cell, text);
	else
		put_text(&cell, v->text);
	return cell;
}

static void print_cell(const struct cell *cell, size_t width, bool last)
{
	printf("%s%*s", cell->text, last ? 0 : (int)(width - cell->width + 2), "");
}

static size_t measure(const struct cli *cli, const struct json *list, const struct show_column *columns, size_t *widths)
{
	size_t n = 0;
	for (; columns[n].title != NULL && n < COLUMNS_MAX; n++) {
		widths[n] = strlen(columns[n].title);
		for (const struct json *v = json_first(list); v != NULL; v = json_next(list, v)) {
			struct cell cell = make_cell(cli, v, &columns[n]);
			widths[n] = cell.width > widths[n] ? cell.width : widths[n];
		}
	}
	return n;
}

void show_table(const struct cli *cli, const struct json *list, const struct show_column *columns)
{
	size_t widths[COLUMNS_MAX], n = measure(cli, list, columns, widths);
	if (cli->colour)
		printf("\033[1m");
	for (size_t i = 0; i < n; i++) {
		struct cell cell = {.width = 0};
		put_text(&cell, slice_cstr(columns[i].title));
		print_cell(&cell, widths[i], i + 1 == n);
	}
	printf("%s\n", cli->colour ? "\033[0m" : "");
	for (const struct json *v = json_first(list); v != NULL; v = json_next(list, v)) {
		for (size_t i = 0; i < n; i++) {
			struct cell cell = make_cell(cli, v, &columns[i]);
			print_cell(&cell, widths[i], i + 1 == n);
		}
		(void)putchar('\n');
	}
}

void show_more(const struct cli *cli, const struct json *root)
{
	struct slice next;
	if (json_string(json_get(root, SLICE("next")), cli->arena, &next) == RC_OK)
		(void)fprintf(stderr, "more: the same with --after %.*s\n", SLICE_ARGS(next));
}

static bool is_shown(const struct show_part *part, const struct show_column *c)
{
	return part->all || json_get(part->object, slice_cstr(c->member)) != NULL;
}

void show_parts(const struct cli *cli, const struct show_part *parts, size_t n)
{
	size_t width = 0;
	for (size_t i = 0; i < n; i++)
		for (const struct show_column *c = parts[i].columns; c->title != NULL; c++)
			width = is_shown(&parts[i], c) && strlen(c->title) > width ? strlen(c->title) : width;
	for (size_t i = 0; i < n; i++) {
		for (const struct show_column *c = parts[i].columns; c->title != NULL; c++) {
			if (!is_shown(&parts[i], c))
				continue;
			struct cell cell = make_cell(cli, parts[i].object, c);
			printf("%s%-*s%s  %s\n", cli->colour ? "\033[1m" : "", (int)width, c->title,
			       cli->colour ? "\033[0m" : "", cell.text);
		}
	}
}

void show_object(const struct cli *cli, const struct json *object, const struct show_column *columns)
{
	show_parts(cli, &(struct show_part){object, columns, true}, 1);
}

bool show_json(const struct cli *cli, const struct json *root)
{
	if (cli->json)
		token_print_json(root->text);
	if (cli->json)
		(void)putchar('\n');
	return cli->json;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The manual pages against the tables that the programs run on: every command, option and key, with its words, range and
 * default, stands in its page exactly as it is rendered here. What is missing is printed as it has to stand there. */
#include <stdlib.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "cli/cli.h"
#include "config/config_table.h"
#include "t.h"

enum { PAGE_MAX = 256 * 1024 };

static bool read_page(const char *name, struct buf *page)
{
	const char *root = getenv("OSTIARY_ROOT");
	char path[1024], piece[4096];
	size_t n;
	(void)snprintf(path, sizeof path, "%s/man/%s", root == NULL ? "." : root, name);
	FILE *f = fopen(path, "re");
	buf_init(page, PAGE_MAX);
	CHECK(f != NULL);
	if (f == NULL)
		return false;
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_put(page, slice_of(piece, n));
	(void)fclose(f);
	CHECK_OK(buf_rc(page));
	return true;
}

static bool holds(const struct buf *page, const struct buf *part)
{
	struct slice p = buf_slice(page), s = buf_slice(part);
	return buf_rc(part) == RC_OK && memmem(p.p, p.n, s.p, s.n) != NULL;
}

static void print_missing(const struct buf *part)
{
	struct slice rest = buf_slice(part), line;
	printf("# the page lacks this:\n");
	while (slice_split(&rest, '\n', &line))
		printf("#|%.*s\n", SLICE_ARGS(line));
}

/* In lines of at most 80 bytes; in mdoc a new sentence begins a new line. */
static void put_sentences(struct buf *b, const char *text)
{
	struct slice rest = slice_cstr(text), word;
	size_t column = 0;
	bool ended = false;
	while (slice_word(&rest, &word)) {
		bool capital = word.p[0] >= 'A' && word.p[0] <= 'Z';
		bool fresh = column > 0 && ((ended && capital) || column + 1 + word.n > 80);
		if (column > 0)
			buf_byte(b, fresh ? '\n' : ' ');
		column = fresh || column == 0 ? word.n : column + 1 + word.n;
		buf_put(b, word);
		ended = slice_ends(word, SLICE(".")) || slice_ends(word, SLICE(":"));
	}
	buf_byte(b, '\n');
}

/* What --help says without a capital and a full stop. */
static void put_help(struct buf *b, const char *text)
{
	char sentence[256];
	size_t n = strlen(text);
	(void)snprintf(sentence, sizeof sentence, "%s%s", text, text[n - 1] == '.' ? "" : ".");
	if (sentence[0] >= 'a' && sentence[0] <= 'z')
		sentence[0] = (char)(sentence[0] - 'a' + 'A');
	put_sentences(b, sentence);
}

/* --- ostiary.yaml(5) -------------------------------------------------------------------------------------------- */

static const char *const type_words[] = {
	[CONFIG_TEXT] = "text", [CONFIG_DURATION] = "duration", [CONFIG_SIZE] = "size", [CONFIG_NUMBER] = "number",
	[CONFIG_BOOL] = "true | false", [CONFIG_CHOICE] = "word", [CONFIG_WORDS] = "words", [CONFIG_TEXTS] = "texts",
	[CONFIG_GROUP] = NULL, [CONFIG_LIST] = NULL,
};

static void put_value(struct buf *b, enum config_type type, int64_t v)
{
	static const struct {
		enum config_type type;
		int64_t factor;
		const char *unit;
	} units[] = {{CONFIG_DURATION, 86400, "d"}, {CONFIG_DURATION, 3600, "h"}, {CONFIG_DURATION, 60, "m"}, {CONFIG_DURATION, 1, "s"},
		     {CONFIG_SIZE, 1 << 30, "GiB"}, {CONFIG_SIZE, 1 << 20, "MiB"}, {CONFIG_SIZE, 1 << 10, "KiB"}, {CONFIG_NUMBER, 1, ""}};
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (units[i].type != type || (v % units[i].factor != 0) || (v == 0 && units[i].factor != 1))
			continue;
		buf_format(b, "%lld%s", (long long)(v / units[i].factor), units[i].unit);
		return;
	}
}

static void put_range(struct buf *b, const struct config_row *row)
{
	bool number = row->type == CONFIG_DURATION || row->type == CONFIG_SIZE || row->type == CONFIG_NUMBER;
	if (number) {
		buf_put(b, SLICE("From "));
		put_value(b, row->type, row->min);
		buf_put(b, SLICE(" to "));
		put_value(b, row->type, row->max);
		buf_put(b, SLICE(".\n"));
	} else if (row->type == CONFIG_TEXT) {
		buf_format(b, "At most %lld bytes.\n", (long long)row->max);
	} else if (row->type == CONFIG_WORDS || row->type == CONFIG_TEXTS) {
		buf_format(b, "From %lld to %lld of them.\n", (long long)row->min, (long long)row->max);
	}
}

static void put_choices(struct buf *b, const struct config_row *row)
{
	struct slice rest = slice_cstr(row->choices == NULL ? "" : row->choices), word;
	char text[512] = "";
	size_t n = (size_t)snprintf(text, sizeof text, "%s", row->type == CONFIG_CHOICE ? "One of" : "Of");
	if (rest.n == 0)
		return;
	while (slice_word(&rest, &word) && n < sizeof text)
		n += (size_t)snprintf(text + n, sizeof text - n, " %.*s%s", SLICE_ARGS(word), slice_trim(rest).n > 0 ? "," : ".");
	put_sentences(b, text);
}

static void put_rows(struct buf *b, const struct config_row *rows);

static void put_row(struct buf *b, const struct config_row *row)
{
	const char *words = type_words[row->type];
	buf_format(b, ".It Cm %s :%s%s\n", row->key, words == NULL ? "" : " Ar ", words == NULL ? "" : words);
	put_sentences(b, row->doc);
	put_choices(b, row);
	put_range(b, row);
	if (row->required)
		buf_put(b, SLICE("Required.\n"));
	if (row->fallback != NULL)
		buf_format(b, "Default: %s.\n", row->fallback);
	if (row->live)
		buf_put(b, SLICE("Taken over by a reload.\n"));
	if (row->type == CONFIG_LIST)
		buf_put(b, SLICE("A list; each has:\n"));
	if (row->sub != NULL)
		put_rows(b, row->sub);
}

static void put_rows(struct buf *b, const struct config_row *rows)
{
	buf_put(b, SLICE(".Bl -tag -width Ds\n"));
	for (; rows->key != NULL; rows++)
		put_row(b, rows);
	buf_put(b, SLICE(".El\n"));
}

static void the_configuration_page_holds_every_key(void)
{
	struct buf page, part;
	if (!read_page("ostiary.yaml.5", &page))
		return;
	buf_init(&part, PAGE_MAX);
	put_rows(&part, config_table);
	CHECK(holds(&page, &part));
	if (!holds(&page, &part))
		print_missing(&part);
	buf_free(&part);
	buf_free(&page);
}

static void a_changed_key_is_noticed(void)
{
	static const struct config_row changed[] = {
		{"access", CONFIG_DURATION, 0, 10, 86400, "11m", .doc = "Life of an access token."}, {0}};
	struct config_row same[] = {changed[0], {0}};
	struct buf page, part;
	if (!read_page("ostiary.yaml.5", &page))
		return;
	buf_init(&part, PAGE_MAX);
	put_row(&part, &changed[0]);
	CHECK(!holds(&page, &part));
	buf_clear(&part);
	same[0].fallback = "10m";
	put_row(&part, &same[0]);
	CHECK(holds(&page, &part));
	buf_free(&part);
	buf_free(&page);
}

/* --- ostiary(1) ------------------------------------------------------------------------------------------------- */

static void put_options(struct buf *b, const struct cli_option *o)
{
	buf_put(b, SLICE(".Bl -tag -width Ds -compact\n"));
	for (; o->name != NULL; o++) {
		buf_put(b, SLICE(".It "));
		if (o->letter != 0)
			buf_format(b, "Fl %c , ", o->letter);
		buf_format(b, "Fl -%s", o->name);
		if (o->value != NULL)
			buf_format(b, " Ar %s", o->value);
		buf_byte(b, '\n');
		put_help(b, o->help);
	}
	buf_put(b, SLICE(".El\n"));
}

/* A quote would hold words of a macro together, and not be shown. */
static void put_example(struct buf *b, struct slice text)
{
	buf_put(b, SLICE(".Dl "));
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '"')
			buf_put(b, SLICE("\\(dq"));
		else
			buf_byte(b, text.p[i]);
	buf_byte(b, '\n');
}

/* Examples are the lines that begin with two spaces. */
static void put_more(struct buf *b, const char *more)
{
	struct slice rest = slice_cstr(more == NULL ? "" : more), line;
	char text[512];
	while (rest.n > 0 && slice_split(&rest, '\n', &line)) {
		if (slice_starts(line, SLICE("  ")))
			put_example(b, slice_from(line, 2));
		else if (slice_to_cstr(line, text, sizeof text))
			put_sentences(b, text);
	}
}

static void put_command(struct buf *b, const struct cli_command *c)
{
	struct slice rest = slice_cstr(c->words), word;
	buf_format(b, ".It Nm Cm %s%s%s", c->group == NULL ? "" : c->group, c->group == NULL ? "" : " ", c->name);
	while (slice_word(&rest, &word)) {
		bool may = word.p[0] == '[';
		buf_format(b, " %s%.*s", may ? "Op Ar " : "Ar ", SLICE_ARGS(may ? slice_to(slice_from(word, 1), word.n - 2) : word));
	}
	buf_byte(b, '\n');
	put_help(b, c->help);
	put_more(b, c->more);
	if (c->options != NULL)
		put_options(b, c->options);
}

static void the_command_page_holds_every_command(void)
{
	struct buf page, part;
	if (!read_page("ostiary.1", &page))
		return;
	buf_init(&part, PAGE_MAX);
	for (size_t i = 0; i < cli_command_count; i++) {
		buf_clear(&part);
		t_set_row(cli_commands[i].name);
		put_command(&part, &cli_commands[i]);
		CHECK(holds(&page, &part));
		if (!holds(&page, &part))
			print_missing(&part);
	}
	buf_clear(&part);
	put_options(&part, cli_common);
	t_set_row("common options");
	CHECK(holds(&page, &part));
	if (!holds(&page, &part))
		print_missing(&part);
	buf_free(&part);
	buf_free(&page);
}

static void put_events(struct buf *b, enum audit_subject subject, bool recorded)
{
	for (size_t i = 0; i < AUDIT_EVENT_COUNT; i++) {
		const struct audit_event_row *row = &audit_events[i];
		if (row->subject != subject || (row->store != AUDIT_LOG_ONLY) != recorded)
			continue;
		buf_format(b, ".It Cm %.*s\n", SLICE_ARGS(row->name));
		put_sentences(b, row->words);
	}
}

/* By subject, those that are recorded; behind them all that stand in the log alone. */
static void put_all_events(struct buf *b)
{
	static const char *const titles[] = {
		[AUDIT_USERS] = "Users", [AUDIT_SESSIONS] = "Sessions and tokens", [AUDIT_OTHERS] = "Clients, keys and tenants"};
	for (enum audit_subject s = 0; s < AUDIT_SUBJECT_COUNT; s++) {
		buf_format(b, ".Ss %s\n.Bl -tag -width Ds -compact\n", titles[s]);
		put_events(b, s, true);
		buf_put(b, SLICE(".El\n"));
	}
	buf_put(b, SLICE(".Ss In the log alone\n.Bl -tag -width Ds -compact\n"));
	for (enum audit_subject s = 0; s < AUDIT_SUBJECT_COUNT; s++)
		put_events(b, s, false);
	buf_put(b, SLICE(".El\n"));
}

static void the_command_page_holds_every_event(void)
{
	struct buf page, part;
	if (!read_page("ostiary.1", &page))
		return;
	buf_init(&part, PAGE_MAX);
	put_all_events(&part);
	CHECK(holds(&page, &part));
	if (!holds(&page, &part))
		print_missing(&part);
	buf_free(&part);
	buf_free(&page);
}

T_MAIN(T(the_configuration_page_holds_every_key), T(a_changed_key_is_noticed), T(the_command_page_holds_every_command),
       T(the_command_page_holds_every_event))

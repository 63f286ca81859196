/* SPDX-License-Identifier: Apache-2.0 */
/* The library's builder of claims and its JSON Pointers. The input is a list of calls, a line each, and a pointer behind them.
 * What a builder writes is one object, with nothing in it but what was asked for: a token of it is read, and each text is found
 * under its name again, by name and by pointer. */
#include <ostiary/ostiary.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1800000000, LINE = 256, TEXTS = 16, WALK_MAX = 1 << 20 };

/* A text that was added to the outermost object. */
static struct {
	char name[LINE], value[LINE];
} texts[TEXTS];
static size_t text_count;

static void demand(bool promise)
{
	if (!promise)
		abort();
}

/* The input up to the next line end, as a C string: what it holds behind a NUL is not seen. */
static bool next_line(const uint8_t **at, const uint8_t *end, char line[static LINE])
{
	size_t n = 0;
	if (*at == end)
		return false;
	for (; *at < end && **at != '\n'; (*at)++)
		if (n < LINE - 1)
			line[n++] = (char)**at;
	line[n] = '\0';
	*at += *at < end;
	return true;
}

/* A call: its letter, `-` for no name or `x` to begin a name that is none of the registered ones, then the name up to the
 * first `=`, then the value. */
static void add(struct ostiary_builder *b, char *line, int *depth)
{
	char *value = strchr(line, '=');
	const char *const values[] = {"one", value != NULL ? value + 1 : "", NULL};
	const char *name = line[0] != '\0' && line[1] == 'x' ? line + 1 : NULL;
	if (value != NULL)
		*value = '\0';
	switch (line[0]) {
	case 't':
		ostiary_builder_text(b, name, values[1]);
		if (*depth == 0 && name != NULL && text_count < TEXTS) {
			memcpy(texts[text_count].name, name, strlen(name) + 1);
			memcpy(texts[text_count++].value, values[1], strlen(values[1]) + 1);
		}
		break;
	case 'n':
		ostiary_builder_number(b, name, strtoll(values[1], NULL, 10));
		break;
	case 'b':
		ostiary_builder_bool(b, name, values[1][0] == '1');
		break;
	case 'l':
		ostiary_builder_texts(b, name, values);
		break;
	case 'j':
		ostiary_builder_json(b, name, values[1], strlen(values[1]));
		break;
	case 'o':
	case 'a':
		(line[0] == 'o' ? ostiary_builder_object : ostiary_builder_array)(b, name);
		++*depth;
		break;
	case 'e':
		ostiary_builder_end(b);
		--*depth;
		break;
	default:
		break;
	}
}

static void walk(const struct ostiary_claims *c, const struct ostiary_value *v, size_t *left)
{
	const enum ostiary_type type = ostiary_value_type(v);
	const char *text = ostiary_value_text(c, v);
	int64_t number;
	bool truth;
	demand(v != NULL && (*left)-- > 0);
	demand((text != NULL) == (type == OSTIARY_STRING));
	demand(type == OSTIARY_BOOL || !ostiary_value_bool(v, &truth));
	demand(type == OSTIARY_NUMBER || !ostiary_value_number(v, &number));
	demand(text == NULL || ostiary_value_has(v, text));
	for (const struct ostiary_value *m = ostiary_value_first(v); m != NULL; m = ostiary_value_next(v, m)) {
		demand((ostiary_value_name(c, m) != NULL) == (type == OSTIARY_OBJECT));
		walk(c, m, left);
	}
}

/* RFC 6901 3: "~" is written ~0, "/" ~1. */
static void pointer_of(const char *name, char dst[static 2 * LINE])
{
	*dst++ = '/';
	for (; *name != '\0'; name++)
		if (*name == '~' || *name == '/') {
			*dst++ = '~';
			*dst++ = *name == '~' ? '0' : '1';
		} else {
			*dst++ = *name;
		}
	*dst = '\0';
}

static void hold(const char *text, const char *pointer)
{
	static const char *const audiences[] = {"api", NULL}, *const types[] = {"at+jwt", NULL};
	static const struct ostiary_policy policy = {
		sizeof policy, .algorithms = {.hs256 = 1}, .issuer = "i", .audiences = audiences, .types = types};
	struct ostiary_claims *c = NULL;
	size_t left = WALK_MAX;
	char *token = NULL;
	enum ostiary_result made = ostiary_write_unsecured("at+jwt", text, &token);
	demand(made == OSTIARY_OK || made == OSTIARY_LIMIT);
	if (made != OSTIARY_OK)
		return;
	demand(ostiary_read_unsecured(token, strlen(token), &policy, NOW, &c) == OSTIARY_OK);
	walk(c, ostiary_claims_at(c, ""), &left);
	for (size_t i = 0; i < text_count; i++) {
		char at[2 * LINE];
		pointer_of(texts[i].name, at);
		const char *by_name = ostiary_claims_text(c, texts[i].name);
		const char *by_pointer = ostiary_value_text(c, ostiary_claims_at(c, at));
		demand(by_name != NULL && strcmp(by_name, texts[i].value) == 0);
		demand(by_pointer != NULL && strcmp(by_pointer, texts[i].value) == 0);
	}
	const struct ostiary_value *found = ostiary_claims_at(c, pointer);
	demand(found == NULL || *pointer == '\0' || *pointer == '/');
	if (found != NULL)
		walk(c, found, &left);
	ostiary_claims_free(c);
	ostiary_free(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *at = data, *end = data + size;
	struct ostiary_builder *b = NULL;
	char line[LINE] = "", *text = NULL;
	int depth = 0;
	text_count = 0;
	demand(ostiary_builder_new(&b) == OSTIARY_OK);
	ostiary_builder_text(b, "iss", "i");
	ostiary_builder_text(b, "aud", "api");
	ostiary_builder_number(b, "exp", NOW + 600);
	while (next_line(&at, end, line) && line[0] != '.')
		add(b, line, &depth);
	if (ostiary_builder_write(b, &text) == OSTIARY_OK)
		hold(text, line[0] == '.' ? line + 1 : "");
	ostiary_free(text);
	ostiary_builder_free(b);
	return 0;
}

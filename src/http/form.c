/* SPDX-License-Identifier: Apache-2.0 */
/* application/x-www-form-urlencoded. */
#include "http/form.h"

#include "base/percent.h"
#include "base/utf8.h"
#include "http/http_request.h"

static bool name_fit(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < 0x20 || name.p[i] == 0x7F)
			return false;
	return name.n > 0;
}

static enum rc decode_text(struct slice text, struct arena *a, struct slice *ret)
{
	struct slice s;
	TRY(percent_decode(text, true, a, &s));
	if (!utf8_valid(s) || slice_find(s, 0) != s.n)
		return RC_SYNTAX;
	*ret = s;
	return RC_OK;
}

static size_t count_pieces(struct slice text)
{
	size_t n = 0;
	struct slice piece;
	while (slice_split(&text, '&', &piece))
		n += piece.n > 0;
	return n;
}

/* Parsers differ on these: two parameters or one, a value or none. They are refused as ambiguous. */
struct form {
	struct request_pair *v;
	size_t n;
	struct slice *bad;
	struct request_faults faults;
};

/* Only names that look like a parameter of ours or of a standard may be shown. */
static bool is_plain_name(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((name.p[i] < 'a' || name.p[i] > 'z') && name.p[i] != '_')
			return false;
	return name.n > 0 && name.n <= FORM_NAME_SHOWN_MAX;
}

static void note(struct form *f, struct arena *a, enum rc rc, struct slice name)
{
	bool twice = rc == RC_DUPLICATE;
	if (f->faults.rc == RC_OK) {
		f->faults.rc = rc;
		f->faults.text = twice ? SLICE("a parameter is given twice") : SLICE("a parameter is malformed");
		if (is_plain_name(name))
			rc_ignore(arena_format(a, &f->faults.text, "%.*s is %s", SLICE_ARGS(name),
					       twice ? "given twice" : "malformed"));
	}
	if (!request_faults_has(&f->faults, name) || f->faults.n == 0)
		f->bad[f->faults.n++] = name;
}

/* After RC_SYNTAX or RC_LIMIT nothing else is read. */
static enum rc read_piece(struct slice piece, struct arena *a, struct form *f)
{
	size_t eq = slice_find(piece, '=');
	struct request_pair pair;
	TRY(decode_text(slice_to(piece, eq), a, &pair.name));
	if (!name_fit(pair.name))
		return RC_SYNTAX;
	enum rc rc = decode_text(slice_from(piece, eq + 1), a, &pair.value);
	if (rc == RC_SYNTAX) {
		note(f, a, rc, pair.name);
		return RC_OK;
	}
	TRY(rc);
	/* RFC 8707 2: "Multiple resource parameters MAY be used". */
	if (request_pairs_has((struct request_pairs){f->v, f->n}, pair.name) && !slice_eq(pair.name, SLICE("resource")))
		note(f, a, RC_DUPLICATE, pair.name);
	f->v[f->n++] = pair;
	return RC_OK;
}

static enum rc read_all(struct slice text, struct arena *a, struct form *f)
{
	struct slice piece;
	size_t count = count_pieces(text);
	if (count == 0)
		return RC_OK;
	if (count > HTTP_PARAMETERS_MAX) {
		f->faults.text = SLICE("there are more than 64 parameters");
		return RC_LIMIT;
	}
	f->v = arena_array(a, count, sizeof *f->v);
	f->bad = arena_array(a, count, sizeof *f->bad);
	if (f->v == NULL || f->bad == NULL)
		return RC_MEMORY;
	f->faults.names = f->bad;
	while (slice_split(&text, '&', &piece))
		if (piece.n > 0)
			TRY(read_piece(piece, a, f));
	return RC_OK;
}

void form_read(struct slice text, struct arena *a, struct request_pairs *ret_pairs, struct request_faults *ret_faults)
{
	struct form f = {0};
	enum rc rc = read_all(text, a, &f);
	size_t n = 0;
	*ret_pairs = (struct request_pairs){NULL, 0};
	*ret_faults = f.faults;
	if (rc != RC_OK) {
		struct slice too_many = f.faults.rc == RC_OK ? f.faults.text : SLICE_NONE;
		*ret_faults = (struct request_faults){
			.rc = rc, .text = rc == RC_SYNTAX ? SLICE("a parameter is malformed") : too_many};
		return;
	}
	for (size_t i = 0; i < f.n; i++)
		if (!request_faults_has(&f.faults, f.v[i].name))
			f.v[n++] = f.v[i];
	if (n > 0)
		*ret_pairs = (struct request_pairs){f.v, n};
}

enum rc form_decode(struct slice text, struct arena *a, struct request_pairs *ret_pairs)
{
	struct request_pairs pairs;
	struct request_faults faults;
	form_read(text, a, &pairs, &faults);
	TRY(faults.rc);
	*ret_pairs = pairs;
	return RC_OK;
}
